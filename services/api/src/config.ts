import { existsSync } from 'node:fs';
import { DEFAULT_DRAIN_SECONDS, MAX_DRAIN_SECONDS } from './timings';

/** What the process was told by its environment; `README.md` beside this package lists the variables. */
export interface ServiceConfig {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  readonly logLevel: LogLevel;
  readonly drainSeconds: number;
  readonly database: DatabaseConfig;
  /** Bring the schema up to date before listening. Several tasks may do so at once. */
  readonly migrateOnStart: boolean;
}

/** PostgreSQL inside this process, gone when it ends; or a server. */
export type DatabaseConfig = { readonly kind: 'embedded' } | ServerDatabaseConfig;

export interface ServerDatabaseConfig {
  readonly kind: 'server';
  readonly address: { readonly url: string } | DatabaseAddress;
  /** Connections one task may hold; tasks × this stays below the server's `max_connections`. */
  readonly poolMax: number;
  /** PEM file of the authorities that may vouch for the server. @default no TLS, or what the URL's `sslmode` says */
  readonly caFile?: string;
}

export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password?: string;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Reads the environment whole. Throws one error that names every mistake; a variable set to nothing counts as not set. */
export function readConfig(env: NodeJS.ProcessEnv): ServiceConfig {
  const mistakes: string[] = [];
  const text = (name: string): string | undefined => env[name] || undefined;
  const wholeNumber = (name: string, byDefault: number, min: number, max: number): number => {
    const given = text(name);
    if (given === undefined) return byDefault;
    const value = /^\d{1,9}$/.test(given) ? Number(given) : NaN;
    if (value >= min && value <= max) return value;
    mistakes.push(`${name}: must be a whole number from ${min} to ${max}, got "${given}"`);
    return byDefault;
  };
  const oneOf = <Choice extends string>(
    name: string,
    byDefault: Choice,
    choices: readonly Choice[],
  ): Choice => {
    const given = text(name);
    if (given === undefined) return byDefault;
    const choice = choices.find((candidate) => candidate === given);
    if (choice === undefined) mistakes.push(`${name}: must be one of ${choices.join(', ')}, got "${given}"`);
    return choice ?? byDefault;
  };

  const database = readDatabase();
  const config: ServiceConfig = {
    port: wholeNumber('PORT', 3000, 0, 65_535),
    host: text('HOST') ?? '127.0.0.1',
    logLevel: oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    drainSeconds: wholeNumber('DRAIN_SECONDS', DEFAULT_DRAIN_SECONDS, 0, MAX_DRAIN_SECONDS),
    database,
    migrateOnStart:
      oneOf('MIGRATE_ON_START', database.kind === 'embedded' ? 'true' : 'false', ['true', 'false']) ===
      'true',
  };
  if (mistakes.length > 0) {
    throw new Error(
      `The environment has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`,
    );
  }
  return config;

  function readDatabase(): DatabaseConfig {
    const poolMax = wholeNumber('DATABASE_POOL_MAX', 10, 1, 100);
    const port = wholeNumber('DATABASE_PORT', 5432, 1, 65_535);
    const caFile = text('DATABASE_CA_FILE');
    if (caFile !== undefined && !existsSync(caFile))
      mistakes.push(`DATABASE_CA_FILE: there is no file ${caFile}`);
    const shared = { kind: 'server' as const, poolMax, ...(caFile === undefined ? {} : { caFile }) };
    const url = text('DATABASE_URL');
    const host = text('DATABASE_HOST');
    if (url !== undefined && host !== undefined) {
      mistakes.push('DATABASE_URL and DATABASE_HOST: both name a database; set one of them');
    }
    if (url !== undefined) {
      // The value is not repeated: it may hold a password.
      if (!isPostgresUrl(url))
        mistakes.push('DATABASE_URL: must be a URL such as postgres://user@host:5432/name');
      return { ...shared, address: { url } };
    }
    if (host !== undefined) {
      const required = (name: string): string => {
        const value = text(name);
        if (value === undefined) mistakes.push(`${name}: must be set beside DATABASE_HOST`);
        return value ?? '';
      };
      const password = text('DATABASE_PASSWORD');
      const address = { host, port, name: required('DATABASE_NAME'), user: required('DATABASE_USER') };
      return { ...shared, address: { ...address, ...(password === undefined ? {} : { password }) } };
    }
    if (env['NODE_ENV'] === 'production') {
      mistakes.push(
        'DATABASE_URL or DATABASE_HOST: one must be set; the embedded database is for development only',
      );
    }
    return { kind: 'embedded' };
  }
}

function isPostgresUrl(url: string): boolean {
  return URL.canParse(url) && ['postgres:', 'postgresql:'].includes(new URL(url).protocol);
}
