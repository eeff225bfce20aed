import { request } from '@octokit/request';

import { applyComment } from '../../workflows-src/actions/apply-comment/action';
import { tell } from '../../workflows-src/actions/apply-comment/tell';
import { planComment } from '../../workflows-src/actions/plan-comment/action';
import { beginPlan, reportPlan } from '../../workflows-src/actions/plan-comment/report';
import type { GitHub } from '../../workflows-src/github/github';
import { restGitHub } from '../../workflows-src/github/rest';
import { type CallName, CALLS, type Call } from '../../workflows-src/permissions/calls';
import { FakeGitHub } from './fake-github';
import type { Permissions } from './operations';

/** What our actions declare that they ask of GitHub, held against what they ask. */
let fake: FakeGitHub;
beforeEach(async () => {
  fake = await FakeGitHub.start({ repository: { owner: 'o', repo: 'r', id: 42 } });
});
afterEach(() => fake.close());

const AUTHOR = 'github-actions[bot]';
function connect(permissions: Permissions): GitHub {
  const token = fake.addToken(AUTHOR, permissions);
  const authorized = request.defaults({ baseUrl: fake.url, headers: { authorization: `token ${token}` } });
  return restGitHub(authorized, { owner: 'o', repo: 'r' }, { maxAttempts: 1 });
}

/** By the request, our name of the call. */
const NAMES: readonly (readonly [RegExp, CallName])[] = [
  [/^GET \/repos\/o\/r\/issues\/\d+\/comments/, 'GET comments of a pull request'],
  [/^POST \/repos\/o\/r\/issues\/\d+\/comments/, 'POST a comment on a pull request'],
  [/^PATCH \/repos\/o\/r\/issues\/comments\/\d+/, 'PATCH a comment on a pull request'],
  [/^GET \/repos\/o\/r\/pulls\/\d+$/, 'GET /repos/{owner}/{repo}/pulls/{pull_number}'],
  [/^GET \/repos\/o\/r\/commits\/\w+\/status/, 'GET /repos/{owner}/{repo}/commits/{ref}/status'],
  [/^POST \/repos\/o\/r\/statuses\/\w+$/, 'POST /repos/{owner}/{repo}/statuses/{sha}'],
];
function asked(): string[] {
  const calls = fake.requests.map(({ method, path }) => {
    const request = `${method} ${path}`;
    return NAMES.find(([pattern]) => pattern.test(request))?.[1] ?? request;
  });
  return [...new Set(calls)].sort();
}

async function applyComments(github: GitHub, pull: number): Promise<void> {
  const telling = { report: undefined, pulls: [pull], runUrl: 'https://github.example/1', author: AUTHOR };
  await tell(github, { ...telling, environment: 'dev' });
  await tell(github, { ...telling, environment: 'prod' });
}

async function planComments(github: GitHub, pull: number, headSha: string): Promise<void> {
  const run = { pullRequest: pull, headSha, runUrl: 'https://github.example/1', author: AUTHOR };
  const files = { stacks: ['dev-network'], removed: [], folder: '/nowhere' };
  await beginPlan(github, run);
  await reportPlan(github, run, files, async () => undefined);
  await reportPlan(github, run, { ...files, stacks: ['dev-network', 'dev-data'] }, async () => undefined);
}

describe.each<[string, readonly CallName[], Permissions, typeof planComments]>([
  ['apply-comment', applyComment.calls, { 'pull-requests': 'write' }, applyComments],
  ['plan-comment', planComment.calls, { 'pull-requests': 'write', statuses: 'write' }, planComments],
])('%s', (_name, declared, permissions, act) => {
  it('asks what it declares, all of it, and is refused nothing', async () => {
    const { number, headSha } = await fake.repository.openPullRequest();
    await act(connect(permissions), number, headSha);
    expect(asked()).toEqual([...declared].sort());
    expect(fake.violations).toEqual([]);
  });

  it.each(Object.keys(permissions))('is refused without %s', async (scope) => {
    const { number, headSha } = await fake.repository.openPullRequest();
    await expect(act(connect({ ...permissions, [scope]: 'none' }), number, headSha)).rejects.toThrow(
      /403.*not accessible/,
    );
    const needs = declared.map((call): Call => CALLS[call]);
    expect(needs.some((call) => call.needs.some(([each]) => each === scope))).toBe(true);
  });
});
