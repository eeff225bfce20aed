import { Masking } from '../changes/masking';
import { configurationDiff } from '../review/configuration-diff';
import { bytes } from './markdown';
import { renderPreview, type ConfigurationResult } from './render-configuration';
import { actsIn } from './what-acts';

const BUDGET = 60_000;
const of = (stack: string, before: unknown, after: unknown): ConfigurationResult => ({
  stack,
  changes: configurationDiff(before, after, new Masking()),
});
const vpc = (size: number, name = 'main'): object => ({ resource: { aws_vpc: { [name]: { size } } } });

test('a stack that differs is shown with its blocks: those that go, change and come', () => {
  const before = { ...vpc(1), output: { old: { value: 1 } } };
  const after = { ...vpc(2), output: { url: { value: 'x' } } };
  expect(renderPreview([of('dev-network', before, after)], [], BUDGET)).toBe(
    [
      '## Preview: 1 stack affected',
      '',
      'How the configuration differs. There is no plan: that takes credentials.',
      '',
      '<details open>',
      '<summary><code>dev-network</code>: 3 blocks</summary>',
      '',
      '**Not configured any more (1)**',
      '',
      '```diff',
      '- output.old',
      '```',
      '',
      '**Configured otherwise (1)**',
      '',
      '```diff',
      '! aws_vpc.main',
      '!     size: 1 → 2',
      '```',
      '',
      '**Newly configured (1)**',
      '',
      '```diff',
      '+ output.url',
      '+     value: "x"',
      '```',
      '',
      '</details>',
      '',
    ].join('\n'),
  );
});

test('a stack without a difference of its own is named, with why it is affected', () => {
  const markdown = renderPreview([of('dev-network', vpc(1), vpc(2)), of('dev-data', {}, {})], [], BUDGET);
  expect(markdown).toContain('## Preview: 2 stacks affected\n');
  expect(markdown).toContain(
    'Without a difference of their own: `dev-data`. They read from a stack that differs',
  );
  expect(markdown.match(/<details/g)).toHaveLength(1);
});

test('what is not configured any more is named, though no stack that stays is affected', () => {
  expect(renderPreview([], ['dev-queue'], BUDGET)).toBe(
    '## Preview: no stack that stays is affected\n\nNot configured any more: `dev-queue`. Nothing destroys what they hold, and nothing manages it.\n',
  );
  expect(renderPreview([], [], BUDGET)).toBe('## Preview: no stack is affected\n');
  expect(renderPreview([of('a', {}, vpc(1))], ['dev-queue'], BUDGET)).toContain(
    'Not configured any more: `dev-queue`',
  );
});

test('a hostile name, value or stack adds no element and no reference', () => {
  const render = (text: string): string => {
    const before = {
      resource: { [text]: { [text]: { [text]: text, list: [text] } } },
      output: { [text]: {} },
    };
    const after = {
      resource: {
        [text]: { [text]: { [text]: `${text}2`, list: [] }, [`${text}3`]: { lines: `${text}\n${text}` } },
      },
    };
    return renderPreview([of(text, before, after), of(`${text}2`, {}, {})], [text], BUDGET);
  };
  expect(actsIn(render)).toEqual({});
});

test('a preview fits in its budget, whatever there is, and says what is left out', () => {
  const many = Array.from({ length: 60 }, (_, at) => {
    const blocks = Object.fromEntries(
      Array.from({ length: 100 }, (__, n) => [`n${n}`, { text: 'x'.repeat(200) }]),
    );
    return of(`dev-${at}`, {}, { resource: { aws_x: blocks } });
  });
  for (const budget of [3_000, 10_000, 65_000, 1_000_000]) {
    const markdown = renderPreview(many, ['a', 'b'], budget);
    expect(bytes(markdown)).toBeLessThanOrEqual(budget);
    expect(markdown).toContain('60 stacks affected');
  }
  expect(renderPreview(many, [], 3_000)).toMatch(/Details of \d+ of 60 stacks fit here\./);
});
