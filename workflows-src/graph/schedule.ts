/** A piece of work that waits for others. Names that are not in the run count as done before it. */
export interface GraphNode {
  readonly id: string;
  readonly dependencies: readonly string[];
}

export type Outcome<R> =
  | { readonly state: 'done'; readonly result: R }
  | { readonly state: 'failed'; readonly error: unknown }
  /** Never begun, because one it waits for failed or was skipped, or because the run was aborted. */
  | { readonly state: 'skipped'; readonly because: string };

export interface GraphOptions {
  /** How many run at a time. @default 4: most of an apply is waiting for AWS */
  readonly parallel?: number;
  readonly signal?: AbortSignal | undefined;
  /** Dependents first, as a destroy must go. @default false */
  readonly reverse?: boolean;
}

/**
 * Runs every node as soon as those it depends on are done; of several that could begin, the one with the longest chain of
 * others behind it first. A failure stops only what waits for it.
 * Never throws: each node's outcome is in the result, in the given order.
 */
export async function runGraph<N extends GraphNode, R>(
  nodes: readonly N[],
  work: (node: N) => Promise<R>,
  options: GraphOptions = {},
): Promise<ReadonlyMap<string, Outcome<R>>> {
  const { parallel = 4, signal, reverse = false } = options;
  const waitsFor = new Map<string, readonly string[]>(
    nodes.map(({ id, dependencies }) => [
      id,
      reverse
        ? nodes.filter((other) => other.dependencies.includes(id)).map((other) => other.id)
        : dependencies.filter((other) => nodes.some((node) => node.id === other)),
    ]),
  );
  const urgent = mostUrgentFirst(nodes, waitsFor);
  const outcomes = new Map<string, Outcome<R>>();
  const running = new Map<string, Promise<void>>();

  for (;;) {
    for (const node of urgent) {
      if (outcomes.has(node.id) || running.has(node.id)) continue;
      const before = waitsFor.get(node.id) ?? [];
      const broken = before.find((id) => outcomes.has(id) && outcomes.get(id)?.state !== 'done');
      if (broken !== undefined || signal?.aborted) {
        outcomes.set(node.id, {
          state: 'skipped',
          because: broken === undefined ? 'the run was stopped' : `${broken} is not done`,
        });
        continue;
      }
      if (running.size >= parallel || !before.every((id) => outcomes.has(id))) continue;
      running.set(
        node.id,
        work(node)
          .then(
            (result): Outcome<R> => ({ state: 'done', result }),
            (error: unknown): Outcome<R> => ({ state: 'failed', error }),
          )
          .then((outcome) => {
            outcomes.set(node.id, outcome);
            running.delete(node.id);
          }),
      );
    }
    if (running.size === 0) {
      const left = nodes.filter(({ id }) => !outcomes.has(id));
      if (left.length === 0) break;
      // A node skipped in this round may let the next round skip its dependents; without any such, it is a circle.
      const stuck = left.every(({ id }) => (waitsFor.get(id) ?? []).some((other) => !outcomes.has(other)));
      if (stuck) {
        for (const { id } of left)
          outcomes.set(id, { state: 'skipped', because: 'it waits for itself in a circle' });
        break;
      }
      continue;
    }
    await Promise.race(running.values());
  }
  return new Map(nodes.map(({ id }) => [id, outcomes.get(id) as Outcome<R>]));
}

/** By how many nodes stand behind each in a row; the given order where that is the same. */
function mostUrgentFirst<N extends GraphNode>(
  nodes: readonly N[],
  waitsFor: ReadonlyMap<string, readonly string[]>,
): readonly N[] {
  const behind = new Map<string, number>();
  // As often as a row can be long: what stands in a circle does not run for ever.
  for (let round = 0; round < nodes.length; round += 1) {
    for (const { id } of nodes) {
      for (const before of waitsFor.get(id) ?? [])
        behind.set(before, Math.max(behind.get(before) ?? 0, (behind.get(id) ?? 0) + 1));
    }
  }
  return [...nodes].sort((a, b) => (behind.get(b.id) ?? 0) - (behind.get(a.id) ?? 0));
}
