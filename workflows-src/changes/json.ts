/** JSON that came from outside: looked at with these, never trusted to have a shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One step into a value; undefined where there is nothing, and never what an object inherits. */
export function child(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** An absent attribute, null and an empty text or collection: providers write one and read back another. */
export function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return value === undefined || value === null || value === '';
  for (const _ in value) return false;
  return true;
}

/** Deeper than any provider's schema, and shallow enough that no input exhausts the stack. */
export const MAX_DEPTH = 128;

/**
 * The same value, whatever the order of an object's keys.
 * @param alike what else counts as the same. @default nothing
 */
export function isEqual(
  a: unknown,
  b: unknown,
  alike?: (a: unknown, b: unknown) => boolean,
  depth = 0,
): boolean {
  if (a === b || alike?.(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (depth > MAX_DEPTH || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, index) => isEqual(element, b[index], alike, depth + 1));
  }
  const left = a as JsonObject;
  const right = b as JsonObject;
  for (const key in left) if (!isEqual(left[key], child(right, key), alike, depth + 1)) return false;
  for (const key in right)
    if (!Object.hasOwn(left, key) && !isEqual(undefined, right[key], alike, depth + 1)) return false;
  return true;
}

/** JSON with sorted keys: the same text for the same value, as far as `MAX_DEPTH`. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value, 0)) ?? 'null';
}

function sorted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // JSON.stringify goes down as deep as there is something, and has no limit of its own.
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((element) => sorted(element, depth + 1));
  const keys = Object.keys(value);
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const key of isSorted(keys) ? keys : keys.sort()) result[key] = sorted(child(value, key), depth + 1);
  return result;
}

function isSorted(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index += 1) if (keys[index - 1]! > keys[index]!) return false;
  return true;
}

/** Nests deeper than `MAX_DEPTH`: then neither `isEqual` nor `canonical` knows all of it. */
export function isDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > MAX_DEPTH || Object.values(value).some((inner) => isDeep(inner, depth + 1));
}

/** A text that holds a JSON object or list, parsed; undefined for any other text. */
export function embedded(text: string): JsonObject | readonly unknown[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a tree of marks, such as `after_unknown`, marks anything. */
export function holdsTrue(marks: unknown): boolean {
  if (marks === true) return true;
  if (typeof marks !== 'object' || marks === null) return false;
  for (const key in marks) if (holdsTrue((marks as JsonObject)[key])) return true;
  return false;
}

/**
 * A value with its members that are not known yet, as null: Terraform leaves them out of the value, and what an object is
 * shows in the names of its members.
 */
export function withUnknown(value: unknown, unknown: unknown): unknown {
  if (!holdsTrue(unknown)) return value;
  if (Array.isArray(value)) return value.map((element, index) => withUnknown(element, child(unknown, index)));
  if (!isObject(value) || !isObject(unknown)) return value;
  const names = new Set([...Object.keys(value), ...Object.keys(unknown)]);
  return Object.fromEntries(
    [...names].map((name) => [name, withUnknown(child(value, name) ?? null, child(unknown, name))]),
  );
}
