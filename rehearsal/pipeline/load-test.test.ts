import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { unzipSync } from 'fflate';

import service from '../../services/api/service';
import { withoutAws } from '../emulator';
import { LocalService } from '../local-service';
import { applyAll, holding, python, rehearsed, TEST_MS } from './support';
import { World } from './world';

const SERVICE = join(__dirname, '../../services/api');

rehearsed('a load test by hand, by act, with the real k6 against the real service', () => {
  let world: World;
  let target: LocalService | undefined;
  let folder = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-load-'));
    target = await LocalService.start({
      folder: SERVICE,
      env: withoutAws(process.env),
      readinessPath: service.readinessPath,
      log: join(folder, 'service.log'),
    });
    world = await World.begin(python, {
      bootstrap: holding('b'),
      'dev-platform': { ...holding('dev'), output: { url: { value: target.url } } },
      'prod-platform': { ...holding('prod'), output: { url: { value: 'http://127.0.0.1:9' } } },
    });
    await applyAll(world);
  }, TEST_MS);
  afterAll(async () => {
    await target?.stop();
    await world?.end();
    rmSync(folder, { recursive: true, force: true });
    expect(world.github.violations).toEqual([]);
  }, TEST_MS);

  /** What was kept of a run, by artifact and file. */
  const kept = (runId: number): Record<string, string[]> =>
    Object.fromEntries(
      world.github.repository
        .artifactsOf(runId)
        .map(({ name, zip }) => [name, Object.keys(unzipSync(zip)).sort()]),
    );

  test(
    'the environment that was chosen is tested, the other one is left alone, and what was measured is kept',
    async () => {
      const { code, jobs, log, runId } = await world.loadTest('dev', 'smoke');
      expect({ code, jobs }).toEqual({ code: 0, jobs: { 'load-test-dev': 'success' } });
      expect(log).toContain(`smoke against ${target?.url}`);
      expect(kept(runId)['load-test-dev']).toEqual(expect.arrayContaining(['k6.log', 'summary.json']));
    },
    TEST_MS,
  );

  test(
    'where nobody answers the job fails, and what was measured is kept all the same',
    async () => {
      const { code, jobs, runId } = await world.loadTest('prod', 'smoke');
      expect(code).not.toBe(0);
      expect(jobs).toEqual({ 'load-test-prod': 'failure' });
      expect(Object.keys(kept(runId))).toEqual(['load-test-prod']);
    },
    TEST_MS,
  );
});
