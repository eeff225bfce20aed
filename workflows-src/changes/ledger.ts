import { hash } from 'node:crypto';

import type { Action } from './change-set';
import { checksum, Digests, type Reviewed } from './ledger-digests';
import { child, holdsTrue, isEqual, isObject } from './json';
import type { Plan, PlannedChange, Values } from './planned-change';

/**
 * What was reviewed: every change of a plan, without its values. A value stands as a digest of it; a sensitive or masked
 * one as a constant (or, with a key, as a keyed digest); one that was not known yet as a wildcard. The digests are plain
 * SHA-256, and only of values that the comment shows in clear to the same readers.
 */
export interface Ledger {
  readonly format: 1;
  readonly stack: string;
  /** By address. */
  readonly entries: readonly LedgerEntry[];
}

export interface LedgerEntry {
  /** Of a resource or of an action that is invoked; `output.<name>` of an output. */
  readonly address: string;
  readonly action: Action | 'invoke';
  readonly deposed?: string;
  readonly previousAddress?: string;
  readonly importing?: string;
  readonly replacePaths?: readonly string[];
  /** Which object is changed or goes: digest of its id, or of all of it where it has none. */
  readonly object?: string;
  /** Those that change, by name; of what did not exist before, those that were not known in full. */
  readonly attributes?: Readonly<Record<string, LedgerAttribute>>;
  /** The others of what did not exist before. */
  readonly created?: LedgerCreated;
}

/** One digest for all attributes that are set, because a large plan has very many. */
export interface LedgerCreated {
  readonly digest: string;
  /** A checksum of each, by name: too weak to rely on, and good enough to say which one differs. */
  readonly checksums: Readonly<Record<string, number>>;
}

export interface LedgerAttribute {
  /** Absent: there was none; or the new value was not known, and then what a provider keeps there may change by itself. */
  readonly before?: string;
  readonly after: Reviewed;
}

export interface LedgerOptions {
  /**
   * Known to those who review and apply, and not to those who can only read the ledger: with it, a change of a masked value
   * is noticed too. @default none: masked values stand as a constant
   */
  readonly key?: string;
  /**
   * Images that count as one and the same wherever they stand: the one that is deployed and the one that takes its place. A
   * review knows that a service gets a new image, and cannot know which, because it is built from the merge.
   * @default none
   */
  readonly images?: readonly string[];
}

/** The same plan gives the same ledger. */
export function ledgerOf(plan: Plan, options: LedgerOptions = {}): Ledger {
  const entries = changesOf(plan, new Digests(plan.masking, options.key, options.images)).map(
    ({ entry }) => entry,
  );
  return { format: 1, stack: plan.stack, entries: entries.sort(byAddress) };
}

/** Stands for a ledger where a person approves one by hand: 32 hexadecimal digits. */
export function ledgerDigest(ledger: Ledger): string {
  return hash('sha256', JSON.stringify([ledger.stack, ledger.entries]), 'hex').slice(0, 32);
}

export interface Mismatch {
  readonly address: string;
  /** What differs from the review, in words and without a value. */
  readonly sentence: string;
}

/**
 * Whether all that a plan would do was reviewed in one of the ledgers. What was reviewed and is not needed any more is no
 * mismatch; nor is a change of which a failed apply has left only the rest to do.
 * @param ledgers those of other stacks are left aside
 * @param options as the ledgers were made
 * @returns what was not reviewed; nothing of it: the plan may be applied
 */
export function isSubset(
  plan: Plan,
  ledgers: readonly Ledger[],
  options: LedgerOptions = {},
): readonly Mismatch[] {
  const digests = new Digests(plan.masking, options.key, options.images);
  const reviewed = new Map<string, LedgerEntry[]>();
  for (const { stack, entries } of ledgers) {
    if (stack !== plan.stack) continue;
    for (const entry of entries) {
      const same = reviewed.get(identityOf(entry));
      if (same) same.push(entry);
      else reviewed.set(identityOf(entry), [entry]);
    }
  }
  return changesOf(plan, digests).flatMap((now): Mismatch[] => {
    const candidates = reviewed.get(identityOf(now.entry)) ?? [];
    const problems = candidates.map((then) => difference(now, then, digests));
    if (problems.includes(undefined)) return [];
    const sentence = problems.at(-1) ?? `${will(now.entry)}, which no reviewed plan has`;
    return [{ address: now.entry.address, sentence }];
  });
}

/** A change with what is needed to compare it. */
interface Now {
  readonly entry: LedgerEntry;
  readonly values: Values;
  readonly isTainted: boolean;
}

function changesOf(plan: Plan, digests: Digests): readonly Now[] {
  const resources = plan.changes.map((change) =>
    nowOf({ ...facts(change), isTainted: change.reason === 'replace_because_tainted' }, digests),
  );
  const outputs = plan.outputs.map(({ name, action, values }) =>
    nowOf(
      { address: `output.${name}`, action, values: asAttribute(name, values), isTainted: false },
      digests,
    ),
  );
  const invocations = plan.invocations.map(({ address, triggeredBy }): Now => ({
    entry: {
      address,
      action: 'invoke',
      ...(triggeredBy !== undefined && { object: digests.ofText(triggeredBy) }),
    },
    values: NOTHING,
    isTainted: false,
  }));
  return [...resources, ...outputs, ...invocations];
}

const NOTHING: Values = {
  before: null,
  after: null,
  afterUnknown: false,
  beforeSensitive: false,
  afterSensitive: false,
  replacePaths: [],
};

interface Facts {
  readonly address: string;
  readonly action: Action;
  readonly values: Values;
  readonly isTainted: boolean;
  readonly deposed?: string | undefined;
  readonly previousAddress?: string | undefined;
  readonly importing?: boolean;
  readonly importId?: string | undefined;
  readonly replacePaths?: readonly string[];
}

function facts(change: PlannedChange): Omit<Facts, 'isTainted'> {
  const { address, action, values, deposed, previousAddress, importing, importId, replacePaths } = change;
  return { address, action, values, deposed, previousAddress, importing, importId, replacePaths };
}

/** An output is one value; as an attribute it has a name, which may say that it is secret. */
function asAttribute(name: string, values: Values): Values {
  const { before, after, afterUnknown, beforeSensitive, afterSensitive } = values;
  return {
    before: { [name]: before },
    after: { [name]: after },
    afterUnknown: { [name]: afterUnknown },
    beforeSensitive: { [name]: beforeSensitive },
    afterSensitive: { [name]: afterSensitive },
    replacePaths: [],
  };
}

function nowOf(of: Facts, digests: Digests): Now {
  const { address, action, values, deposed, previousAddress, importing, importId, replacePaths } = of;
  const object = action === 'create' ? undefined : digests.ofObject(values);
  return {
    entry: {
      address,
      action,
      ...(deposed !== undefined && { deposed }),
      ...(previousAddress !== undefined && { previousAddress }),
      ...(importing === true && { importing: digests.ofText(importId ?? '') }),
      ...(replacePaths !== undefined && replacePaths.length > 0 && { replacePaths }),
      ...(object !== undefined && !address.startsWith('output.') && { object }),
      ...attributesOf(action, values, digests),
    },
    values,
    isTainted: of.isTainted,
  };
}

type Attributes = Pick<LedgerEntry, 'attributes' | 'created'>;

function attributesOf(action: Action, values: Values, digests: Digests): Attributes {
  // Of what goes, it matters which object it is, not what a provider last read of it.
  if (action === 'delete' || action === 'forget' || action === 'close') return {};
  return action === 'create' || action === 'read'
    ? createdAttributes(values, digests)
    : changedAttributes(values, digests);
}

function changedAttributes(values: Values, digests: Digests): Attributes {
  const { before, after, afterUnknown } = values;
  const attributes: [string, LedgerAttribute][] = [];
  for (const name of namesIn(before, after, afterUnknown)) {
    const now = digests.part(name, values, 'after');
    const was = child(before, name) ?? null;
    if (!holdsTrue(now.unknown) && isEqual(was, now.value)) continue;
    const reviewed = digests.reviewed(now);
    const old =
      reviewed === '?' || was === null ? {} : { before: digests.of(digests.part(name, values, 'before')) };
    attributes.push([name, { ...old, after: reviewed }]);
  }
  return attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) };
}

function createdAttributes(values: Values, digests: Digests): Attributes {
  const attributes: [string, LedgerAttribute][] = [];
  const known: string[] = [];
  for (const name of namesIn(values.after, values.afterUnknown)) {
    if (holdsTrue(child(values.afterUnknown, name)))
      attributes.push([name, { after: digests.reviewed(digests.part(name, values, 'after')) }]);
    else if ((child(values.after, name) ?? null) !== null) known.push(name);
  }
  return {
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(known.length > 0 && { created: createdOf(known, values, digests) }),
  };
}

function createdOf(names: readonly string[], values: Values, digests: Digests): LedgerCreated {
  const checksums: [string, number][] = [];
  let text = '';
  for (const name of names) {
    const { value, marks, guard } = digests.part(name, values, 'after');
    const written = digests.written(value, marks, guard);
    checksums.push([name, checksum(written)]);
    text += `${JSON.stringify(name)}:${written}\n`;
  }
  return { digest: digests.ofText(text), checksums: Object.fromEntries(checksums) };
}

function namesIn(...sides: readonly unknown[]): readonly string[] {
  const names = new Set<string>();
  for (const side of sides) if (isObject(side)) for (const name of Object.keys(side)) names.add(name);
  return [...names].sort();
}

/** @returns undefined when the change is what was reviewed, or the rest of it */
function difference(now: Now, then: LedgerEntry, digests: Digests): string | undefined {
  const { entry } = now;
  // An apply that failed after it created the object leaves it tainted: to make it again is still that creation.
  const isAgain = now.isTainted && then.action === 'create';
  if (entry.action !== then.action && !isAgain) return `${will(entry)}; reviewed was that it ${will(then)}`;
  if (entry.previousAddress !== then.previousAddress)
    return `moves from ${entry.previousAddress ?? 'nowhere'}; reviewed was from ${then.previousAddress ?? 'nowhere'}`;
  if (entry.importing !== then.importing) return 'imports something else than was reviewed';
  if (entry.object !== then.object && !isAgain)
    return 'is another object than at the review: somebody has replaced it since';
  const paths = (entry.replacePaths ?? []).filter((path) => !(then.replacePaths ?? []).includes(path));
  if (paths.length > 0) return `is replaced because of ${paths.join(', ')} too, which was not reviewed`;
  // What the half-made one was read as is nobody's business: as in a creation, only what is set counts.
  const changing = isAgain ? createdAttributes(now.values, digests) : entry;
  const said = [...notReviewed(changing, then, isAgain), ...otherwise(now, then, digests)];
  if (said.length === 0) return undefined;
  const rest = said.length - MOST_SAID;
  return [...said.slice(0, MOST_SAID), ...(rest > 0 ? [`${rest} more attributes differ`] : [])].join('; ');
}

/** Attributes that change and did not at the review, or that were something else then. */
function notReviewed(now: Attributes, then: LedgerEntry, isAgain: boolean): readonly string[] {
  const reviewed = new Set([...keys(then.attributes), ...keys(then.created?.checksums)]);
  const isNews = (name: string): boolean => !reviewed.has(name);
  const news = [...keys(now.attributes), ...keys(now.created?.checksums)].filter(isNews);
  const touched = Object.entries(now.attributes ?? {}).flatMap(([name, { before, after }]) => {
    const was = then.attributes && Object.hasOwn(then.attributes, name) ? then.attributes[name] : undefined;
    if (isAgain || was === undefined || was.after === '?' || after === '?') return [];
    return before === was.before
      ? []
      : [`${name} is not what it was at the review: somebody has changed it since`];
  });
  return [...news.map((name) => `${name} changes too, which was not reviewed`), ...touched];
}

/**
 * Attributes that do not become what was reviewed. Those count too that do not change any more: an apply that failed may
 * have changed them already, and then they are what was reviewed.
 */
function otherwise({ values }: Now, then: LedgerEntry, digests: Digests): readonly string[] {
  const changed = Object.entries(then.attributes ?? {})
    .filter(([name, { after }]) => !digests.satisfies(digests.part(name, values, 'after'), after))
    .map(([name]) => name);
  return [...changed, ...createdOtherwise(values, then, digests)].map(
    (name) => `${name} becomes something else than was reviewed`,
  );
}

function createdOtherwise(values: Values, { created }: LedgerEntry, digests: Digests): readonly string[] {
  if (!created) return [];
  const names = keys(created.checksums);
  const unknown = names.filter((name) => holdsTrue(child(values.afterUnknown, name)));
  const now = createdOf(names, values, digests);
  if (unknown.length === 0 && now.digest === created.digest) return [];
  const other = names.filter((name) => now.checksums[name] !== created.checksums[name]);
  const said = [...new Set([...unknown, ...other])];
  return said.length > 0 ? said : ['one of its attributes'];
}

function keys(of: object | undefined): readonly string[] {
  return of === undefined ? [] : Object.keys(of);
}

const MOST_SAID = 5;

function will({ action }: LedgerEntry): string {
  return WILL.get(action) ?? action;
}

const WILL: ReadonlyMap<string, string> = new Map([
  ['create', 'is created'],
  ['update', 'is updated'],
  ['delete', 'is destroyed'],
  ['delete-then-create', 'is destroyed and created anew'],
  ['create-then-delete', 'is created anew and the old one destroyed'],
  ['create-then-forget', 'is created anew and the old one forgotten'],
  ['forget-then-create', 'is forgotten and created anew'],
  ['forget', 'is no longer managed'],
  ['read', 'is read'],
  ['no-op', 'stays, and is moved or imported'],
  ['open', 'is opened'],
  ['renew', 'is renewed'],
  ['close', 'is closed'],
  ['invoke', 'is invoked'],
]);

function identityOf({ address, deposed, action }: LedgerEntry): string {
  return `${address} ${deposed ?? ''} ${action === 'invoke' ? 'invoke' : ''}`;
}

function byAddress(a: LedgerEntry, b: LedgerEntry): number {
  const [left, right] = [identityOf(a), identityOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
