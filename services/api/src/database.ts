import type { PGlite } from '@electric-sql/pglite' with { 'resolution-mode': 'import' };
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { certificatesOf } from './authorities';
import type { DatabaseAddress, DatabaseConfig, ServerDatabaseConfig } from './config';
import { STATEMENT_SECONDS } from './timings';

/** What the service needs of a database: the same on the embedded one and on a server. */
export interface Database {
  readonly kind: DatabaseConfig['kind'];
  /** Runs one statement with its values as `$1`, `$2`, …, and gives its rows. */
  query<Row>(statement: string, values?: readonly unknown[]): Promise<Row[]>;
  /** All or nothing, on one connection. */
  transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>;
  /** How busy the pool is at this moment. @default the database has no pool */
  readonly load?: () => PoolLoad;
  /** Ends every connection, after the statements under way. */
  close(): Promise<void>;
}

export interface PoolLoad {
  /** Connections at work. */
  readonly inUse: number;
  /** Statements that wait for one. */
  readonly waiting: number;
}

export interface Connection {
  query<Row>(statement: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs any number of statements without values, such as a migration file. */
  script(statements: string): Promise<void>;
}

/**
 * Opens a database. A server is not contacted yet: whether it answers is `/readyz`'s question.
 * @param onConnectionLost told when an idle connection breaks; the next statement makes a new one
 * @throws Error when the embedded database is not installed, as in the production image, or its authorities cannot be read
 */
export async function openDatabase(
  config: DatabaseConfig,
  onConnectionLost: (error: Error) => void,
): Promise<Database> {
  return config.kind === 'embedded' ? openEmbedded() : openServer(config, onConnectionLost);
}

/** No token could be had to sign in with: the credentials' endpoint does not answer, or the task has no role. */
class SignInUnavailable extends Error {}

/**
 * Whether the database is to blame and not the statement: it cannot be reached, is stopping, has no connection left, or
 * took too long. Then the same request may succeed later.
 * Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof SignInUnavailable) return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    /^(08...|53...|57014|57P0[1-5])$/.test(code) ||
    /^(ECONN(REFUSED|RESET)|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE)$/.test(code) ||
    // pg and pg-pool give these no code.
    /^(Connection terminated|timeout exceeded when trying to connect)/.test(error.message)
  );
}

function openServer(config: ServerDatabaseConfig, onConnectionLost: (error: Error) => void): Database {
  const pool = new Pool(poolConfig(config));
  // Without a listener a database restart would end the process.
  pool.on('error', onConnectionLost);
  return {
    kind: 'server',
    query: async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await pool.query(statement, [...values])).rows as Row[],
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const result = await work(connectionOf(client));
        await client.query('commit');
        client.release();
        return result;
      } catch (error) {
        // A connection that cannot even roll back is thrown away, and the first error is the one to report.
        const rolledBack = await client.query('rollback').then(
          () => true,
          () => false,
        );
        client.release(!rolledBack);
        throw error;
      }
    },
    load: () => ({ inUse: pool.totalCount - pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

function connectionOf(client: PoolClient): Connection {
  return {
    query: async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await client.query(statement, [...values])).rows as Row[],
    script: async (statements) => {
      await client.query(statements);
    },
  };
}

function poolConfig({ address, poolMax, authorities }: ServerDatabaseConfig): PoolConfig {
  return {
    ...('url' in address ? { connectionString: address.url } : login(address)),
    // The authorities given, instead of those that Node trusts; and the name in the certificate must be the host's.
    ...(authorities === undefined
      ? {}
      : { ssl: { ca: certificatesOf(authorities), rejectUnauthorized: true } }),
    max: poolMax,
    application_name: 'fairlead-api',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: STATEMENT_SECONDS * 1_000,
  };
}

function login({ host, port, name, user, signIn }: DatabaseAddress): PoolConfig {
  const known = { host, port, database: name, user };
  if (!('iamRegion' in signIn)) return { ...known, ...signIn };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the AWS SDK costs 50 ms and 10 MB, for those who sign in by IAM
  const { iamTokens } = require('./iam-token') as typeof import('./iam-token');
  const token = iamTokens({ host, port, user, region: signIn.iamRegion });
  return {
    ...known,
    // Asked for by pg for each new connection.
    password: () =>
      token().catch((cause: unknown) => {
        throw new SignInUnavailable(`no IAM token for ${user} at ${host}`, { cause });
      }),
  };
}

/** The service's view of a PGlite, which has one connection: transactions wait for each other. */
export function embeddedDatabase(embedded: PGlite): Database {
  return {
    kind: 'embedded',
    query: async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await embedded.query<Row>(statement, [...values])).rows,
    transaction: (work) =>
      embedded.transaction((transaction) =>
        work({
          query: async <Row>(statement: string, values: readonly unknown[] = []) =>
            (await transaction.query<Row>(statement, [...values])).rows,
          script: async (statements) => {
            await transaction.exec(statements);
          },
        }),
      ),
    close: () => embedded.close(),
  };
}

/** Loaded when it is asked for: it is 20 MB, and no part of the production image. */
async function openEmbedded(): Promise<Database> {
  const { PGlite } = await import('@electric-sql/pglite').catch((error: unknown) => {
    throw new Error(
      'The embedded database is not installed: set DATABASE_URL or DATABASE_HOST, or install the development dependencies',
      { cause: error },
    );
  });
  return embeddedDatabase(await PGlite.create());
}
