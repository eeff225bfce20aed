import '../actions';
import type { ActionDefinition } from './action';
import { problemsOf } from './check';
import { stepOutput, workflow, type Job, type Step, type Workflow } from './workflow';

const actions = {
  greet: {
    name: 'Greet',
    description: 'Greets.',
    inputs: { who: { description: 'Whom.', required: true }, tone: { description: 'How.', default: 'warm' } },
    outputs: { greeting: { description: 'What was said.' } },
  },
} as const satisfies Record<string, ActionDefinition>;

const checkout: Step = {
  name: 'Check out',
  uses: 'actions/checkout',
  with: { 'persist-credentials': false },
};
const setupNode: Step = { name: 'Set up Node', uses: 'actions/setup-node', with: { 'node-version': 24 } };
const push = {
  id: 'push',
  name: 'Push',
  uses: 'actions/attest',
  with: { 'subject-path': '.' },
} as const satisfies Step;

function job(change: Partial<Job> = {}): Job {
  return {
    name: 'Build',
    'runs-on': 'ubuntu-24.04',
    'timeout-minutes': 5,
    permissions: { contents: 'read' },
    steps: [checkout],
    ...change,
  };
}

/** Problems of a workflow named `ship` with these jobs; a job may be as wrong as a test wants. */
function problems(jobs: Record<string, object>, change: Partial<Workflow> = {}): string[] {
  const given = {
    name: 'ship',
    about: 'Ships.',
    on: { push: { branches: ['main'] } },
    concurrency: { group: 'ship', 'cancel-in-progress': false },
    jobs,
    ...change,
  } as Workflow;
  return problemsOf('ship', given, actions);
}

const withSteps = (...steps: object[]): object => ({ ...job(), steps });

describe('eight mistakes that reached somebody’s main branch are found before any YAML is written', () => {
  it('1: an input that the action does not have', () => {
    expect(
      problems({
        build: withSteps({ ...checkout, with: { 'persist-credentials': false, 'fetch-dept': 0 } }),
      }),
    ).toEqual([
      "ship, job 'build', step 'Check out': with: actions/checkout has no input 'fetch-dept'; valid inputs: repository, ref, token, ssh-key, ssh-known-hosts, ssh-strict, ssh-user, persist-credentials, path, clean, filter, sparse-checkout, sparse-checkout-cone-mode, fetch-depth, fetch-tags, show-progress, lfs, submodules, set-safe-directory, github-server-url, allow-unsafe-pr-checkout",
    ]);
  });

  it('2: an output that the action does not have', () => {
    expect(
      problems({
        build: { ...job(), outputs: { d: '${{ steps.push.outputs.bundle-pth }}' }, steps: [push] },
      }),
    ).toEqual([
      "ship, job 'build': steps.push.outputs.bundle-pth: no output of step 'push' is named 'bundle-pth'; valid names: attestation-id, attestation-url, bundle-path, storage-record-ids",
    ]);
  });

  it('3: needs a job that does not exist', () => {
    expect(problems({ build: job(), deploy: { ...job(), needs: ['buidl'] } })).toEqual([
      "ship, job 'deploy': needs: no job 'buidl'; valid jobs: build",
    ]);
  });

  it('4: a job output taken from a step of another job', () => {
    expect(
      problems({
        build: withSteps(checkout, push),
        deploy: { ...job(), outputs: { digest: '${{ steps.push.outputs.bundle-path }}' } },
      }),
    ).toEqual([
      "ship, job 'deploy': steps.push.outputs.bundle-path: no earlier step of this job has the id 'push' (job 'build' has one: pass it on as an output of that job, or read it after that step); valid ids: none",
    ]);
  });

  it('5: an output of a step without id', () => {
    const { id: _id, ...nameless } = push;
    expect(
      problems({
        build: { ...job(), outputs: { d: '${{ steps.push.outputs.bundle-path }}' }, steps: [nameless] },
      }),
    ).toEqual([
      "ship, job 'build': steps.push.outputs.bundle-path: no earlier step of this job has the id 'push'; valid ids: none",
    ]);
  });

  it('6: a misspelt job key', () => {
    expect(problems({ build: { ...job(), 'timeout-minuets': 5 } })).toEqual([
      "ship, job 'build': no key 'timeout-minuets'; valid keys: name, runs-on, timeout-minutes, permissions, needs, if, environment, concurrency, strategy, outputs, env, steps",
    ]);
  });

  it.each(['inputs.enviroment', 'github.event.inputs.enviroment'])(
    '7: a misspelt workflow_dispatch input in %s',
    (read) => {
      const environment = { description: 'Where', required: true, type: 'string' } as const;
      expect(
        problems(
          { build: { ...job(), if: `${read} == 'dev'` } },
          { on: { workflow_dispatch: { inputs: { environment } } } },
        ),
      ).toEqual([
        `ship, job 'build': ${read}: no input of workflow_dispatch is named 'enviroment'; valid names: environment`,
      ]);
    },
  );

  it('8: outputs of a job that is not in needs', () => {
    const built = { ...job(), outputs: { digest: '${{ steps.push.outputs.bundle-path }}' }, steps: [push] };
    expect(
      problems({
        build: built,
        test: { ...job(), needs: ['build'] },
        deploy: { ...job(), needs: ['test'], env: { DIGEST: '${{ needs.build.outputs.digest }}' } },
      }),
    ).toEqual([
      "ship, job 'deploy': needs.build.outputs.digest: no job in needs is named 'build'; valid names: test",
    ]);
  });
});

describe('the compiler finds, before the generator does', () => {
  it('an input that the action does not have, and a required one that is missing', () => {
    // @ts-expect-error -- 'fetch-dept' is no input of actions/checkout
    const misspelt: Step = { name: 'a', uses: 'actions/checkout', with: { 'fetch-dept': 0 } };
    // @ts-expect-error -- 'aws-region' is required
    const incomplete: Step = { name: 'a', uses: 'aws-actions/configure-aws-credentials', with: {} };
    const own: Step = {
      name: 'a',
      uses: './.github/actions/plan-comment',
      // @ts-expect-error -- 'enviroments' is no input of our own action
      with: { folder: 'a', enviroments: 'b' },
    };
    expect([misspelt, incomplete, own]).toHaveLength(3);
  });

  it('an output that the action does not have, and one of a step without id', () => {
    // @ts-expect-error -- 'bundle-pth' is no output of actions/attest
    expect(stepOutput(push, 'bundle-pth')).toBe('${{ steps.push.outputs.bundle-pth }}');
    const { id: _id, ...nameless } = push;
    // @ts-expect-error -- without an id nothing can refer to it
    expect(stepOutput(nameless, 'bundle-path')).toBe('${{ steps.undefined.outputs.bundle-path }}');
  });

  it('needs of a job that does not exist, a misspelt key, an action that is not pinned, a scope without a reason', () => {
    const base = {
      name: 'a',
      about: 'b',
      on: {},
      concurrency: { group: 'a', 'cancel-in-progress': true },
    } as const;
    // @ts-expect-error -- 'buidl' is no job
    const needs = workflow({ ...base, jobs: { build: job(), deploy: { ...job(), needs: ['buidl'] } } });
    // @ts-expect-error -- 'timeout-minuets' is no key of a job
    const key: Job = { ...job(), 'timeout-minuets': 5 };
    // @ts-expect-error -- nobody looked this one up
    const action: Step = { name: 'a', uses: 'somebody/action' };
    // @ts-expect-error -- says no reason
    const permissions: Job = { ...job(), permissions: { issues: 'write' } };
    // @ts-expect-error -- GitHub refuses a queue beside cancelling
    const queue: Job = { ...job(), concurrency: { group: 'a', 'cancel-in-progress': true, queue: 'max' } };
    expect([needs, key, action, permissions, queue]).toHaveLength(5);
  });
});

describe('house rules', () => {
  it('finds nothing in a workflow that is right', () => {
    expect(
      problems({
        build: {
          ...job(),
          outputs: { digest: stepOutput(push, 'bundle-path') },
          strategy: { matrix: { node: [20, 24] }, 'fail-fast': false },
          steps: [
            checkout,
            { ...setupNode, with: { 'node-version': '${{ matrix.node }}' } },
            push,
            {
              name: 'Greet',
              uses: './.github/actions/greet',
              if: "steps.push.outcome == 'success'",
              with: { who: 'all' },
            },
          ],
        },
        deploy: {
          ...job(),
          needs: ['build'],
          if: "!cancelled() && needs.build.result == 'success'",
          env: { DIGEST: '${{ needs.build.outputs.digest }}' },
        },
      }),
    ).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'an expression in a script',
      withSteps({ name: 'Say', run: 'echo ${{ github.ref }}' }),
      "step 'Say': run: got ${{ }}, which is pasted into the script; valid: pass the value through env",
    ],
    [
      'a long script',
      withSteps({ name: 'Say', run: 'a\nb\nc\nd\ne\nf' }),
      "step 'Say': run: got 6 lines; valid: up to 5, more belongs in TypeScript",
    ],
    [
      'a checkout that leaves the token behind',
      withSteps({ name: 'Check out', uses: 'actions/checkout' }),
      "step 'Check out': with: got no 'persist-credentials: false'; valid: with it, because the token would stay in the checkout for every later step",
    ],
    [
      'the terraform wrapper',
      withSteps({ name: 'Terraform', uses: 'hashicorp/setup-terraform' }),
      "step 'Terraform': with: got no 'terraform_wrapper: false'; valid: with it, because the wrapper changes exit codes and output",
    ],
    [
      'a required input that is missing',
      withSteps(checkout, setupNode, { name: 'Greet', uses: './.github/actions/greet' }),
      "step 'Greet': with: ./.github/actions/greet requires 'who'",
    ],
    [
      'our own action before Node is there',
      withSteps(checkout, { name: 'Greet', uses: './.github/actions/greet', with: { who: 'all' } }),
      "step 'Greet': uses: our own actions run after actions/setup-node; valid: a step before this",
    ],
    [
      'an output that a script does not declare',
      withSteps(
        { id: 'say', name: 'Say', run: 'true', outputs: ['a'] },
        { name: 'Read', if: 'steps.say.outputs.b', run: 'true' },
      ),
      "step 'Read': steps.say.outputs.b: no output of step 'say' is named 'b'; valid names: a",
    ],
    [
      'a step that reads a later one',
      withSteps({ name: 'Read', if: 'steps.push.outputs.bundle-path', run: 'true' }, push),
      "step 'Read': steps.push.outputs.bundle-path: no earlier step of this job has the id 'push' (job 'build' has one: pass it on as an output of that job, or read it after that step); valid ids: none",
    ],
    [
      'a matrix value that there is not',
      { ...job(), strategy: { matrix: { node: [24] }, 'fail-fast': true }, name: '${{ matrix.nod }}' },
      "matrix.nod: no matrix value is named 'nod'; valid names: node",
    ],
    [
      'a context where GitHub has none',
      { ...job(), if: "env.A == 'a'" },
      "env.A: no context 'env' here; valid contexts: github, needs, vars, inputs",
    ],
    [
      'a secret that nobody declared',
      { ...job(), env: { A: '${{ secrets.KEY }}' } },
      "secrets.KEY: no secret is named 'KEY'; valid names: GITHUB_TOKEN",
    ],
    [
      'a function that there is not',
      { ...job(), if: 'cancelld()' },
      "no function 'cancelld' here; valid functions: contains, startsWith, endsWith, format, join, toJSON, fromJSON, hashFiles, success, always, cancelled, failure",
    ],
    [
      'an expression that does not end',
      { ...job(), name: '${{ github.ref' },
      "'${{ github.ref': ${{ without }}",
    ],
    ['a time without end', { ...job(), 'timeout-minutes': 0 }, 'timeout-minutes: got 0; valid: 1 to 360'],
    [
      'a job without permissions',
      { ...job(), permissions: undefined },
      'permissions: got nothing; valid: what the job needs, {} for nothing',
    ],
    [
      'a scope without a reason',
      { ...job(), permissions: { issues: { write: ' ' } } },
      "permissions.issues: got no reason; valid: { read: 'why' } or { write: 'why' }",
    ],
    ['two steps with one id', withSteps(push, push), "two steps have the id 'push'; valid: one"],
    [
      'signing in without the permission to',
      withSteps({
        name: 'Sign in',
        uses: 'aws-actions/configure-aws-credentials',
        with: { 'aws-region': 'eu-west-1' },
      }),
      "assumes an AWS role without the permission to sign in; valid: permissions { 'id-token': { write: 'why' } }",
    ],
  ])('fails when there is %s', (_what, given, problem) => {
    const [first, ...others] = problems({ build: given });
    expect(others).toEqual([]);
    expect(first?.replace(/^ship, job 'build'(?:, |: )/, '')).toBe(problem);
  });

  it('fails when jobs wait for each other, naming the circle', () => {
    expect(problems({ a: { ...job(), needs: ['b'] }, b: { ...job(), needs: ['a'] } })).toEqual([
      'ship: jobs wait for each other: a needs b needs a; valid: an order',
    ]);
  });
});
