import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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
import { shownMessage } from './diagnostics';
import { inCopy, withoutStandIns, withPendingOutputs } from './pending-outputs';
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
 * Plans stacks without the lock. What a stack is about to export counts as exported for those that read it, so that a change
 * is seen through to the last stack that it reaches. Nobody waits for that: all are planned as their upstreams' states are,
 * and those are planned once more to which an upstream's plan makes a difference, which is seldom.
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
  // The largest first, so that it is not the one that all wait for at the end.
  const alone = [...stacks]
    .sort((a, b) => sizeOf(b) - sizeOf(a))
    .map((stack) => ({ id: stack.id, dependencies: [], stack }));
  await runGraph(alone, ({ stack }) => planner.attempt(stack), workspace);
  workspace.signal?.throwIfAborted();
  const inOrder = stacks.map((stack) => ({ id: stack.id, dependencies: stack.reads, stack }));
  const outcomes = await runGraph(inOrder, ({ stack }) => planner.settle(stack), workspace);
  workspace.signal?.throwIfAborted();
  return stacks.map((stack) => {
    const { id } = stack;
    const outcome = outcomes.get(id);
    if (outcome?.state === 'done') return outcome.result;
    const why = outcome?.state === 'failed' ? messageOf(outcome.error) : `${id} was not planned`;
    return { result: failed(workspace, stack, why) };
  });
}

/** Bytes of its configuration: what takes long to plan is long. */
function sizeOf({ folder }: SynthesizedStack): number {
  return statSync(join(folder, 'cdk.tf.json'), { throwIfNoEntry: false })?.size ?? 0;
}

/** What came of planning a stack. */
interface Attempt {
  /** The configuration that was planned in place of its own, for what its upstreams were about to export. */
  readonly instead: string | undefined;
  readonly planned?: { readonly plan: Plan; readonly images: readonly string[] };
  readonly error?: unknown;
}

class Planner {
  private readonly attempts = new Map<string, Attempt>();
  private readonly plans = new Map<string, Plan>();
  private readonly outputs = new Map<string, Promise<Readonly<Record<string, unknown>>>>();

  public constructor(
    private readonly workspace: Workspace,
    private readonly known: readonly SynthesizedStack[],
    private readonly base: ReadonlyMap<string, unknown>,
  ) {}

  /** Plans it with what is known of its upstreams now. @throws only when the run was aborted */
  public async attempt(stack: SynthesizedStack): Promise<Attempt> {
    const { workspace } = this;
    let attempt: Attempt;
    try {
      await initialize(workspace, stack);
      const instead = await withPendingOutputs(stack, this.plans);
      attempt = await this.planned(stack, instead).then(
        (planned): Attempt => ({ instead, planned }),
        (error: unknown): Attempt => ({ instead, error }),
      );
    } catch (error) {
      attempt = { instead: undefined, error };
    } finally {
      await removePlan(stack);
    }
    workspace.signal?.throwIfAborted();
    this.attempts.set(stack.id, attempt);
    if (attempt.planned) this.plans.set(stack.id, attempt.planned.plan);
    else this.plans.delete(stack.id);
    workspace.watch(stack.id, attempt.planned ? summary(attempt.planned.plan) : 'not planned', 'end');
    return attempt;
  }

  /** Says what became of it, once that is said of all that it reads from. @throws only when the run was aborted */
  public async settle(stack: SynthesizedStack): Promise<StackPlan> {
    const { workspace } = this;
    try {
      const unready = await this.neverApplied(stack);
      if (unready !== undefined) throw new Deferred(`${unready}, which it reads from, was never applied`);
      const before = this.attempts.get(stack.id);
      const isStale = (await withPendingOutputs(stack, this.plans)) !== before?.instead;
      const { planned: found, error } = isStale || !before ? await this.attempt(stack) : before;
      if (found === undefined) throw error;
      const ledger = ledgerOf(found.plan, { images: found.images });
      const upstreams = this.changing(stack);
      const provisional = upstreams.length === 0 ? {} : { provisional: willExport(upstreams) };
      const digest = ledgerDigest(ledger);
      return {
        ledger,
        result: { stack: stack.id, status: 'planned', changes: found.plan, ledger: digest, ...provisional },
      };
    } catch (error) {
      workspace.signal?.throwIfAborted();
      const result = error instanceof Deferred ? await this.deferred(stack, error) : undefined;
      workspace.watch(stack.id, result?.status ?? 'failed', 'end');
      return { result: result ?? failed(workspace, stack, messageOf(error)) };
    }
  }

  /** First as it will be once its upstreams are applied; where Terraform cannot plan that yet, as the states are now. */
  private async planned(
    stack: SynthesizedStack,
    instead: string | undefined,
  ): Promise<{ plan: Plan; images: readonly string[] }> {
    const { workspace } = this;
    const { variables, images } = await variablesOf(workspace, stack, () => this.outputsOf(stack));
    const options = { lock: false, variables };
    if (instead === undefined) return { plan: await planned(workspace, stack, options), images };
    try {
      const plan = await inCopy(stack, instead, (copy) => planned(workspace, copy, options));
      return { plan: withoutStandIns(plan), images };
    } catch (error) {
      workspace.signal?.throwIfAborted();
      if (!(error instanceof TerraformError)) throw error;
      return { plan: await planned(workspace, stack, options), images };
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
      return failed(workspace, stack, messageOf(error));
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
  private async neverApplied(stack: SynthesizedStack): Promise<string | undefined> {
    const hasFailed = this.attempts.get(stack.id)?.planned === undefined;
    for (const upstream of this.known.filter(({ id }) => stack.reads.includes(id))) {
      const plan = this.plans.get(upstream.id);
      if (plan !== undefined ? exists(plan) : !hasFailed) continue;
      const outputs = await this.outputsOf(upstream);
      if (Object.keys(outputs).length === 0) return upstream.id;
    }
    return undefined;
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

/** Whether anything of the stack was there before this plan; a stack of nothing but outputs that stay is one, too. */
function exists(plan: Plan): boolean {
  const { changes, outputs, unchanged } = plan;
  if (!changesAnything(plan)) return true;
  return unchanged > 0 || [...changes, ...outputs].some(({ action }) => !/create|read|open/.test(action));
}

function willExport(upstreams: readonly string[]): string {
  const names = upstreams.join(', ');
  return `${names} will be applied first; what ${upstreams.length === 1 ? 'that is' : 'those are'} to export is taken into account as far as it is known`;
}

function failed(workspace: Workspace, stack: SynthesizedStack, message: string): StackResult {
  return { stack: stack.id, status: 'failed', diagnostics: shownMessage(workspace, stack, message) };
}

/** Plans into `planFile(stack)`, which the caller removes. The stack is initialized. */
export async function planned(
  workspace: Workspace,
  stack: SynthesizedStack,
  options: Pick<PlanOptions, 'lock' | 'mode' | 'variables' | 'lockTimeoutSeconds'>,
): Promise<Plan> {
  const variables = options.variables ?? (await variablesOf(workspace, stack)).variables;
  workspace.watch(stack.id, 'planning');
  const out = planFile(stack);
  const { isEmpty, refreshed } = await workspace.terraform.plan(stack.folder, { ...options, out, variables });
  // Most plans change nothing, and showing one costs as much as half of making it: the provider is started again.
  if (isEmpty) return emptyPlan(stack.id, workspace.terraform.binary.version, refreshed);
  const json = await workspace.terraform.show(stack.folder, planFile(stack));
  return readPlan(json, stack.id, workspace.secrets);
}

function emptyPlan(stack: string, terraformVersion: string, unchanged: number): Plan {
  return {
    stack,
    terraformVersion,
    unchanged,
    formatVersion: '1.2',
    masking: new Masking(),
    changes: [],
    deferred: [],
    invocations: [],
    outputs: [],
    drift: [],
    settled: [],
    checks: [],
    risks: [],
    complete: true,
    errored: false,
  };
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
