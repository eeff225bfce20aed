import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { embeddedDatabase, openDatabase, type Database } from './database';

/**
 * Where the tests' database is: the embedded one, or, when `TEST_DATABASE_URL` is set, a new schema on that server, so
 * that the same tests run on both. Needs `test-environment.ts`. What needs several connections, TLS or roles is in `on-server.test.ts`.
 */
export interface TestDatabase {
  readonly database: Database;
  close(): Promise<void>;
}

const testServerUrl = process.env['TEST_DATABASE_URL'] || undefined;

export async function openTestDatabase(): Promise<TestDatabase> {
  if (testServerUrl === undefined) {
    // Parsed here, so that it is this context's `Date`.
    const timestamptz = 1184;
    const pglite = await createPGlite({ parsers: { [timestamptz]: (text: string) => new Date(text) } });
    const database = embeddedDatabase(pglite);
    return { database, close: () => database.close() };
  }
  const schema = `test_${randomBytes(6).toString('hex')}`;
  const administrator = new Pool({ connectionString: testServerUrl, max: 1 });
  await administrator.query(`create schema ${schema}`);
  const url = new URL(testServerUrl);
  url.searchParams.set('options', `-c search_path=${schema}`);
  const database = await openDatabase(
    { kind: 'server', address: { url: url.href }, poolMax: 5 },
    failOnLostConnection,
  );
  return {
    database,
    close: async () => {
      await database.close();
      await administrator.query(`drop schema ${schema} cascade`);
      await administrator.end();
    },
  };
}

function failOnLostConnection(error: Error): void {
  throw error;
}
