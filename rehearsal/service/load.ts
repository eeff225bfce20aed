import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly requests: number;
  /** A request without an answer by then is given up. */
  readonly timeoutMs: number;
}

/** What came of one request. */
export interface Outcome {
  /** When it was due; `performance.now()`. */
  readonly due: number;
  /** How much later than that it was sent. */
  readonly lateMs: number;
  /** The status of a response that arrived whole; else the error's code. */
  readonly status: number | string;
  readonly retryAfter: string | undefined;
  readonly milliseconds: number;
}

/**
 * Requests at a rate, whatever becomes of those before (an open model): each is sent when it is due, none is left out, and
 * each has an outcome. Aborted, it stops sending.
 */
export async function load(options: LoadOptions, signal?: AbortSignal): Promise<readonly Outcome[]> {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: Infinity });
  const outcomes: Promise<Outcome>[] = [];
  const began = performance.now();
  while (outcomes.length < options.requests && signal?.aborted !== true) {
    const due = began + (outcomes.length * 1_000) / options.perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    outcomes.push(send(agent, options, due));
  }
  const all = await Promise.all(outcomes);
  agent.destroy();
  return all;
}

function send(agent: Agent, { port, path, timeoutMs }: LoadOptions, due: number): Promise<Outcome> {
  const sent = performance.now();
  return new Promise((resolve) => {
    const done = (status: number | string, retryAfter?: string): void =>
      resolve({ due, lateMs: sent - due, status, retryAfter, milliseconds: performance.now() - sent });
    const signal = AbortSignal.timeout(timeoutMs);
    const failed = (error: NodeJS.ErrnoException): void =>
      done(signal.aborted ? 'timeout' : (error.code ?? error.message));
    get({ host: '127.0.0.1', port, path, agent, signal }, (response) => {
      response.once('error', failed);
      response.resume().once('end', () => done(response.statusCode ?? 0, response.headers['retry-after']));
    }).on('error', failed);
  });
}

/** How many there are of each status: `{ '200': 3990, ECONNRESET: 10 }`. */
export function tally(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
