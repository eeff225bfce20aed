/** One step into a value: an attribute or map key, or an index of a list. */
export type Step = string | number;

/** `engine_version`, `ingress[0].cidr_blocks`, `tags["cost.center"]`: as one writes it in Terraform. */
export function pathText(steps: readonly Step[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (IDENTIFIER.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/**
 * The path as far as it may be shown: it ends at the first step that is marked sensitive, because what lies inside may
 * be named after a secret.
 * @param marks the plan's `before_sensitive` and `after_sensitive`
 */
export function visiblePath(steps: readonly Step[], marks: readonly unknown[]): readonly Step[] {
  let inside = marks;
  for (let shown = 0; shown < steps.length; shown += 1) {
    if (inside.includes(true)) return steps.slice(0, shown);
    inside = inside.map((mark) => child(mark, steps[shown]!));
  }
  return steps;
}

/**
 * Where two values of a resource differ, by attribute. Goes into objects and into lists of one element (how Terraform
 * writes a single block); of any other list only the name is told, since an index means nothing once elements moved.
 * @param marks the plan's `before_sensitive` and `after_sensitive`: nothing inside a sensitive value is named
 */
export function changedPaths(
  before: unknown,
  after: unknown,
  marks: readonly unknown[],
): readonly (readonly Step[])[] {
  const found: (readonly Step[])[] = [];
  const walk = (old: unknown, now: unknown, sensitive: readonly unknown[], path: readonly Step[]): void => {
    if (isSame(old, now, 0)) return;
    const keys = sensitive.includes(true) || path.length >= MAX_DEPTH ? undefined : commonKeys(old, now);
    if (!keys) {
      found.push(path);
      return;
    }
    for (const key of keys) {
      const inside = sensitive.map((mark) => child(mark, key));
      walk(child(old, key), child(now, key), inside, [...path, key]);
    }
  };
  walk(before, after, marks, []);
  return found.filter((path) => path.length > 0);
}

const IDENTIFIER = /^[A-Za-z_][\w-]*$/;

/** Deeper than any provider's schema, and shallow enough that no input exhausts the stack. */
const MAX_DEPTH = 32;

function commonKeys(old: unknown, now: unknown): readonly Step[] | undefined {
  if (Array.isArray(old) && Array.isArray(now)) return old.length === 1 && now.length === 1 ? [0] : undefined;
  if (!isObject(old) || !isObject(now)) return undefined;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
}

function child(value: unknown, key: Step): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** An absent attribute, null and an empty text or collection are the same: providers write one and read back another. */
function isSame(a: unknown, b: unknown, depth: number): boolean {
  if (a === b || (isEmpty(a) && isEmpty(b))) return true;
  if (depth > 4 * MAX_DEPTH) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, index) => isSame(element, b[index], depth + 1));
  }
  if (!isObject(a) || !isObject(b)) return false;
  for (const key in a) if (!isSame(a[key], child(b, key), depth + 1)) return false;
  for (const key in b) if (!Object.hasOwn(a, key) && !isEmpty(b[key])) return false;
  return true;
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return value === undefined || value === null || value === '';
  for (const _ in value) return false;
  return true;
}

function isObject(value: unknown): value is Record<Step, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
