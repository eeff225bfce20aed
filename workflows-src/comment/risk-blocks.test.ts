import type { Risk } from '../changes/risks/risk';
import { bytes } from './markdown';
import { riskBlocks, riskCounts, type StackRisk } from './risk-blocks';

const risk = (parts: Partial<Risk>, stack = 'dev'): StackRisk => ({
  stack,
  risk: {
    rule: 'r',
    category: 'data-loss',
    severity: 'critical',
    address: 'aws_a.b',
    sentence: 'It is gone.',
    ...parts,
  },
});

test('one alert a severity, the gravest first, with the lead in the first', () => {
  const risks = [
    risk({ severity: 'medium', category: 'unknown', sentence: 'Its type is not known here.' }),
    risk({
      severity: 'high',
      category: 'exposure',
      sentence: 'Port 22 opens to the whole internet (0.0.0.0/0).',
    }),
    risk({}),
  ];
  expect(riskBlocks(risks, 'Lead.', 5000)).toEqual([
    '> [!CAUTION]\n> Lead.\n>\n> - **Data loss** `aws_a.b` in `dev`: It is gone.',
    '> [!WARNING]\n> - **Exposure** `aws_a.b` in `dev`: Port 22 opens to the whole internet (`0.0.0.0/0`).',
    '> [!NOTE]\n> - **Not judged** `aws_a.b` in `dev`: Its type is not known here.',
  ]);
});

test('without a risk, what is destroyed is said without an alarm', () => {
  expect(riskBlocks([], 'Lead.', 5000)).toEqual(['Lead.']);
  expect(riskBlocks([], undefined, 5000)).toEqual([]);
});

test('the same about several is said once', () => {
  const risks = ['a', 'b', 'c', 'd', 'e'].map((name) => risk({ address: `aws_a.${name}` }));
  expect(riskBlocks([...risks, risk({}, 'prod')], undefined, 5000)).toEqual([
    '> [!CAUTION]\n> - **Data loss** `aws_a.a`, `aws_a.b`, `aws_a.c` and 2 more in `dev`: It is gone.\n> - **Data loss** `aws_a.b` in `prod`: It is gone.',
  ]);
});

test('what is too much to be read, or does not fit, is counted', () => {
  const many = Array.from({ length: 40 }, (_, index) =>
    risk({
      address: `aws_a.n${index}`,
      sentence: `It is gone ${index} times.`,
      category: index % 2 ? 'downtime' : 'data-loss',
    }),
  );
  const [block] = riskBlocks(many, undefined, 50_000);
  expect(block!.split('\n')).toHaveLength(17);
  expect(block).toMatch(/\n> - And 25 more: 12 data loss, 13 downtime\.$/);
  for (let budget = 300; budget < 3000; budget += 13) {
    const [cut] = riskBlocks(many, undefined, budget);
    expect(bytes(cut!)).toBeLessThanOrEqual(budget);
    const shown = cut!.match(/^> - \*\*/gm)?.length ?? 0;
    const rest = Number(/And (\d+) more/.exec(cut!)?.[1] ?? 0);
    expect(shown + rest).toBe(40);
  }
});

test('counts are by category, the gravest first', () => {
  expect(riskCounts([{ category: 'unknown' }, { category: 'data-loss' }, { category: 'unknown' }])).toBe(
    '1 data loss, 2 not judged',
  );
  expect(riskCounts([])).toBe('');
});

test('nothing in an address or a sentence acts', () => {
  const [block] = riskBlocks(
    [
      risk({
        address: 'a["`|</details>\n@octocat"]',
        sentence: 'See @octocat, #1 and <img src=x> **b** www.x.com.',
      }),
    ],
    undefined,
    5000,
  );
  expect(block).not.toMatch(/<(?!\/?code>)|\n(?!> )|\*\*b/);
  expect(block!.replace(/<code>.*?<\/code>|`[^`]*`/g, '')).not.toMatch(/@|#|www/);
});
