import { diffArrays } from 'diff';

import { pathText, type Step } from './attribute-paths';
import type { AttributeChange } from './change-set';
import { align, type Naming, type Pairing } from './list-identity';
import {
  canonical,
  child,
  embedded,
  holdsTrue,
  isDeep,
  isEmpty,
  isEqual,
  isObject,
  MAX_DEPTH,
  withUnknown,
} from './json';
import { guardOf, isHarmless, Masking, strictest, type Guard } from './masking';
import type { Values } from './planned-change';
import { policyDocument } from './policy-document';
import { visible } from './visible-text';

export const UNKNOWN = '(known after apply)';
export const SENSITIVE = '(sensitive)';
export const SENSITIVE_CHANGED = '(sensitive, changed)';
export const SENSITIVE_UNCHANGED = '(sensitive, unchanged)';
export const SENSITIVE_UNKNOWN = '(sensitive, known after apply)';

/**
 * How the values of a resource differ. What is only spelled differently, null or empty, is left out, unless nothing else
 * differs: then that is why Terraform wants to update it.
 */
export function resourceDiff(values: Values, masking: Masking): readonly AttributeChange[] {
  const differences = attributeDiff(values, masking, { emptyIsNothing: true });
  return differences.length > 0 ? differences : attributeDiff(values, masking);
}

/**
 * How the values of a resource or an output differ: by attribute, lists by what identifies their elements, JSON inside of
 * texts as JSON, policies statement by statement, texts of several lines by line. Every value goes through `masking`.
 * @param emptyIsNothing null and an empty text or collection are the same, as when a provider reads back empty what it
 *   wrote as null. @default false
 * @param name of an output, which may say that its value is a secret
 */
export function attributeDiff(
  values: Values,
  masking: Masking,
  { emptyIsNothing = false, name }: { readonly emptyIsNothing?: boolean; readonly name?: string } = {},
): readonly AttributeChange[] {
  const guard =
    name === undefined ? 'shown' : guardOf(name, values.after ?? values.before, 'shown', undefined);
  const alike = emptyIsNothing ? areEmpty : undefined;
  return new Comparison(masking, values.replacePaths, alike).of(values, guard);
}

/** A value on both sides, with what the plan says about it. */
interface Both {
  readonly before: unknown;
  readonly after: unknown;
  readonly unknown: unknown;
  /** The marks of sensitivity. */
  readonly marks: readonly [unknown, unknown];
}

/** Where a value stands. */
interface Place {
  /** As it is shown. */
  readonly path: string;
  /** As the plan has it; inside of a text, the path of the text, because Terraform knows none inside. */
  readonly steps: readonly Step[];
  readonly isInText: boolean;
  readonly depth: number;
  readonly guard: Guard;
}

class Comparison {
  private readonly found: AttributeChange[] = [];

  public constructor(
    private readonly masking: Masking,
    private readonly replacePaths: readonly (readonly Step[])[],
    private readonly alike: ((a: unknown, b: unknown) => boolean) | undefined,
  ) {}

  public of(values: Values, guard: Guard): AttributeChange[] {
    const { before, after, afterUnknown, beforeSensitive, afterSensitive } = values;
    this.compare(
      { before, after, unknown: afterUnknown, marks: [beforeSensitive, afterSensitive] },
      { path: '', steps: [], isInText: false, depth: 0, guard },
    );
    return this.found;
  }

  private compare(both: Both, place: Place): void {
    const { before, after, unknown, marks } = both;
    if (marks[0] === true || marks[1] === true) return this.sensitive(both, place);
    if (place.guard !== 'shown' && this.isGuarded(both, place)) return this.guarded(both, place);
    if (unknown === true) return this.becomesUnknown(both, place);
    if (isEqual(before, after, this.alike) && !holdsTrue(unknown) && !differ(marks)) return;
    if (place.depth > MAX_DEPTH) return this.add(place, { kind: 'update', note: 'changes deep inside' });
    if (this.isNothing(before) || this.isNothing(after)) return this.oneSide(both, place);
    if (Array.isArray(before) && Array.isArray(after)) return this.lists(both, place, before, after);
    if (isObject(before) && isObject(after)) return this.objects(both, place);
    if (typeof before === 'string' && typeof after === 'string') return this.texts(place, before, after);
    this.add(place, {
      kind: 'update',
      before: this.text(before, false, place.guard),
      after: this.text(after, unknown, place.guard),
    });
  }

  private isNothing(value: unknown): boolean {
    return this.alike === undefined ? isNothing(value) : isEmpty(value);
  }

  private objects(both: Both, place: Place): void {
    const { before, after, unknown } = both;
    const sides = sidesOf(both);
    for (const key of keysOf(before, after, unknown))
      this.compare(inside(both, key), this.within(place, key, sides));
  }

  private sensitive({ before, after, unknown, marks }: Both, place: Place): void {
    if (unknown === true) {
      const had = isNothing(before) ? {} : { before: SENSITIVE };
      return this.add(place, {
        kind: isNothing(before) ? 'add' : 'update',
        ...had,
        after: SENSITIVE_UNKNOWN,
      });
    }
    if (isEqual(before, after, areEmpty)) {
      if (isEmpty(before) || marks[0] === marks[1]) return;
      const becomes = marks[1] === true ? 'becomes sensitive' : 'is no longer marked as sensitive';
      return this.add(place, { kind: 'update', after: SENSITIVE_UNCHANGED, note: becomes });
    }
    this.add(place, hiddenChange(before, after));
  }

  /** A guarded object is looked into: it may hold pairs, whose names are shown. */
  private isGuarded({ before, after, unknown }: Both, { guard }: Place): boolean {
    if (guard === 'hidden') return true;
    const isInner = (value: unknown): boolean => typeof value === 'object' && value !== null;
    if (isInner(before) || isInner(after)) return false;
    return unknown === true ? !isHarmless(before) : !(isHarmless(before) && isHarmless(after));
  }

  private guarded({ before, after, unknown }: Both, place: Place): void {
    if (unknown === true) return this.add(place, { kind: 'update', before: SENSITIVE, after: UNKNOWN });
    if (!isEqual(before, after)) this.add(place, hiddenChange(before, after));
  }

  private becomesUnknown({ before }: Both, place: Place): void {
    if (this.isNothing(before)) return this.add(place, { kind: 'add', after: UNKNOWN });
    this.add(place, { kind: 'update', before: this.text(before, false, place.guard), after: UNKNOWN });
  }

  /** All of it comes or goes: in one line where it is short, else part by part. */
  private oneSide(both: Both, place: Place): void {
    const comes = this.isNothing(both.before);
    const side = comes ? 'after' : 'before';
    const value = both[side];
    const unknown = comes ? both.unknown : false;
    // What is empty is not worth a line, unless nothing else says that it comes.
    if (isEmpty(value) && !holdsTrue(unknown)) {
      if (place.path !== '' && !isNothing(value)) this.add(place, this.whole(comes, JSON.stringify(value)));
      return;
    }
    if (typeof value === 'string') {
      const parsed = embedded(value);
      const lines = parsed === undefined && value.includes('\n') ? this.masking.lines(value) : undefined;
      if (lines !== undefined) {
        const sign = comes ? '+' : '-';
        return this.add(place, {
          kind: comes ? 'add' : 'remove',
          lines: withoutEnd(lines).map((line) => sign + shownLine(line)),
        });
      }
      if (parsed !== undefined) {
        const document = policyDocument(parsed) ?? parsed;
        const whole = { before: comes ? undefined : document, after: comes ? document : undefined };
        return this.oneSide({ ...whole, unknown: false, marks: UNMARKED }, this.insideText(place));
      }
    }
    const mark = both.marks[comes ? 1 : 0];
    const isRoot = place.path === '';
    if (!isRoot || !isObject(value)) {
      const text = this.text(value, unknown, place.guard, mark);
      if (text.length <= SHORT || typeof value !== 'object' || value === null)
        return this.add(place, this.whole(comes, text));
    }
    if (Array.isArray(value)) {
      const { label } = align(comes ? [] : value, comes ? value : [], this.naming(both, place));
      value.forEach((element, index) => {
        this.compare(inside(both, index), this.element(place, index, label(element, index)));
      });
      return;
    }
    const sides = sidesOf(both);
    for (const key of keysOf(value, comes ? unknown : undefined)) {
      const part = inside(both, key);
      // What is new lists what it is given; what stays unset is not news.
      if (isEmpty(part[side]) && !holdsTrue(part.unknown)) continue;
      this.compare(part, this.within(place, key, sides));
    }
  }

  private whole(comes: boolean, text: string): Difference {
    return comes ? { kind: 'add', after: text } : { kind: 'remove', before: text };
  }

  private texts(place: Place, before: string, after: string): void {
    const old = embedded(before);
    const now = embedded(after);
    if (old !== undefined && now !== undefined) return this.documents(place, old, now);
    const hides = this.masking.hides(before) || this.masking.hides(after);
    if (before.includes('\n') || after.includes('\n')) {
      const left = this.masking.lines(before);
      const right = this.masking.lines(after);
      if (left && right) return this.add(place, linesOf(before, after, left, right));
    }
    if (hides) return this.add(place, { kind: 'update', after: SENSITIVE_CHANGED });
    this.add(place, { kind: 'update', before: quoted(before), after: quoted(after) });
  }

  /** JSON in texts, in which the spelling means nothing. */
  private documents(place: Place, before: unknown, after: unknown): void {
    if (isEqual(before, after))
      return this.add(place, { kind: 'update', note: 'the same JSON, written in another way' });
    const old = policyDocument(before);
    const now = policyDocument(after);
    if (old && now && !isDeep(old) && !isDeep(now) && unordered(old) === unordered(now))
      return this.add(place, { kind: 'update', note: 'the same policy, written in another order or way' });
    const policies = old && now ? { before: old, after: now } : { before, after };
    this.compare({ ...policies, unknown: false, marks: UNMARKED }, this.insideText(place));
  }

  private lists(both: Both, place: Place, before: readonly unknown[], after: readonly unknown[]): void {
    const { unknown } = both;
    if (before.every(isScalar) && after.every(isScalar) && !holdsTrue(unknown) && !isMarked(both.marks))
      return this.scalars(place, before, after);
    const { pairs, label, isReordered } = align(before, after, this.naming(both, place));
    const unknownOnly = Array.isArray(unknown) ? unknown.length - after.length : 0;
    const changes = this.found.length;
    for (const pair of pairs) this.pair(both, place, pair, label);
    for (let index = after.length; index < after.length + unknownOnly; index += 1)
      this.compare(inside(both, index), this.element(place, index, undefined));
    if (isReordered && this.found.length === changes)
      this.add(place, { kind: 'update', note: 'only the order changes' });
  }

  /** By what an element may be called without telling a secret. */
  private naming({ marks }: Both, { guard }: Place): Naming {
    if (isMarked(marks)) return 'by index';
    return guard === 'shown' ? 'by anything' : 'by name';
  }

  private pair(both: Both, place: Place, { before, after }: Pairing, label: Labels): void {
    const index = after ?? before ?? 0;
    const element = (both[after === undefined ? 'before' : 'after'] as readonly unknown[])[index];
    this.compare(
      {
        before: before === undefined ? undefined : child(both.before, before),
        after: after === undefined ? undefined : child(both.after, after),
        unknown: after === undefined ? false : child(both.unknown, after),
        marks: [
          both.marks[0] === true || (before !== undefined && child(both.marks[0], before)),
          both.marks[1] === true || (after !== undefined && child(both.marks[1], after)),
        ],
      },
      this.element(place, index, label(element, index)),
    );
  }

  /** Texts and numbers have no identity but their value. */
  private scalars(place: Place, before: readonly unknown[], after: readonly unknown[]): void {
    if (before.length === 1 && after.length === 1)
      return this.compare(
        { before: before[0], after: after[0], unknown: false, marks: UNMARKED },
        this.element(place, 0, undefined),
      );
    const left = remaining(before, after);
    const come = remaining(after, before);
    const some = { ...place, path: `${place.path}[*]` };
    const shown = (value: unknown): string => this.text(value, false, place.guard);
    for (const value of left) this.add(some, { kind: 'remove', before: shown(value) });
    for (const value of come) this.add(some, { kind: 'add', after: shown(value) });
    const stayed = remaining(before, left).map(canonical).join();
    if (stayed !== remaining(after, come).map(canonical).join())
      this.add(place, {
        kind: 'update',
        note:
          left.length + come.length > 0 ? 'the order of the others changes too' : 'only the order changes',
      });
  }

  private within(place: Place, key: string, sides: readonly unknown[]): Place {
    const { path, steps, isInText, depth, guard } = place;
    const shown = visible(this.masking.name(key));
    const guards = sides.map((within) => guardOf(key, child(within, key), guard, within));
    return {
      path: path === '' ? pathText([shown]) : `${path}${pathText(['_', shown]).slice(1)}`,
      steps: isInText ? steps : [...steps, key],
      isInText,
      depth: depth + 1,
      guard: guards.length === 0 ? guard : strictest(guards),
    };
  }

  private element(place: Place, index: number, label: string | undefined): Place {
    const shown = label === undefined ? index : visible(this.masking.name(label));
    const { steps, isInText } = place;
    return {
      path: `${place.path}${typeof shown === 'number' ? `[${shown}]` : `[${JSON.stringify(shown)}]`}`,
      steps: isInText ? steps : [...steps, index],
      isInText,
      depth: place.depth + 1,
      guard: place.guard,
    };
  }

  private insideText(place: Place): Place {
    return { ...place, isInText: true, depth: place.depth + 1 };
  }

  private add(place: Place, difference: Difference): void {
    this.found.push({
      path: place.path,
      ...difference,
      ...(this.forces(place) && { forcesReplacement: true }),
    });
  }

  /** A path that forces a replacement may end above or below what is shown as one difference. */
  private forces({ steps }: Place): boolean {
    return this.replacePaths.some((path) =>
      path.every((step, at) => at >= steps.length || step === steps[at]),
    );
  }

  /** A value on one line, as one writes it in Terraform; without what is null. */
  private text(value: unknown, unknown: unknown, guard: Guard, mark: unknown = false, depth = 0): string {
    if (mark === true) return unknown === true ? SENSITIVE_UNKNOWN : SENSITIVE;
    if (unknown === true) return UNKNOWN;
    if (guard === 'hidden' && !isHarmless(value)) return SENSITIVE;
    if (depth > MAX_DEPTH) return '…';
    if (Array.isArray(value)) {
      const length = Math.max(value.length, Array.isArray(unknown) ? unknown.length : 0);
      const parts = Array.from({ length }, (_, index) =>
        this.text(value[index], child(unknown, index), guard, child(mark, index), depth + 1),
      );
      return `[${parts.join(', ')}]`;
    }
    if (isObject(value)) {
      const within = withUnknown(value, unknown);
      const parts = keysOf(within).flatMap((key) => {
        const inner = value[key];
        if (isNothing(inner) && !holdsTrue(child(unknown, key)) && child(mark, key) !== true) return [];
        const name = visible(this.masking.name(key));
        const text = this.text(
          inner,
          child(unknown, key),
          guardOf(key, child(within, key), guard, within),
          child(mark, key),
          depth + 1,
        );
        return [`${pathText([name]).replace(/^\[(.*)\]$/s, '$1')} = ${text}`];
      });
      return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
    }
    if (guard === 'guarded' && !isHarmless(value)) return SENSITIVE;
    if (typeof value !== 'string') return String(JSON.stringify(value ?? null));
    const parsed = embedded(value);
    if (parsed !== undefined)
      return `jsonencode(${this.text(policyDocument(parsed) ?? parsed, false, guard, false, depth + 1)})`;
    return this.masking.hides(value) ? SENSITIVE : quoted(value);
  }
}

const UNMARKED = [false, false] as const;

type Difference = Omit<AttributeChange, 'path' | 'forcesReplacement'>;
type Labels = ReturnType<typeof align>['label'];

/** Characters of a value that are read at a glance: a longer one is taken apart. */
const SHORT = 160;

function hiddenChange(before: unknown, after: unknown): Difference {
  if (isNothing(before)) return { kind: 'add', after: SENSITIVE };
  if (isNothing(after)) return { kind: 'remove', before: SENSITIVE };
  return { kind: 'update', after: SENSITIVE_CHANGED };
}

function areEmpty(a: unknown, b: unknown): boolean {
  return isEmpty(a) && isEmpty(b);
}

function quoted(text: string): string {
  return visible(JSON.stringify(text));
}

/** @param left the masked lines of `before`, and `right` those of `after` */
function linesOf(
  before: string,
  after: string,
  left: readonly string[],
  right: readonly string[],
): Difference {
  const [old, now] = [withoutEnd(left), withoutEnd(right)];
  const ends = [before, after].map((text) => text.endsWith('\n'));
  const end = ends[0] === ends[1] ? {} : { note: `the line break at its end ${ends[1] ? 'comes' : 'goes'}` };
  if (old.join('\n') === now.join('\n')) {
    if (before.replaceAll('\r', '').trimEnd() !== after.replaceAll('\r', '').trimEnd())
      return { kind: 'update', after: SENSITIVE_CHANGED };
    return { kind: 'update', note: 'only line breaks change', ...end };
  }
  const lines = lineDiff(old, now);
  if (lines === undefined) return { kind: 'update', note: 'differs in more places than can be compared' };
  return { kind: 'update', lines, ...end };
}

/** Changed lines with two lines around them; undefined when there is too much to compare. */
function lineDiff(before: readonly string[], after: readonly string[]): readonly string[] | undefined {
  const parts = diffArrays([...before], [...after], { maxEditLength: MOST_EDITS });
  if (parts === undefined) return undefined;
  return parts.flatMap(({ value, added, removed }, at) => {
    const sign = added ? '+' : removed ? '-' : ' ';
    const lines = value.map((line) => sign + shownLine(line));
    if (added || removed) return lines;
    const head = at === 0 ? 0 : AROUND;
    const tail = at === parts.length - 1 ? 0 : AROUND;
    const left = lines.length - head - tail;
    if (left <= 1) return lines;
    return [...lines.slice(0, head), `@ ${left} lines without a change`, ...lines.slice(lines.length - tail)];
  });
}

function withoutEnd(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function shownLine(line: string): string {
  return visible(line.replaceAll('\t', '\\t'));
}

const AROUND = 2;
/** The comparison of longer differences takes the square of their number. */
const MOST_EDITS = 2_000;

/** Elements of the first that are not in the second, as often as they are missing there. */
function remaining(from: readonly unknown[], without: readonly unknown[]): unknown[] {
  const counts = new Map<string, number>();
  for (const one of without) counts.set(canonical(one), (counts.get(canonical(one)) ?? 0) + 1);
  return from.filter((one) => {
    const left = counts.get(canonical(one)) ?? 0;
    if (left > 0) counts.set(canonical(one), left - 1);
    return left === 0;
  });
}

/** The same for the same elements of every list, whatever their order. */
function unordered(value: unknown): string {
  const sort = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map((element) => canonical(sort(element))).sort();
    if (!isObject(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, sort(inner)]));
  };
  return canonical(sort(value));
}

/** What a member belongs to, before and after: that decides how it is guarded. */
function sidesOf({ before, after, unknown }: Both): readonly unknown[] {
  return [before, withUnknown(after, unknown)].filter((side) => !isNothing(side));
}

function inside({ before, after, unknown, marks }: Both, key: Step): Both {
  return {
    before: child(before, key),
    after: child(after, key),
    unknown: unknown === true || child(unknown, key),
    marks: [marks[0] === true || child(marks[0], key), marks[1] === true || child(marks[1], key)],
  };
}

function keysOf(...values: readonly unknown[]): readonly string[] {
  const keys = new Set<string>();
  for (const value of values) if (isObject(value)) for (const key of Object.keys(value)) keys.add(key);
  return [...keys].sort();
}

/** Of two values that are the same, one may be marked as sensitive and the other not. */
function differ([before, after]: Both['marks']): boolean {
  return (holdsTrue(before) || holdsTrue(after)) && !isEqual(before, after);
}

function isMarked(marks: readonly unknown[]): boolean {
  return marks.some(holdsTrue);
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
