import { readMigrationConfig } from './config';
import { openDatabase } from './database';
import { createLogger } from './logging';
import { migrate, MIGRATIONS_FOLDER, readMigrations } from './migrations';

/**
 * The one-off task before a release: brings the schema up to date and, signed in as the master, the rights of the
 * runtime user. Exits 0 when they are, 1 when they could not be.
 */
async function main(): Promise<void> {
  const { logLevel, database: server, runtimeUser } = readMigrationConfig(process.env);
  const log = createLogger(logLevel);
  const database = await openDatabase(server, (error) => log.warn({ err: error }, 'connection lost'));
  try {
    const applied = await migrate(database, readMigrations(MIGRATIONS_FOLDER), runtimeUser);
    log.info({ applied }, applied.length === 0 ? 'schema is up to date' : 'schema migrated');
  } finally {
    await database.close();
  }
}

main().catch((error: unknown) => {
  createLogger('fatal').fatal({ err: error }, error instanceof Error ? error.message : 'could not migrate');
  process.exitCode = 1;
});
