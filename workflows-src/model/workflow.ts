import type { LocalActionName, LocalActions } from './action';
import type { Closed } from './closed-inputs';
import type { ActionName, InputValue, Pins, With } from './pinned';
import type { InputOf, Triggers, ValueOf, WorkflowCall } from './triggers';

export type { CallInput, DispatchInput, Triggers, WorkflowCall } from './triggers';

/**
 * GitHub's workflow language in GitHub's own keys, narrowed to what we allow: every job says its permissions and its
 * longest run, every step has a name, and an action is one that is pinned. What the compiler cannot see (names inside
 * expressions) `check.ts` finds before any YAML is written.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 */
export interface Workflow<JobName extends string = string, EachJob = Job<NoInfer<JobName>>> {
  readonly name: string;
  /** Why it is as it is; stands below the generated file's header. */
  readonly about: string;
  readonly on: Triggers;
  readonly concurrency: Concurrency;
  /**
   * The secrets of the repository that it may read, besides `GITHUB_TOKEN` and those that a caller hands it. Read by the
   * checks, not rendered.
   */
  readonly secrets?: readonly string[];
  /** The configuration variables (`vars`) that it may read. Read by the checks, not rendered. */
  readonly vars?: readonly string[];
  readonly env?: Env;
  readonly jobs: Readonly<Record<JobName, EachJob>>;
}

/** A workflow of which some jobs may call other workflows. */
export type AnyWorkflow = Workflow<string, AnyJob>;

/** Says that `needs` names jobs of this workflow, where their names are literals, and keeps what its triggers declare. */
export function workflow<const JobName extends string, const On extends Triggers>(
  definition: Workflow<JobName> & { readonly on: On & Known<On> },
): Defined<Workflow, On> {
  return definition;
}

/** The same for a workflow that calls others. */
export function callingWorkflow<const JobName extends string, const On extends Triggers>(
  definition: Workflow<JobName, AnyJob<NoInfer<JobName>>> & { readonly on: On & Known<On> },
): Defined<AnyWorkflow, On> {
  return definition;
}

/** A workflow that still knows what its triggers declare. */
export type Defined<W extends AnyWorkflow, On extends Triggers> = Omit<W, 'on'> & { readonly on: On };

/** Holds no trigger that there is not: of a type that is inferred the compiler would let it pass. */
type Known<On> = { readonly [Unknown in Exclude<keyof On, keyof Triggers>]: never };

/** `queue: max` keeps up to 100 waiting runs in order instead of one; GitHub refuses it beside cancelling. */
export type Concurrency =
  | { readonly group: string; readonly 'cancel-in-progress': boolean | Expression }
  | { readonly group: string; readonly 'cancel-in-progress': false; readonly queue: 'single' | 'max' };

/** A value that GitHub fills in. A condition (`if`) is written without the braces. */
export type Expression = `\${{ ${string} }}`;

export type Env = Readonly<Record<string, string>>;

interface EveryJob<JobName extends string> {
  readonly name: string;
  readonly permissions: Permissions;
  /**
   * The jobs that end before this one begins. Left out, they are those whose outputs or results it reads (the file lists
   * them all the same); written, they are all there are, and reading another job is a mistake.
   */
  readonly needs?: readonly JobName[];
  readonly if?: string;
  readonly concurrency?: Concurrency;
  readonly strategy?: Strategy;
}

/** A job that runs steps. Images (`container`, `services`) are left out: nothing pins them here. */
export interface Job<JobName extends string = string> extends EveryJob<JobName> {
  readonly uses?: never;
  readonly 'runs-on': Runner;
  /** Minutes after which GitHub cancels the job, 1–360. */
  readonly 'timeout-minutes': number;
  readonly environment?: string | { readonly name: string; readonly url?: string };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Env;
  readonly steps: readonly Step[];
}

/**
 * A job that calls a workflow of this repository; `call` writes `uses`, `with` and `secrets`. Its permissions are the most
 * that any job of the called workflow gets. How long it may run, the called jobs say.
 */
export interface CallingJob<JobName extends string = string> extends EveryJob<JobName>, Call {}

export type AnyJob<JobName extends string = string> = Job<JobName> | CallingJob<JobName>;

/** What is called. `secrets: inherit` is left out: it would hand over all there are. */
export interface Call {
  readonly uses: `./.github/workflows/${string}.yml`;
  readonly with?: Readonly<Record<string, InputValue>>;
  readonly secrets?: Readonly<Record<string, Expression>>;
}

/**
 * Calls a workflow of this repository: `...call('deploy', deploy, { with: { environment: 'dev' } })`. What it does not
 * take, or requires and does not get, does not compile.
 * @param name its file name without `.yml`
 */
export function call<const On extends { readonly workflow_call: WorkflowCall }>(
  name: string,
  _called: { readonly on: On },
  given: Given<On['workflow_call']>,
): Call {
  return { uses: `./.github/workflows/${name}.yml`, ...(given as Pick<Call, 'with' | 'secrets'>) };
}

type Given<Takes> = Part<'with', Takes extends { readonly inputs: infer Inputs } ? CallWith<Inputs> : never> &
  Part<'secrets', Takes extends { readonly secrets: infer Secrets } ? CallSecrets<Secrets> : never>;

/** Nothing where there is nothing to give, and optional where all of it is. */
type Part<Key extends string, Values> = [Values] extends [never]
  ? { readonly [K in Key]?: never }
  : object extends Values
    ? { readonly [K in Key]?: Values }
    : { readonly [K in Key]: Values };

type CallWith<Inputs> = {
  readonly [Name in keyof Inputs as Inputs[Name] extends { required: true } ? Name : never]:
    ValueOf<Inputs[Name]> | Expression;
} & {
  readonly [Name in keyof Inputs as Inputs[Name] extends { required: true } ? never : Name]?:
    ValueOf<Inputs[Name]> | Expression;
};

type CallSecrets<Secrets> = {
  readonly [Name in keyof Secrets as Secrets[Name] extends { required: true } ? Name : never]: Expression;
} & {
  readonly [Name in keyof Secrets as Secrets[Name] extends { required: true } ? never : Name]?: Expression;
};

export type Runner = 'ubuntu-24.04' | 'ubuntu-24.04-arm';

export interface Strategy {
  /**
   * A list of values by name, or an expression that gives the whole matrix. `include` adds combinations, and values to
   * combinations; `exclude` takes combinations away.
   */
  readonly matrix: Readonly<Record<string, readonly MatrixValue[] | Expression>> | Expression;
  readonly 'fail-fast': boolean;
  readonly 'max-parallel'?: number;
}

export type MatrixValue = Scalar | { readonly [name: string]: Scalar };
type Scalar = string | number | boolean;

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
export type PinnedStep = {
  [Name in ActionName]: UsesStep<Name, InputsOf<Name>>;
}[ActionName];

/** One of our actions, by its folder. */
export type LocalStep = {
  [Name in LocalActionName]: UsesStep<`./.github/actions/${Name}`, InputsOf<Name>>;
}[LocalActionName];

/** What `with` of an action takes. Spelled out key by key, because the compiler names the type in its messages. */
export type InputsOf<Name extends ActionName | LocalActionName> = {
  readonly [Input in keyof Taken<Name>]: Taken<Name>[Input];
};

type Taken<Name> = Name extends ActionName
  ? With<Pins[Name]['inputs']> & Closed<Name>
  : Name extends LocalActionName
    ? With<LocalInputs<Name>> & OptionsOf<LocalInputs<Name>>
    : never;

type LocalInputs<Name extends LocalActionName> = LocalActions[Name] extends { readonly inputs: infer Inputs }
  ? Inputs
  : never;

/** Of an input with options, nothing but them. */
type OptionsOf<Inputs> = {
  readonly [Input in keyof Inputs]?: Inputs[Input] extends { readonly options: readonly (infer Option)[] }
    ? Option | Expression
    : unknown;
};

type UsesStep<Uses extends string, Given> = AnyStep & { readonly uses: Uses } & (object extends Given
    ? { readonly with?: Given }
    : { readonly with: Given });

/** Names of the outputs of a step. */
export type OutputOf<S> = S extends { readonly uses: infer Uses }
  ? Uses extends ActionName
    ? keyof Pins[Uses]['outputs']
    : Uses extends `./.github/actions/${infer Name extends LocalActionName}`
      ? keyof (LocalActions[Name] extends { readonly outputs: infer Outputs } ? Outputs : never)
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

/**
 * An output of a job: `jobOutput({ build }, 'digest')` is `${{ needs.build.outputs.digest }}`. The job that reads it needs
 * `build` by that.
 * @param job one job, by its id
 */
export function jobOutput<const Jobs extends Readonly<Record<string, { readonly outputs?: object }>>>(
  job: Jobs,
  name: keyof NonNullable<Jobs[keyof Jobs]['outputs']> & string,
): Expression {
  const [id, ...others] = Object.keys(job);
  if (id === undefined || others.length > 0)
    throw new Error(`jobOutput: got the jobs ${Object.keys(job).join(', ') || 'none'}; valid: one`);
  return `\${{ needs.${id}.outputs.${name} }}`;
}

/** An input of the workflow that these triggers start: `inputOf(on, 'environment')` is `${{ inputs.environment }}`. */
export function inputOf<const On extends Triggers>(_on: On, name: InputOf<On> & string): Expression {
  return `\${{ inputs.${name} }}`;
}
