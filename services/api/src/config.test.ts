import { readConfig, readMigrationConfig } from './config';

const inEcs = {
  DATABASE_HOST: 'db.example',
  DATABASE_NAME: 'app',
  DATABASE_USER: 'api',
  DATABASE_AUTH: 'iam',
  DATABASE_CA: 'rds',
  AWS_REGION: 'eu-west-1',
};

describe('readConfig', () => {
  test('an empty environment is a laptop: loopback, the embedded database, migrated on start', () => {
    expect(readConfig({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      logLevel: 'info',
      drainSeconds: 5,
      database: { kind: 'embedded' },
      migrateOnStart: true,
      docs: true,
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
      address: { host: 'db.example', port: 5432, name: 'app', user: 'api', signIn: {} },
    });
  });

  test('in ECS it signs in with tokens of IAM, over TLS that the authorities of RDS vouch for', () => {
    const env = { ...inEcs, METRICS_NAMESPACE: 'fairlead/prod/api', NODE_ENV: 'production' };
    expect(readConfig(env)).toMatchObject({
      database: {
        address: {
          host: 'db.example',
          port: 5432,
          name: 'app',
          user: 'api',
          signIn: { iamRegion: 'eu-west-1' },
        },
        authorities: { rdsRegion: 'eu-west-1' },
      },
      metricsNamespace: 'fairlead/prod/api',
      docs: false,
    });
  });

  test.each([
    [
      { ...inEcs, DATABASE_CA: '' },
      'DATABASE_AUTH: iam sends its token as it stands and needs verified TLS; set DATABASE_CA=rds, or DATABASE_CA_FILE',
    ],
    [
      { ...inEcs, DATABASE_HOST: '', DATABASE_URL: 'postgres://api@db.example/app' },
      'DATABASE_AUTH: iam goes with DATABASE_HOST; set it',
    ],
    [{ ...inEcs, DATABASE_PASSWORD: 'x' }, 'DATABASE_PASSWORD: is not used by DATABASE_AUTH=iam; unset it'],
    [{ ...inEcs, DATABASE_AUTH: 'IAM' }, 'DATABASE_AUTH: must be one of password, iam, got "IAM"'],
    [
      { ...inEcs, DATABASE_CA_FILE: __filename },
      'DATABASE_CA and DATABASE_CA_FILE: both name authorities; set one of them',
    ],
    [{ ...inEcs, DATABASE_AUTH: '', AWS_REGION: '' }, 'AWS_REGION: must be set beside DATABASE_CA=rds'],
    [
      { ...inEcs, DATABASE_AUTH: '', AWS_REGION: 'eu' },
      'AWS_REGION: must be a region such as eu-west-1, got "eu"',
    ],
    [
      { DATABASE_URL: 'postgres://db.example/app?sslmode=no-verify', DATABASE_CA_FILE: __filename },
      'DATABASE_URL: says something of SSL, which DATABASE_CA and DATABASE_CA_FILE decide; remove its ssl… parameters',
    ],
    [
      { METRICS_NAMESPACE: 'AWS/ECS' },
      'METRICS_NAMESPACE: must be 1 to 255 letters, digits and . - _ / # :, not starting with AWS/, got "AWS/ECS"',
    ],
  ])('fails when %j', (env, mistake) => {
    expect(() => readConfig(env)).toThrow(new Error(`The environment has a mistake:\n  ${mistake}`));
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

describe('readMigrationConfig', () => {
  const secret = { username: 'master', password: 'correct horse' };
  const env = { ...inEcs, DATABASE_AUTH: '', DATABASE_MASTER_SECRET: JSON.stringify(secret) };

  test('with the master secret it signs in as the master, for the runtime user', () => {
    expect(readMigrationConfig(env)).toMatchObject({
      runtimeUser: 'api',
      database: { address: { user: 'master', signIn: { password: 'correct horse' } } },
    });
  });

  test('without it, it signs in as it was told and grants nothing', () => {
    const url = 'postgres://owner@db.example/app';
    expect(readMigrationConfig({ DATABASE_URL: url })).toEqual({
      logLevel: 'info',
      database: { kind: 'server', poolMax: 10, address: { url } },
    });
  });

  test.each([
    [{ ...env, DATABASE_USER: 'master' }, /DATABASE_USER: must be the service's own user, not the master/],
    [{ ...env, DATABASE_USER: 'a'.repeat(64) }, /DATABASE_USER: must have at most 63 bytes, got "a{64}"/],
    [
      { DATABASE_URL: 'postgres://a@b/c', DATABASE_MASTER_SECRET: env.DATABASE_MASTER_SECRET },
      /DATABASE_MASTER_SECRET: goes with DATABASE_HOST, not with DATABASE_URL; unset one/,
    ],
    [
      {},
      /DATABASE_URL or DATABASE_HOST: one must be set; the embedded database is migrated by the service itself/,
    ],
    ...[
      'correct horse',
      '["correct horse"]',
      'null',
      '{"username":"master"}',
      '{"username":"","password":"correct horse"}',
    ].map((text): [NodeJS.ProcessEnv, RegExp] => [
      { ...env, DATABASE_MASTER_SECRET: text },
      /DATABASE_MASTER_SECRET: must be JSON such as \{"username":"…","password":"…"\}$/,
    ]),
  ])('fails when %j, without a word of the secret', (broken, message) => {
    expect(() => readMigrationConfig(broken)).toThrow(message);
    expect(() => readMigrationConfig(broken)).not.toThrow(/correct horse/);
  });
});
