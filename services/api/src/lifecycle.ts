import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';

/** Whether this process is leaving. Read by every request, set once. */
export interface Lifecycle {
  draining: boolean;
}

export interface StopSettings {
  readonly lifecycle: Lifecycle;
  /** Stops taking connections and resolves after the last response. */
  readonly close: () => Promise<void>;
  readonly drainSeconds: number;
  /** After the drain, how long requests in flight are waited for. */
  readonly closeSeconds: number;
  readonly log: FastifyBaseLogger;
  /** Aborted when the wait is to be cut short: a second Ctrl-C. @default never */
  readonly hurry?: AbortSignal;
}

/**
 * Leaves without losing a request: first says so (readiness 503, `Connection: close` on every response) while it still
 * serves, so that the balancer turns away by itself, and closes only then.
 * @returns whether every request in flight was answered
 */
export async function stopGracefully(settings: StopSettings): Promise<boolean> {
  const { lifecycle, close, drainSeconds, closeSeconds, log, hurry } = settings;
  lifecycle.draining = true;
  log.info({ drainSeconds }, 'draining');
  await sleep(drainSeconds * 1_000, undefined, hurry === undefined ? {} : { signal: hurry }).catch(
    () => undefined,
  );
  const limit = new AbortController();
  const closed = await Promise.race([
    close().then(() => true),
    sleep(closeSeconds * 1_000, false, { signal: limit.signal, ref: false }).catch(() => false),
  ]);
  limit.abort();
  if (closed) log.info('stopped');
  else log.error({ closeSeconds }, 'stopped with requests in flight');
  return closed;
}
