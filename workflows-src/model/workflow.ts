import type { ActionDefinition, LocalActionName, LocalActions } from './action';
import type { ActionName, Pins, With } from './pinned';

/**
 * GitHub's workflow language in GitHub's own keys, narrowed to what we allow: every job says its permissions and its
 * longest run, every step has a name, and an action is one that is pinned. What the compiler cannot see (names inside
 * expressions) `check.ts` finds before any YAML is written.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 */
export interface Workflow<JobName extends string = string> {
  readonly name: string;
  /** Why it is as it is; stands below the generated file's header. */
  readonly about: string;
  readonly on: Triggers;
  readonly concurrency: Concurrency;
  readonly env?: Env;
  readonly jobs: Readonly<Record<JobName, Job<NoInfer<JobName>>>>;
}

/** Says that `needs` names jobs of this workflow, where their names are literals. */
export function workflow<const JobName extends string>(definition: Workflow<JobName>): Workflow {
  return definition;
}

/** `pull_request_target` and `workflow_run` are left out on purpose: both run with secrets on behalf of strangers. */
export interface Triggers {
  readonly push?: { readonly branches: readonly string[]; readonly paths?: readonly string[] };
  readonly pull_request?: {
    readonly branches: readonly string[];
    readonly types?: readonly PullRequestType[];
  };
  readonly schedule?: readonly { readonly cron: string }[];
  readonly workflow_dispatch?: { readonly inputs: Readonly<Record<string, DispatchInput>> };
}

type PullRequestType =
  'opened' | 'synchronize' | 'reopened' | 'closed' | 'labeled' | 'unlabeled' | 'ready_for_review';

export type DispatchInput = {
  readonly description: string;
  readonly required: boolean;
} & (
  | { readonly type: 'string' | 'environment'; readonly default?: string }
  | { readonly type: 'boolean'; readonly default?: boolean }
  | { readonly type: 'number'; readonly default?: number }
  | { readonly type: 'choice'; readonly options: readonly string[]; readonly default?: string }
);

/** `queue: max` keeps up to 100 waiting runs in order instead of one; GitHub refuses it beside cancelling. */
export type Concurrency =
  | { readonly group: string; readonly 'cancel-in-progress': boolean | Expression }
  | { readonly group: string; readonly 'cancel-in-progress': false; readonly queue: 'single' | 'max' };

/** A value that GitHub fills in. A condition (`if`) is written without the braces. */
export type Expression = `\${{ ${string} }}`;

export type Env = Readonly<Record<string, string>>;

export interface Job<JobName extends string = string> {
  readonly name: string;
  readonly 'runs-on': Runner;
  /** Minutes after which GitHub cancels the job, 1–360. */
  readonly 'timeout-minutes': number;
  readonly permissions: Permissions;
  readonly needs?: readonly JobName[];
  readonly if?: string;
  readonly environment?: string | { readonly name: string; readonly url?: string };
  readonly concurrency?: Concurrency;
  readonly strategy?: Strategy;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Env;
  readonly steps: readonly Step[];
}

export type Runner = 'ubuntu-24.04' | 'ubuntu-24.04-arm';

export interface Strategy {
  /** A list of values by name, or an expression that gives the whole matrix. */
  readonly matrix: Readonly<Record<string, readonly (string | number | boolean)[] | Expression>> | Expression;
  readonly 'fail-fast': boolean;
  readonly 'max-parallel'?: number;
}

/** `contents: 'read'` goes without saying; whatever is beyond it says why, and the reason becomes its comment. */
export type Permissions = { readonly contents?: 'read' | Granted<'write'> } & {
  readonly [Scope in Exclude<keyof ScopeAccess, 'contents'>]?: Granted<ScopeAccess[Scope]>;
};

/** Access and the reason for it: `{ write: 'to sign in to AWS' }`. */
export type Granted<Access extends 'read' | 'write'> = Access extends Access
  ? { readonly [A in Access]: string }
  : never;

interface ScopeAccess {
  readonly actions: 'read' | 'write';
  readonly attestations: 'read' | 'write';
  readonly checks: 'read' | 'write';
  readonly contents: 'read' | 'write';
  readonly deployments: 'read' | 'write';
  readonly 'id-token': 'write';
  readonly issues: 'read' | 'write';
  readonly packages: 'read' | 'write';
  readonly 'pull-requests': 'read' | 'write';
  readonly 'security-events': 'read' | 'write';
  readonly statuses: 'read' | 'write';
}

export type Step = PinnedStep | LocalStep | RunStep;

interface AnyStep {
  readonly name: string;
  /** Needed where a later expression reads the step's outputs or result. */
  readonly id?: string;
  readonly if?: string;
  readonly env?: Env;
  readonly 'timeout-minutes'?: number;
}

/** At most five lines of shell, values through `env` only: more belongs in TypeScript. */
export interface RunStep extends AnyStep {
  readonly uses?: never;
  readonly run: string;
  readonly 'working-directory'?: string;
  /** The names that the script writes to `GITHUB_OUTPUT`. Read by the checks, not rendered. */
  readonly outputs?: readonly string[];
}

/** A third-party action by its bare name; the commit and the version come from `pins.json`. */
export type PinnedStep = { [Name in ActionName]: UsesStep<Name, Pins[Name]['inputs']> }[ActionName];

/** One of our actions, by its folder. */
export type LocalStep = {
  [Name in LocalActionName]: UsesStep<`./.github/actions/${Name}`, InputsOf<LocalActions[Name]>>;
}[LocalActionName];

type InputsOf<Definition> = Definition extends ActionDefinition ? Definition['inputs'] : never;

type UsesStep<Uses extends string, Inputs> = AnyStep & { readonly uses: Uses } & (object extends With<Inputs>
    ? { readonly with?: With<Inputs> }
    : { readonly with: With<Inputs> });

/** Names of the outputs of a step. */
export type OutputOf<S> = S extends { readonly uses: infer Uses }
  ? Uses extends ActionName
    ? keyof Pins[Uses]['outputs']
    : Uses extends `./.github/actions/${infer Name extends LocalActionName}`
      ? keyof (LocalActions[Name] & ActionDefinition)['outputs']
      : never
  : S extends { readonly outputs: readonly (infer Name)[] }
    ? Name
    : never;

/** An output of a step that has an id: `stepOutput(push, 'digest')` is `${{ steps.push.outputs.digest }}`. */
export function stepOutput<const S extends { readonly id: string }>(
  step: S,
  name: OutputOf<S> & string,
): Expression {
  return `\${{ steps.${step.id}.outputs.${name} }}`;
}

/** The keys that are known, for those who run the generator without the compiler. */
export const KEYS = {
  workflow: keysOf<Workflow>()('name', 'about', 'on', 'concurrency', 'env', 'jobs'),
  job: keysOf<Job>()(
    'name',
    'runs-on',
    'timeout-minutes',
    'permissions',
    'needs',
    'if',
    'environment',
    'concurrency',
    'strategy',
    'outputs',
    'env',
    'steps',
  ),
  uses: keysOf<PinnedStep>()('name', 'id', 'if', 'env', 'timeout-minutes', 'uses', 'with'),
  run: keysOf<Omit<RunStep, 'uses'>>()(
    'name',
    'id',
    'if',
    'env',
    'timeout-minutes',
    'run',
    'working-directory',
    'outputs',
  ),
};

/** A list of the keys of T that does not compile while one is missing or wrong. */
function keysOf<T>() {
  return <const Names extends readonly (keyof T & string)[]>(
    ...names: Exclude<keyof T, Names[number]> extends never ? Names : never
  ): readonly string[] => names;
}
