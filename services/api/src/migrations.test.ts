/** @jest-environment ./services/api/src/test-environment.ts */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, MIGRATIONS_FOLDER, readMigrations, type Migration } from './migrations';
import { openTestDatabase, type TestDatabase } from './test-database';

describe('migrate', () => {
  const first: Migration = { name: '0001_a.sql', script: 'create table a (x int); insert into a values (1)' };
  const second: Migration = { name: '0002_b.sql', script: 'insert into a values (2)' };
  let opened: TestDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase();
  });
  beforeEach(() =>
    opened.database.transaction((connection) =>
      connection.script('drop table if exists a, schema_migrations'),
    ),
  );
  afterAll(() => opened.close());

  const rows = async (): Promise<number[]> =>
    (await opened.database.query<{ x: number }>('select x from a order by x')).map(({ x }) => x);

  test('applies each migration once, in order', async () => {
    expect(await migrate(opened.database, [first])).toEqual(['0001_a.sql']);
    expect(await migrate(opened.database, [first, second])).toEqual(['0002_b.sql']);
    expect(await migrate(opened.database, [first, second])).toEqual([]);
    expect(await rows()).toEqual([1, 2]);
  });

  test('leaves nothing behind when one fails', async () => {
    const broken: Migration = {
      name: '0002_b.sql',
      script: 'insert into a values (2); insert into nowhere values (1)',
    };
    await expect(migrate(opened.database, [first, broken])).rejects.toThrow(
      'relation "nowhere" does not exist',
    );
    expect(await migrate(opened.database, [first, second])).toEqual(['0001_a.sql', '0002_b.sql']);
    expect(await rows()).toEqual([1, 2]);
  });

  test('fails when an applied migration was edited', async () => {
    await migrate(opened.database, [first]);
    const edited = { ...first, script: `${first.script};` };
    await expect(migrate(opened.database, [edited, second])).rejects.toThrow(
      new Error('0001_a.sql: changed after it had been applied; restore it and add a new migration'),
    );
  });

  test('an older release runs on a newer schema', async () => {
    await migrate(opened.database, [first, second]);
    expect(await migrate(opened.database, [first])).toEqual([]);
  });
});

describe('readMigrations', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('reads the files of the service in the order of their numbers', () => {
    expect(readMigrations(MIGRATIONS_FOLDER).map(({ name }) => name)).toEqual(['0001_shipments.sql']);
  });

  test('fails when a file has another name', () => {
    writeFileSync(join(folder, 'shipments.sql'), '');
    expect(() => readMigrations(folder)).toThrow(
      'a migration is named like 0001_what_it_does.sql; rename it',
    );
  });

  test('fails when a number comes twice', () => {
    writeFileSync(join(folder, '0001_a.sql'), '');
    writeFileSync(join(folder, '0001_b.sql'), '');
    expect(() => readMigrations(folder)).toThrow('0001_a.sql and 0001_b.sql have the same number');
  });
});
