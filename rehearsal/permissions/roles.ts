import { basename } from 'node:path';

import type { TerraformBinary } from '../../workflows-src/terraform/binary';
import {
  type ApplyWatch,
  type PlanOptions,
  type PlanOutcome,
  Terraform,
} from '../../workflows-src/terraform/terraform';

/** In whose name terraform calls AWS: as a role of the pipeline, or as the person who bootstraps an account. */
export type Caller = 'plan' | 'apply' | 'administrator';

/** The emulator takes any access key, and writes down what was called with which. */
export const accessKeyOf = (caller: Caller): string => `rehearsal-${caller}`;

/**
 * The terraform of the rehearsal, which calls AWS in three names as the pipeline does. Who plans without the lock is the plan
 * role; who plans with it is about to apply. What only reads a state is called by both, and counts as the plan role's.
 */
export class TerraformOfRoles extends Terraform {
  private readonly as: Readonly<Record<Caller, Terraform>>;

  public constructor(
    binary: TerraformBinary,
    env: NodeJS.ProcessEnv,
    signal: AbortSignal | undefined,
    graceMs: number,
  ) {
    super(binary, env, signal, graceMs);
    const as = (caller: Caller): Terraform =>
      new Terraform(binary, { ...env, AWS_ACCESS_KEY_ID: accessKeyOf(caller) }, signal, graceMs);
    this.as = { plan: as('plan'), apply: as('apply'), administrator: as('administrator') };
  }

  public override async init(folder: string, state?: 'reconfigure' | 'migrate'): Promise<void> {
    await this.of(folder, 'plan').init(folder, state);
  }

  public override async plan(folder: string, options: PlanOptions): Promise<PlanOutcome> {
    return this.of(folder, options.lock ? 'apply' : 'plan').plan(folder, options);
  }

  public override async show(folder: string, planFile: string): Promise<Buffer> {
    return this.of(folder, 'plan').show(folder, planFile);
  }

  public override async showState(folder: string): Promise<Buffer> {
    return this.of(folder, 'plan').showState(folder);
  }

  public override async apply(folder: string, planFile: string, watch?: ApplyWatch): Promise<void> {
    await this.of(folder, 'apply').apply(folder, planFile, watch);
  }

  public override async outputs(folder: string): Promise<Readonly<Record<string, unknown>>> {
    return this.of(folder, 'plan').outputs(folder);
  }

  /** Bootstrap stacks are no role's: `bootstrap`, or `bootstrap-<account>`. */
  private of(folder: string, role: 'plan' | 'apply'): Terraform {
    return this.as[/^bootstrap(-\d+)?$/.test(basename(folder)) ? 'administrator' : role];
  }
}
