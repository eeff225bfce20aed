import type { AnyWorkflow, CallingJob, Job, PinnedStep, RunStep } from './workflow';
import type { Triggers, WorkflowCall } from './triggers';

/** The keys that are known, for those who run the generator without the compiler. */
export const KEYS = {
  workflow: keysOf<AnyWorkflow>()('name', 'about', 'on', 'concurrency', 'secrets', 'vars', 'env', 'jobs'),
  triggers: keysOf<Triggers>()(
    'push',
    'pull_request',
    'merge_group',
    'branch_protection_rule',
    'release',
    'schedule',
    'workflow_dispatch',
    'workflow_call',
  ),
  job: keysOf<Omit<Job, 'uses'>>()(
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
  callingJob: keysOf<CallingJob>()(
    'name',
    'uses',
    'with',
    'secrets',
    'permissions',
    'needs',
    'if',
    'concurrency',
    'strategy',
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

/** The keys below a trigger. */
export const TRIGGER_KEYS: { readonly [Event in Exclude<keyof Triggers, 'schedule'>]: readonly string[] } = {
  push: ['branches', 'tags', 'paths', 'paths-ignore'],
  pull_request: ['branches', 'types', 'paths', 'paths-ignore'],
  merge_group: ['branches'],
  branch_protection_rule: ['types'],
  release: ['types'],
  workflow_dispatch: ['inputs'],
  workflow_call: keysOf<WorkflowCall>()('inputs', 'outputs', 'secrets'),
};

/** Keys that GitHub has and that are left out here, with the reason. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  pull_request_target: 'it runs with secrets on behalf of strangers',
  workflow_run: 'it runs with secrets on behalf of strangers',
  container: 'nothing pins its image here',
  services: 'nothing pins their images here',
  defaults: 'every workflow has bash with pipefail',
  shell: 'every workflow has bash with pipefail',
  'continue-on-error': 'a failure must show',
};

/** A list of the keys of T that does not compile while one is missing or wrong. */
function keysOf<T>() {
  return <const Names extends readonly (keyof T & string)[]>(
    ...names: Exclude<keyof T, Names[number]> extends never ? Names : never
  ): readonly string[] => names;
}
