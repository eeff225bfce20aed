import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Action, type ChangeSet, type ResourceChange } from '../changes/change-set';
import { readPlan } from '../changes/read-plan';
import { COMMENT_BYTES } from './markdown';
import { renderSummary, type StackResult } from './render';

const FIXTURES = join(__dirname, '../changes/fixtures');

const planned = (stack: string, from = stack): StackResult => ({
  stack,
  status: 'planned',
  changes: readPlan(readFileSync(join(FIXTURES, `${from}.json`)), stack),
});

test('plans without changes are two lines', () => {
  expect(renderSummary([planned('dev-data', 'no-changes'), planned('dev-network', 'no-changes')])).toBe(
    '## Plan: no changes\n2 stacks match their configuration: `dev-data`, `dev-network`.\n',
  );
  expect(
    renderSummary([planned('dev-data', 'no-changes')], {
      environment: 'dev',
      commit: '1a2b3c4',
      runUrl: 'https://x.test/1',
    }),
  ).toBe(
    '## Plan for `dev`: no changes\n1 stack matches its configuration: `dev-data`. <sub>Planned at `1a2b3c4` · Terraform 1.11.4 · [the run](<https://x.test/1>)</sub>\n',
  );
  expect(renderSummary([])).toBe('## Plan: no changes\nNo stack was planned.\n');
});

test('every action has its place: destruction first, with reasons and with what changes inside', () => {
  expect(renderSummary([planned('dev-network', 'no-changes'), planned('dev-data', 'every-action')])).toBe(`\
## Plan: 2 to create, 3 to update, 3 to replace, 5 to delete, 2 to import, 2 to move, 1 to forget, 1 to read, 4 output changes

| Stack | Result | Create | Update | Replace | Delete | Other |
| --- | --- | --: | --: | --: | --: | --- |
| \`dev-network\` | no&nbsp;changes | 0 | 0 | 0 | 0 |  |
| \`dev-data\` | changes | 2 | 3 | 3 | 5 | 2 imported, 2 moved, 1 forgotten, 1 read, 4 outputs |

<details open>
<summary><code>dev-data</code>: 2 to create, 3 to update, 3 to replace, 5 to delete, 2 to import, 2 to move, 1 to forget, 1 to read, 4 output changes</summary>

**Delete (5)**

\`\`\`diff
- terraform_data.counted[1] # count is lower now
-     id: "00000000-0000-4000-8000-000000000007"

- terraform_data.deleted # not in the configuration any more
-     id: "00000000-0000-4000-8000-000000000008"

- terraform_data.each["right"] # its key is not in for_each any more
-     id: "00000000-0000-4000-8000-000000000009"

- terraform_data.repeated[0] # count or for_each came or went
-     id: "00000000-0000-4000-8000-000000000011"

- module.gone.terraform_data.inner # not in the configuration any more
-     id: "00000000-0000-4000-8000-000000000015"
\`\`\`

**Replace (3)**

\`\`\`diff
-/+ terraform_data.replaced # destroyed first, then created; forced by triggers_replace
-     triggers_replace[1]: { nested = "one" } # forces replacement
+     triggers_replace[1]: { nested = "two" } # forces replacement
      known after apply: id, output

-/+ terraform_data.replaced_gently # created first, then the old one destroyed; forced by triggers_replace
!     triggers_replace: "one" → "two" # forces replacement
      known after apply: id

-/+ terraform_data.replaced_with # destroyed first, then created; because of replace_triggered_by
      known after apply: id
\`\`\`

**Update (3)**

\`\`\`diff
! terraform_data.changed_to # moved from terraform_data.changed_from
!     input: "one" → "two"
!     output: "one" → (known after apply)

! terraform_data.imported_and_changed # imports "another-id" first
+     input: "two"
      known after apply: output

! terraform_data.updated
!     input: "one" → "two"
!     output: "one" → (known after apply)
\`\`\`

**Create (2)**

\`\`\`diff
+ terraform_data.created
      known after apply: id

+ terraform_data.repeated["now-a-key"]
      known after apply: id
\`\`\`

**Move, nothing else (1)**

\`\`\`diff
! terraform_data.moved_to # moved from terraform_data.moved_from
\`\`\`

**Import, nothing else (1)**

\`\`\`diff
+ terraform_data.imported # imports "an-id"
\`\`\`

**Forget: stays in the cloud, leaves the state (1)**

\`\`\`diff
! terraform_data.forgotten # not in the configuration any more
\`\`\`

**Read during the apply (1)**

\`\`\`diff
! data.terraform_remote_state.read_later # depends on values known during the apply
+     backend: "local"
+     config: { path = (known after apply) }
      known after apply: outputs
\`\`\`

**Outputs (4)**

\`\`\`diff
! changed: "one" → "two"
+ created: (known after apply)
- deleted
+ read: (sensitive, known after apply)
\`\`\`

<sub>3 resources unchanged</sub>

</details>
`);
});

test('failed, deferred and incomplete stacks have their own words, and the totals do not hide them', () => {
  const summary = renderSummary([
    {
      stack: 'dev-data',
      status: 'failed',
      diagnostics: '\u001b[31mError: no credentials\u001b[0m\n\n  on main.tf\n',
    },
    { stack: 'dev-platform', status: 'deferred', reason: 'dev-network has to be applied first' },
    planned('dev-tasks', 'stopped-by-an-error'),
  ]);
  expect(summary.split('\n')[0]).toBe(
    '## Plan: 1 stack failed, 1 plan incomplete, 1 to create, 1 failed check, 1 stack deferred',
  );
  expect(summary).toContain('\n| `dev-data` | **failed** | – | – | – | – |  |\n');
  expect(summary).toContain(
    '\n| `dev-platform` | deferred | – | – | – | – | dev-network has to be applied first |\n',
  );
  expect(summary).toContain('\n| `dev-tasks` | **incomplete** | 1 | 0 | 0 | 0 | 1 failed check |\n');
  expect(summary).toContain(
    '<summary><code>dev-data</code>: planning failed</summary>\n\n**Terraform said**\n\n```text\nError: no credentials\n\n  on main.tf\n```\n',
  );
  expect(summary).toContain('Planning stopped with an error: **this is only a part of what would change.**');
});

test('where something failed or is missing, that stands above all else', () => {
  const summary = renderSummary([
    planned('a', 'storage-destroyed'),
    { stack: 'b', status: 'missing' },
    { stack: 'c', status: 'failed', diagnostics: 'Error: x' },
  ]);
  expect(summary.split('\n').slice(0, 6)).toEqual([
    expect.stringMatching(/^## Plan: 1 stack failed, 1 stack missing, 1 to create, 13 to delete/),
    '',
    '> [!CAUTION]',
    '> **Planning failed**: `c`. **No plan was left** by `b`: the run’s log says why.',
    '',
    '> [!CAUTION]',
  ]);
  expect(summary).toContain('\n| `b` | **missing** | – | – | – | – |  |  |\n');
  expect(summary.indexOf('<summary><code>c</code>')).toBeLessThan(summary.indexOf('<summary><code>a</code>'));
});

test('a provisional plan says why, and is never quiet', () => {
  const summary = renderSummary([
    { ...planned('dev-tasks', 'no-changes'), provisional: 'dev-platform changes first.' } as StackResult,
  ]);
  expect(summary).toContain('## Plan: no resource changes, 1 plan provisional\n');
  expect(summary).toContain('\n| `dev-tasks` | provisional | 0 | 0 | 0 | 0 |\n');
  expect(summary).toContain('**Provisional**: dev-platform changes first.\n');
});

test('that something is destroyed is an alarm only where a risk comes with it', () => {
  expect(renderSummary([planned('a', 'own-release-dev-tasks-api')])).not.toMatch(/will be destroyed|\[!/);
  expect(renderSummary([planned('a', 'storage-destroyed')])).toContain(
    '> [!CAUTION]\n> **13 existing objects will be destroyed**, in `a`.\n>\n> - **Data loss** ',
  );
});

test('details are open where something is destroyed, endangered or failed, and where there are few', () => {
  const calm = ['first-apply', 'checks', 'outputs-only'];
  const opens = (from: string): boolean => {
    const summary = renderSummary([...calm, from].map((name) => planned(name)));
    const at = summary.indexOf(`<summary><code>${from}</code>`);
    return summary.slice(0, at).endsWith('<details open>\n');
  };
  expect(
    ['destroy', 'storage-destroyed', 'database-unprotected', ...calm, 'own-release-dev-tasks-api'].filter(
      opens,
    ),
  ).toEqual(['destroy', 'storage-destroyed', 'database-unprotected']);
  expect(renderSummary([planned('checks'), planned('first-apply')]).match(/<details open>/g)).toHaveLength(2);
});

test('a column in which nothing stands is left out', () => {
  expect(renderSummary([planned('by-request')])).toContain(
    '| Stack | Result | Create | Update | Replace | Delete |\n| --- | --- | --: | --: | --: | --: |\n',
  );
});

test('the end says what was planned, with what, and where the rest is', () => {
  const meta = {
    commit: '1a2b3c4',
    base: '9f8e7d6',
    tools: ['Fairlead 0.1.0'],
    runUrl: 'https://x.test/1',
    fullUrl: 'https://x.test/2 3>',
  };
  expect(renderSummary([{ ...planned('by-request'), ledger: 'abc' } as StackResult], meta)).toMatch(
    new RegExp(
      '<sub>ledger `abc`</sub>\n\n</details>\n\n' +
        '<sub>Planned at `1a2b3c4` against `9f8e7d6` · Terraform 1.11.4 · Fairlead 0.1.0 · ' +
        '\\[everything in full\\]\\(<https://x.test/2%203%3E>\\) · \\[the run\\]\\(<https://x.test/1>\\)</sub>\n$',
    ),
  );
});

test('a failed check, drift or a changed output is reported although no resource changes', () => {
  const changes: ChangeSet = { ...changeSet('a', []), checks: [{ address: 'check.tls', status: 'fail' }] };
  expect(renderSummary([{ stack: 'a', status: 'planned', changes }])).toContain(
    '## Plan: no resource changes, 1 failed check\n',
  );
  expect(renderSummary([planned('a', 'drift-refresh-only')])).toContain(
    '## Plan: no resource changes, 2 changed outside of Terraform\n',
  );
  expect(renderSummary([planned('a', 'outputs-only')])).toContain(
    '## Plan: no resource changes, 2 output changes\n',
  );
});

test('a plan that is only a first step is not "no changes", whatever it holds', () => {
  const changes: ChangeSet = { ...changeSet('a', []), complete: false };
  const summary = renderSummary([{ stack: 'a', status: 'planned', changes }]);
  expect(summary).toContain('## Plan: 1 plan incomplete, no resource changes\n');
  expect(summary).toContain('This plan is a first step: Terraform needs another plan after it is applied.');
});

test('shows no value: not one planted secret, sensitive or not', () => {
  expect(renderSummary([planned('a', 'sensitive'), planned('b', 'checks')])).not.toContain('CANARY');
});

describe('hostile text', () => {
  const hostile =
    '</summary></details>`|`|\n::error::x\u202e @octocat #1 **b** [l](http://x) <img src=x> ##[error]y';
  const summary = renderSummary([
    planned(hostile, 'hostile'),
    {
      stack: `f${hostile}`,
      status: 'failed',
      diagnostics: `${hostile}\n\`\`\`\`\n::error::forged\n</details>\n`,
    },
    { stack: `d${hostile}`, status: 'deferred', reason: hostile },
  ]);

  test('commands no runner and hides no character', () => {
    for (const line of summary.split('\n'))
      expect(line).not.toMatch(/^\s*::|##\[|[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  test('is in a fence longer than any run of backticks inside', () => {
    expect(summary).toContain('\n```````diff\n- terraform_data.old[');
    expect(summary).toContain('["``````"]');
  });
});

describe('a plan that does not fit', () => {
  test('of 10,000 resources shows all that is destroyed, and of the rest what is read, with counts by kind', () => {
    const changes = Array.from({ length: 10_000 }, (_, index) =>
      change(index % 100 === 0 ? 'delete' : 'create', `aws_${index % 2 ? 'a' : 'b'}.r[${index}]`),
    );
    const summary = renderSummary([{ stack: 'big', status: 'planned', changes: changeSet('big', changes) }]);
    expect(summary.match(/^- aws_b\.r/gm)).toHaveLength(100);
    expect(summary).toMatch(/^\*\*Delete \(100\)\*\*$/m);
    expect(summary).toMatch(
      /^\*\*Create \(100 of 9,900 shown, names only\)\*\*, in all 5,000 `aws_a`, 4,900 `aws_b`$/m,
    );
  });

  test('so many that not even the table fits keep the rows of what fails or destroys', () => {
    const results = Array.from({ length: 1500 }, (_, index): StackResult => {
      const stack = `stack-with-a-rather-long-name-${index}`;
      if (index === 1400) return { stack, status: 'failed', diagnostics: 'Error: x' };
      const action = index === 1499 ? 'delete' : 'create';
      return { stack, status: 'planned', changes: changeSet(stack, [change(action, `a.b${index}`)]) };
    });
    const summary = renderSummary(results);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(COMMENT_BYTES);
    expect(summary).toContain('## Plan: 1 stack failed, 1,498 to create, 1 to delete');
    expect(summary).toContain('| `stack-with-a-rather-long-name-1400` | **failed** |');
    expect(summary).toContain('\n- a.b1499\n');
    expect(summary).toMatch(/^\d+ of 1,500 stacks shown\.$/m);
    expect(summary).toMatch(/^Details of \d+ of 1,500 stacks fit here\.$/m);
  });
});

function changeSet(stack: string, changes: readonly ResourceChange[]): ChangeSet {
  return {
    stack,
    formatVersion: '1.2',
    terraformVersion: '1.11.4',
    changes,
    unchanged: 0,
    deferred: [],
    invocations: [],
    outputs: [],
    drift: [],
    settled: [],
    checks: [],
    risks: [],
    complete: true,
    errored: false,
  };
}

function change(action: Action, address: string): ResourceChange {
  const type = address.split('.')[0]!;
  return {
    address,
    mode: 'managed',
    type,
    action,
    reason: '',
    replacePaths: [],
    importing: false,
    attributes: [],
  };
}
