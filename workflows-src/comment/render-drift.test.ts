import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ChangeSet } from '../changes/change-set';
import { readPlan } from '../changes/read-plan';
import { COMMENT_BYTES } from './markdown';
import { renderDrift, type DriftResult } from './render-drift';

const planned = (
  stack: string,
  from: string,
): { readonly stack: string; readonly status: 'planned'; readonly changes: ChangeSet } => ({
  stack,
  status: 'planned',
  changes: readPlan(readFileSync(join(__dirname, `../changes/fixtures/${from}.json`)), stack),
});

test('no drift is one line', () => {
  expect(renderDrift([planned('a', 'no-changes'), planned('b', 'no-changes')])).toBe(
    'No drift in 2 stacks.\n',
  );
  expect(renderDrift([planned('a', 'outputs-only')])).toBe('No drift in 1 stack.\n');
});

test('drift names resources and attributes, and what the next apply would do, apart from what was never applied', () => {
  expect(renderDrift([planned('dev-network', 'no-changes'), planned('dev-queues', 'drift-normal')])).toBe(`\
## Drift: 2 resources changed outside of Terraform, in \`dev-queues\`

Apart from drift, 1 change of the configuration was never applied, in \`dev-queues\`.

<details open>
<summary><code>dev-queues</code>: 2 drifted, 1 never applied</summary>

**Changed outside of Terraform (2)**

\`\`\`diff
! aws_sqs_queue.drifts # tags, tags_all, visibility_timeout_seconds; the next apply would update it
!     tags.Owner: "team-a" → "team-b"
!     visibility_timeout_seconds: 30 → 99

- aws_sqs_queue.vanishes # is gone; the next apply would create it
\`\`\`

**In the configuration, never applied (1)**

\`\`\`diff
+ aws_sqs_queue.never_applied
\`\`\`

</details>
`);
});

test('what the configuration agrees with is said to stay', () => {
  expect(renderDrift([planned('dev-queues', 'drift-refresh-only')])).toContain(
    '! aws_sqs_queue.drifts # tags, tags_all, visibility_timeout_seconds; the next apply leaves it so\n',
  );
});

test('configuration that was never applied is no drift', () => {
  const report = renderDrift([planned('dev-data', 'first-apply')]);
  expect(report).toMatch(
    /^## No drift in 1 stack\n\nApart from drift, 15 changes of the configuration were never applied, in `dev-data`\.\n/,
  );
  expect(report).not.toContain('<details open>');
});

test('what the configuration does not set is told apart from drift', () => {
  const { stack, status, changes } = planned('dev-queues', 'drift-normal');
  const report = renderDrift([
    { stack, status, changes: { ...changes, changes: [], drift: [], settled: changes.drift } },
  ]);
  expect(report).toMatch(
    /^## No drift in 1 stack\n\n2 resources differ from the state only in what the configuration does not set; the next apply leaves it so\.\n/,
  );
  expect(report).toContain(
    '<summary><code>dev-queues</code>: 0 drifted, 0 never applied, 2 differing otherwise</summary>',
  );
  expect(report).not.toContain('<details open>');
});

test('a stack that could not be planned is neither drift nor its absence', () => {
  const report = renderDrift([
    planned('a', 'no-changes'),
    { stack: 'b', status: 'failed', diagnostics: 'Error: state is locked' },
    { stack: 'c', status: 'deferred', reason: 'it was never applied' },
  ]);
  expect(report).toMatch(/^## No drift in 1 stack\n\n\*\*2 stacks could not be looked at\*\*: `b`, `c`\.\n/);
  expect(report).toContain('```text\nError: state is locked\n```');
  expect(report).toContain(
    '<summary><code>c</code>: not looked at</summary>\n\n**Not looked at**: it was never applied\n',
  );
});

test('stays within the budget', () => {
  const { changes } = planned('a', 'drift-normal');
  const drift = Array.from({ length: 5000 }, (_, index) => ({
    ...changes.drift[0]!,
    address: `aws_sqs_queue.q[${index}]`,
  }));
  const results: DriftResult[] = [{ stack: 'a', status: 'planned', changes: { ...changes, drift } }];
  const report = renderDrift(results);
  expect(Buffer.byteLength(report)).toBeLessThanOrEqual(COMMENT_BYTES);
  expect(report).toMatch(
    /\*\*Changed outside of Terraform \([\d,]+ of 5,000 shown, names only\)\*\*, in all 5,000 `aws_sqs_queue`/,
  );
});
