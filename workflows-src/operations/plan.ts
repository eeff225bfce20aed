import { type ChangeSet, count } from '../changes/change-set';
import { ledgerDigest, ledgerOf } from '../changes/ledger';
import { Masking } from '../changes/masking';
import type { Plan } from '../changes/planned-change';
import { readPlan } from '../changes/read-plan';
import type { StackResult } from '../comment/render';
import { runGraph } from '../graph/schedule';
import type { SynthesizedStack } from '../graph/synthesized';
import type { PlanOptions } from '../terraform/terraform';
import { Deferred, initialize, planFile, removePlan, variablesOf, type Workspace } from './workspace';

/**
 * Plans stacks along their graph, without the lock.
 * @param stacks to plan
 * @param known all there are: among them those whose outputs the planned ones read. @default the planned ones
 * @returns one result a stack, in the given order; a stack that cannot be planned is a result too
 * @throws only when the run was aborted
 */
export async function planStacks(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
  known: readonly SynthesizedStack[] = stacks,
): Promise<readonly StackResult[]> {
  const byId = new Map(stacks.map((stack) => [stack.id, stack]));
  // A plan reads its upstreams' states as they are, so it waits for nothing.
  const nodes = stacks.map(({ id }) => ({ id, dependencies: [] }));
  const outcomes = await runGraph(
    nodes,
    ({ id }) => planStack(workspace, byId.get(id) as SynthesizedStack, known),
    workspace,
  );
  workspace.signal?.throwIfAborted();
  return stacks.map(({ id }) => {
    const outcome = outcomes.get(id);
    if (outcome?.state === 'done') return outcome.result;
    return failed(
      workspace,
      id,
      outcome?.state === 'failed' ? messageOf(outcome.error) : `${id} was not planned`,
    );
  });
}

async function planStack(
  workspace: Workspace,
  stack: SynthesizedStack,
  all: readonly SynthesizedStack[],
): Promise<StackResult> {
  try {
    await initialize(workspace, stack);
    await upstreamsApplied(workspace, stack, all);
    const changes = await planned(workspace, stack, { lock: false });
    workspace.watch(stack.id, summary(changes), 'end');
    return { stack: stack.id, status: 'planned', changes, ledger: ledgerDigest(ledgerOf(changes)) };
  } catch (error) {
    workspace.signal?.throwIfAborted();
    if (error instanceof Deferred) {
      workspace.watch(stack.id, 'deferred', 'end');
      return { stack: stack.id, status: 'deferred', reason: error.message };
    }
    workspace.watch(stack.id, 'failed', 'end');
    return failed(workspace, stack.id, messageOf(error));
  } finally {
    await removePlan(stack);
  }
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
  options: Pick<PlanOptions, 'lock' | 'mode'>,
): Promise<Plan> {
  const variables = await variablesOf(workspace, stack);
  workspace.watch(stack.id, 'planning');
  await workspace.terraform.plan(stack.folder, { out: planFile(stack), variables, ...options });
  const json = await workspace.terraform.show(stack.folder, planFile(stack));
  return readPlan(json, stack.id, workspace.secrets);
}

/** A stack that reads the outputs of one which was never applied fails deep inside terraform: say it in words instead. */
async function upstreamsApplied(
  workspace: Workspace,
  stack: SynthesizedStack,
  all: readonly SynthesizedStack[],
): Promise<void> {
  for (const upstream of all.filter(({ id }) => stack.reads.includes(id))) {
    await initialize(workspace, upstream);
    const outputs = await workspace.terraform.outputs(upstream.folder);
    if (Object.keys(outputs).length === 0)
      throw new Deferred(`${upstream.id}, which it reads from, was never applied`);
  }
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
