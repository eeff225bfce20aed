import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { ChangeSet } from '../changes/change-set';
import type { SynthesizedStack } from '../graph/synthesized';
import { applyPlanned } from './apply';
import { planned } from './plan';
import { initialize, removePlan, type Workspace } from './workspace';

export interface BootstrapOptions {
  /** Where the state lies until it has a bucket; kept when the run is cut off, so that the next one goes on. */
  readonly localState: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with the plan before anything is created. */
  readonly onPlan?: (changes: ChangeSet) => void;
}

export interface Bootstrapped {
  readonly changes: ChangeSet;
  /** Whether the state was moved into its bucket in this run. */
  readonly migrated: boolean;
}

/** Overrides the S3 backend while the bucket does not exist: https://developer.hashicorp.com/terraform/language/files/override */
const LOCAL_BACKEND = 'backend_override.tf.json';

/**
 * Creates or updates a bootstrap stack, which holds the bucket that its own state lies in: first with local state, then
 * migrated. Run again, it changes nothing; cut off, it goes on from where it was.
 * @throws Error when the bucket exists but was not made by this stack
 */
export async function bootstrap(
  workspace: Workspace,
  stack: SynthesizedStack,
  options: BootstrapOptions,
): Promise<Bootstrapped> {
  const override = join(stack.folder, LOCAL_BACKEND);
  const exists = await bucketExists(stack, options.env);
  const local = existsSync(options.localState) || !exists;
  try {
    if (local) await useLocalState(override, options.localState);
    await initialize(workspace, stack);
    if (!local && !(await hasState(workspace, stack))) {
      throw new Error(
        `the bucket ${stack.stateBucket} exists but holds no state of ${stack.id}: it was made by hand, or under another stack. Look at what is in it; a new project takes another project name in stacks/config.ts.`,
      );
    }
    const changes = await planned(workspace, stack, { lock: true });
    options.onPlan?.(changes);
    await applyPlanned(workspace, stack, changes);
    if (local) {
      workspace.watch(stack.id, 'moving its state into the bucket');
      await rm(override);
      await workspace.terraform.init(stack.folder, 'migrate');
      await rm(options.localState, { force: true });
      await rm(`${options.localState}.backup`, { force: true });
    }
    return { changes, migrated: local };
  } finally {
    await rm(override, { force: true });
    await removePlan(stack);
  }
}

/**
 * The way back: the state leaves its bucket, so that the bucket can be destroyed.
 * @param localState must not exist
 */
export async function detachState(
  workspace: Workspace,
  stack: SynthesizedStack,
  localState: string,
): Promise<void> {
  await useLocalState(join(stack.folder, LOCAL_BACKEND), localState);
  await workspace.terraform.init(stack.folder, 'migrate');
}

async function useLocalState(override: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(override, JSON.stringify({ terraform: { backend: { local: { path } } } }));
}

async function hasState({ terraform }: Workspace, { folder }: SynthesizedStack): Promise<boolean> {
  const state = JSON.parse((await terraform.showState(folder)).toString('utf8')) as { values?: unknown };
  return state.values !== undefined;
}

/** S3 tells anybody whether a bucket name is taken: 404 or not (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html). */
async function bucketExists(
  { stateBucket: bucket, stateRegion: region }: SynthesizedStack,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const url =
    endpoint === undefined
      ? `https://${bucket}.s3.${region}.amazonaws.com/`
      : `${endpoint.replace(/\/$/, '')}/${bucket}`;
  const answer = await fetch(url, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(15_000),
  }).catch((error: unknown) => {
    throw new Error(
      `cannot ask ${new URL(url).host} whether the state bucket exists: is the network there? Behind a proxy, use Node 24 with NODE_USE_ENV_PROXY=1.`,
      { cause: error },
    );
  });
  return answer.status !== 404;
}
