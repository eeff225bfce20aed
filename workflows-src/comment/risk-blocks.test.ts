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

test('all that is said of one resource stands together', () => {
  const risks = [
    risk({ severity: 'high' }),
    risk({ severity: 'high', address: 'aws_a.other' }),
    risk({ severity: 'high', category: 'exposure', sentence: 'It is public.' }),
  ];
  expect(riskBlocks(risks, undefined, 5000)).toEqual([
    '> [!WARNING]\n> - **Data loss, exposure** `aws_a.b` in `dev`: It is gone. It is public.\n> - **Data loss** `aws_a.other` in `dev`: It is gone.',
  ]);
});

test('of all that is said of one resource, some is enough, and the rest is counted', () => {
  const ports = (count: number): StackRisk[] =>
    Array.from({ length: count }, (_, port) =>
      risk({ category: 'exposure', sentence: `Port ${port} opens.` }),
    );
  const [some] = riskBlocks(ports(6), undefined, 5000);
  expect(some).toContain('Port 4 opens. Port 5 opens.');
  expect(some).not.toContain('And ');
  const [many] = riskBlocks(ports(4000), undefined, 5000);
  expect(many).toMatch(/^> \[!CAUTION\]\n> - \*\*Exposure\*\* `aws_a\.b` in `dev`: Port 0 opens\. /);
  expect(many).toMatch(/ Port 5 opens\. And 3,994 other risks\.$/);
});

test('what is too much to be read at once is folded, and what does not fit is counted', () => {
  const many = Array.from({ length: 40 }, (_, index) =>
    risk({
      address: `aws_a.n${index}`,
      sentence: `It is gone ${index} times.`,
      category: index % 2 ? 'downtime' : 'data-loss',
    }),
  );
  const [block] = riskBlocks(many, undefined, 50_000);
  const [above, below] = block!.split('> <details><summary>32 more: 12 data loss, 20 downtime</summary>\n');
  expect([above, below].map((part) => part!.match(/^> - \*\*/gm)?.length)).toEqual([8, 32]);
  expect(below!.endsWith('\n>\n> </details>')).toBe(true);
  for (let budget = 500; budget < 5000; budget += 13) {
    const [cut] = riskBlocks(many, undefined, budget);
    expect(bytes(cut!)).toBeLessThanOrEqual(budget);
    const shown = cut!.match(/^> - \*\*/gm)?.length ?? 0;
    const rest = Number(/^> - And (\d+) more/m.exec(cut!)?.[1] ?? 0);
    expect(shown + rest).toBe(40);
    expect(cut!.match(/<details>/g)?.length).toBe(cut!.match(/<\/details>/g)?.length);
  }
});

test('what the gravest alert takes is gone for the next one, which then only counts', () => {
  const of = (severity: Risk['severity']): readonly StackRisk[] =>
    Array.from({ length: 30 }, (_, at) =>
      risk({ severity, sentence: `It is gone ${at} times.`, address: `a.${at}` }),
    );
  const [gravest, next] = riskBlocks([...of('high'), ...of('critical')], undefined, 1200);
  expect(gravest).toMatch(/^> \[!CAUTION\]\n> - \*\*Data loss\*\* `a\.0` /);
  expect(next).toBe('> [!WARNING]\n> - And 30 more: 30 data loss.');
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
  expect(block!.replace(/<code>.*?<\/code>|`[^`]*`/g, '')).not.toMatch(/[@#<]|www|\*\*b|\n(?!> )/);
});
