import type { ActionDefinition } from './action';
import { condition, ExpressionError, expressionsIn, type Expressions, type Reference } from './expressions';
import { PINS, type Pin } from './pinned';
import { KEYS, type Job, type Step, type Workflow } from './workflow';

/** Our actions by folder name. */
export type Actions = Readonly<Record<string, ActionDefinition>>;

/**
 * Everything that would fail on GitHub, or that we do not allow, and that the compiler cannot see. One sentence each:
 * where, what is wrong, what is valid.
 * @param name the workflow's file name without `.yml`
 */
export function problemsOf(name: string, workflow: Workflow, actions: Actions): string[] {
  const problems: string[] = [];
  const at = (place: string) => (problem: string) =>
    problems.push(`${[name, place].filter(Boolean).join(', ')}: ${problem}`);

  const top = at('');
  unknownKeys(workflow, KEYS.workflow, top);
  const scope: Scope = { workflow, job: undefined, steps: [], actions };
  readExpressions({ concurrency: workflow.concurrency, env: workflow.env }, 'workflow', scope, top);

  for (const [id, job] of Object.entries(workflow.jobs)) {
    const here = at(`job '${id}'`);
    checkJob(id, job, workflow, here);
    const jobScope: Scope = { workflow, job, steps: job.steps, actions };
    readExpressions(
      { name: job.name, concurrency: job.concurrency, environment: job.environment, strategy: job.strategy },
      'job',
      jobScope,
      here,
    );
    readExpressions({ env: job.env }, 'jobEnv', jobScope, here);
    readExpressions({ outputs: job.outputs }, 'jobOutputs', jobScope, here);
    if (job.if !== undefined) readCondition(job.if, 'jobIf', jobScope, here);

    job.steps.forEach((step, index) => {
      const inStep = at(`job '${id}', step '${step.name}'`);
      const stepScope: Scope = { workflow, job, steps: job.steps.slice(0, index), actions, step };
      checkStep(step, stepScope, inStep);
      readExpressions(
        { name: step.name, env: step.env, with: 'with' in step ? step.with : undefined },
        'step',
        stepScope,
        inStep,
      );
      if (step.if !== undefined) readCondition(step.if, 'stepIf', stepScope, inStep);
    });
  }
  for (const circle of circles(workflow))
    top(`jobs wait for each other: ${circle.join(' needs ')}; valid: an order`);
  return problems;
}

type Report = (problem: string) => void;

interface Scope {
  readonly workflow: Workflow;
  readonly job: Job | undefined;
  /** The steps whose results can be read here. */
  readonly steps: readonly Step[];
  readonly step?: Step;
  readonly actions: Actions;
}

function checkJob(id: string, job: Job, workflow: Workflow, report: Report): void {
  unknownKeys(job, KEYS.job, report);
  if (!ID.test(id)) report(`got this id; valid: ${ID_RULE}`);
  if (!(job['timeout-minutes'] >= 1 && job['timeout-minutes'] <= 360)) {
    report(`timeout-minutes: got ${job['timeout-minutes']}; valid: 1 to 360`);
  }
  if (job.permissions === undefined)
    report('permissions: got nothing; valid: what the job needs, {} for nothing');
  for (const [scope, granted] of Object.entries(job.permissions ?? {})) {
    const reason = granted === 'read' ? scope === 'contents' : Object.values(granted)[0]?.trim();
    if (!reason) report(`permissions.${scope}: got no reason; valid: { read: 'why' } or { write: 'why' }`);
  }
  const others = Object.keys(workflow.jobs).filter((other) => other !== id);
  for (const need of job.needs ?? []) {
    if (!others.includes(need)) report(`needs: no job '${need}'; ${choice('jobs', others)}`);
  }
  const ids = job.steps.flatMap((step) => step.id ?? []);
  for (const stepId of new Set(ids)) {
    if (!ID.test(stepId)) report(`step id: got '${stepId}'; valid: ${ID_RULE}`);
    if (ids.filter((other) => other === stepId).length > 1)
      report(`two steps have the id '${stepId}'; valid: one`);
  }
  const signsIn = job.steps.some(({ uses }) => uses === 'aws-actions/configure-aws-credentials');
  if (signsIn && job.permissions?.['id-token'] === undefined) {
    report(
      "assumes an AWS role without the permission to sign in; valid: permissions { 'id-token': { write: 'why' } }",
    );
  }
}

const ID = /^[A-Za-z_][\w-]{0,99}$/;
const ID_RULE = 'letters, digits, - and _, a letter or _ first';

/** Settings without which an action does what we do not allow. */
const REQUIRED_SETTINGS: Readonly<Record<string, readonly [input: string, value: unknown, why: string]>> = {
  'actions/checkout': [
    'persist-credentials',
    false,
    'the token would stay in the checkout for every later step',
  ],
  'hashicorp/setup-terraform': ['terraform_wrapper', false, 'the wrapper changes exit codes and output'],
};

const MAX_SHELL_LINES = 5;

function checkStep(step: Step, scope: Scope, report: Report): void {
  if (step.uses === undefined) {
    unknownKeys(step, KEYS.run, report);
    if (step.run.includes('${{'))
      report('run: got ${{ }}, which is pasted into the script; valid: pass the value through env');
    const lines = step.run.trim().split('\n').length;
    if (lines > MAX_SHELL_LINES)
      report(`run: got ${lines} lines; valid: up to ${MAX_SHELL_LINES}, more belongs in TypeScript`);
    return;
  }
  unknownKeys(step, KEYS.uses, report);
  const action = actionOf(step, scope.actions);
  if (!action) {
    report(`uses: no action '${step.uses}'; ${choice('actions', usable(scope.actions))}`);
    return;
  }
  const given: Readonly<Record<string, unknown>> = step.with ?? {};
  const inputs = Object.keys(action.inputs);
  for (const input of Object.keys(given)) {
    if (!inputs.includes(input))
      report(`with: ${step.uses} has no input '${input}'; ${choice('inputs', inputs)}`);
  }
  for (const [input, { required, default: fallback }] of Object.entries(action.inputs)) {
    if (required && fallback === undefined && given[input] === undefined)
      report(`with: ${step.uses} requires '${input}'`);
  }
  const [input, value, why] = REQUIRED_SETTINGS[step.uses] ?? [];
  if (input !== undefined && given[input] !== value)
    report(`with: got no '${input}: ${value}'; valid: with it, because ${why}`);
  if (isLocal(step.uses)) {
    for (const before of ['actions/checkout', 'actions/setup-node']) {
      if (!scope.steps.some(({ uses }) => uses === before))
        report(`uses: our own actions run after ${before}; valid: a step before this`);
    }
  }
}

const LOCAL = './.github/actions/';
const isLocal = (uses: string): boolean => uses.startsWith(LOCAL);

/** The folder name in `./.github/actions/<name>`, or undefined for an action of others. */
export function localActionName(uses: string): string | undefined {
  return isLocal(uses) ? uses.slice(LOCAL.length) : undefined;
}

type KnownAction = Pick<Pin, 'inputs' | 'outputs'>;

function actionOf(step: Step, actions: Actions): KnownAction | undefined {
  if (step.uses === undefined) return undefined;
  const local = localActionName(step.uses);
  const all: Readonly<Record<string, KnownAction>> = local === undefined ? PINS : actions;
  const name = local ?? step.uses;
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function usable(actions: Actions): string[] {
  return [...Object.keys(PINS), ...Object.keys(actions).map((name) => `${LOCAL}${name}`)];
}

/**
 * Which contexts can be read where.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
 */
const CONTEXTS = {
  workflow: ['github', 'inputs', 'vars'],
  jobIf: ['github', 'needs', 'vars', 'inputs'],
  job: ['github', 'needs', 'strategy', 'matrix', 'vars', 'inputs'],
  jobEnv: ['github', 'needs', 'strategy', 'matrix', 'vars', 'secrets', 'inputs'],
  jobOutputs: [
    'github',
    'needs',
    'strategy',
    'matrix',
    'job',
    'runner',
    'env',
    'vars',
    'secrets',
    'steps',
    'inputs',
  ],
  stepIf: ['github', 'needs', 'strategy', 'matrix', 'job', 'runner', 'env', 'vars', 'steps', 'inputs'],
  step: [
    'github',
    'needs',
    'strategy',
    'matrix',
    'job',
    'runner',
    'env',
    'vars',
    'secrets',
    'steps',
    'inputs',
  ],
} as const;
type Place = keyof typeof CONTEXTS;

const FUNCTIONS = ['contains', 'startsWith', 'endsWith', 'format', 'join', 'toJSON', 'fromJSON', 'hashFiles'];
const STATUS_FUNCTIONS = ['success', 'always', 'cancelled', 'failure'];

function readExpressions(value: unknown, place: Place, scope: Scope, report: Report): void {
  for (const text of textsIn(value)) read(() => expressionsIn(text), place, scope, report);
}

function readCondition(text: string, place: 'jobIf' | 'stepIf', scope: Scope, report: Report): void {
  read(() => condition(text), place, scope, report);
}

function read(parse: () => Expressions, place: Place, scope: Scope, report: Report): void {
  let parsed: Expressions;
  try {
    parsed = parse();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    report(error.message);
    return;
  }
  const functions = place === 'jobIf' || place === 'stepIf' ? [...FUNCTIONS, ...STATUS_FUNCTIONS] : FUNCTIONS;
  for (const name of parsed.functions) {
    if (!functions.some((known) => known.toLowerCase() === name.toLowerCase())) {
      report(`no function '${name}' here; ${choice('functions', functions)}`);
    }
  }
  for (const reference of parsed.references) {
    const [context = '', ...path] = reference;
    if (!(CONTEXTS[place] as readonly string[]).includes(context)) {
      report(`${reference.join('.')}: no context '${context}' here; ${choice('contexts', CONTEXTS[place])}`);
      continue;
    }
    const problem = RESOLVE[context]?.(path, scope);
    if (problem) report(`${reference.join('.')}: ${problem}`);
  }
}

/** Says what is wrong with the path below a context; undefined where it is right, or cannot be known. */
const RESOLVE: Readonly<Record<string, (path: Reference, scope: Scope) => string | undefined>> = {
  github: ([property, ...rest], scope) => {
    if (property === 'event' && rest[0] === 'inputs' && rest[1] !== undefined)
      return resolveInput(rest[1], scope);
    return oneOf('property of github', property, GITHUB_PROPERTIES);
  },
  inputs: ([name], scope) => resolveInput(name, scope),
  needs: ([id, kind, output], { workflow, job }) => {
    const needed = job?.needs ?? [];
    const problem = oneOf('job in needs', id, needed);
    if (problem || id === undefined) return problem;
    if (kind !== 'outputs') return oneOf(`property of needs.${id}`, kind, ['result', 'outputs']);
    return oneOf(`output of job '${id}'`, output, Object.keys(workflow.jobs[id]?.outputs ?? {}));
  },
  steps: ([id, kind, output], { steps, workflow, actions }) => {
    const step = steps.find((other) => other.id !== undefined && other.id === id);
    if (!step) {
      const elsewhere = Object.entries(workflow.jobs).find(([, job]) =>
        job.steps.some((other) => other.id === id),
      )?.[0];
      const ids = steps.flatMap((other) => other.id ?? []);
      const hint =
        elsewhere === undefined
          ? ''
          : ` (job '${elsewhere}' has one: pass it on as an output of that job, or read it after that step)`;
      return `no earlier step of this job has the id '${id}'${hint}; ${choice('ids', ids)}`;
    }
    if (kind !== 'outputs')
      return oneOf(`property of steps.${id}`, kind, ['outputs', 'outcome', 'conclusion']);
    const outputs =
      step.uses === undefined ? (step.outputs ?? []) : Object.keys(actionOf(step, actions)?.outputs ?? {});
    return oneOf(`output of step '${id}'`, output, outputs);
  },
  matrix: ([name], { job }) => {
    const matrix = job?.strategy?.matrix;
    return typeof matrix === 'string' ? undefined : oneOf('matrix value', name, Object.keys(matrix ?? {}));
  },
  env: ([name], { workflow, job, step }) =>
    oneOf(
      'env',
      name,
      [workflow.env, job?.env, step?.env].flatMap((env) => Object.keys(env ?? {})),
    ),
  secrets: ([name]) => oneOf('secret', name, ['GITHUB_TOKEN']),
};

function resolveInput(name: string | undefined, { workflow }: Scope): string | undefined {
  return oneOf('input of workflow_dispatch', name, Object.keys(workflow.on.workflow_dispatch?.inputs ?? {}));
}

function oneOf(what: string, name: string | undefined, valid: readonly string[]): string | undefined {
  if (name === '*' || (name !== undefined && valid.includes(name))) return undefined;
  return `no ${what} is named '${name ?? ''}'; ${choice('names', valid)}`;
}

/** Source: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context */
const GITHUB_PROPERTIES = [
  'action',
  'action_path',
  'action_ref',
  'action_repository',
  'action_status',
  'actor',
  'actor_id',
  'api_url',
  'base_ref',
  'env',
  'event',
  'event_name',
  'event_path',
  'graphql_url',
  'head_ref',
  'job',
  'job_workflow_sha',
  'path',
  'ref',
  'ref_name',
  'ref_protected',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'repositoryUrl',
  'retention_days',
  'run_attempt',
  'run_id',
  'run_number',
  'secret_source',
  'server_url',
  'sha',
  'token',
  'triggering_actor',
  'workflow',
  'workflow_ref',
  'workflow_sha',
  'workspace',
];

function choice(what: string, valid: readonly string[]): string {
  return `valid ${what}: ${valid.length > 0 ? valid.join(', ') : 'none'}`;
}

function unknownKeys(value: object, known: readonly string[], report: Report): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) report(`no key '${key}'; ${choice('keys', known)}`);
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Jobs that wait for themselves through others, each circle once, from its first job in the workflow's order. */
function circles({ jobs }: Workflow): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (id: string, above: readonly string[]): void => {
    const start = above.indexOf(id);
    if (start >= 0) found.push([...above.slice(start), id]);
    if (start >= 0 || done.has(id)) return;
    for (const need of jobs[id]?.needs ?? []) visit(need, [...above, id]);
    done.add(id);
  };
  for (const id of Object.keys(jobs)) visit(id, []);
  return found;
}
