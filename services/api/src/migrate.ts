import { readConfig } from './config';
import { openDatabase } from './database';
import { createLogger } from './logging';
import { migrate, MIGRATIONS_FOLDER, readMigrations } from './migrations';

/** The one-off task before a release: brings the schema up to date. Exits 0 when it is, 1 when it could not. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger(config.logLevel);
  if (config.database.kind === 'embedded') {
    throw new Error(
      'DATABASE_URL or DATABASE_HOST must be set: the embedded database is migrated by the service itself',
    );
  }
  const database = await openDatabase(config.database, (error) =>
    log.warn({ err: error }, 'connection lost'),
  );
  try {
    const applied = await migrate(database, readMigrations(MIGRATIONS_FOLDER));
    log.info({ applied }, applied.length === 0 ? 'schema is up to date' : 'schema migrated');
  } finally {
    await database.close();
  }
}

main().catch((error: unknown) => {
  createLogger('fatal').fatal({ err: error }, error instanceof Error ? error.message : 'could not migrate');
  process.exitCode = 1;
});
