import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection, Database } from './database';
import { grantRuntime } from './runtime-user';

/** One file of the folder `migrations`, such as `0001_shipments.sql`. */
export interface Migration {
  readonly name: string;
  readonly script: string;
}

/** The package's own migrations; the folder lies beside `src` as beside `dist`. */
export const MIGRATIONS_FOLDER = join(__dirname, '..', 'migrations');

/** Any number, the same in every release: whoever migrates this database holds it. */
const ADVISORY_LOCK = 4_203_171;

/** Reads the migrations in the order of their numbers. Throws when a file is named otherwise or a number comes twice. */
export function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder).sort();
  for (const [index, name] of names.entries()) {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name)) {
      throw new Error(`${join(folder, name)}: a migration is named like 0001_what_it_does.sql; rename it`);
    }
    const before = names[index - 1];
    if (before?.slice(0, 4) === name.slice(0, 4)) {
      throw new Error(`${folder}: ${before} and ${name} have the same number; give one the next free number`);
    }
  }
  return names.map((name) => ({ name, script: readFileSync(join(folder, name), 'utf8') }));
}

/**
 * Applies what is not applied yet, in one transaction: all or nothing. Of several callers at once, in any number of
 * processes, one applies and the others wait for it and find nothing to do. Migrations that the database has and this
 * release has not are left alone: an older release may run on a newer schema.
 * @param runtimeUser made and granted what it needs, in the same transaction. @default nothing is granted
 * @returns the names of the migrations applied by this call
 * @throws Error when an applied migration was edited afterwards
 */
export function migrate(
  database: Database,
  migrations: readonly Migration[],
  runtimeUser?: string,
): Promise<string[]> {
  return database.transaction(async (connection) => {
    // The wait for the lock may be as long as another's migrations; the pool's statement timeout is for requests.
    await connection.script('set local statement_timeout = 0');
    await connection.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    // From here on a table that is in use is not waited for longer than this: behind the wait, every request would queue.
    await connection.script("set local lock_timeout = '10s'");
    const missing = await notApplied(connection, migrations);
    if (runtimeUser !== undefined) await grantRuntime(connection, runtimeUser);
    for (const migration of missing) {
      await connection.script(migration.script);
      await connection.query('insert into schema_migrations (name, sha256) values ($1, $2)', [
        migration.name,
        sha256(migration.script),
      ]);
    }
    return missing.map(({ name }) => name);
  });
}

async function notApplied(connection: Connection, migrations: readonly Migration[]): Promise<Migration[]> {
  await connection.script(`
    create table if not exists schema_migrations (
      name text primary key,
      sha256 text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`);
  const rows = await connection.query<{ name: string; sha256: string }>(
    'select name, sha256 from schema_migrations',
  );
  const applied = new Map(rows.map((row) => [row.name, row.sha256]));
  const edited = migrations.filter(
    ({ name, script }) => applied.has(name) && applied.get(name) !== sha256(script),
  );
  if (edited.length > 0) {
    throw new Error(
      `${edited.map(({ name }) => name).join(', ')}: changed after it had been applied; restore it and add a new migration`,
    );
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

function sha256(script: string): string {
  return createHash('sha256').update(script).digest('hex');
}
