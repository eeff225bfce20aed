/**
 * Which contexts and functions there are, and where.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
 */

const JOB = ['github', 'needs', 'strategy', 'matrix', 'vars', 'inputs'];
const BEFORE_STEPS = ['github', 'needs', 'vars', 'inputs'];
const IN_STEPS = [...JOB, 'job', 'runner', 'env', 'steps'];
const STATUS = ['success', 'always', 'cancelled', 'failure'];

/** By place: the contexts, and the functions besides those that are everywhere. */
export const PLACES = {
  workflowConcurrency: { contexts: ['github', 'inputs', 'vars'], functions: [] },
  workflowEnv: { contexts: ['github', 'inputs', 'vars', 'secrets'], functions: [] },
  callOutput: { contexts: ['github', 'inputs', 'vars', 'jobs'], functions: [] },
  jobIf: { contexts: BEFORE_STEPS, functions: STATUS },
  strategy: { contexts: BEFORE_STEPS, functions: [] },
  /** `name`, `concurrency`, `environment` by its name, and `with` of a called workflow. */
  job: { contexts: JOB, functions: [] },
  environmentUrl: { contexts: IN_STEPS, functions: [] },
  /** `env`, and `secrets` for a called workflow. */
  jobEnv: { contexts: [...JOB, 'secrets'], functions: [] },
  jobOutputs: { contexts: [...IN_STEPS, 'secrets'], functions: [] },
  stepIf: { contexts: IN_STEPS, functions: ['hashFiles', ...STATUS] },
  step: { contexts: [...IN_STEPS, 'secrets'], functions: ['hashFiles'] },
} as const satisfies Record<string, { contexts: readonly string[]; functions: readonly string[] }>;
export type Place = keyof typeof PLACES;

/** How many values a function takes. */
export const ARITY: Readonly<Record<string, readonly [least: number, most: number]>> = {
  contains: [2, 2],
  startsWith: [2, 2],
  endsWith: [2, 2],
  format: [1, 255],
  join: [1, 2],
  toJSON: [1, 1],
  fromJSON: [1, 1],
  case: [3, 255],
  hashFiles: [1, 255],
  success: [0, 0],
  always: [0, 0],
  cancelled: [0, 0],
  failure: [0, 0],
};

/** The functions at a place. */
export function functionsAt(place: Place): string[] {
  const here: readonly string[] = PLACES[place].functions;
  return Object.keys(ARITY).filter(
    (name) => here.includes(name) || !(name === 'hashFiles' || STATUS.includes(name)),
  );
}

/** Source: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context */
export const GITHUB_PROPERTIES = [
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

/** Parts of `github.event` that one event alone has. Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const EVENT_OF: Readonly<Record<string, string>> = {
  pull_request: 'pull_request',
  merge_group: 'merge_group',
  release: 'release',
  rule: 'branch_protection_rule',
  schedule: 'schedule',
  commits: 'push',
  head_commit: 'push',
};

/** Properties of the contexts that are the same for every workflow. */
export const PROPERTIES = {
  job: ['status', 'container', 'services', 'check_run_id'],
  runner: ['name', 'os', 'arch', 'temp', 'tool_cache', 'debug', 'environment', 'workspace'],
  strategy: ['fail-fast', 'job-index', 'job-total', 'max-parallel'],
} as const;

/** How a job or a step can end. */
export const RESULTS = ['success', 'failure', 'cancelled', 'skipped'];
