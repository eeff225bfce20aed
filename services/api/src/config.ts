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
  /** Serve the OpenAPI document and its page. */
  readonly docs: boolean;
  /** In CloudWatch. @default no metrics are written */
  readonly metricsNamespace?: string;
}

/** What the migration task was told. */
export interface MigrationConfig {
  readonly logLevel: LogLevel;
  readonly database: ServerDatabaseConfig;
  /** The role that the service signs in as, to be made and granted what it needs. @default nothing is granted */
  readonly runtimeUser?: string;
}

/** PostgreSQL inside this process, gone when it ends; or a server. */
export type DatabaseConfig = { readonly kind: 'embedded' } | ServerDatabaseConfig;

export interface ServerDatabaseConfig {
  readonly kind: 'server';
  readonly address: { readonly url: string } | DatabaseAddress;
  /** Connections one task may hold; tasks × this stays below the server's `max_connections`. */
  readonly poolMax: number;
  /** Who may vouch for the server; then TLS, verified. @default no TLS, or what the URL's `sslmode` says */
  readonly authorities?: Authorities;
}

/** Those in a PEM file, or those of Amazon RDS in one region. */
export type Authorities = { readonly caFile: string } | { readonly rdsRegion: string };

export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly signIn: SignIn;
}

/** With a password, when the server wants one; or with a token that IAM grants, a new one for each connection. */
export type SignIn = { readonly password?: string } | { readonly iamRegion: string };

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Reads the environment whole. Throws one error that names every mistake; a variable set to nothing counts as not set. */
export function readConfig(env: NodeJS.ProcessEnv): ServiceConfig {
  const reader = new Reader(env);
  const production = env['NODE_ENV'] === 'production';
  const database = readDatabase(reader) ?? { kind: 'embedded' };
  if (database.kind === 'embedded' && production) {
    reader.mistake(
      'DATABASE_URL or DATABASE_HOST',
      'one must be set; the embedded database is for development only',
    );
  }
  const metricsNamespace = readNamespace(reader);
  const config: ServiceConfig = {
    port: reader.wholeNumber('PORT', 3000, 0, 65_535),
    host: reader.text('HOST') ?? '127.0.0.1',
    logLevel: reader.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    drainSeconds: reader.wholeNumber('DRAIN_SECONDS', DEFAULT_DRAIN_SECONDS, 0, MAX_DRAIN_SECONDS),
    database,
    migrateOnStart:
      reader.oneOf('MIGRATE_ON_START', database.kind === 'embedded' ? 'true' : 'false', ['true', 'false']) ===
      'true',
    docs: !production,
    ...(metricsNamespace === undefined ? {} : { metricsNamespace }),
  };
  reader.finish();
  return config;
}

/**
 * As `readConfig`, for the migration task. Given `DATABASE_MASTER_SECRET` it signs in as that master, and
 * `DATABASE_USER` is the runtime user.
 */
export function readMigrationConfig(env: NodeJS.ProcessEnv): MigrationConfig {
  const reader = new Reader(env);
  const logLevel = reader.oneOf('LOG_LEVEL', 'info', LOG_LEVELS);
  const master = readMasterSecret(reader);
  const database = readDatabase(reader);
  if (database === undefined) {
    throw reader.mistake(
      'DATABASE_URL or DATABASE_HOST',
      'one must be set; the embedded database is migrated by the service itself',
    );
  }
  if (master === undefined) {
    reader.finish();
    return { logLevel, database };
  }
  const { address } = database;
  if ('url' in address) {
    throw reader.mistake(
      'DATABASE_MASTER_SECRET',
      'goes with DATABASE_HOST, not with DATABASE_URL; unset one',
    );
  }
  const runtimeUser = address.user;
  if (runtimeUser === master.username) {
    reader.mistake(
      'DATABASE_USER',
      "must be the service's own user, not the master of DATABASE_MASTER_SECRET",
    );
  }
  if (Buffer.byteLength(runtimeUser) > MAX_ROLE_NAME_BYTES) {
    reader.mistake('DATABASE_USER', `must have at most ${MAX_ROLE_NAME_BYTES} bytes, got "${runtimeUser}"`);
  }
  reader.finish();
  const signedIn = { ...address, user: master.username, signIn: { password: master.password } };
  return { logLevel, database: { ...database, address: signedIn }, runtimeUser };
}

/** PostgreSQL cuts a longer name off, and the service would sign in as nobody. */
const MAX_ROLE_NAME_BYTES = 63;

/** Reads variables and keeps what is wrong with them, to be told at once. */
class Reader {
  private readonly mistakes: string[] = [];

  public constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** @returns all mistakes so far as one error, to be thrown where nothing more can be read */
  public mistake(name: string, what: string): Error {
    this.mistakes.push(`${name}: ${what}`);
    return this.error();
  }

  public text(name: string): string | undefined {
    return this.env[name] || undefined;
  }

  /** A variable that another one, which is set, needs. */
  public required(name: string, beside: string): string {
    const value = this.text(name);
    if (value === undefined) this.mistake(name, `must be set beside ${beside}`);
    return value ?? '';
  }

  public wholeNumber(name: string, byDefault: number, min: number, max: number): number {
    const given = this.text(name);
    if (given === undefined) return byDefault;
    const value = /^\d{1,9}$/.test(given) ? Number(given) : NaN;
    if (value >= min && value <= max) return value;
    this.mistake(name, `must be a whole number from ${min} to ${max}, got "${given}"`);
    return byDefault;
  }

  public oneOf<Choice extends string>(name: string, byDefault: Choice, choices: readonly Choice[]): Choice {
    const given = this.text(name);
    if (given === undefined) return byDefault;
    const choice = choices.find((candidate) => candidate === given);
    if (choice === undefined) this.mistake(name, `must be one of ${choices.join(', ')}, got "${given}"`);
    return choice ?? byDefault;
  }

  /** @throws Error that names every mistake, when there is one */
  public finish(): void {
    if (this.mistakes.length > 0) throw this.error();
  }

  private error(): Error {
    const { length } = this.mistakes;
    return new Error(
      `The environment has ${length === 1 ? 'a mistake' : `${length} mistakes`}:\n${this.mistakes.map((mistake) => `  ${mistake}`).join('\n')}`,
    );
  }
}

/** @returns undefined when the environment names none */
function readDatabase(reader: Reader): ServerDatabaseConfig | undefined {
  const poolMax = reader.wholeNumber('DATABASE_POOL_MAX', 10, 1, 100);
  const port = reader.wholeNumber('DATABASE_PORT', 5432, 1, 65_535);
  const authorities = readAuthorities(reader);
  const shared = {
    kind: 'server' as const,
    poolMax,
    ...(authorities === undefined ? {} : { authorities }),
  };
  const iam = reader.oneOf('DATABASE_AUTH', 'password', ['password', 'iam']) === 'iam';
  const url = reader.text('DATABASE_URL');
  const host = reader.text('DATABASE_HOST');
  if (url !== undefined && host !== undefined) {
    reader.mistake('DATABASE_URL and DATABASE_HOST', 'both name a database; set one of them');
  }
  if (iam && host === undefined) reader.mistake('DATABASE_AUTH', 'iam goes with DATABASE_HOST; set it');
  if (iam && authorities === undefined) {
    reader.mistake(
      'DATABASE_AUTH',
      'iam sends its token as it stands and needs verified TLS; set DATABASE_CA=rds, or DATABASE_CA_FILE',
    );
  }
  if (url !== undefined) {
    checkUrl(reader, url, authorities);
    return { ...shared, address: { url } };
  }
  if (host === undefined) return undefined;
  const name = reader.required('DATABASE_NAME', 'DATABASE_HOST');
  const user = reader.required('DATABASE_USER', 'DATABASE_HOST');
  return { ...shared, address: { host, port, name, user, signIn: readSignIn(reader, iam) } };
}

function readSignIn(reader: Reader, iam: boolean): SignIn {
  const password = reader.text('DATABASE_PASSWORD');
  if (!iam) return password === undefined ? {} : { password };
  if (password !== undefined)
    reader.mistake('DATABASE_PASSWORD', 'is not used by DATABASE_AUTH=iam; unset it');
  return { iamRegion: readRegion(reader, 'DATABASE_AUTH=iam') };
}

function readAuthorities(reader: Reader): Authorities | undefined {
  const caFile = reader.text('DATABASE_CA_FILE');
  const rds = reader.oneOf('DATABASE_CA', '', ['', 'rds']) === 'rds';
  if (rds && caFile !== undefined) {
    reader.mistake('DATABASE_CA and DATABASE_CA_FILE', 'both name authorities; set one of them');
  }
  if (rds) return { rdsRegion: readRegion(reader, 'DATABASE_CA=rds') };
  if (caFile === undefined) return undefined;
  if (!existsSync(caFile)) reader.mistake('DATABASE_CA_FILE', `there is no file ${caFile}`);
  return { caFile };
}

function readRegion(reader: Reader, beside: string): string {
  const region = reader.required('AWS_REGION', beside);
  if (region !== '' && !/^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(region)) {
    reader.mistake('AWS_REGION', `must be a region such as eu-west-1, got "${region}"`);
  }
  return region;
}

/** The value is never repeated: it may hold a password. */
function checkUrl(reader: Reader, url: string, authorities: Authorities | undefined): void {
  if (!URL.canParse(url) || !['postgres:', 'postgresql:'].includes(new URL(url).protocol)) {
    reader.mistake('DATABASE_URL', 'must be a URL such as postgres://user@host:5432/name');
  } else if (
    authorities !== undefined &&
    [...new URL(url).searchParams.keys()].some((key) => key.startsWith('ssl') || key === 'uselibpqcompat')
  ) {
    // pg takes the URL's word over ours: sslmode=no-verify would switch the verification off.
    reader.mistake(
      'DATABASE_URL',
      'says something of SSL, which DATABASE_CA and DATABASE_CA_FILE decide; remove its ssl… parameters',
    );
  }
}

function readMasterSecret(reader: Reader): { username: string; password: string } | undefined {
  const given = reader.text('DATABASE_MASTER_SECRET');
  if (given === undefined) return undefined;
  const { username, password } = parseObject(given);
  if (typeof username === 'string' && username !== '' && typeof password === 'string' && password !== '') {
    return { username, password };
  }
  // Nor is this one, nor what the parser says of it.
  reader.mistake('DATABASE_MASTER_SECRET', 'must be JSON such as {"username":"…","password":"…"}');
  return undefined;
}

/** @returns an empty object for what is not one */
function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Rules: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html, PutMetricData. */
function readNamespace(reader: Reader): string | undefined {
  const namespace = reader.text('METRICS_NAMESPACE');
  if (namespace !== undefined && !/^(?!AWS\/)[\w.\-/#:]{1,255}$/.test(namespace)) {
    reader.mistake(
      'METRICS_NAMESPACE',
      `must be 1 to 255 letters, digits and . - _ / # :, not starting with AWS/, got "${namespace}"`,
    );
  }
  return namespace;
}
