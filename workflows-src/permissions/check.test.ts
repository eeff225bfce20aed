import { actions } from '../actions';
import { ourWorkflows } from '../generate';
import type { Job, Permissions, Step, Workflow } from '../model/workflow';
import { CALLS } from './calls';
import { CALLS_OF_COMMANDS, CALLS_OF_PINNED } from './declared';
import { grantedTo, permissionProblems, usesOf } from './check';

const jobs = Object.entries(ourWorkflows()).flatMap(([name, { jobs: all }]) =>
  Object.entries(all).map(([id, job]): [string, Job] => [`${name}, job '${id}'`, job]),
);

describe('the workflows of this repository', () => {
  it.each(Object.entries(ourWorkflows()))('%s has what it needs, and nothing else', (name, workflow) => {
    expect(permissionProblems(name, workflow, actions)).toEqual([]);
  });

  // Each permission in turn is taken away: some declared call of the job then fails.
  it.each(jobs)('%s fails without any one of its permissions', (_where, job) => {
    const uses = usesOf(job, actions);
    expect(uses.map(({ permission: [scope] }) => scope)).toEqual([...grantedTo(job).keys()]);
    for (const { permission, fails } of uses)
      expect([permission, fails]).toEqual([permission, expect.arrayContaining([expect.anything()])]);
  });

  it('an apply fails at these calls', () => {
    const [, job] = jobs.find(([where]) => where === "apply, job 'apply-dev'") ?? [];
    const shown = usesOf(job as Job, actions).map(({ permission, fails }) => [
      permission.join(': '),
      ...fails.map(({ step, call }) => `${step}: ${call}`),
    ]);
    expect(shown).toEqual([
      [
        'actions: read',
        'Find what was reviewed: GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs',
        'Find what was reviewed: GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
        'Find what was reviewed: GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
      ],
      ['attestations: read', 'Apply: GET /repos/{owner}/{repo}/attestations/{subject_digest}'],
      [
        'contents: read',
        'Check out: git fetch',
        'Find what was reviewed: GET /repos/{owner}/{repo}/compare/{basehead}',
      ],
      ['id-token: write', 'Sign in to AWS: GET an OIDC token'],
      [
        'pull-requests: write',
        'Find what was reviewed: GET /repos/{owner}/{repo}/pulls',
        'Find what was reviewed: GET comments of a pull request',
        'Tell the pull requests: GET comments of a pull request',
        'Tell the pull requests: POST a comment on a pull request',
        'Tell the pull requests: PATCH a comment on a pull request',
      ],
    ]);
  });
});

const checkout: Step = { name: 'Check out', uses: 'actions/checkout' };
function problems(permissions: Permissions | Record<string, unknown>, ...steps: readonly object[]): string[] {
  const job = { name: 'J', 'runs-on': 'ubuntu-24.04', 'timeout-minutes': 5, permissions, steps };
  return permissionProblems('w', { jobs: { j: job } } as unknown as Workflow, actions);
}

describe('a job that is wrong is told, where', () => {
  it.each<[string, string[], string[]]>([
    [
      'nothing uses the permission',
      problems({ contents: 'read', issues: { write: 'x' } }, checkout),
      ["w, job 'j': permissions: no step needs issues: write: remove it"],
    ],
    [
      'reading is enough',
      problems({ contents: { write: 'x' } }, checkout),
      ["w, job 'j': permissions: no step needs contents: write: contents: read is enough"],
    ],
    [
      'a call lacks its permission',
      problems({}, checkout),
      ["w, job 'j', step 'Check out': git fetch needs contents: read, which the job's permissions lack"],
    ],
    [
      'reading is not enough',
      problems({ 'pull-requests': { read: 'x' } }, { name: 'C', uses: './.github/actions/apply-comment' }),
      [
        "w, job 'j', step 'C': POST a comment on a pull request needs pull-requests: write or issues: write, which the job's permissions lack",
        "w, job 'j', step 'C': PATCH a comment on a pull request needs pull-requests: write or issues: write, which the job's permissions lack",
      ],
    ],
    [
      'a script gets the token and declares nothing',
      problems({}, { name: 'S', run: 'gh pr merge', env: { GH_TOKEN: '${{ github.token }}' } }),
      [
        "w, job 'j', step 'S': is given the token, and nothing says what it asks of GitHub: declare it (workflows-src/permissions/declared.ts, or calls of our own action)",
      ],
    ],
    [
      'an input makes an action ask for more',
      problems(
        { contents: 'read' },
        { name: 'D', uses: 'actions/dependency-review-action', with: { 'comment-summary-in-pr': 'always' } },
      ).slice(1, 2),
      [
        "w, job 'j', step 'D': POST a comment on a pull request needs pull-requests: write or issues: write, which the job's permissions lack",
      ],
    ],
  ])('%s', (_what, found, expected) => {
    expect(found).toEqual(expected);
  });

  it('and one that is right is not', () => {
    expect(problems({ contents: 'read' }, checkout, { name: 'S', run: 'npm ci' })).toEqual([]);
    // Of two permissions that are each enough, one is needed.
    const comment = { name: 'C', uses: './.github/actions/apply-comment' };
    expect(problems({ issues: { write: 'x' } }, comment)).toEqual([]);
    expect(problems({ issues: { write: 'x' }, 'pull-requests': { write: 'x' } }, comment)).toEqual([
      "w, job 'j': permissions: no step needs issues: write: remove it",
      "w, job 'j': permissions: no step needs pull-requests: write: remove it",
    ]);
  });
});

it('every call says who says so, and is one that somebody declares', () => {
  for (const { source } of Object.values(CALLS)) expect(source).toMatch(/^https:\/\//);
  const all = {
    push: true,
    'push-to-registry': true,
    'comment-summary-in-pr': 'always',
    'run-id': '1',
    policy: 'p',
    publish_results: true,
  };
  const declared = new Set([
    ...Object.values(actions).flatMap(({ calls }): readonly string[] => calls),
    ...CALLS_OF_COMMANDS.flatMap(({ calls }) => calls),
    ...Object.values(CALLS_OF_PINNED).flatMap((each) => (typeof each === 'function' ? each(all) : each)),
  ]);
  expect([...declared].sort()).toEqual(Object.keys(CALLS).sort());
});
