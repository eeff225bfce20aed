import { setTimeout as sleep } from 'node:timers/promises';

import * as fc from 'fast-check';

import { mistakesOf, type Answer } from './answer-rules';
import { buildService, launchProcess, migrate, ready, type Instance } from './instance';
import { Postgres } from '../postgres';
import { rawRequest, sendRaw } from './raw-requests';
import { fuzz, schemathesis } from './schemathesis';
import { scratchFolder, type Scratch } from '../scratch';
import { onPostgres } from './support';

const DESCRIPTION = '/docs/json';
const SEED = 20_260_101;
/** Of raw requests, each with so many at once. */
const RUNS = 250;
const AT_ONCE = 8;

onPostgres('requests that may be anything', () => {
  let postgres: Postgres;
  let scratch: Scratch;
  let instance: Instance;
  let program: string;

  beforeAll(async () => {
    program = await schemathesis();
    await buildService();
    scratch = scratchFolder();
    postgres = await Postgres.start();
    const databaseUrl = await postgres.create('fuzz');
    expect((await migrate(databaseUrl)).code).toBe(0);
    // The service describes itself in development only.
    const env = { DATABASE_URL: databaseUrl, NODE_ENV: 'development' };
    instance = await launchProcess({ name: 'fuzz', folder: scratch.path, env });
    await ready(instance);
  }, 180_000);
  afterAll(async () => {
    await instance?.remove();
    await postgres?.stop();
    await scratch?.remove();
  });
  afterEach(async () => {
    // Still the same process, and nothing failed in it for a reason of its own.
    expect((await fetch(`http://127.0.0.1:${instance.port}/livez`)).status).toBe(200);
    // The service writes its log a tenth of a second late.
    await sleep(300);
    const log = await instance.log();
    expect(log.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
    expect(log.match(/listening at/g)).toHaveLength(1);
  });

  test('a thousand made from its own description are each answered, or refused as a problem', async () => {
    const url = `http://127.0.0.1:${instance.port}${DESCRIPTION}`;
    const { exchanges, code, said } = await fuzz(program, url, scratch.path);
    const refused = exchanges.filter(({ answer }) => answer.status >= 400).length;
    process.stderr.write(`schemathesis: ${exchanges.length} requests, ${refused} refused\n`);
    const mistakes = exchanges.flatMap(({ request, answer }) =>
      mistakesOf(answer).map((mistake) => `${request}: ${mistake}`),
    );
    expect(mistakes).toEqual([]);
    expect(code === 0 ? '' : said).toBe('');
    expect(exchanges.length).toBeGreaterThanOrEqual(1_000);
    expect(refused).toBeGreaterThan(100);
  }, 120_000);

  test('bytes that no client would send are refused as a problem, or the connection is closed', async () => {
    const statuses = new Map<number | 'closed', number>();
    const several = fc.array(rawRequest, { minLength: AT_ONCE, maxLength: AT_ONCE });
    await fc.assert(
      fc.asyncProperty(several, async (requests) => {
        const answers = await Promise.all(requests.map((bytes) => sendRaw(instance.port, bytes)));
        for (const of of answers)
          for (const status of of.length === 0 ? ['closed' as const] : of.map((one) => one.status))
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(answers.flat().flatMap(mistakesOf)).toEqual([]);
      }),
      { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
    process.stderr.write(`raw: ${JSON.stringify(Object.fromEntries(statuses))}\n`);
    // It came past the parser of HTTP, that of JSON, the schemas and the limits, or nothing was shown.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 404, 413, 415, 431]));
  }, 120_000);
});

describe('mistakesOf', () => {
  const problem = (detail: string): Answer => ({
    status: 400,
    headers: new Map([['content-type', 'application/problem+json; charset=utf-8']]),
    body: JSON.stringify({ title: 'Bad Request', status: 400, detail }),
  });

  test('finds none in a problem document that keeps to itself', () => {
    expect(mistakesOf(problem('There is nothing at this path.'))).toEqual([]);
  });

  test.each([
    'select id from shipments where id = $1',
    'relation "shipments" does not exist',
    'invalid byte sequence for encoding "UTF8": 0x00',
    'TypeError: x is not a function\n    at buildApp (/app/services/api/dist/server.js:1:2)',
    'no such file: /app/services/api/migrations',
    'connect ECONNREFUSED 127.0.0.1:5432',
  ])('finds what it tells: %s', (detail) => {
    expect(mistakesOf(problem(detail))).not.toEqual([]);
  });

  test.each([
    ['a failure', { status: 500 }],
    ['another media type', { headers: new Map([['content-type', 'application/json']]) }],
    ['another body', { body: '{"error":"Bad Request","statusCode":400}' }],
  ])('finds %s', (_what, change: Partial<Answer>) => {
    expect(mistakesOf({ ...problem('x'), ...change })).not.toEqual([]);
  });
});
