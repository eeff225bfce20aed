import '../actions';
import type { ActionDefinition } from './action';
import { problemsOf } from './check';
import { stepOutput, workflow, type Job, type Step, type Workflow } from './workflow';

const actions = {
  greet: {
    name: 'Greet',
    description: 'Greets.',
    inputs: {
      who: { description: 'Whom.', required: true },
      tone: { description: 'How.', default: 'warm', options: ['warm', 'cold'] },
    },
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
      "step 'Read': if: steps.say.outputs.b: no output of step 'say' is named 'b'; valid names: a",
    ],
    [
      'a step that reads a later one',
      withSteps({ name: 'Read', if: 'steps.push.outputs.bundle-path', run: 'true' }, push),
      "step 'Read': if: steps.push.outputs.bundle-path: no earlier step of this job has the id 'push' (a later one has: read it after that step); valid ids: none",
    ],
    [
      'a matrix value that there is not',
      { ...job(), strategy: { matrix: { node: [24] }, 'fail-fast': true }, name: '${{ matrix.nod }}' },
      "name: matrix.nod: no matrix value is named 'nod' (did you mean 'node'?); valid names: node",
    ],
    [
      'a context where GitHub has none',
      { ...job(), if: "env.A == 'a'" },
      "if: env.A: no context 'env' here; valid contexts: github, needs, vars, inputs",
    ],
    [
      'a secret that nobody declared',
      { ...job(), env: { A: '${{ secrets.KEY }}' } },
      "env.A: secrets.KEY: no secret is named 'KEY'; valid names: GITHUB_TOKEN",
    ],
    [
      'a function that there is not',
      { ...job(), if: 'cancelld()' },
      "if: no function 'cancelld' (did you mean 'cancelled'?) here; valid functions: contains, startsWith, endsWith, format, join, toJSON, fromJSON, case, success, always, cancelled, failure",
    ],
    [
      'an expression that does not end',
      { ...job(), name: '${{ github.ref' },
      "name: '${{ github.ref': ${{ without }}",
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
      'a value that the input never takes',
      withSteps({
        name: 'Keep',
        uses: 'actions/upload-artifact',
        with: { path: 'a', 'if-no-files-found': 'warning' },
      }),
      "step 'Keep': with: actions/upload-artifact takes no 'warning' as 'if-no-files-found'; valid values: warn, error, ignore",
    ],
    [
      'a value that an input of our own never takes',
      withSteps(checkout, setupNode, {
        name: 'Greet',
        uses: './.github/actions/greet',
        with: { who: 'all', tone: 'wram' },
      }),
      "step 'Greet': with: ./.github/actions/greet takes no 'wram' (did you mean 'warm'?) as 'tone'; valid values: warm, cold",
    ],
    [
      'a key that is left out on purpose',
      { ...job(), services: {} },
      "no key 'services' (left out here: nothing pins their images here); valid keys: name, runs-on, timeout-minutes, permissions, needs, if, environment, concurrency, strategy, outputs, env, steps",
    ],
    [
      'too few values for a function',
      { ...job(), if: "contains(github.ref) && startsWith(github.ref, 'a')" },
      'if: contains: got 1 values; valid: 2',
    ],
    [
      'a place in a format without a value',
      { ...job(), name: "${{ format('{0} {1} {{2}}', github.ref) }}" },
      "name: format: '{0} {1} {{2}}' has {1}, and got 1 values for it",
    ],
    [
      'a text without quotes',
      { ...job(), if: 'github.ref == main' },
      "if: main: no context 'main' here (a text stands in single quotes); valid contexts: github, needs, vars, inputs",
    ],
    [
      'an event that starts nothing here',
      { ...job(), if: "github.event_name == 'pull_request'" },
      "if: github.event_name: is never 'pull_request', because they are all that starts this workflow; valid values: push",
    ],
    [
      'a part of an event that starts nothing here',
      { ...job(), if: 'github.event.pull_request.draft' },
      'if: github.event.pull_request.draft: only the event pull_request has it; valid triggers of this workflow: push',
    ],
    [
      'a result that there is not',
      withSteps({ ...push }, { name: 'Say', if: "steps.push.outcome == 'failed'", run: 'true' }),
      "step 'Say': if: steps.push.outcome: is never 'failed'; valid values: success, failure, cancelled, skipped",
    ],
    [
      'a result that there is not, in a list',
      withSteps(
        { ...push },
        { name: 'Say', if: `contains(fromJSON('["success","skiped"]'), steps.push.outcome)`, run: 'true' },
      ),
      "step 'Say': if: steps.push.outcome: is never 'skiped' (did you mean 'skipped'?); valid values: success, failure, cancelled, skipped",
    ],
    [
      'a result as a condition',
      withSteps({ ...push }, { name: 'Say', if: '!cancelled() && steps.push.outcome', run: 'true' }),
      "step 'Say': if: steps.push.outcome: is a text, which is always true; valid: == 'success'",
    ],
    [
      'an output compared with true',
      withSteps({ ...push }, { name: 'Say', if: 'steps.push.outputs.bundle-path == true', run: 'true' }),
      "step 'Say': if: steps.push.outputs.bundle-path: is a text, and never true; valid: == 'true'",
    ],
    [
      'a matrix value that it never has',
      {
        ...job(),
        strategy: { matrix: { os: ['a', 'b'], include: [{ os: 'c' }] }, 'fail-fast': true },
        name: "${{ matrix.os == 'd' }}",
      },
      "name: matrix.os: is never 'd'; valid values: a, b, c",
    ],
    [
      'an excluded value that the matrix does not have',
      { ...job(), strategy: { matrix: { os: ['a'], exclude: [{ so: 'a' }] }, 'fail-fast': true } },
      "strategy.matrix.exclude: no matrix value is named 'so'; valid names: os",
    ],
    [
      'a whole object as a text',
      withSteps({ ...push }, { name: 'Say', env: { A: '${{ steps.push.outputs }}' }, run: 'true' }),
      "step 'Say': env.A: steps.push.outputs: is not one value but all of them; valid: a name after it, or toJSON(steps.push.outputs)",
    ],
    [
      'a variable that nobody declared',
      { ...job(), if: "vars.REGION == 'a'" },
      "if: vars.REGION: no variable is named 'REGION'; valid names: none",
    ],
    [
      'a group that is the workflow’s',
      { ...job(), concurrency: { group: 'ship', 'cancel-in-progress': false } },
      "concurrency: the group 'ship' is the workflow's too, so the job would wait for itself; valid: another",
    ],
    [
      'two steps with one id but for capitals',
      withSteps(push, { ...push, id: 'Push' }),
      "two steps have the id 'Push'; valid: one",
    ],
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

  it.each<[string, object, string]>([
    [
      'no trigger',
      {},
      'on: got no trigger; valid triggers: push, pull_request, merge_group, branch_protection_rule, release, schedule, workflow_dispatch, workflow_call',
    ],
    [
      'a trigger that is left out on purpose',
      { push: { branches: ['main'] }, pull_request_target: {} },
      "on: no key 'pull_request_target' (left out here: it runs with secrets on behalf of strangers); valid keys: push, pull_request, merge_group, branch_protection_rule, release, schedule, workflow_dispatch, workflow_call",
    ],
    [
      'a misspelt filter',
      { push: { branchs: ['main'] } },
      "on.push: no key 'branchs' (did you mean 'branches'?); valid keys: branches, tags, paths, paths-ignore",
    ],
    [
      'an hour of the day that there is not',
      { schedule: [{ cron: '17 24 * * 1-5' }] },
      "on.schedule: got '24' for the hour in '17 24 * * 1-5'; valid: 0 to 23, *, and lists, ranges and steps of them",
    ],
    [
      'a default that is none of the options',
      {
        workflow_dispatch: {
          inputs: {
            to: { description: 'a', required: true, type: 'choice', options: ['dev'], default: 'dve' },
          },
        },
      },
      "on.workflow_dispatch.inputs.to: default: got 'dve' (did you mean 'dev'?); valid values: dev",
    ],
    [
      'a default of another type',
      { workflow_call: { inputs: { to: { description: 'a', type: 'boolean', default: 'false' } } } },
      'on.workflow_call.inputs.to: default: got "false"; valid: a boolean',
    ],
    [
      'an output of a job that has none',
      {
        workflow_call: {
          outputs: { digest: { description: 'a', value: '${{ jobs.build.outputs.digest }}' } },
        },
      },
      "on.workflow_call.outputs.digest: jobs.build.outputs.digest: no output of job 'build' is named 'digest'; valid names: none",
    ],
  ])('fails when %s starts it', (_what, on, problem) => {
    expect(problems({ build: job() }, { on } as Partial<Workflow>)).toEqual([`ship: ${problem}`]);
  });

  it.each(['17 5 * * 1-5', '*/15 0,12 1-7/2 JAN-MAR,DEC SUN', '0 0 31 12 6'])('takes the time %s', (cron) => {
    expect(problems({ build: job() }, { on: { schedule: [{ cron }] } })).toEqual([]);
  });

  it.each(['0 0 * * 7', '0 0 0 * *', '60 * * * *', '* * * *', '*/0 * * * *', '5-1 * * * *', '0 0 * * 1-2-3'])(
    'does not take the time %s',
    (cron) => {
      expect(problems({ build: job() }, { on: { schedule: [{ cron }] } })).toHaveLength(1);
    },
  );

  it('reads inputs of whatever starts it, with their types', () => {
    const on = {
      workflow_dispatch: {
        inputs: {
          to: { description: 'a', required: true, type: 'choice', options: ['dev', 'prod'] },
          count: { description: 'a', required: false, type: 'number' },
          rehearse: { description: 'a', required: false, type: 'boolean' },
        },
      },
      workflow_call: { inputs: { tag: { description: 'a', type: 'string', required: true } } },
    } as const;
    const conditions = [
      "inputs.to == 'DEV' && INPUTS.Tag != '' && inputs.count > 3 && inputs.rehearse",
      "inputs.to == 'stage'",
      "inputs.count == 'many'",
      'inputs.tga',
    ];
    expect(conditions.map((condition) => problems({ build: { ...job(), if: condition } }, { on }))).toEqual([
      [],
      ["ship, job 'build': if: inputs.to: is never 'stage'; valid values: dev, prod"],
      ["ship, job 'build': if: inputs.count: is a number, and never the text 'many'; valid: a number"],
      [
        "ship, job 'build': if: inputs.tga: no input of workflow_call or workflow_dispatch is named 'tga' (did you mean 'tag'?); valid names: tag, to, count, rehearse",
      ],
    ]);
    const { workflow_dispatch } = on;
    const old = [
      'github.event.inputs.rehearse',
      '!github.event.inputs.rehearse',
      "github.event.inputs.rehearse == 'true'",
    ];
    expect(
      old.map(
        (condition) => problems({ build: { ...job(), if: condition } }, { on: { workflow_dispatch } }).length,
      ),
    ).toEqual([1, 1, 0]);
  });

  it('reads the secrets and variables that are declared, and no others', () => {
    const build = { ...job(), env: { A: '${{ secrets.key }}', B: '${{ vars.REGION }}' } };
    expect(problems({ build }, { secrets: ['KEY'], vars: ['REGION'] })).toEqual([]);
    const called = { workflow_call: { secrets: { KEY: { description: 'a', required: true } } } };
    expect(problems({ build }, { on: called, vars: ['REGION'] })).toEqual([]);
    expect(problems({ build: job() }, { secrets: ['GITHUB_KEY'] })).toEqual([
      "ship: secrets: got 'GITHUB_KEY'; valid: letters, digits and _, no digit first, and not GITHUB_… first",
    ]);
  });

  it('fails when jobs wait for each other, naming the circle', () => {
    expect(problems({ a: { ...job(), needs: ['b'] }, b: { ...job(), needs: ['a'] } })).toEqual([
      'ship: jobs wait for each other: a needs b needs a; valid: an order',
    ]);
  });
});
