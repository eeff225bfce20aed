import type { SynthesizedStack } from '../graph/synthesized';

/** A stack with what its folder holds. */
export interface StackFiles {
  readonly stack: SynthesizedStack;
  /** Contents by file name. */
  readonly files: ReadonlyMap<string, string>;
}

export interface Affected {
  /** By id; dependencies first. A stack that is not in it has the same configuration, and reads from none that has not. */
  readonly stacks: readonly string[];
  /** Those of the base that are not configured any more. */
  readonly removed: readonly string[];
}

/**
 * The stacks that a change touches: those whose configuration differs or is new, those whose image will be another one, and
 * those that read the outputs of such a stack.
 * @param head dependencies first
 * @param changed ids that count as changed whatever their files say
 */
export function affectedStacks(
  base: readonly StackFiles[],
  head: readonly StackFiles[],
  changed: ReadonlySet<string> = new Set(),
): Affected {
  const before = new Map(base.map((one) => [one.stack.id, one.files]));
  const affected = new Set<string>();
  for (const { stack, files } of head) {
    const was = before.get(stack.id);
    if (
      was === undefined ||
      changed.has(stack.id) ||
      !isSame(was, files) ||
      stack.reads.some((id) => affected.has(id))
    )
      affected.add(stack.id);
  }
  const still = new Set(head.map(({ stack }) => stack.id));
  return {
    stacks: head.map(({ stack }) => stack.id).filter((id) => affected.has(id)),
    removed: base.map(({ stack }) => stack.id).filter((id) => !still.has(id)),
  };
}

function isSame(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): boolean {
  return before.size === after.size && [...after].every(([name, text]) => before.get(name) === text);
}
