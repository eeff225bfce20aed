import { bytes } from './markdown';
import { fitSections, type Group, type Section } from './sections';

const group = (title: string, rank: number, lines: readonly string[]): Group => ({
  title,
  rank,
  language: 'diff',
  lines,
});
const section = (summary: string, open: boolean, ...groups: Group[]): Section => ({ summary, open, groups });

test('nothing of a higher rank is shown once a line of a lower rank does not fit', () => {
  const sections = [
    section(
      'a',
      true,
      group('Create', 3, ['+ small']),
      group('Delete', 0, ['- first', `- ${'x'.repeat(900)}`]),
    ),
  ];
  expect(fitSections(sections, 500)).toBe(
    '<details open>\n<summary>a</summary>\n\n**Create (0 of 1 shown)**\n\n**Delete (1 of 2 shown)**\n\n```diff\n- first\n```\n\n</details>',
  );
});

test('rank decides over all sections, not their order', () => {
  const sections = [
    section(
      'a',
      false,
      group(
        'Create',
        3,
        Array.from({ length: 40 }, (_, index) => `+ a${index}`),
      ),
    ),
    section('b', false, group('Delete', 0, ['- b'])),
  ];
  const fitted = fitSections(sections, 350);
  expect(fitted).toContain('- b\n');
  expect(fitted).toMatch(/Create \(\d+ of 40 shown\)/);
});

test('fits exactly where it says: every budget from nothing to enough is kept', () => {
  const sections = Array.from({ length: 6 }, (_, index) =>
    section(
      `s${index}`,
      index % 2 === 0,
      group('Delete', 0, ['- é```'.repeat(9), '- b']),
      group('Create', 3, Array(25).fill('+ c')),
    ),
  );
  for (let budget = 60; budget < 2600; budget += 7)
    expect(bytes(fitSections(sections, budget))).toBeLessThanOrEqual(budget);
  expect(fitSections(sections, 60)).toBe('Details of 0 of 6 stacks fit here.');
});

test('closed sections go first, the last of them first', () => {
  const lines = ['+ line'];
  const sections = [
    section('one', false, group('Create', 3, lines)),
    section('two', true, group('Create', 3, lines)),
    section('three', false, group('Create', 3, lines)),
  ];
  const fitted = fitSections(sections, 240);
  expect([...fitted.matchAll(/<summary>(\w+)/g)].map((match) => match[1])).toEqual(['one', 'two']);
  expect(fitted).toMatch(/\n\nDetails of 2 of 3 stacks fit here\.$/);
});
