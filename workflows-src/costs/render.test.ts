import { costsOf } from './costs';
import { PRICES } from './prices';
import { dollars, renderCosts, wholeDollars } from './render';
import type { EnvironmentCosts } from './report';

const settings = { region: 'eu-west-1', zones: ['a', 'b'], budgetUsdPerMonth: 1500.5 };
const costs = costsOf(
  [
    { id: 'dev-x', region: 'eu-west-1', resources: { aws_kms_key: { a: { count: 1234 } } } },
    { id: 'dev-y', region: 'eu-west-1', resources: { aws_msk_cluster: { a: {} } } },
  ],
  PRICES,
);
const environment = {
  name: 'dev',
  settings,
  costs,
  variants: [{ setting: 'nat: none', now: false, costs }],
} as unknown as EnvironmentCosts;

test('what is unknown is said in its line and beside every sum, and no difference is made up', () => {
  const text = renderCosts({ environments: [environment], shared: { stacks: ['registry'], costs } }, PRICES);
  expect(text).toContain('| [dev](#dev)       | 1,234.00 and unknown | 1,500.50 |\n');
  expect(text).toContain('| aws_msk_cluster |        1 | unknown   |                  unknown |\n');
  expect(text).toContain('| **All of it**   |          |           | **1,234.00 and unknown** |\n');
  expect(text).toContain('| `nat: none` | 1,234.00 and unknown |    unknown |\n');
});

test.each([
  [0, '0.00', '0'],
  [7, '0.07', '0'],
  [99950, '999.50', '1,000'],
  [123456789, '1,234,567.89', '1,234,568'],
])('%d cents are $%s', (cents, text, whole) => {
  expect(dollars(cents)).toBe(text);
  expect(wholeDollars(cents)).toBe(whole);
});
