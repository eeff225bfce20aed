import { child, isObject } from './json';
import type { Masking } from './masking';
import type { Values } from './planned-change';

/**
 * The texts that a plan marks as sensitive, wherever it does, so that they are recognized where it does not: a secret that
 * was passed through `nonsensitive`, or that a provider copied. Left out are plain words and names of cloud resources, which
 * would hide everything that is called so; and outputs, because CDKTF marks all that one stack hands to another.
 */
export function markedSecrets(plan: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const part of ['resource_changes', 'resource_drift']) {
    const list = plan[part];
    if (!Array.isArray(list)) continue;
    for (const item of list as unknown[]) collectChange(child(item, 'change'), found);
  }
  const declared = child(child(plan['configuration'], 'root_module'), 'variables');
  const given = plan['variables'];
  if (isObject(declared)) {
    for (const [name, variable] of Object.entries(declared)) {
      if (child(variable, 'sensitive') !== true) continue;
      collect(child(variable, 'default'), true, found, 0);
      collect(child(child(given, name), 'value'), true, found, 0);
    }
  }
  return found;
}

/** The same of a configuration in Terraform's JSON syntax, where there is no plan: what it gives its sensitive variables. */
export function configuredSecrets(configuration: unknown): ReadonlySet<string> {
  const variables = child(configuration, 'variable');
  return markedSecrets({ configuration: { root_module: { variables } } });
}

function collectChange(change: unknown, found: Set<string>): void {
  if (!isObject(change)) return;
  // What is marked on one side is a secret on the other: the mark may just have been added or removed.
  for (const mark of [change['before_sensitive'], change['after_sensitive']])
    for (const value of [change['before'], change['after']]) collect(value, mark, found, 0);
}

function collect(value: unknown, mark: unknown, found: Set<string>, depth: number): void {
  if (mark === undefined || mark === null || mark === false || depth > MOST_DEPTH) return;
  if (typeof value === 'string') {
    if (mark === true && isTelling(value)) found.add(value);
  } else if (Array.isArray(value)) {
    value.forEach((one, index) => collect(one, mark === true || child(mark, index), found, depth + 1));
  } else if (isObject(value)) {
    for (const key in mark === true ? value : (mark as object)) {
      if (mark === true && isTelling(key) && !NAME.test(key)) found.add(key);
      collect(child(value, key), mark === true || child(mark, key), found, depth + 1);
    }
  }
}

/**
 * The values with every text marked as sensitive that holds a secret known by its value, for those who read the marks only.
 * @returns the same values when there is none
 */
export function withKnownMarked(values: Values, masking: Masking): Values {
  const before = marked(values.before, values.beforeSensitive, masking, 0);
  const after = marked(values.after, values.afterSensitive, masking, 0);
  if (before === values.beforeSensitive && after === values.afterSensitive) return values;
  return { ...values, beforeSensitive: before, afterSensitive: after };
}

/** @returns the same mark where there is nothing to add */
function marked(value: unknown, mark: unknown, masking: Masking, depth: number): unknown {
  if (mark === true || depth > MOST_DEPTH) return mark;
  if (typeof value === 'string') return masking.knows(value) ? true : mark;
  if (typeof value !== 'object' || value === null) return mark;
  if (Object.keys(value).some((key) => masking.knows(key))) return true;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const at = Array.isArray(value) ? Number(key) : key;
    return [key, marked(inner, child(mark, at), masking, depth + 1)];
  });
  const isSame = ([key, inner]: readonly [string, unknown]): boolean =>
    inner === child(mark, Array.isArray(value) ? Number(key) : key);
  if (entries.every(isSame)) return mark;
  return Array.isArray(value) ? entries.map(([, inner]) => inner ?? false) : Object.fromEntries(entries);
}

const MOST_DEPTH = 64;
const LEAST_LENGTH = 8;

function isTelling(text: string): boolean {
  return text.length >= LEAST_LENGTH && !PLAIN.test(text);
}

/** What attributes, variables and headers are called. */
const NAME = /^(?:[A-Za-z]\w*|[A-Z][a-z]+(?:-[A-Z][a-z]+)*)$/;

/** A word, a number, an id such as `vpc-0a1b…`, an ARN, a network, an address of a host, a date. */
const PLAIN =
  /^(?:[a-z_]{1,15}|[A-Z]{1,15}|[\d.:/-]+|[a-z]{1,12}-[0-9a-f]{8,17}|arn:aws[\w-]*:.*|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?|\d{4}-\d\d-\d\dT[\d:.Z+-]+)$/;
