import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type ChangeSet, count } from '../changes/change-set';
import { type Ledger, ledgerDigest, ledgerOf } from '../changes/ledger';
import { Masking } from '../changes/masking';
import type { Plan } from '../changes/planned-change';
import { readPlan } from '../changes/read-plan';
import type { StackResult } from '../comment/render';
import { runGraph } from '../graph/schedule';
import type { SynthesizedStack } from '../graph/synthesized';
import { configurationDiff } from '../review/configuration-diff';
import { type PlanOptions, TerraformError } from '../terraform/terraform';
import { withoutStandIns, withPendingOutputs } from './pending-outputs';
import { Deferred, initialize, planFile, removePlan, variablesOf, type Workspace } from './workspace';

/** What became of a stack's plan, and what it is compared with when it is applied. */
export interface StackPlan {
  readonly result: StackResult;
  /** Of a planned one. */
  readonly ledger?: Ledger;
}

export interface PlanScope {
  /** All stacks there are: among them those whose outputs the planned ones read. @default the planned ones */
  readonly known?: readonly SynthesizedStack[];
  /** Of the commit to compare with, by stack: how a stack that cannot be planned yet differs. @default all is new */
  readonly base?: ReadonlyMap<string, unknown>;
}

/** As `planAll`, without what the plans will be compared with. */
export async function planStacks(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
  known: readonly SynthesizedStack[] = stacks,
): Promise<readonly StackResult[]> {
  return (await planAll(workspace, stacks, { known })).map(({ result }) => result);
}

/**
 * Plans stacks without the lock, each as soon as those are planned whose outputs it reads: what they are about to export
 * counts as exported, so that a change is seen through to the last stack that it reaches.
 * @param stacks to plan
 * @returns one result a stack, in the given order; a stack that cannot be planned is a result too
 * @throws only when the run was aborted
 */
export async function planAll(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
  { known = stacks, base = new Map() }: PlanScope = {},
): Promise<readonly StackPlan[]> {
  const planner = new Planner(workspace, known, base);
  const nodes = stacks.map((stack) => ({ id: stack.id, dependencies: stack.reads, stack }));
  const outcomes = await runGraph(nodes, ({ stack }) => planner.plan(stack), workspace);
  workspace.signal?.throwIfAborted();
  return stacks.map(({ id }) => {
    const outcome = outcomes.get(id);
    if (outcome?.state === 'done') return outcome.result;
    const why = outcome?.state === 'failed' ? messageOf(outcome.error) : `${id} was not planned`;
    return { result: failed(workspace, id, why) };
  });
}

class Planner {
  private readonly plans = new Map<string, Plan>();
  private readonly outputs = new Map<string, Promise<Readonly<Record<string, unknown>>>>();

  public constructor(
    private readonly workspace: Workspace,
    private readonly known: readonly SynthesizedStack[],
    private readonly base: ReadonlyMap<string, unknown>,
  ) {}

  /** @throws only when the run was aborted */
  public async plan(stack: SynthesizedStack): Promise<StackPlan> {
    const { workspace } = this;
    try {
      await initialize(workspace, stack);
      await this.upstreamsApplied(stack);
      const { plan, images } = await this.planned(stack);
      this.plans.set(stack.id, plan);
      workspace.watch(stack.id, summary(plan), 'end');
      const ledger = ledgerOf(plan, { images });
      const upstreams = this.changing(stack);
      const provisional = upstreams.length === 0 ? {} : { provisional: willExport(upstreams) };
      return {
        ledger,
        result: {
          stack: stack.id,
          status: 'planned',
          changes: plan,
          ledger: ledgerDigest(ledger),
          ...provisional,
        },
      };
    } catch (error) {
      workspace.signal?.throwIfAborted();
      const result = error instanceof Deferred ? await this.deferred(stack, error) : undefined;
      workspace.watch(stack.id, result?.status ?? 'failed', 'end');
      return { result: result ?? failed(workspace, stack.id, messageOf(error)) };
    } finally {
      await removePlan(stack);
    }
  }

  /** First as it will be once its upstreams are applied; where Terraform cannot plan that yet, as the states are now. */
  private async planned(stack: SynthesizedStack): Promise<{ plan: Plan; images: readonly string[] }> {
    const { workspace } = this;
    const { variables, images } = await variablesOf(workspace, stack, () => this.outputsOf(stack));
    const folder = await withPendingOutputs(stack, this.plans);
    if (folder === undefined)
      return { plan: await planned(workspace, stack, { lock: false, variables }), images };
    try {
      const plan = await planned(workspace, { ...stack, folder }, { lock: false, variables });
      return { plan: withoutStandIns(plan), images };
    } catch (error) {
      workspace.signal?.throwIfAborted();
      if (!(error instanceof TerraformError)) throw error;
      return { plan: await planned(workspace, stack, { lock: false, variables }), images };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** What cannot be planned is checked as far as that goes without a state. */
  private async deferred(stack: SynthesizedStack, { message: reason }: Deferred): Promise<StackResult> {
    const { workspace } = this;
    try {
      workspace.watch(stack.id, 'validating');
      await workspace.terraform.validate(stack.folder);
    } catch (error) {
      workspace.signal?.throwIfAborted();
      return failed(workspace, stack.id, messageOf(error));
    }
    const configuration: unknown = JSON.parse(await readFile(join(stack.folder, 'cdk.tf.json'), 'utf8'));
    const masking = new Masking(workspace.secrets);
    const changes = configurationDiff(this.base.get(stack.id), configuration, masking);
    return { stack: stack.id, status: 'deferred', reason, configuration: changes };
  }

  /** Upstreams that will be applied before it, and change something. */
  private changing(stack: SynthesizedStack): readonly string[] {
    return stack.reads.filter((id) => {
      const plan = this.plans.get(id);
      return plan !== undefined && changesAnything(plan);
    });
  }

  /** A stack that reads the outputs of one which was never applied fails deep inside terraform: say it in words instead. */
  private async upstreamsApplied(stack: SynthesizedStack): Promise<void> {
    for (const upstream of this.known.filter(({ id }) => stack.reads.includes(id))) {
      const plan = this.plans.get(upstream.id);
      if (plan !== undefined && exists(plan)) continue;
      const outputs = await this.outputsOf(upstream);
      if (Object.keys(outputs).length === 0)
        throw new Deferred(`${upstream.id}, which it reads from, was never applied`);
    }
  }

  private outputsOf(stack: SynthesizedStack): Promise<Readonly<Record<string, unknown>>> {
    const asked = this.outputs.get(stack.id) ?? this.askOutputs(stack);
    this.outputs.set(stack.id, asked);
    return asked;
  }

  private async askOutputs(stack: SynthesizedStack): Promise<Readonly<Record<string, unknown>>> {
    await initialize(this.workspace, stack);
    return this.workspace.terraform.outputs(stack.folder);
  }
}

/** Whether anything of the stack was there before this plan. */
function exists({ changes, outputs, unchanged }: Plan): boolean {
  return unchanged > 0 || [...changes, ...outputs].some(({ action }) => !/create|read|open/.test(action));
}

function willExport(upstreams: readonly string[]): string {
  const names = upstreams.join(', ');
  return `${names} will be applied first; what ${upstreams.length === 1 ? 'that is' : 'those are'} to export is taken into account as far as it is known`;
}

/** Terraform masks what it knows to be sensitive in its messages; a secret of the environment it does not know. */
function failed({ secrets }: Workspace, stack: string, message: string): StackResult {
  const lines = new Masking(secrets).lines(message);
  const diagnostics = lines?.join('\n') ?? 'What terraform said holds a secret: it is in the log of the run.';
  return { stack, status: 'failed', diagnostics };
}

/** Plans into `planFile(stack)`, which the caller removes. The stack is initialized. */
export async function planned(
  workspace: Workspace,
  stack: SynthesizedStack,
  options: Pick<PlanOptions, 'lock' | 'mode' | 'variables' | 'lockTimeoutSeconds'>,
): Promise<Plan> {
  const variables = options.variables ?? (await variablesOf(workspace, stack)).variables;
  workspace.watch(stack.id, 'planning');
  await workspace.terraform.plan(stack.folder, { ...options, out: planFile(stack), variables });
  const json = await workspace.terraform.show(stack.folder, planFile(stack));
  return readPlan(json, stack.id, workspace.secrets);
}

/** A few words for a progress line. */
export function summary(changes: ChangeSet): string {
  const counts = count([changes]);
  const parts = (
    [
      ['create', 'to add'],
      ['update', 'to change'],
      ['replace', 'to replace'],
      ['delete', 'to destroy'],
    ] as const
  ).flatMap(([action, words]) => (counts[action] > 0 ? [`${counts[action]} ${words}`] : []));
  if (parts.length > 0) return parts.join(', ');
  return changesAnything(changes) ? 'outputs or addresses only' : 'no changes';
}

/**
 * Whether applying would do anything, as `terraform plan -detailed-exitcode` counts it: outputs and moves are changes, a
 * data source that is read during the apply is not.
 */
export function changesAnything({ changes, outputs, invocations }: ChangeSet): boolean {
  return changes.some(({ action }) => action !== 'read') || outputs.length > 0 || invocations.length > 0;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
