import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  count,
  destroys,
  isReplace,
  type Action,
  type ChangeSet,
  type ResourceChange,
} from '../changes/change-set';
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
    '## Plan for `dev`: no changes\n1 stack matches its configuration: `dev-data`. Planned at `1a2b3c4` · Terraform 1.11.4 · [the run](<https://x.test/1>)\n',
  );
  expect(renderSummary([])).toBe('## Plan: no changes\nNo stack was planned.\n');
});

test('every action has its place: destruction first, with reasons and with what changes inside', () => {
  expect(renderSummary([planned('dev-network', 'no-changes'), planned('dev-data', 'every-action')])).toBe(`\
## Plan: 2 to create, 3 to update, 3 to replace, 5 to delete, 2 to import, 2 to move, 1 to forget, 1 to read, 4 output changes

**8 existing objects will be destroyed**, in \`dev-data\`.

| Stack | Result | Create | Update | Replace | Delete | Other | Risks |
| --- | --- | --: | --: | --: | --: | --- | --- |
| \`dev-network\` | no changes | 0 | 0 | 0 | 0 |  |  |
| \`dev-data\` | changes | 2 | 3 | 3 | 5 | 2 imported, 2 moved, 1 forgotten, 1 read, 4 outputs |  |

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
!     known after apply: id, output
-/+ terraform_data.replaced_gently # created first, then the old one destroyed; forced by triggers_replace
!     triggers_replace: "one" → "two" # forces replacement
!     known after apply: id
-/+ terraform_data.replaced_with # destroyed first, then created; because of replace_triggered_by
!     known after apply: id
\`\`\`

**Update (3)**

\`\`\`diff
! terraform_data.changed_to # moved from terraform_data.changed_from
!     input: "one" → "two"
!     output: "one" → (known after apply)
! terraform_data.imported_and_changed # imports "another-id" first
+     input: "two"
+     known after apply: output
! terraform_data.updated
!     input: "one" → "two"
!     output: "one" → (known after apply)
\`\`\`

**Create (2)**

\`\`\`diff
+ terraform_data.created
+     known after apply: id
+ terraform_data.repeated["now-a-key"]
+     known after apply: id
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
+     known after apply: outputs
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
    '## Plan: 1 to create, 1 failed check, **1 stack failed**, **1 plan incomplete**, 1 stack deferred',
  );
  expect(summary).toContain('\n| `dev-data` | **failed** | – | – | – | – |  |  |\n');
  expect(summary).toContain(
    '\n| `dev-platform` | deferred | – | – | – | – | dev-network has to be applied first |  |\n',
  );
  expect(summary).toContain('\n| `dev-tasks` | **incomplete** | 1 | 0 | 0 | 0 | 1 failed check |  |\n');
  expect(summary).toContain(
    '<summary><code>dev-data</code>: planning failed</summary>\n\n**Lines of the error (3)**\n\n```text\nError: no credentials\n\n  on main.tf\n```\n',
  );
  expect(summary).toContain('Planning stopped with an error: **this is only a part of what would change.**');
});

test('details are open where something is destroyed or failed, closed elsewhere', () => {
  const opens = (result: StackResult): boolean => renderSummary([result]).includes('<details open>');
  expect(opens(planned('a', 'destroy'))).toBe(true);
  expect(opens(planned('a', 'by-request'))).toBe(true);
  expect(opens({ stack: 'a', status: 'failed', diagnostics: 'x' })).toBe(true);
  expect(opens(planned('a', 'first-apply'))).toBe(false);
  expect(opens(planned('a', 'checks'))).toBe(false);
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
  expect(summary).toContain('## Plan: no resource changes, **1 plan incomplete**\n');
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

  test('opens and closes only our own elements', () => {
    const outside = outsideFences(summary);
    expect(
      [...outside.matchAll(/<[^>]*>/g)].map((match) => match[0]).filter((tag) => !/^<\/?code>$/.test(tag)),
    ).toEqual([
      '<details open>',
      '<summary>',
      '</summary>',
      '</details>',
      '<details open>',
      '<summary>',
      '</summary>',
      '</details>',
    ]);
  });

  test('mentions nobody, references nothing, emphasizes nothing outside of code', () => {
    const outside = outsideFences(summary).replace(/<code>[^<]*<\/code>/g, '');
    expect(outside).not.toMatch(/octocat|@|http:|\*\*b\*\*/);
  });

  test('keeps its table cells', () => {
    const rows = summary.split('\n').filter((line) => line.startsWith('|'));
    expect(rows.map((row) => row.split('|').length)).toEqual([10, 10, 10, 10, 10]);
  });

  test('commands no runner and hides no character', () => {
    for (const line of summary.split('\n'))
      expect(line).not.toMatch(/^\s*::|##\[|[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  test('is in a fence longer than any run of backticks inside', () => {
    expect(summary).toContain('\n```````diff\n- terraform_data.old[');
    expect(summary).toContain('["``````"]');
  });
});

describe('any plans', () => {
  // 40 runs reach every level: whole, cut by lines, without details, and a table that is cut.
  const runs = Array.from({ length: 40 }, (_, seed) => [seed] as const);
  test.each(runs)('stay within the budget, balanced, exact and destruction first (seed %d)', (seed) => {
    const results = anyResults(seed);
    const summary = renderSummary(results);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(COMMENT_BYTES);
    expect(renderSummary(anyResults(seed))).toBe(summary);

    const outside = outsideFences(summary);
    expect(outside.match(/<details/g)?.length).toBe(outside.match(/<\/details>/g)?.length);
    expect(outside).not.toContain('```');

    const sets = results.flatMap((result) => (result.status === 'planned' ? [result.changes] : []));
    const totals = count(sets);
    for (const [n, verb] of [
      [totals.create, 'create'],
      [totals.update, 'update'],
      [totals.replace, 'replace'],
      [totals.delete, 'delete'],
    ] as const) {
      if (n > 0) expect(summary.split('\n')[0]).toContain(`${n.toLocaleString('en-US')} to ${verb}`);
    }

    const lines = new Set(summary.split('\n').map((line) => line.split(' ')[1]));
    const all = sets.flatMap((set) => set.changes);
    const missing = (changes: readonly ResourceChange[]): number =>
      changes.filter((change) => !lines.has(change.address)).length;
    const dangerous = all.filter((change) => destroys(change.action) || isReplace(change.action));
    const others = all.filter((change) => change.action === 'create' || change.action === 'update');
    if (missing(others) < others.length) expect(missing(dangerous)).toBe(0);
    const said = [...outside.matchAll(/^\*\*(?!Lines).*\(([\d,]+) of ([\d,]+) shown[,)]/gm)].map((match) =>
      match.slice(1).map((n) => Number(n.replaceAll(',', ''))),
    );
    const left = said.reduce((sum, [some, whole]) => sum + whole! - some!, 0);
    if (!/\d of [\d,]+ stacks/.test(outside)) expect(left).toBe(missing(all));
  });

  test('of 10,000 resources shows all that is destroyed, counts the rest by type, and leaves little room unused', () => {
    const changes = Array.from({ length: 10_000 }, (_, index) =>
      change(index % 100 === 0 ? 'delete' : 'create', `aws_${index % 2 ? 'a' : 'b'}.r[${index}]`),
    );
    const summary = renderSummary([{ stack: 'big', status: 'planned', changes: changeSet('big', changes) }]);
    expect(summary.match(/^- aws_b\.r/gm)).toHaveLength(100);
    expect(summary).toMatch(/^\*\*Delete \(100\)\*\*$/m);
    expect(summary).toMatch(
      /^\*\*Create \(3,\d{3} of 9,900 shown, names only\)\*\*, in all 5,000 `aws_a`, 4,900 `aws_b`$/m,
    );
    expect(Buffer.byteLength(summary)).toBeGreaterThan(COMMENT_BYTES - 500);
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
    expect(summary).toContain('## Plan: 1,498 to create, 1 to delete, **1 stack failed**');
    expect(summary).toContain('| `stack-with-a-rather-long-name-1400` | **failed** |');
    expect(summary).toContain('\n- a.b1499\n');
    expect(summary).toMatch(/^\d+ of 1,500 stacks shown\.$/m);
    expect(summary).toMatch(/^Details of \d+ of 1,500 stacks fit here\.$/m);
  });
});

/** What Markdown reads as text or HTML: everything but fenced lines. Fails on a fence that stays open. */
function outsideFences(markdown: string): string {
  const outside: string[] = [];
  let closing: string | undefined;
  for (const line of markdown.split('\n')) {
    if (closing !== undefined) closing = line === closing ? undefined : closing;
    else if (line.startsWith('```')) closing = /^`+/.exec(line)![0];
    else outside.push(line);
  }
  expect(closing).toBeUndefined();
  return outside.join('\n');
}

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

/** Plans of very different sizes, the same for the same seed. */
function anyResults(seed: number): StackResult[] {
  const next = generator(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const size = pick([3, 30, 300, 3000]);
  return Array.from({ length: 1 + Math.floor(next() * pick([3, 12, 200])) }, (_, index): StackResult => {
    const stack = `${pick(['dev', 'prod|`', '</details>', '\u202e'])}-${index}`;
    const kind = next();
    if (kind < 0.1)
      return {
        stack,
        status: 'failed',
        diagnostics: pick(['', 'Error: x\n', '```\n'.repeat(500), `${'é'.repeat(9000)}`]),
      };
    if (kind < 0.2) return { stack, status: 'deferred', reason: pick(['waits', '@octocat `|`']) };
    const many = Math.floor(next() * pick([0, size, size]));
    const changes = Array.from({ length: many }, (_unused, n) => {
      const key = pick([
        '',
        '["`````"]',
        `["${'ж'.repeat(Math.floor(next() * 60))}"]`,
        '["</details>"]',
        '["a|b"]',
      ]);
      const planned = change(pick(ACTIONS), `aws_${pick(['a', 'b', 'c|`', '<i>'])}.s${index}_${n}${key}`);
      return {
        ...planned,
        reason: pick(['', 'replace_because_tainted', 'news']),
        replacePaths: pick([[], ['a.b', 'c[0]']]),
      };
    });
    return { stack, status: 'planned', changes: changeSet(stack, changes) };
  });
}

const ACTIONS: readonly Action[] = [
  'create',
  'create',
  'update',
  'delete',
  'delete-then-create',
  'create-then-delete',
  'create-then-forget',
  'forget',
  'read',
];

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
