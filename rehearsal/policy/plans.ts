import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';

import * as z from 'zod';

import type { SynthesizedStack } from '../../workflows-src/graph/synthesized';
import { messageOf } from '../../workflows-src/operations/plan';
import { runGraph } from '../../workflows-src/graph/schedule';
import type { Terraform } from '../../workflows-src/terraform/terraform';

/** A plan of a stack from nothing, as JSON. */
export type CreationPlan = z.output<typeof planJson>;

const resources = z.looseObject({ type: z.string() });
const planJson = z.looseObject({
  planned_values: z.looseObject({
    root_module: z.looseObject({ resources: z.array(resources).default([]) }),
  }),
  resource_changes: z.array(resources).default([]),
  configuration: z.looseObject({
    root_module: z.looseObject({ resources: z.array(resources).default([]) }),
  }),
});

/** Each plan holds a terraform and a provider, and both are busy. */
const AT_A_TIME = 2;

/** For terraform: nobody answers there, so whoever speaks to AWS all the same fails at once. */
export const NOBODY = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nobody',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  NO_PROXY: '127.0.0.1',
  no_proxy: '127.0.0.1',
};

/** Something of terraform's own whose id no plan knows: what is read with it is read in the apply, which never comes. */
const STAND_IN = 'fairlead-pending';
const LATER = `\${terraform_data.${STAND_IN}.id}`;

/** By type of data source that asks AWS: the argument that puts it off. */
const PUT_OFF: Readonly<Record<string, string>> = {
  terraform_remote_state: 'workspace',
  aws_ssm_parameter: 'name',
};
/** Data sources that ask nobody. */
const LOCAL = ['aws_default_tags'];

const stackData = z.looseObject({
  data: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/**
 * Files to write beside a stack's `cdk.tf.json`, so that it can be planned without AWS, without its state and before those it
 * reads from: https://developer.hashicorp.com/terraform/language/files/override
 * @param configuration the parsed `cdk.tf.json`
 * @throws Error for a data source of which it is not known whether and how it can be put off
 */
export function filesToPlanAlone(id: string, configuration: unknown): Readonly<Record<string, object>> {
  const { data } = stackData.parse(configuration);
  const unknown = Object.keys(data).find((type) => !(type in PUT_OFF) && !LOCAL.includes(type));
  if (unknown !== undefined) {
    throw new Error(
      `${id} reads data.${unknown}, and nobody said how to plan that without AWS: add it in rehearsal/policy/plans.ts`,
    );
  }
  const later = Object.entries(data)
    .filter(([type]) => type in PUT_OFF)
    .map(([type, named]) => [
      type,
      Object.fromEntries(Object.keys(named).map((name) => [name, { [PUT_OFF[type]!]: LATER }])),
    ]);
  return {
    'policy_override.tf.json': {
      terraform: { backend: { local: { path: 'none.tfstate' } } },
      provider: {
        aws: {
          allowed_account_ids: [],
          skip_credentials_validation: true,
          skip_requesting_account_id: true,
          skip_metadata_api_check: true,
          max_retries: 1,
        },
      },
      ...(later.length > 0 && { data: Object.fromEntries(later) as object }),
    },
    // Terraform refuses an override of what is not there, and an empty block of resources.
    ...(later.length > 0 && { 'pending.tf.json': { resource: { terraform_data: { [STAND_IN]: {} } } } }),
  };
}

/** A plan without what `filesToPlanAlone` added to it. */
export function withoutStandIn(plan: unknown): CreationPlan {
  const { planned_values, configuration, ...others } = planJson.parse(plan);
  const own = <R extends { readonly type: string }>(found: readonly R[]): R[] =>
    found.filter(({ type }) => type !== 'terraform_data');
  const without = <M extends { readonly root_module: { readonly resources: { type: string }[] } }>(
    of: M,
  ): M => ({
    ...of,
    root_module: { ...of.root_module, resources: own(of.root_module.resources) },
  });
  return {
    ...others,
    resource_changes: own(others.resource_changes),
    planned_values: without(planned_values),
    configuration: without(configuration),
  };
}

export interface PlanningOptions {
  /** Values for the stacks' variables. @throws Error for one that it does not know */
  readonly valueOf: (stack: SynthesizedStack, variable: string) => string;
  /** Told each stack that is planned. */
  readonly onPlanned: (id: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Plans every stack as if nothing were there.
 * @param terraform with the environment of `NOBODY`
 * @returns plans by stack id
 * @throws Error naming the stacks that cannot be planned
 */
export async function planFromNothing(
  terraform: Terraform,
  stacks: readonly SynthesizedStack[],
  { valueOf, onPlanned, signal }: PlanningOptions,
): Promise<ReadonlyMap<string, CreationPlan>> {
  for (const stack of stacks) {
    for (const [file, content] of Object.entries(filesToPlanAlone(stack.id, configurationOf(stack))))
      writeFileSync(join(stack.folder, file), JSON.stringify(content));
  }
  await initializeOnce(terraform, stacks);

  const nodes = stacks.map((stack) => ({ id: stack.id, dependencies: [], stack }));
  const outcomes = await runGraph(
    nodes,
    async ({ stack }) => {
      const out = join(stack.folder, 'plan.bin');
      const variables = Object.fromEntries(stack.variables.map((name) => [name, valueOf(stack, name)]));
      await terraform.plan(stack.folder, { out, lock: false, variables });
      const plan = withoutStandIn(JSON.parse((await terraform.show(stack.folder, out)).toString('utf8')));
      onPlanned(stack.id);
      return plan;
    },
    { parallel: AT_A_TIME, signal },
  );
  signal?.throwIfAborted();
  const plans = new Map<string, CreationPlan>();
  const failed: string[] = [];
  for (const [id, outcome] of outcomes) {
    if (outcome.state === 'done') plans.set(id, outcome.result);
    else failed.push(`${id}: ${outcome.state === 'failed' ? messageOf(outcome.error) : outcome.because}`);
  }
  if (failed.length > 0) throw new Error(`cannot be planned:\n${failed.join('\n')}`);
  return plans;
}

/** The parsed `cdk.tf.json` of a stack. */
export function configurationOf({ folder }: SynthesizedStack): unknown {
  return JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8'));
}

/** All stacks have the same lock file and backend, so what terraform sets up for the first does for the others. */
async function initializeOnce(
  terraform: Terraform,
  [first, ...others]: readonly SynthesizedStack[],
): Promise<void> {
  if (!first) throw new Error('there is no stack to plan');
  await terraform.init(first.folder);
  for (const { folder } of others)
    symlinkSync(join(first.folder, '.terraform'), join(folder, '.terraform'), 'dir');
}
