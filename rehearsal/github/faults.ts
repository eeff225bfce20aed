/**
 * How a request fails. `-after` and `cut`: it is carried out, and only the answer is lost.
 *
 * - `500`, `502-before`, `502-after`: that status, with a page in place of JSON
 * - `reset`, `reset-after`: the connection is closed without an answer
 * - `cut`: the connection is closed in the middle of the answer
 * - `rate-limit`: the secondary one, 403 with `Retry-After`
 * - `primary-rate-limit`: 403 with `X-RateLimit-Remaining: 0` and the time at which it ends
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

export const FAULT_KINDS = [
  '500',
  '502-before',
  '502-after',
  'reset',
  'reset-after',
  'cut',
  'rate-limit',
  'primary-rate-limit',
] as const;

/** Which requests. */
export interface Which {
  /** @default all */
  readonly method?: string;
  /** Tried on the path without the query. @default all */
  readonly path?: RegExp;
  /** How many of them. @default 1 */
  readonly times?: number;
}

export interface Fault extends Which {
  readonly kind: FaultKind;
}

/** Each request fails by chance: the same seed and the same requests give the same faults. */
export interface RandomFaults {
  readonly seed: number;
  /** From 0 to 1. */
  readonly probability: number;
  /** @default all */
  readonly kinds?: readonly FaultKind[];
}

/** Takes what is due for a request out of a list whose entries are due some times. */
export class Due<T extends Which> {
  private readonly pending: { readonly entry: T; left: number }[] = [];

  public add(entry: T): void {
    this.pending.push({ entry, left: entry.times ?? 1 });
  }

  public take(method: string, path: string): T | undefined {
    const found = this.pending.find(
      ({ entry, left }) =>
        left > 0 && (entry.method ?? method) === method && (entry.path?.test(path) ?? true),
    );
    if (found) found.left -= 1;
    return found?.entry;
  }
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
