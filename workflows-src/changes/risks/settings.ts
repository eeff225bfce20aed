import type { Doubt, Examined } from './examined';
import type { Category, Severity } from './risk';
import { types, type Finding, type Moment, type Rule } from './rule';
import { fill, listed } from './text';

/** What every row of a table of settings says. */
interface Row {
  readonly rule: string;
  readonly category: Category;
  readonly severity: Severity;
  /** The types that have it, by the attribute's path. */
  readonly of: Readonly<Record<string, string>>;
  /** What happens, to whom; `{from}`, `{to}` and `{lost}` where the table has them. */
  readonly sentence: string;
  /** Goes on after "It is not known until the apply whether": said when the value cannot be judged. */
  readonly whether: string;
}

type Scalar = boolean | number | string;

/** A switch or keyword. */
export interface Setting extends Row {
  /** The good values: leaving them is the risk. Nothing set at all is ''. */
  readonly leaves?: readonly Scalar[];
  /** The bad values: coming to them is the risk. */
  readonly enters?: readonly Scalar[];
  /** The severity when something new is made with a bad value. @default not a risk */
  readonly created?: Severity;
  /**
   * Of something new, AWS gives a good value or another resource sets it, where the configuration says nothing: that it is
   * not known yet then says nothing either.
   */
  readonly filledIn?: true;
}

export function settingRules(rows: readonly Setting[]): readonly Rule[] {
  return rows.flatMap((row) => rulesOf(row, (path) => settingJudge(row, path), row.created !== undefined));
}

function settingJudge(row: Setting, path: string): Rule['judge'] {
  const good = new Set(row.leaves?.map(String));
  const bad = new Set(row.enters?.map(String));
  const isBad = (value: unknown): boolean => (row.leaves ? !good.has(textOf(value)) : bad.has(textOf(value)));
  return (change) => {
    const isCreated = change.change.action === 'create';
    const doubt = change.doubt(path);
    if (doubt === 'hidden') return doubtful(row, doubt);
    if (!isCreated && isBad(change.before(path))) return undefined;
    if (doubt) return change.isNew && isExpected(row) ? undefined : doubtful(row, doubt);
    return isBad(change.after(path))
      ? finding(row, row.sentence, isCreated ? row.created : row.severity)
      : undefined;
  };
}

/**
 * Whatever is new has values that AWS fills in. Where a good value was left to it, that is worth telling; where only a bad
 * one would be, and its absence is what new things have, it is not.
 */
function isExpected(row: Setting): boolean {
  return row.filledIn === true || (row.enters !== undefined && row.created === undefined);
}

/** Something that is set, and then no longer is. */
export function removalRules(rows: readonly Row[]): readonly Rule[] {
  return rows.flatMap((row) =>
    rulesOf(row, (path) => (change) => {
      if (!change.wasSet(path)) return undefined;
      if (change.doubt(path) === 'unknown') return doubtful(row, 'unknown');
      return change.isSet(path) ? undefined : finding(row, row.sentence);
    }),
  );
}

/** A list of keywords that gets shorter; the sentence tells `{lost}`. */
export function shrinkingRules(rows: readonly Row[]): readonly Rule[] {
  return rows.flatMap((row) =>
    rulesOf(row, (path) => (change) => {
      const doubt = change.doubt(path);
      const before = change.listBefore(path);
      if (doubt === 'hidden' || (doubt && before.length > 0)) return doubtful(row, doubt);
      const after = change.listAfter(path);
      const lost = before.filter((one) => !after.includes(one)).map(String);
      return lost.length > 0 ? finding(row, row.sentence.replace('{lost}', listed(lost))) : undefined;
    }),
  );
}

/** A number that gets smaller; the sentence tells `{from}` and `{to}`. */
export interface Lowering extends Row {
  /** What holds where nothing is set. @default nothing is said of it */
  readonly unset?: number;
  /** The number that means without end. */
  readonly endless?: number;
  /** Said instead when it comes to zero. */
  readonly zero?: { readonly severity: Severity; readonly sentence: string; readonly rule?: string };
  /** Only zero is told. */
  readonly onlyZero?: true;
}

export function loweringRules(rows: readonly Lowering[]): readonly Rule[] {
  return rows.flatMap((row) => rulesOf(row, (path) => loweringJudge(row, path)));
}

function loweringJudge(row: Lowering, path: string): Rule['judge'] {
  const amount = (value: unknown): number | undefined => {
    const number = value === null || value === undefined ? row.unset : Number(value);
    return number !== undefined && number === row.endless ? Infinity : number;
  };
  return (change) => {
    const doubt = change.doubt(path);
    if (doubt === 'hidden') return doubtful(row, doubt);
    const from = amount(change.before(path));
    if (from === undefined || Number.isNaN(from) || from === 0) return undefined;
    if (doubt) return change.isNew && row.onlyZero ? undefined : doubtful(row, doubt);
    const to = amount(change.after(path));
    if (to === undefined || !(to < from)) return undefined;
    const values = { from: from === Infinity ? 'unlimited' : from, to };
    if (to === 0 && row.zero)
      return {
        ...finding(row, fill(row.zero.sentence, values), row.zero.severity),
        rule: row.zero.rule ?? row.rule,
      };
    return row.onlyZero && to !== 0 ? undefined : finding(row, fill(row.sentence, values));
  };
}

/** A keyword that gets weaker; the sentence tells `{from}` and `{to}`. */
export interface Ranking extends Row {
  /** The weakest first, or what gives a keyword its rank. */
  readonly order: readonly string[] | ((keyword: string) => number | undefined);
}

export function rankingRules(rows: readonly Ranking[]): readonly Rule[] {
  return rows.flatMap((row) => rulesOf(row, (path) => rankingJudge(row, path)));
}

function rankingJudge(row: Ranking, path: string): Rule['judge'] {
  const { order } = row;
  const rank = (value: unknown): number | undefined => {
    if (typeof value !== 'string' || value === '') return undefined;
    if (typeof order === 'function') return order(value);
    const index = order.indexOf(value);
    return index < 0 ? undefined : index;
  };
  return (change) => {
    const doubt = change.doubt(path);
    if (doubt === 'hidden') return doubtful(row, doubt);
    const from = rank(change.before(path));
    // Nothing is weaker than the weakest.
    if (from === undefined || from === 0 || !change.differs(path)) return undefined;
    if (doubt) return doubtful(row, doubt);
    const to = rank(change.after(path));
    const values = { from: change.before(path), to: change.after(path) ?? 'none' };
    if (to !== undefined) return to < from ? finding(row, fill(row.sentence, values)) : undefined;
    return change.isSet(path)
      ? finding(
          row,
          `It cannot be told here whether ${row.whether}: ${fill('{to}', values)} is not known.`,
          'medium',
        )
      : finding(row, fill(row.sentence, values));
  };
}

function rulesOf(row: Row, judge: (path: string) => Rule['judge'], created = false): readonly Rule[] {
  const at: readonly Moment[] = created ? ['create', 'change'] : ['change'];
  return Object.entries(row.of).map(([path, names]) => ({ types: types(names), at, judge: judge(path) }));
}

function finding({ rule, category, severity }: Row, sentence: string, instead?: Severity): Finding {
  return { rule, category, severity: instead ?? severity, sentence };
}

function doubtful(row: Row, doubt: Doubt): Finding {
  return finding(row, unsure(doubt, `whether ${row.whether}`), 'medium');
}

/** A value that cannot be judged is told rather than passed over. */
export function unsure(doubt: Doubt, what: string): string {
  return doubt === 'unknown'
    ? `It is not known until the apply ${what}.`
    : `It is marked as sensitive, and so not judged here, ${what}.`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

/** Something that watches or guards, and is destroyed for good: a replacement is back at once. */
export interface Guard {
  readonly rule: string;
  readonly category?: Category;
  readonly severity: Severity;
  readonly types: string;
  readonly sentence: string;
}

export function guardRules(rows: readonly Guard[]): readonly Rule[] {
  return rows.map(({ rule, category = 'protection', severity, types: names, sentence }) => ({
    types: types(names),
    at: ['gone'],
    judge: ({ change }: Examined) =>
      change.action === 'delete' && change.deposed === undefined
        ? { rule, category, severity, sentence }
        : undefined,
  }));
}
