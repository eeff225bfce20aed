import { setTimeout as delay } from 'node:timers/promises';

/** How often one call is tried at most, the first time included. */
export const MAX_ATTEMPTS = 6;

/** How long one call waits at most, all its waits together. A secondary rate limit asks for a minute or a few. */
export const MAX_TOTAL_WAIT_MS = 5 * 60_000;

/** The first wait; it doubles each time. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;

/** Waits that long; ends early with the signal's reason. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export interface Patience {
  /** @default MAX_ATTEMPTS */
  readonly maxAttempts?: number;
  /** @default MAX_TOTAL_WAIT_MS */
  readonly maxTotalWaitMs?: number;
  /** @default a real timer */
  readonly sleep?: Sleep;
  /** From 0 to below 1: spreads the waits of jobs that failed together. @default Math.random */
  readonly random?: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Calls until it works, or until patience ends: then the last error is thrown.
 * @param waitFor how many milliseconds an error asks to wait at least, 0 when it does not say; undefined: trying again is
 * useless or harmful
 * @throws the signal's reason once it is aborted
 */
export async function retry<T>(
  call: () => Promise<T>,
  waitFor: (error: unknown) => number | undefined,
  patience: Patience = {},
): Promise<T> {
  const { signal } = patience;
  const maxAttempts = patience.maxAttempts ?? MAX_ATTEMPTS;
  const maxTotalWaitMs = patience.maxTotalWaitMs ?? MAX_TOTAL_WAIT_MS;
  const sleep = patience.sleep ?? realSleep;
  const random = patience.random ?? Math.random;

  let waited = 0;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      const asked = waitFor(error);
      if (asked === undefined || attempt >= maxAttempts) throw error;
      // On top of what is asked for: else all who were told the same second come back in it.
      const wait = asked + backoffMs(attempt, random);
      if (waited + wait > maxTotalWaitMs) throw error;
      waited += wait;
      await sleep(wait, signal);
    }
  }
}

/** Half of it is certain, half is chance. */
function backoffMs(attempt: number, random: () => number): number {
  const full = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS);
  return Math.round(full / 2 + (random() * full) / 2);
}

export async function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {});
}
