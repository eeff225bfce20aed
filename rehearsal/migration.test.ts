import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type MigrationTask, readMigrationTask, runMigration } from '../workflows-src/release/migration';
import { withoutAws } from './emulator';
import { emulated, startEmulator } from './emulator-in-tests';
import type { Emulator } from './emulator';

const NODE = process.execPath;
const LOG_GROUP = '/shop/dev/api-migrate';

/** What stands in for the container of a migration: a program of its own, which gets the task on stdin. */
const program = (script: string): string => JSON.stringify([NODE, '-e', script]);

emulated('a migration as a one-off task', () => {
  let folder: string;
  let emulator: Emulator | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-migration-'));
  });
  afterEach(async () => {
    await emulator?.stop();
    rmSync(folder, { recursive: true });
  });

  /** ECS with a task definition. @param agent what runs its tasks. @default nothing does */
  async function ecs(agent?: string): Promise<MigrationTask> {
    emulator = await startEmulator(folder, agent === undefined ? {} : { REHEARSAL_AGENT: agent });
    const made = await emulator.aws('task-definition', {
      cluster: 'shop-dev',
      family: 'shop-dev-api-migrate',
      container: 'migrate',
      logGroup: LOG_GROUP,
    });
    const { taskDefinition, cluster } = made as { taskDefinition: string; cluster: string };
    return {
      task_definition_arn: taskDefinition,
      container: 'migrate',
      cluster_arn: cluster,
      capacity_provider: 'ec2',
      security_group_id: 'sg-1',
      subnet_ids: ['subnet-1'],
      log_group: LOG_GROUP,
    };
  }
  const run = (task: MigrationTask, more: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<void> =>
    runMigration(
      { region: 'eu-west-1', env: { ...withoutAws(process.env), ...emulator!.env }, signal: more.signal },
      task,
      'release-of-a-test',
      { pollMs: 50, ...(more.timeoutMs !== undefined && { timeoutMs: more.timeoutMs }) },
    );
  const status = async (): Promise<unknown> => emulator!.aws('task-states', { cluster: 'shop-dev' });

  test('is waited for, and is well when its container ends with 0', async () => {
    const task = await ecs(program('setTimeout(() => process.exit(0), 300)'));
    await run(task);
    expect(await status()).toEqual([{ status: 'STOPPED', reason: 'Essential container in task exited' }]);
  }, 60_000);

  test('fails with the exit code of its container and the last 20 lines of its log, in which nothing acts', async () => {
    const task = await ecs(
      program(
        'for (let line = 1; line <= 30; line += 1) console.log(line === 30 ? "::error::\\u001b[31mno such table" : `line ${line}`); process.exitCode = 7',
      ),
    );
    const error = (await run(task).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toContain('the migration failed: exit code 7 (Essential container in task exited)');
    expect(error.message).toMatch(new RegExp(`log group ${LOG_GROUP}, stream migrate/migrate/[0-9a-f-]+`));
    expect(error.message).not.toContain('line 10\n');
    expect(error.message).toContain('line 11\n');
    expect(error.message).toContain('\\u{3a}:error::\\u{1b}[31mno such table');
  }, 60_000);

  test('fails when ECS has no room for it', async () => {
    const task = await ecs();
    await expect(run(task)).rejects.toThrow(
      'ECS did not start the migration: RESOURCE:MEMORY (the emulator runs no containers)',
    );
  }, 60_000);

  test('is stopped when it takes too long, and when the release is interrupted', async () => {
    const task = await ecs(program('setTimeout(() => undefined, 20_000)'));
    await expect(run(task, { timeoutMs: 200 })).rejects.toThrow(
      'did not end within 0 minutes and was stopped',
    );
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 500);
    await expect(run(task, { signal: abort.signal })).rejects.toThrow();
    expect(await status()).toEqual([
      { status: 'STOPPED', reason: 'The release stopped' },
      { status: 'STOPPED', reason: 'The release stopped' },
    ]);
  }, 60_000);
});

test('what a stack says of its migration is checked', () => {
  expect(readMigrationTask('dev-tasks-api', undefined)).toBeUndefined();
  expect(() => readMigrationTask('dev-tasks-api', { container: 'migrate' })).toThrow(
    /^dev-tasks-api: output migration\.\w+: .*; apply the stack as this commit has it$/,
  );
});
