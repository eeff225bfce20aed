import { canonical, child, isObject } from './json';

/** Which element of a list became which: by index, absent on the side where it is not. */
export interface Pairing {
  readonly before?: number;
  readonly after?: number;
}

export interface Alignment {
  /** In the order of the new list, what is gone at its old place. */
  readonly pairs: readonly Pairing[];
  /** What names an element; undefined where only its index does. */
  readonly label: (element: unknown, index: number) => string | undefined;
  /** Elements that are on both sides stand in another order. */
  readonly isReordered: boolean;
}

/**
 * Finds out which elements of two lists are the same thing: by an attribute that tells all of them apart (`name`, `Sid`,
 * ports and protocol …); else those that are equal, then those that have most in common.
 */
export function align(before: readonly unknown[], after: readonly unknown[], naming: Naming): Alignment {
  // Terraform writes a single block as a list of one: nothing has to tell it apart, unless it has a name of its own.
  const isBlock = before.length <= 1 && after.length <= 1;
  const known = naming === 'by index' ? [] : naming === 'by name' ? NAMES : isBlock ? OWN_NAMES : IDENTITIES;
  const identity = known.find((of) => tellsApart(of, before) && tellsApart(of, after));
  const label = identity ?? (() => undefined);
  const pairs = identity
    ? byIdentity(identity, before, after)
    : byLikeness(before, after, isBlock ? 0 : ALIKE);
  const matched = pairs.flatMap((pair) =>
    pair.before !== undefined && pair.after !== undefined ? [pair.before] : [],
  );
  return { pairs, label, isReordered: matched.some((at, index) => index > 0 && at < matched[index - 1]!) };
}

/** What may be used to name an element, where its attributes may be secret. */
export type Naming = 'by anything' | 'by name' | 'by index';

type Identity = (element: unknown) => string | undefined;

const NAMES = fields('name Name key Key');

/** What a person would call an element by. */
const OWN_NAMES = [
  ...NAMES,
  ...fields(
    'Sid sid id Id ID identifier rule_id rule_name policy_name device_name attribute_name index_name',
  ),
  ...fields('dimension_name option_name parameter_name alias sourceVolume volume title label'),
];

/** The first that tells all elements apart is taken. */
const IDENTITIES: readonly Identity[] = [
  ...OWN_NAMES,
  ...fields('container_port containerPort containerPath port priority rule_number rule_no target_id arn'),
  ...fields('availability_zone availability_zone_id subnet_id capacity_provider region region_name path'),
  ...fields('domain_name hostname type'),
  rule,
];

function fields(names: string): readonly Identity[] {
  return names.split(' ').map(field);
}

function field(name: string): Identity {
  return (element) => {
    const value = child(element, name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
}

/** A rule of a firewall: `tcp 443`, `udp 1000-2000`, `all`. */
function rule(element: unknown): string | undefined {
  const [from, to, protocol] = ['from_port', 'to_port', 'protocol'].map((name) => child(element, name));
  if (typeof protocol !== 'string' && typeof protocol !== 'number') return undefined;
  if (String(protocol) === '-1') return 'all';
  if (typeof from !== 'number' && typeof from !== 'string') return undefined;
  return `${protocol} ${from === to ? from : `${from}-${String(to)}`}`;
}

function tellsApart(identity: Identity, elements: readonly unknown[]): boolean {
  const seen = new Set<string>();
  for (const element of elements) {
    const name = isObject(element) ? identity(element) : undefined;
    if (name === undefined || name === '' || seen.has(name)) return false;
    seen.add(name);
  }
  return true;
}

function byIdentity(identity: Identity, before: readonly unknown[], after: readonly unknown[]): Pairing[] {
  const old = new Map(before.map((element, index) => [identity(element), index]));
  return withAlike(
    after.map((element) => old.get(identity(element))),
    before,
    after,
    RENAMED,
  );
}

function byLikeness(before: readonly unknown[], after: readonly unknown[], least: number): Pairing[] {
  const waiting = new Map<string, number[]>();
  for (const [index, element] of before.entries()) {
    const same = waiting.get(canonical(element));
    if (same) same.push(index);
    else waiting.set(canonical(element), [index]);
  }
  return withAlike(
    after.map((element) => waiting.get(canonical(element))?.shift()),
    before,
    after,
    least,
  );
}

/** Share of what two elements have that must be equal, so that one is taken for a change of the other. */
const ALIKE = 0.5;
/** They have different names. */
const RENAMED = 0.7;

/** @param origins for each element of the new list the one that it was, as far as that is certain */
function withAlike(
  origins: readonly (number | undefined)[],
  before: readonly unknown[],
  after: readonly unknown[],
  least: number,
): Pairing[] {
  const used = new Set(origins.filter((origin) => origin !== undefined));
  const pairs = origins.map((origin, index): Pairing => {
    if (origin !== undefined) return { before: origin, after: index };
    const like = mostAlike(after[index], index, before, used, least);
    if (like === undefined) return { after: index };
    used.add(like);
    return { before: like, after: index };
  });
  const gone = before.map((_, index) => index).filter((index) => !used.has(index));
  return [...gone.map((index): Pairing => ({ before: index })), ...pairs];
}

/** Of several that are alike, the one nearest to the same place. */
function mostAlike(
  element: unknown,
  index: number,
  candidates: readonly unknown[],
  used: ReadonlySet<number>,
  least: number,
): number | undefined {
  let best: { readonly at: number; readonly score: number } | undefined;
  const free = candidates.length - used.size;
  if (free > MOST_COMPARED) return undefined;
  for (const [at, candidate] of candidates.entries()) {
    if (used.has(at)) continue;
    const score = likeness(element, candidate) - Math.abs(at - index) / 1e6;
    if (score >= least - TIE && (best === undefined || score > best.score)) best = { at, score };
  }
  return best?.at;
}

/** What the distance may take off. */
const TIE = 1e-2;

/** Comparing each with each takes the square of their number. */
const MOST_COMPARED = 100;

function likeness(a: unknown, b: unknown): number {
  if (!isObject(a) || !isObject(b)) return 0;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  let equal = 0;
  let telling = 0;
  for (const key of keys) {
    const [left, right] = [canonical(child(a, key)), canonical(child(b, key))];
    // That both leave something out says little.
    if (left === 'null' && right === 'null') continue;
    telling += 1;
    if (left === right) equal += 1;
  }
  return telling === 0 ? 0 : equal / telling;
}
