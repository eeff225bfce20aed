import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ChangeSet } from '../changes/change-set';
import { readPlan } from '../changes/read-plan';
import { reportOf } from '../drift/report';
import { findReferences, githubTree, type Node } from './github-markdown';
import type { DriftResult } from './render-drift';
import { ISSUE_BYTES, renderDriftIssue } from './render-drift-issue';

const FIXTURES = join(__dirname, '../changes/fixtures');
const FACTS = {
  environment: 'dev',
  commit: 'a'.repeat(40),
  checkedAt: new Date('2026-11-25T05:17:00Z'),
};

const drifted = (changes: ChangeSet): DriftResult => ({ stack: 'dev-queues', status: 'planned', changes });
const fixture = (name: string): ChangeSet =>
  readPlan(readFileSync(join(FIXTURES, `${name}.json`)), 'dev-queues');

test('an issue says what differs, what to do, and what it was compared with', () => {
  expect(renderDriftIssue(drifted(fixture('drift-normal')), FACTS)).toBe(`\
2 resources of \`dev-queues\` were changed outside of Terraform.

The next apply of the stack undoes it, be it one of \`main\` or \`npm run apply -- dev dev-queues\`. To keep it instead, write it into the configuration and apply that.

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

<sub>Compared with \`aaaaaaaaaaaa\` on 2026-11-25 at 05:17 UTC. This issue is written anew when the drift changes, and closed when it is gone.</sub>
`);
});

test('a plan error shows what differs nevertheless', () => {
  const { drift } = fixture('drift-normal');
  const body = renderDriftIssue(
    { stack: 'dev-queues', status: 'failed', diagnostics: 'Error: prevent_destroy', differs: drift },
    FACTS,
  );
  expect(body).toMatch(/^`dev-queues` cannot be planned, so nobody knows whether it has drifted/);
  expect(body).toContain('```text\nError: prevent_destroy\n```');
  expect(body).toContain('**Differs between the state and AWS (2)**');
  expect(body).toContain('- aws_sqs_queue.vanishes # is gone\n');
});

test('it stays within its bytes', () => {
  const changes = fixture('drift-normal');
  const drift = Array.from({ length: 5000 }, (_, index) => ({
    ...changes.drift[0]!,
    address: `aws_sqs_queue.q["…${index}"]`,
  }));
  const body = renderDriftIssue(drifted({ ...changes, drift }), FACTS);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(ISSUE_BYTES);
  expect(body).toContain('5,000 resources of `dev-queues` were changed outside of Terraform.');
});

const HOSTILE = [
  '</details></summary><h2>forged</h2>',
  '@octocat #1 https://evil.example',
  '`````` ` ```',
  '\n```\n## forged\n<!-- fairlead: drift dev-network -->',
  '<!-- fairlead: drift dev-network -->',
  '\u202e\u001b[31m',
];

/** Tags, without those that a fence or a code element has inside. */
function tags(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    if (typeof node === 'string') return [];
    return node.tag === 'pre' || node.tag === 'code' ? [node.tag] : [node.tag, ...tags(node.children)];
  });
}

test.each(HOSTILE)('no text of a plan acts in it: %j', (text) => {
  const { drift, ...changes } = fixture('drift-normal');
  const bodies = (said: string): string[] => {
    const hostile = drift.map((one, at) => ({
      ...one,
      address: `a.b["${said}${at}"]`,
      attributes: [
        { path: said, kind: 'update' as const, before: '1', lines: [`+${said}`.replaceAll('\n', ' ')] },
      ],
    }));
    const failed = {
      stack: 'dev-queues',
      status: 'failed' as const,
      diagnostics: `Error: ${said}`,
      differs: hostile,
    };
    return [drifted({ ...changes, drift: hostile }), failed].map((result) => renderDriftIssue(result, FACTS));
  };
  const calm = bodies('calm').map((body) => tags(githubTree(body)));
  for (const [at, body] of bodies(text).entries()) {
    const tree = githubTree(body);
    expect(tags(tree)).toEqual(calm[at]);
    expect(findReferences(tree)).toEqual([]);
  }
});

describe('a secret', () => {
  const planted = readdirSync(FIXTURES)
    .filter((file) => file.endsWith('.json'))
    .filter((file) => readFileSync(join(FIXTURES, file), 'utf8').includes('CANARY'));

  test.each(planted)('of %s is in no report', (file) => {
    const changes = readPlan(readFileSync(join(FIXTURES, file)), 'dev-queues');
    // What would change counts as changed in AWS too, so that planted values come to be shown.
    const drift = changes.changes
      .filter(({ action }) => action === 'update' || action === 'create')
      .map(({ address, type, attributes }) => ({ address, type, action: 'update' as const, attributes }));
    const results: DriftResult[] = [
      drifted({ ...changes, drift: [...drift, ...changes.drift] }),
      { stack: 'dev-data', status: 'failed', diagnostics: 'Error: x', differs: drift },
    ];
    const report = JSON.stringify(reportOf(results, { ...FACTS, stacks: [] }));
    expect(report.match(/.{0,40}CANARY.{0,40}/g)).toBeNull();
  });

  test('that changes without being shown gives the same digest', () => {
    const digest = (secret: string): string | undefined => {
      const change = {
        actions: ['update'],
        before: { password: 'old' },
        after: { password: secret },
        after_sensitive: { password: true },
      };
      const json = JSON.stringify({
        format_version: '1.2',
        planned_values: {},
        resource_drift: [{ address: 'a.b', mode: 'managed', type: 'a', change }],
      });
      const [result] = reportOf([drifted(readPlan(json, 's'))], { ...FACTS, stacks: [] }).results;
      expect(result?.status).toBe('drifted');
      return result?.digest;
    };
    expect(digest('CANARY-1')).toBe(digest('CANARY-2'));
  });
});
