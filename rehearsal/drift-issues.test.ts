import { connect } from '../workflows-src/github/connect';
import { keepIssues } from '../workflows-src/actions/drift-issues/keep-issues';
import type { DriftReport, StackReport } from '../workflows-src/drift/report';
import { FakeGitHub } from './github/fake-github';

/** The life of drift issues over GitHub's REST API, each call held against GitHub's published description. */

const BOT = 'github-actions[bot]';

let github: FakeGitHub;
beforeEach(async () => {
  github = await FakeGitHub.start({ repository: { owner: 'o', repo: 'r', id: 42 } });
});
afterEach(async () => {
  await github.close();
  expect(github.violations).toEqual([]);
});

const stack = (of: Pick<StackReport, 'status' | 'digest'>, name = 'dev-network'): StackReport => ({
  stack: name,
  drifted: of.status === 'drifted' ? 1 : 0,
  pending: 0,
  body: of.digest === '' ? '' : `it says ${of.digest}`,
  ...of,
});
const CLEAN = { status: 'clean', digest: '' } as const;
const drift = (digest: string) => ({ status: 'drifted', digest }) as const;

/** @returns what was written, each as `POST /issues` */
async function run(...results: readonly StackReport[]): Promise<string[]> {
  const report: DriftReport = {
    version: 1,
    environment: 'dev',
    commit: 'a'.repeat(40),
    checkedAt: new Date().toISOString(),
    stacks: results.map((result) => result.stack),
    results: [...results],
  };
  const calls = connect(github.token, { GITHUB_REPOSITORY: 'o/r', GITHUB_API_URL: github.url });
  const before = github.writes().length;
  const files = [{ name: 'drift-dev.json', text: JSON.stringify(report) }];
  const { written } = await keepIssues(calls, files, { author: BOT, limit: 5 });
  expect(written.filter(({ error }) => error !== undefined)).toEqual([]);
  return github
    .writes()
    .slice(before)
    .map(({ method, path }) => `${method} ${path.replace('/repos/o/r', '')}`);
}

it('is opened, left, written anew, closed with a word, reopened, and closed when the stack goes', async () => {
  expect(await run(stack(drift('one')))).toEqual(['POST /issues']);
  expect(await run(stack(drift('one')))).toEqual([]);
  expect(await run(stack(drift('two')))).toEqual(['PATCH /issues/1']);
  expect(await run(stack(CLEAN))).toEqual(['POST /issues/1/comments', 'PATCH /issues/1']);
  expect(github.repository.issue(1)).toMatchObject({ state: 'closed', labels: ['drift'] });
  expect(await run(stack(CLEAN))).toEqual([]);
  expect(await run(stack(drift('three')))).toEqual(['PATCH /issues/1']);
  expect(github.repository.issue(1).state).toBe('open');
  expect(await run(stack(CLEAN, 'dev-data'))).toEqual(['POST /issues/1/comments', 'PATCH /issues/1']);
  expect(github.repository.issue(1).state).toBe('closed');
  expect(github.repository.issues).toHaveLength(1);
});

it('is not opened twice where the answer was lost', async () => {
  github.fail({ kind: '502-after', method: 'POST', path: /\/issues$/ });
  await run(stack(drift('one')));
  expect(github.repository.issues).toHaveLength(1);
  expect(await run(stack(drift('one')))).toEqual([]);
});

it("is nobody else's, though it says the same", async () => {
  await run(stack(drift('one')));
  const { title, body } = github.repository.issue(1);
  github.repository.openIssue(title, body, ['drift']);
  expect(await run(stack(CLEAN))).toEqual(['POST /issues/1/comments', 'PATCH /issues/1']);
  expect(github.repository.issue(2).state).toBe('open');
});
