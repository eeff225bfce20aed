import { type ChangeSet, count } from '../changes/change-set';
import { type Outcome, runGraph } from '../graph/schedule';
import type { SynthesizedStack } from '../graph/synthesized';
import { changesAnything, planned, summary } from './plan';
import { initialize, planFile, removePlan, type Workspace } from './workspace';

export interface Applied {
  /** What was planned under the lock, and then done. */
  readonly changes: ChangeSet;
}

/**
 * Plans each stack under the lock and applies that plan, along the graph, in parallel where it allows.
 * @param mode `destroy` goes from the dependents to what they stand on
 * @returns each stack's outcome; a stack whose dependency failed is skipped
 */
export async function applyStacks(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
  mode: 'normal' | 'destroy' = 'normal',
): Promise<ReadonlyMap<string, Outcome<Applied>>> {
  return runGraph(stacks, (stack) => applyStack(workspace, stack, mode), {
    ...workspace,
    reverse: mode === 'destroy',
  });
}

/** @throws TerraformError, Deferred */
export async function applyStack(
  workspace: Workspace,
  stack: SynthesizedStack,
  mode: 'normal' | 'destroy' = 'normal',
): Promise<Applied> {
  try {
    await initialize(workspace, stack);
    const changes = await planned(workspace, stack, { lock: true, mode });
    await applyPlanned(workspace, stack, changes);
    return { changes };
  } catch (error) {
    workspace.watch(stack.id, 'failed', 'end');
    throw error;
  } finally {
    await removePlan(stack);
  }
}

/** Applies the plan that `planned` left; nothing when it changes nothing. */
export async function applyPlanned(
  workspace: Workspace,
  stack: SynthesizedStack,
  changes: ChangeSet,
): Promise<void> {
  if (!changesAnything(changes)) {
    workspace.watch(stack.id, 'no changes', 'end');
    return;
  }
  const { create, update, replace, delete: deleted } = count([changes]);
  const total = create + update + 2 * replace + deleted;
  let done = 0;
  workspace.watch(stack.id, `applying, ${summary(changes)}`);
  await workspace.terraform.apply(stack.folder, planFile(stack), {
    onProgress: () => {
      done += 1;
      workspace.watch(stack.id, `applying, ${done} of ${total}`);
    },
    onLeft: (pid) => workspace.watch(stack.id, `left running: terraform, process ${pid}`, 'end'),
  });
  workspace.watch(stack.id, `applied: ${summary(changes)}`, 'end');
}
