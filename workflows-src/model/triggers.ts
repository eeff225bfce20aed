/**
 * What starts a workflow. `pull_request_target` and `workflow_run` are left out on purpose: both run with secrets on behalf
 * of strangers.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
 */
export interface Triggers {
  readonly push?: PushFilter & PathFilter;
  readonly pull_request?: {
    readonly branches: readonly string[];
    readonly types?: readonly PullRequestType[];
  } & PathFilter;
  readonly merge_group?: { readonly branches?: readonly string[] };
  readonly branch_protection_rule?: { readonly types?: readonly ('created' | 'edited' | 'deleted')[] };
  readonly release?: { readonly types: readonly ReleaseType[] };
  readonly schedule?: readonly { readonly cron: string }[];
  readonly workflow_dispatch?: { readonly inputs: Readonly<Record<string, DispatchInput>> };
  readonly workflow_call?: WorkflowCall;
}

/** Branches or tags, at least one of them: a push without either would start for everything. */
type PushFilter =
  | { readonly branches: readonly string[]; readonly tags?: readonly string[] }
  | { readonly branches?: never; readonly tags: readonly string[] };

/** GitHub refuses both at once. */
type PathFilter =
  | { readonly paths?: readonly string[]; readonly 'paths-ignore'?: never }
  | { readonly paths?: never; readonly 'paths-ignore'?: readonly string[] };

type PullRequestType =
  'opened' | 'synchronize' | 'reopened' | 'closed' | 'labeled' | 'unlabeled' | 'ready_for_review';
type ReleaseType = 'published' | 'created' | 'edited' | 'deleted' | 'prereleased' | 'released';

export type DispatchInput = {
  readonly description: string;
  readonly required: boolean;
} & (
  | { readonly type: 'string' | 'environment'; readonly default?: string }
  | { readonly type: 'boolean'; readonly default?: boolean }
  | { readonly type: 'number'; readonly default?: number }
  | { readonly type: 'choice'; readonly options: readonly string[]; readonly default?: string }
);

/** What a workflow that others call takes and gives. */
export interface WorkflowCall {
  readonly inputs?: Readonly<Record<string, CallInput>>;
  /** `value` reads `jobs.<id>.outputs.<name>` or `jobs.<id>.result`. */
  readonly outputs?: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly secrets?: Readonly<Record<string, { readonly description: string; readonly required: boolean }>>;
}

/** Required without a default, or with a default: GitHub never uses the default of a required one. */
export type CallInput = { readonly description: string } & (
  | (InputType & { readonly required: true })
  | (InputType & { readonly required?: false; readonly default: string | number | boolean })
);

type InputType = { readonly type: 'string' | 'number' | 'boolean' };

/** The input's value, in the words of TypeScript. */
export type ValueOf<Input> = Input extends { readonly type: 'boolean' }
  ? boolean
  : Input extends { readonly type: 'number' }
    ? number
    : string;

/** The names of all inputs of a workflow, whatever starts it. */
export type InputOf<On> =
  | (On extends { readonly workflow_dispatch: { readonly inputs: infer Inputs } } ? keyof Inputs : never)
  | (On extends { readonly workflow_call: { readonly inputs: infer Inputs } } ? keyof Inputs : never);
