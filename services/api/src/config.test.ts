import { readConfig } from './config';

describe('readConfig', () => {
  test('an empty environment is a laptop: loopback, the embedded database, migrated on start', () => {
    expect(readConfig({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      logLevel: 'info',
      drainSeconds: 5,
      database: { kind: 'embedded' },
      migrateOnStart: true,
    });
  });

  test('a database server is migrated by its own command unless asked otherwise', () => {
    const env = { DATABASE_URL: 'postgres://api@db.example/orders' };
    expect(readConfig(env).migrateOnStart).toBe(false);
    expect(readConfig({ ...env, MIGRATE_ON_START: 'true' }).migrateOnStart).toBe(true);
  });

  test('a database is named by its parts where there is no URL', () => {
    const env = {
      DATABASE_HOST: 'db.example',
      DATABASE_NAME: 'app',
      DATABASE_USER: 'api',
      DATABASE_POOL_MAX: '4',
    };
    expect(readConfig(env).database).toEqual({
      kind: 'server',
      poolMax: 4,
      address: { host: 'db.example', port: 5432, name: 'app', user: 'api' },
    });
  });

  test('a variable set to nothing counts as not set, and zero is a value', () => {
    expect(readConfig({ DATABASE_URL: '', PORT: '0', DRAIN_SECONDS: '0' })).toMatchObject({
      port: 0,
      drainSeconds: 0,
      database: { kind: 'embedded' },
    });
  });

  test('fails once with every mistake, and never repeats a database URL', () => {
    const env = {
      PORT: '65536',
      LOG_LEVEL: 'loud',
      DRAIN_SECONDS: '1.5',
      DATABASE_URL: 'mysql://api:secret@db.example/orders',
      DATABASE_HOST: 'db.example',
      DATABASE_CA_FILE: 'no/such.pem',
      MIGRATE_ON_START: 'yes',
    };
    expect(() => readConfig(env)).toThrow(
      new Error(`The environment has 7 mistakes:
  DATABASE_CA_FILE: there is no file no/such.pem
  DATABASE_URL and DATABASE_HOST: both name a database; set one of them
  DATABASE_URL: must be a URL such as postgres://user@host:5432/name
  PORT: must be a whole number from 0 to 65535, got "65536"
  LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, got "loud"
  DRAIN_SECONDS: must be a whole number from 0 to 25, got "1.5"
  MIGRATE_ON_START: must be one of true, false, got "yes"`),
    );
  });

  test('fails in production without a database server', () => {
    expect(() => readConfig({ NODE_ENV: 'production' })).toThrow(
      'DATABASE_URL or DATABASE_HOST: one must be set; the embedded database is for development only',
    );
  });
});
