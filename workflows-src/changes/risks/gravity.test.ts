import { byGravity } from './gravity';
import type { Category, Risk, Severity } from './risk';

const risk = (severity: Severity, category: Category, rule: string): Risk => ({
  rule,
  category,
  severity,
  address: 'a.b',
  sentence: 'It hurts.',
});

test('severity decides, whatever the category; then the category; and what is alike stays as it came', () => {
  const risks = [
    risk('medium', 'data-loss', 'last'),
    risk('high', 'downtime', 'fourth'),
    risk('critical', 'unknown', 'second'),
    risk('high', 'downtime', 'fifth'),
    risk('high', 'exposure', 'third'),
    risk('critical', 'data-loss', 'first'),
  ];
  expect(byGravity(risks, (one) => one).map(({ rule }) => rule)).toEqual([
    'first',
    'second',
    'third',
    'fourth',
    'fifth',
    'last',
  ]);
});
