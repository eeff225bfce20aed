import { setTimeout as sleep } from 'node:timers/promises';

import { buildService, launchProcess, migrate, ready, type Instance } from './instance';
import { load, tally, type Outcome } from './load';
import { Postgres } from '../postgres';
import { scratchFolder, type Scratch } from '../scratch';
import { onPostgres } from './support';

/** Of the database being gone. */
const OUTAGE_MS = 5_000;
/** The service waits at most this long for a connection, and for a statement longer than any here. */
const LONGEST_MS = 6_000;

onPostgres('a database that is killed under load, and comes back', () => {
  let postgres: Postgres;
  let scratch: Scratch;
  let instance: Instance;

  beforeAll(async () => {
    await buildService();
    scratch = scratchFolder();
    postgres = await Postgres.start();
    const databaseUrl = await postgres.create('outage');
    expect((await migrate(databaseUrl)).code).toBe(0);
    const options = { name: 'outage', folder: scratch.path, env: { DATABASE_URL: databaseUrl } };
    instance = await launchProcess(options);
    await ready(instance);
  }, 60_000);
  afterAll(async () => {
    await instance?.remove();
    await postgres?.stop();
    await scratch?.remove();
  });

  test('leaves the service alive, unready at once, ready again soon, and every request answered', async () => {
    const { port } = instance;
    const end = new AbortController();
    const at = (path: string, perSecond: number): Promise<readonly Outcome[]> =>
      load({ port, path, perSecond, requests: Infinity, timeoutMs: 20_000 }, end.signal);
    const running = [at('/livez', 10), at('/readyz', 10), at('/shipments', 50)];

    await sleep(3_000);
    const killed = performance.now();
    await postgres.kill();
    await sleep(OUTAGE_MS);
    await postgres.restart();
    const back = performance.now();
    await sleep(7_000);
    end.abort();
    const [alive = [], readiness = [], requests = []] = await Promise.all(running);

    const answeredAt = ({ due, lateMs, milliseconds }: Outcome): number => due + lateMs + milliseconds;
    const first = (status: number, after: number): number =>
      Math.min(...readiness.filter((one) => one.due > after && one.status === status).map(answeredAt)) -
      after;
    const slowest = Math.max(...requests.map(({ milliseconds }) => milliseconds));
    process.stderr.write(
      `unready ${(first(503, killed) / 1_000).toFixed(1)} s after the kill, ready ${(first(200, back) / 1_000).toFixed(1)} s after the return; /shipments ${JSON.stringify(tally(requests))}, slowest ${(slowest / 1_000).toFixed(1)} s\n`,
    );

    expect(Object.keys(tally(alive))).toEqual(['200']);
    expect(first(503, killed)).toBeLessThanOrEqual(3_000);
    expect(first(200, back)).toBeLessThanOrEqual(5_000);
    expect(Object.keys(tally(requests))).toEqual(['200', '503']);
    expect(requests.filter(({ status, retryAfter }) => status === 503 && retryAfter === undefined)).toEqual(
      [],
    );
    expect(slowest).toBeLessThan(LONGEST_MS);
    // Some met the outage, and some came after it.
    expect(tally(requests)['503']).toBeGreaterThan(100);
    expect(requests.filter(({ due }) => due > back + 5_000).every(({ status }) => status === 200)).toBe(true);
    // Still the first process: it has listened once, and ends when it is told to.
    expect((await instance.log()).match(/listening at/g)).toHaveLength(1);
    await instance.terminate();
    expect((await instance.exited).code).toBe(0);
  }, 60_000);
});
