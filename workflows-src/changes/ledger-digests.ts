import { createHmac, hash } from 'node:crypto';

import { child, embedded, holdsTrue, isObject, withUnknown } from './json';
import { guardOf, isHarmless, type Guard, type Masking } from './masking';
import type { Values } from './planned-change';

/**
 * A digest; `?` for what was not known at the review, which any value satisfies; or, where only some of a value was known,
 * the same of each part of it.
 */
export type Reviewed =
  string | { readonly object: Readonly<Record<string, Reviewed>> } | { readonly list: readonly Reviewed[] };

/** A value in its place: with what the plan says of it, and what may be shown there. */
export interface Part {
  readonly value: unknown;
  readonly unknown: unknown;
  /** Of sensitivity, before and after: what is so on one side is masked on both. */
  readonly marks: Marks;
  readonly guard: Guard;
}

type Marks = readonly unknown[];

/** Digests of values, in which nothing that is masked can be found again. */
export class Digests {
  public constructor(
    private readonly masking: Masking,
    private readonly key: string | undefined,
    private readonly images: readonly string[] = [],
  ) {}

  /** An attribute on one side; null where it is not set. */
  public part(name: string, values: Values, side: 'before' | 'after'): Part {
    const value = child(values[side], name) ?? null;
    const unknown = side === 'after' ? child(values.afterUnknown, name) : false;
    return {
      value,
      unknown,
      marks: marksInside([values.beforeSensitive, values.afterSensitive], name),
      guard: guardOf(name, withUnknown(value, unknown), 'shown', values[side]),
    };
  }

  public ofText(text: string): string {
    return sha256(text);
  }

  /** Which object it is: by its id, or by all that is known of one without. */
  public ofObject({ before, beforeSensitive: mark }: Values): string | undefined {
    if (!isObject(before)) return undefined;
    const id = before['id'];
    if (typeof id === 'string' && mark !== true && child(mark, 'id') !== true) return sha256(id);
    return sha256(this.written(before, [mark], 'shown'));
  }

  /** Of a value that is known. */
  public of({ value, marks, guard }: Part): string {
    return sha256(this.written(value, marks, guard));
  }

  public reviewed(part: Part): Reviewed {
    if (part.unknown === true || (holdsTrue(part.unknown) && part.marks.includes(true))) return '?';
    if (!holdsTrue(part.unknown)) return this.of(part);
    if (Array.isArray(part.value) || Array.isArray(part.unknown))
      return { list: elementsOf(part).map((element) => this.reviewed(element)) };
    return {
      object: Object.fromEntries(this.members(part).map(([name, member]) => [name, this.reviewed(member)])),
    };
  }

  /** The value is what was reviewed. What was known then must be known now. */
  public satisfies(part: Part, reviewed: Reviewed): boolean {
    if (reviewed === '?') return true;
    if (part.unknown === true) return false;
    if (typeof reviewed === 'string') return !holdsTrue(part.unknown) && this.of(part) === reviewed;
    if ('list' in reviewed) return this.listSatisfies(elementsOf(part), reviewed.list);
    if (!isObject(part.value)) return false;
    const members = new Map(this.members(part));
    for (const [name, member] of members) {
      if (!Object.hasOwn(reviewed.object, name) || !this.satisfies(member, reviewed.object[name]!))
        return false;
    }
    return Object.entries(reviewed.object).every(([name, one]) => members.has(name) || one === '?');
  }

  /** A key can be a secret too. */
  private members(part: Part): readonly (readonly [string, Part])[] {
    return membersOf(part).map(([name, member]) => [this.masking.name(name), member]);
  }

  /** A set may be in another order once all of it is known: each element must be one that was reviewed, each once. */
  private listSatisfies(elements: readonly Part[], reviewed: readonly Reviewed[]): boolean {
    if (elements.length !== reviewed.length) return false;
    const taken = new Array<number>(reviewed.length).fill(-1);
    const place = (at: number, tried: Set<number>): boolean =>
      reviewed.some((one, index) => {
        if (tried.has(index) || !this.satisfies(elements[at]!, one)) return false;
        tried.add(index);
        if (taken[index] !== -1 && !place(taken[index]!, tried)) return false;
        taken[index] = at;
        return true;
      });
    return elements.every((_, at) => place(at, new Set()));
  }

  /** Canonical JSON without what is null, each masked value replaced. */
  public written(value: unknown, marks: Marks, guard: Guard): string {
    if (value === null || value === undefined) return 'null';
    if (marks.includes(true) || (guard === 'hidden' && !isHarmless(value))) return this.masked(value);
    if (typeof value === 'object') {
      if (Array.isArray(value)) {
        const elements = value.map((one, index) => this.written(one, marksInside(marks, index), guard));
        return `[${elements.join()}]`;
      }
      let text = '{';
      for (const name of sortedKeys(value)) {
        const inner = (value as Record<string, unknown>)[name];
        if (inner === null) continue;
        const member = this.written(inner, marksInside(marks, name), guardOf(name, inner, guard, value));
        text += `${JSON.stringify(name)}:${member},`;
      }
      return `${text}}`;
    }
    if (guard === 'guarded' && !isHarmless(value)) return this.masked(value);
    if (typeof value !== 'string') return JSON.stringify(value);
    const inner = MAY_HOLD_SECRETS.test(value) ? embedded(value) : undefined;
    if (inner !== undefined) return `json(${this.written(inner, UNMARKED, guard)})`;
    return this.masking.hides(value) ? this.masked(value) : JSON.stringify(this.withoutImages(value));
  }

  private withoutImages(text: string): string {
    return this.images.reduce((rest, image) => rest.replaceAll(image, '(image)'), text);
  }

  private masked(value: unknown): string {
    if (this.key === undefined) return '*';
    return `*${createHmac('sha256', this.key).update(JSON.stringify(value)).digest('base64url')}`;
  }
}

/** A cheap look at a text: whether it may be JSON in which `guardOf` would mask something. */
const MAY_HOLD_SECRETS =
  /^\s*[[{][\s\S]*?(?:env|variables|settings|args|pass|pwd|secret|token|cred|key|authorization|bearer|cookie|user_?data|init|script|custom)/i;

function elementsOf({ value, unknown, marks, guard }: Part): readonly Part[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  const length = Math.max(values.length, Array.isArray(unknown) ? unknown.length : 0);
  return Array.from({ length }, (_, index) => ({
    value: values[index] ?? null,
    unknown: child(unknown, index),
    marks: marksInside(marks, index),
    guard,
  }));
}

/** Those that are set or will be, by name. */
function membersOf({ value, unknown, marks, guard }: Part): readonly (readonly [string, Part])[] {
  const within = withUnknown(value, unknown);
  return Object.keys(isObject(within) ? within : {})
    .sort()
    .flatMap((name) => {
      const inner = child(value, name) ?? null;
      const innerUnknown = child(unknown, name);
      if (inner === null && !holdsTrue(innerUnknown)) return [];
      const innerGuard = guardOf(name, child(within, name), guard, within);
      return [
        [name, { value: inner, unknown: innerUnknown, marks: marksInside(marks, name), guard: innerGuard }],
      ] as const;
    });
}

/** Most marks are empty objects: nothing is copied for those. */
function marksInside(marks: Marks, key: string | number): Marks {
  let inside: unknown[] | undefined;
  for (const mark of marks) {
    const inner = mark === true || child(mark, key);
    if (inner === undefined || inner === false) continue;
    if (inside) inside.push(inner);
    else inside = [inner];
  }
  return inside ?? UNMARKED;
}

const UNMARKED: Marks = [];

/** Terraform writes keys in order, and then they need no sorting. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let at = 1; at < keys.length; at += 1) if (keys[at - 1]! > keys[at]!) return keys.sort();
  return keys;
}

/** 128 bits of it: as hard to forge as can matter, in 22 characters. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/**
 * 24 bits, to say which of several values has changed; never to say that none has.
 * FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function checksum(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return (sum ^ (sum >>> 24)) & 0xffffff;
}
