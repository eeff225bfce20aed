import type { Step } from '../attribute-paths';
import { isReplace } from '../change-set';
import { child, isEmpty, isEqual } from '../json';
import type { ChangeFacts, Values } from '../planned-change';

/** What rules judge: a change with its values. `PlannedChange` is one. */
export type ExaminedChange = ChangeFacts & { readonly values: Values };

/** `storage_encrypted`, `metadata_options[0].http_tokens`, or its steps. */
export type Path = string | readonly Step[];

/**
 * The only way in which rules read values: what is marked as sensitive, in itself or by something that it lies in, before
 * or after the change, reads as undefined. What is not known until the apply reads as undefined too; `doubt` tells.
 */
export class Examined {
  public readonly change: ExaminedChange;
  readonly #values: Values;

  public constructor(change: ExaminedChange) {
    this.change = change;
    this.#values = change.values;
  }

  /** Something is made that was not there: by a creation, or by a replacement. */
  public get isNew(): boolean {
    return this.change.action === 'create' || isReplace(this.change.action);
  }

  public before(path: Path): unknown {
    return this.read(this.#values.before, stepsOf(path));
  }

  public after(path: Path): unknown {
    const steps = stepsOf(path);
    return isMarked(this.#values.afterUnknown, steps) ? undefined : this.read(this.#values.after, steps);
  }

  /** The elements of a list or set; none where there is no list. */
  public listBefore(path: Path): readonly unknown[] {
    return asList(this.before(path));
  }

  public listAfter(path: Path): readonly unknown[] {
    return asList(this.after(path));
  }

  /**
   * Why the value after the change cannot be judged: not known until the apply, or changed and marked as sensitive;
   * undefined when it can.
   */
  public doubt(path: Path): Doubt | undefined {
    const steps = stepsOf(path);
    const { before, after, afterUnknown } = this.#values;
    if (isMarked(afterUnknown, steps) || hasMark(walk(afterUnknown, steps))) return 'unknown';
    if (!this.isHidden(steps)) return undefined;
    return isEqual(walk(before, steps), walk(after, steps)) ? undefined : 'hidden';
  }

  /** Whether something other than null and empty stands there; says so of a sensitive value too, without reading it. */
  public wasSet(path: Path): boolean {
    return !isEmpty(walk(this.#values.before, stepsOf(path)));
  }

  public isSet(path: Path): boolean {
    return !isEmpty(walk(this.#values.after, stepsOf(path)));
  }

  /** Whether the value changes, as far as that is known; says so of a sensitive value too, without reading it. */
  public differs(path: Path): boolean {
    const steps = stepsOf(path);
    const { before, after } = this.#values;
    const was = walk(before, steps);
    const is = walk(after, steps);
    return !(isEmpty(was) && isEmpty(is)) && !isEqual(was, is);
  }

  private read(values: unknown, steps: readonly Step[]): unknown {
    const value = walk(values, steps);
    if (value === undefined || value === null) return value;
    const marks = this.marksAt(steps);
    if (marks.includes(true)) return undefined;
    return marks.some(hasMark) ? withoutMarked(value, marks) : value;
  }

  private isHidden(steps: readonly Step[]): boolean {
    return this.marksAt(steps).some(hasMark);
  }

  private marksAt(steps: readonly Step[]): readonly unknown[] {
    let marks: readonly unknown[] = [this.#values.beforeSensitive, this.#values.afterSensitive];
    for (const step of steps) {
      if (marks.includes(true)) return [true];
      marks = marksInside(marks, step);
    }
    return marks;
  }
}

export type Doubt = 'unknown' | 'hidden';

const known = new Map<string, readonly Step[]>();

/** Rules name a limited number of paths, so each is taken apart once. */
function stepsOf(path: Path): readonly Step[] {
  if (typeof path !== 'string') return path;
  let steps = known.get(path);
  if (!steps) {
    steps = path
      .split(/[.[\]]+/)
      .filter((part) => part !== '')
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    known.set(path, steps);
  }
  return steps;
}

function walk(value: unknown, steps: readonly Step[]): unknown {
  let inside = value;
  for (const step of steps) inside = child(inside, step);
  return inside;
}

function isMarked(marks: unknown, steps: readonly Step[]): boolean {
  let inside = marks;
  for (const step of steps) {
    if (inside === true) return true;
    inside = child(inside, step);
  }
  return inside === true;
}

/** A mark at the place, or anywhere inside it. */
function hasMark(mark: unknown): boolean {
  if (mark === true) return true;
  if (typeof mark !== 'object' || mark === null) return false;
  return Object.values(mark).some(hasMark);
}

/** In a list, what is marked of one element counts for all: elements move when a list changes, and marks differ by side. */
function marksInside(marks: readonly unknown[], step: Step): readonly unknown[] {
  return marks.flatMap((mark) =>
    Array.isArray(mark) && typeof step === 'number' ? (mark as unknown[]) : [child(mark, step)],
  );
}

function withoutMarked(value: unknown, marks: readonly unknown[]): unknown {
  if (marks.includes(true)) return undefined;
  if (typeof value !== 'object' || value === null || !marks.some(hasMark)) return value;
  if (Array.isArray(value)) return value.map((element) => withoutMarked(element, marksInside(marks, 0)));
  return Object.fromEntries(
    Object.entries(value).map(([key, inside]) => [key, withoutMarked(inside, marksInside(marks, key))]),
  );
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
