import { kindOf, type ChangeSet, type DriftedResource, type ResourceChange } from '../changes/change-set';
import { messageOf, planned, planStacks } from './plan';
import type { DriftResult } from '../comment/render-drift';
import { runGraph } from '../graph/schedule';
import type { SynthesizedStack } from '../graph/synthesized';
import { shownMessage } from './diagnostics';
import { initialize, removePlan, type Workspace } from './workspace';

/**
 * Compares stacks with AWS and with the configuration: two plans a stack, one after the other, without the lock; several
 * stacks at a time. The refresh-only plan says what differs between the state and AWS, the normal plan which of that the
 * next apply would undo, and what else it would do.
 * @param stacks to look at
 * @param all there are: among them those whose outputs the others read. @default those that are looked at
 * @returns one result a stack, in the given order; a stack that cannot be planned is a result too
 * @throws only when the run was aborted
 */
export async function checkDrift(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
  all: readonly SynthesizedStack[] = stacks,
): Promise<readonly DriftResult[]> {
  const nodes = stacks.map((stack) => ({ id: stack.id, dependencies: [], stack }));
  const outcomes = await runGraph(nodes, ({ stack }) => checkStack(workspace, stack, all), workspace);
  workspace.signal?.throwIfAborted();
  return stacks.map((stack) => {
    const { id } = stack;
    const outcome = outcomes.get(id);
    if (outcome?.state === 'done') return outcome.result;
    return failed(workspace, stack, outcome?.state === 'failed' ? outcome.error : `${id} was not looked at`);
  });
}

async function checkStack(
  workspace: Workspace,
  stack: SynthesizedStack,
  all: readonly SynthesizedStack[],
): Promise<DriftResult> {
  // The last word on the stack is said here, after both plans.
  const quiet: Workspace = { ...workspace, watch: (id, state) => workspace.watch(id, state) };
  const [normal] = await planStacks(quiet, [stack], all);
  const result =
    normal === undefined || normal.status === 'deferred' || normal.status === 'missing'
      ? normal
      : await compared(quiet, stack, normal);
  if (result === undefined) throw new Error(`${stack.id} was not planned`);
  workspace.watch(stack.id, inWords(result), 'end');
  return result;
}

async function compared(
  workspace: Workspace,
  stack: SynthesizedStack,
  normal: DriftResult & { readonly status: 'planned' | 'failed' },
): Promise<DriftResult> {
  let differs: ChangeSet['drift'];
  try {
    await initialize(workspace, stack);
    differs = (await planned(workspace, stack, { lock: false, mode: 'refresh-only' })).drift;
  } catch (error) {
    workspace.signal?.throwIfAborted();
    // What made the normal plan fail is told before what followed from it.
    return normal.status === 'failed' ? normal : failed(workspace, stack, error);
  } finally {
    await removePlan(stack);
  }
  // A configuration that cannot be planned, as where drift wants a protected resource replaced, does not hide what differs.
  if (normal.status === 'failed') return { ...normal, differs };
  return { ...normal, changes: toldApart(normal.changes, differs) };
}

/**
 * The normal plan, its drift being what differs and would be undone, or is gone; `settled` what differs and would stay.
 * An update is undone where the plan changes one of the same attributes back, or makes the resource anew.
 * @param differs the drift of the refresh-only plan of the same stack, in which nothing is told apart
 */
export function toldApart(normal: ChangeSet, differs: ChangeSet['drift']): ChangeSet {
  const changes = new Map(normal.changes.map((change) => [change.address, change]));
  // What only moved is no difference in AWS: the normal plan has it as a change of the configuration.
  const inAws = differs.filter(({ action }) => action !== 'no-op');
  const isDrift = (one: DriftedResource): boolean => isUndone(one, changes.get(one.address));
  return { ...normal, drift: inAws.filter(isDrift), settled: inAws.filter((one) => !isDrift(one)) };
}

function isUndone(one: DriftedResource, change: ResourceChange | undefined): boolean {
  if (one.action !== 'update') return true;
  const kind = change && kindOf(change.action);
  if (kind === 'replace' || kind === 'delete') return true;
  if (change === undefined || kind !== 'update') return false;
  const changedBack = new Set(change.attributes.map(({ path }) => attributeOf(path)));
  return one.attributes.some(({ path }) => changedBack.has(attributeOf(path)));
}

/** `tags["a"]` → `tags` */
function attributeOf(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? path;
}

function failed(workspace: Workspace, stack: SynthesizedStack, error: unknown): DriftResult {
  const diagnostics = shownMessage(workspace, stack, messageOf(error));
  return { stack: stack.id, status: 'failed', diagnostics };
}

/** For a progress line. */
function inWords(result: DriftResult): string {
  if (result.status !== 'planned') return result.status;
  const { length } = result.changes.drift;
  return length === 0 ? 'no drift' : `${length} drifted`;
}
