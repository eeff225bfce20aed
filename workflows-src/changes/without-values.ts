import { count, type AttributeChange, type ChangeSet, type Counts } from './change-set';

/** A change set for programs: names, addresses, kinds of change and risks; of a value, only that it changes. */
export function withoutValues(set: ChangeSet): object {
  const { stack, formatVersion, terraformVersion, unchanged, complete, errored } = set;
  const counts: Counts = count([set]);
  return {
    stack,
    formatVersion,
    terraformVersion,
    counts,
    unchanged,
    complete,
    errored,
    risks: set.risks,
    changes: set.changes.map(named),
    outputs: set.outputs.map(named),
    deferred: set.deferred,
    invocations: set.invocations,
    drift: set.drift.map(named),
    settled: set.settled.map(named),
    checks: set.checks,
  };
}

function named<T extends { readonly attributes: readonly AttributeChange[] }>(one: T): object {
  // `attributes` is computed when it is asked for, and is no property of its own.
  return {
    ...one,
    attributes: one.attributes.map(({ path, kind, forcesReplacement }) => ({
      path,
      kind,
      ...(forcesReplacement && { forcesReplacement }),
    })),
  };
}
