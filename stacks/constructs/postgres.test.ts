import { all, constructJson, only } from '../test-json';
import { Postgres, type PostgresProps } from './postgres';

const postgres = (change: Partial<PostgresProps> = {}) =>
  constructJson(
    (scope) =>
      new Postgres(scope, 'postgres', {
        identifier: 'acme-prod-database',
        where: { account: '222222222222', region: 'eu-west-1' },
        database: {
          instanceClass: 'db.m7g.large',
          storageGiB: 100,
          maxStorageGiB: 500,
          multiAz: true,
          backupDays: 30,
        },
        subnetIds: ['subnet-a', 'subnet-b'],
        securityGroupId: 'sg-1',
        boundaryArn: 'arn:aws:iam::222222222222:policy/acme-boundary',
        protection: true,
        ephemeral: false,
        ...change,
      }),
  );
const json = postgres();
const key = '${aws_kms_key.postgres_key_53654BA9.arn}';

test('storage, insights, logs and the master password are under its own key', () => {
  expect(only(json, 'aws_db_instance')).toMatchObject({
    storage_encrypted: true,
    kms_key_id: key,
    performance_insights_kms_key_id: key,
    master_user_secret_kms_key_id: key,
  });
  expect(all(json, 'aws_cloudwatch_log_group').map(({ kms_key_id }) => kms_key_id as string)).toEqual([
    key,
    key,
  ]);
});

test('RDS keeps the master password, and services sign in with IAM', () => {
  const instance = only(json, 'aws_db_instance');
  expect(instance).toMatchObject({
    manage_master_user_password: true,
    iam_database_authentication_enabled: true,
  });
  expect(instance).not.toHaveProperty('password');
});

test('it refuses connections without TLS, and shows a certificate of a named authority', () => {
  const { parameter } = only(json, 'aws_db_parameter_group');
  expect(parameter).toContainEqual({ name: 'rds.force_ssl', value: '1' });
  expect(only(json, 'aws_db_instance')).toMatchObject({
    publicly_accessible: false,
    ca_cert_identifier: 'rds-ca-rsa2048-g1',
  });
});

test('its log groups exist before RDS would make them, with an end', () => {
  expect(
    all(json, 'aws_cloudwatch_log_group').map(({ name, retention_in_days }) => [name, retention_in_days]),
  ).toEqual([
    ['/aws/rds/instance/acme-prod-database/postgresql', 365],
    ['/aws/rds/instance/acme-prod-database/upgrade', 365],
  ]);
  const { enabled_cloudwatch_logs_exports: exported, depends_on: before } = only(json, 'aws_db_instance');
  expect(exported).toEqual(['postgresql', 'upgrade']);
  expect(before).toHaveLength(2);
});

test('storage grows by itself, unless the maximum leaves no room', () => {
  expect(only(json, 'aws_db_instance')).toMatchObject({ allocated_storage: 100, max_allocated_storage: 500 });
  const full = {
    instanceClass: 'db.t4g.micro',
    storageGiB: 20,
    maxStorageGiB: 20,
    multiAz: false,
    backupDays: 1,
  };
  expect(only(postgres({ database: full }), 'aws_db_instance')).not.toHaveProperty('max_allocated_storage');
});
