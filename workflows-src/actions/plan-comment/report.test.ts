import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { ledgerOf } from '../../changes/ledger';
import { readPlan } from '../../changes/read-plan';
import { InMemoryGitHub } from '../../github/in-memory-github';
import { resultFileText } from '../../review/result-file';
import { PLAN_STATUS, type PlanFiles, type PlanRun, reportPlan } from './report';

const HEAD = 'a'.repeat(40);
const run: PlanRun = {
  pullRequest: 7,
  headSha: HEAD,
  runUrl: 'https://github.test/run',
  author: 'github-actions[bot]',
};
const failed = (stack: string, diagnostics = 'Error: no'): string =>
  resultFileText({ format: 1, commit: HEAD, result: { stack, status: 'failed', diagnostics } });
/** A plan that does nothing; its ledger stands for that. */
const planned = (stack: string, ledger: string): string => {
  const plan = readPlan(JSON.stringify({ format_version: '1.2', planned_values: {} }), stack);
  return resultFileText({
    format: 1,
    commit: HEAD,
    result: { stack, status: 'planned', changes: plan, ledger },
    ledger: ledgerOf(plan),
  });
};

let folder: string;
let github: InMemoryGitHub;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-report-'));
  github = new InMemoryGitHub();
  github.pulls = [
    {
      number: 7,
      state: 'open',
      title: 'A change',
      headSha: HEAD,
      headRepositoryId: github.id,
      baseBranch: 'main',
      labels: [],
      mergedAt: undefined,
      mergeCommit: undefined,
    },
  ];
});
afterEach(() => rmSync(folder, { recursive: true }));

async function report(stacks: readonly string[], files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const shown: string[] = [];
  const plans: PlanFiles = { stacks, removed: [], folder };
  const reported = await reportPlan(github, run, plans, async (markdown) => shown.push(markdown)).catch(
    (error: unknown) => error as Error,
  );
  return { reported, shown, comment: github.commentsOf.get(7)?.[0]?.body };
}

test.each<[string, Readonly<Record<string, string>>, RegExp]>([
  ['left no file', {}, /\*\*No plan was left\*\* by `dev-a`/],
  [
    'left two that differ',
    { 'plan-dev/dev-a.json': failed('dev-a'), 'plan-x/dev-a.json': failed('dev-a', 'Error: other') },
    /these say different things: plan-dev\/dev-a\.json, plan-x\/dev-a\.json/,
  ],
  ['left that of another', { 'plan-dev/dev-a.json': failed('dev-b') }, /is of another stack/],
  ['left what cannot be read', { 'plan-dev/dev-a.json': '{"format":' }, /plan-dev\/dev-a\.json/],
])('a stack that %s is in the comment, and the check is red', async (_, files, said) => {
  const { reported, comment } = await report(['dev-a'], files);
  expect(reported).toMatchObject({ result: 'created', verdict: 'failure' });
  expect(comment).toMatch(said);
  expect(github.statuses.get(`${HEAD} ${PLAN_STATUS}`)?.state).toBe('failure');
});

test('when a newer commit was pushed meanwhile, nothing is written, and it can be read in the run', async () => {
  github.pulls = github.pulls.map((pull) => ({ ...pull, headSha: 'b'.repeat(40) }));
  const { reported, shown } = await report(['dev-a'], { 'plan-dev/dev-a.json': failed('dev-a') });
  expect(reported).toMatchObject({ result: 'outdated', seal: undefined });
  expect(shown[0]).toContain('Error: no');
  expect(github.writes).toEqual([]);
});

test('a comment that GitHub does not take can be read in the run, no status says that it is there, and the error is told', async () => {
  github.fails.set('createComment', new Error('createComment(7): 503'));
  const { reported, shown } = await report(['dev-a'], { 'plan-dev/dev-a.json': failed('dev-a') });
  expect(reported).toEqual(new Error('createComment(7): 503'));
  expect(shown[0]).toContain('Error: no');
  expect(github.writes).toEqual([]);
});

test('only what was shown is sealed', async () => {
  const { reported } = await report(['dev-a'], {
    'plan-dev/dev-a.json': failed('dev-a'),
    'plan-dev/dev-b.json': failed('dev-b'),
  });
  expect(Object.keys((reported as { seal: { results: object } }).seal.results)).toEqual([
    'plan-dev/dev-a.json',
  ]);
});

test('a stack that two environments share is shown once, and both of its plans are sealed', async () => {
  const ledger = '0'.repeat(32);
  const files = {
    'plan-dev/registry.json': planned('registry', ledger),
    'plan-prod/registry.json': planned('registry', ledger),
  };
  const { reported, comment } = await report(['registry'], files);
  expect(reported).toMatchObject({ verdict: 'success' });
  expect(comment?.match(/`registry`/g)).toHaveLength(1);
  expect(Object.keys((reported as { seal: { results: object } }).seal.results)).toEqual(Object.keys(files));
});

test('two plans of one stack that would do different things are no plan', async () => {
  const { reported, comment } = await report(['registry'], {
    'plan-dev/registry.json': planned('registry', '0'.repeat(32)),
    'plan-prod/registry.json': planned('registry', '1'.repeat(32)),
  });
  expect(reported).toMatchObject({ verdict: 'failure' });
  expect(comment).toContain('these say different things');
});
