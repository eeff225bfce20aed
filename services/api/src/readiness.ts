import { setTimeout as sleep } from 'node:timers/promises';

/** The database's answer is asked for at most this often, whatever the balancer and the curious do. */
const CACHE_MILLISECONDS = 1_000;
const PING_MILLISECONDS = 2_000;

/**
 * Whether the database answers, remembered for a second; callers at the same time share one question.
 * @param ping resolves when the database has answered
 * @param now milliseconds, from any origin
 */
export function databaseReadiness(
  ping: () => Promise<unknown>,
  now: () => number = () => performance.now(),
): () => Promise<boolean> {
  let asked = -Infinity;
  let answer: Promise<boolean> = Promise.resolve(false);
  return () => {
    if (now() - asked >= CACHE_MILLISECONDS) {
      asked = now();
      answer = answersInTime(ping);
    }
    return answer;
  };
}

async function answersInTime(ping: () => Promise<unknown>): Promise<boolean> {
  const limit = new AbortController();
  try {
    return await Promise.race([
      ping().then(
        () => true,
        () => false,
      ),
      sleep(PING_MILLISECONDS, false, { signal: limit.signal, ref: false }).catch(() => false),
    ]);
  } finally {
    limit.abort();
  }
}
