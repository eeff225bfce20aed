import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findK6 } from './k6-binary';
import { runLoadTest, type LoadTest, type Verdict } from './run';

const k6 = foundK6();
const FIXTURES = join(__dirname, 'fixtures');

function foundK6(): string | undefined {
  try {
    return findK6({ env: process.env, cwd: join(__dirname, '..') });
  } catch (error) {
    // A run without these tests must not look like one with them.
    console.warn(`THE LOAD TESTS WERE NOT RUN: ${(error as Error).message}`);
    return undefined;
  }
}

test('k6 is there, where a green run has to mean something', () => {
  if (process.env['CI']) expect(k6).toBeDefined();
});

(k6 === undefined ? describe.skip : describe)('runLoadTest', () => {
  let folder: string;
  let service: Server;
  /** Between a request and its answer. */
  let milliseconds: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'loadtest-'));
    milliseconds = 0;
    const shipment = { id: '1', container: 'MSKU1234565' };
    service = createServer(async (request, response) => {
      if (milliseconds > 0) await sleep(milliseconds);
      const created = request.method === 'POST';
      response.writeHead(created ? 201 : request.method === 'DELETE' ? 204 : 200, {
        'content-type': 'application/json',
        ...(created ? { location: '/shipments/1' } : {}),
      });
      response.end(request.method === 'DELETE' ? '' : JSON.stringify({ ...shipment, items: [shipment] }));
    });
    await new Promise<void>((resolve) => void service.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    service.closeAllConnections();
    service.close();
    rmSync(folder, { recursive: true });
  });

  const url = (): string => `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const run = (test: Partial<LoadTest>): Promise<Verdict> =>
    runLoadTest({
      k6: k6 ?? '',
      target: test.target ?? url(),
      profile: 'smoke',
      folder,
      env: { RATE: '25', SECONDS: '1' },
      ...test,
    });

  test('a service that answers passes, and the files of the run stay', async () => {
    const verdict = await run({});
    expect(verdict).toMatchObject({ outcome: 'passed', exitCode: 0, target: url(), dropped: 0 });
    expect(verdict.samples).toBeGreaterThanOrEqual(4 * 25);
    expect(verdict.slos.map(({ name, ok }) => [name, ok])).toEqual([
      ['response time, p95', true],
      ['failed requests', true],
      ['checks passed', true],
    ]);
    expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')).profile).toBe('smoke');
    expect(existsSync(join(folder, 'k6.log'))).toBe(true);
  });

  test('settings of k6 that happen to be in the environment change nothing', async () => {
    process.env['K6_NO_THRESHOLDS'] = 'true';
    process.env['K6_ITERATIONS'] = '1';
    try {
      expect((await run({})).outcome).toBe('passed');
    } finally {
      delete process.env['K6_NO_THRESHOLDS'];
      delete process.env['K6_ITERATIONS'];
    }
  });

  test('a slow service fails on its response time', async () => {
    milliseconds = 600;
    const verdict = await run({ env: { RATE: '5', SECONDS: '2' } });
    expect(verdict).toMatchObject({ outcome: 'failed', reason: 'missed: response time, p95', exitCode: 99 });
  });

  test('a target that is down fails, and its zero milliseconds are not a response time', async () => {
    const target = url();
    service.close();
    const verdict = await run({ target });
    expect(verdict).toMatchObject({ outcome: 'failed', reason: 'missed: failed requests', exitCode: 99 });
    expect(verdict.slos.map(({ value }) => value)).toEqual([null, 1, null]);
  });

  test('a journey that always throws is broken, and the summary of an earlier run does not save it', async () => {
    await run({});
    const lines: string[] = [];
    const verdict = await run({
      profile: 'throws',
      profilesFolder: FIXTURES,
      onLine: (line) => lines.push(line),
    });
    expect(verdict).toMatchObject({ outcome: 'broken', samples: 0 });
    expect(verdict.reason).toMatch(/^no request was made; k6 says: Error: the journey is broken/);
    expect(lines.length).toBeGreaterThan(10);
  });

  test('a setup that throws is broken', async () => {
    const verdict = await run({ profile: 'broken-setup', profilesFolder: FIXTURES });
    expect(verdict).toMatchObject({ outcome: 'broken', exitCode: 107 });
    expect(verdict.reason).toMatch(/^the script or its setup threw; k6 says: Error: there is no test data/);
  });

  test('a script that promises nothing is broken, though k6 exits with 0', async () => {
    writeFileSync(join(folder, 'summary.json'), '{}');
    const verdict = await run({ profile: 'without-objectives', profilesFolder: FIXTURES });
    expect(verdict).toMatchObject({ outcome: 'broken', exitCode: 0 });
    expect(verdict.reason).toMatch(/^k6 left no summary/);
  });

  test('a run that is stopped is inconclusive, and its process is gone', async () => {
    const started = Date.now();
    const verdict = await run({ env: { SECONDS: '60' }, signal: AbortSignal.timeout(1_500) });
    expect(verdict).toMatchObject({ outcome: 'inconclusive', exitCode: 105 });
    expect(Date.now() - started).toBeLessThan(7_000);
  });

  test('a k6 that cannot be started is broken', async () => {
    const verdict = await run({ k6: join(folder, 'no-k6') });
    expect(verdict).toMatchObject({ outcome: 'broken', exitCode: -1 });
    expect(verdict.reason).toContain('could not be started');
  });
});

test('fails when there is no such profile', async () => {
  await expect(
    runLoadTest({ k6: 'k6', target: 'http://127.0.0.1:1', profile: 'lod', folder: tmpdir() }),
  ).rejects.toThrow('lod: there is no such load profile; there are smoke');
});
