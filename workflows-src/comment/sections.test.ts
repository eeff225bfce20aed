import { bytes } from './markdown';
import { allOf, fitSections, type Group, type Item, type Section } from './sections';

const group = (title: string, rank: number, lines: readonly string[]): Group => ({
  title,
  rank,
  language: 'diff',
  items: lines.map((line) => ({ head: () => line, importance: rank })),
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
  expect(fitSections(sections, 500).markdown).toBe(
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
  const fitted = fitSections(sections, 350).markdown;
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
    expect(bytes(fitSections(sections, budget).markdown)).toBeLessThanOrEqual(budget);
  expect(fitSections(sections, 60)).toEqual({ markdown: 'Details of 0 of 6 stacks fit here.', level: 4 });
});

test('of what destroys nothing, the lower rank is named first, over all sections', () => {
  const sections = [
    section('a', false, group('Create', 3, [`+ ${'a'.repeat(90)}`])),
    section('b', false, group('Update', 2, [`! ${'b'.repeat(90)}`])),
  ];
  const fitted = fitSections(sections, 320).markdown;
  expect(fitted).toContain('**Create (0 of 1 shown)**');
  expect(fitted).toContain('**Update (1)**');
});

test('the line breaks of many short names are paid for', () => {
  const sections = [section('a', true, group('Create', 3, Array(120).fill('+ c')))];
  for (let budget = 120; budget < 700; budget += 1)
    expect(bytes(fitSections(sections, budget).markdown)).toBeLessThanOrEqual(budget);
});

test('closed sections go first, the last of them first', () => {
  const lines = ['+ line'];
  const sections = [
    section('one', false, group('Create', 3, lines)),
    section('two', true, group('Create', 3, lines)),
    section('three', false, group('Create', 3, lines)),
  ];
  const fitted = fitSections(sections, 250).markdown;
  expect([...fitted.matchAll(/<summary>(\w+)/g)].map((match) => match[1])).toEqual(['one', 'two']);
  expect(fitted).toMatch(/\n\nDetails of 2 of 3 stacks fit here\.$/);
});

describe('what is shown of each level', () => {
  const item = (name: string, importance: number): Item => ({
    head: () => name,
    kind: 'aws_a',
    diff: () => [`!     of ${name}`],
    importance,
  });
  const sections = [
    section('a', true, {
      title: 'Delete',
      rank: 0,
      language: 'diff',
      items: [item('- d1', 0), item('- d2', 0)],
    }),
    section('b', false, {
      title: 'Update',
      rank: 2,
      language: 'diff',
      items: [item('! u1', 2), item('! u2', 1)],
    }),
  ];
  const whole = bytes(allOf(sections));

  test('everything, at level 1', () => {
    const { markdown, level } = fitSections(sections, whole + 200);
    expect([markdown, level]).toEqual([allOf(sections), 1]);
    expect(markdown).toContain('**Update (2)**\n\n```diff\n! u1\n!     of ! u1\n\n! u2\n!     of ! u2\n```');
  });

  test('less and less as the room gets smaller, and what destroys longest', () => {
    const levels = new Map<number, string>();
    for (let budget = whole + 200; budget > 100; budget -= 1) {
      const { markdown, level } = fitSections(sections, budget);
      expect(bytes(markdown)).toBeLessThanOrEqual(budget);
      if (!levels.has(level)) levels.set(level, markdown);
    }
    expect([...levels.keys()]).toEqual([1, 2, 3, 4]);
    // Of two updates the more important is kept in full, wherever it stands.
    expect(levels.get(2)).toContain('**Update (2, 1 in full)**\n\n```diff\n! u1\n! u2\n!     of ! u2\n```');
    expect(levels.get(2)).toContain('!     of - d2\n');
    expect(levels.get(3)).toContain('**Delete (2, 1 in full)**');
    expect(levels.get(3)).toContain('! u2\n');
    expect(levels.get(4)).toMatch(/\*\*Delete \([01] of 2 shown.*\)\*\*, in all 2 `aws_a`/);
  });

  test('a difference whose fence must be longer is paid for', () => {
    const ticks: Section[] = [
      section('a', false, {
        title: 'Update',
        rank: 2,
        language: 'diff',
        items: [{ head: () => '! x', diff: () => ['!     ``````````'] }],
      }),
    ];
    for (let budget = 80; budget < 200; budget += 1)
      expect(bytes(fitSections(ticks, budget).markdown)).toBeLessThanOrEqual(budget);
    expect(fitSections(ticks, 200).markdown).toContain('\n```````````diff\n');
  });
});

test('many creates below something else are opened by the reader, and that is paid for', () => {
  const creates = (count: number): Group => ({
    title: 'Create',
    rank: 3,
    language: 'diff',
    folds: true,
    items: Array.from({ length: count }, (_, at) => ({ head: () => `+ ${at}` })),
  });
  const del = group('Delete', 0, ['- a']);
  const fold = '**Create (7)**\n\n<details><summary>Show them</summary>\n\n```diff\n+ 0\n';
  expect(allOf([section('a', true, del, creates(7))])).toContain(fold);
  expect(allOf([section('a', true, del, creates(6))])).not.toContain('Show them');
  expect(allOf([section('a', true, creates(7))])).not.toContain('Show them');
  const sections = [section('a', true, del, creates(9))];
  for (let budget = 60; budget < 400; budget += 1)
    expect(bytes(fitSections(sections, budget).markdown)).toBeLessThanOrEqual(budget);
});
