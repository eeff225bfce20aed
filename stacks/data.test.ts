import { checkConfig } from './check-config';
import type { Config, EnvironmentConfig } from './config';
import { dependenciesOf, given, stackOf, stacksOf } from './test-app';
import { all, at, only, type Resource } from './test-json';
import { statementsOf } from './test-policy';

function prodWith(change: Partial<EnvironmentConfig>): Config {
  const { prod: settings } = given.config.environments;
  return {
    ...given.config,
    environments: { ...given.config.environments, prod: { ...settings!, ...change } },
  };
}

/** What a pull request gives that turns off the database of prod, and asks for none in the service. */
function withoutDatabase(): typeof given {
  const { api, ...others } = given.services;
  const { migrate: _, ...descriptor } = api!;
  return checkConfig(prodWith({ database: 'none' }), { ...others, api: { ...descriptor, database: false } });
}

const stacks = stacksOf();
const prod = stackOf(stacks, 'prod-data');

test('a protected environment cannot lose its database by a destroy', () => {
  expect(only(prod, 'aws_db_instance')).toMatchObject({
    deletion_protection: true,
    delete_automated_backups: false,
    skip_final_snapshot: false,
    final_snapshot_identifier: 'fairlead-prod-database-final',
    backup_retention_period: 30,
    multi_az: true,
    apply_immediately: false,
  });
});

test('an ephemeral one can, and leaves nothing behind', () => {
  const settings = prodWith({ domain: 'ephemeral', protection: false });
  const database = only(stackOf(stacksOf(settings), 'prod-data'), 'aws_db_instance');
  expect(database).toMatchObject({
    deletion_protection: false,
    delete_automated_backups: true,
    skip_final_snapshot: true,
    apply_immediately: true,
  });
  expect(database).not.toHaveProperty('final_snapshot_identifier');
});

test('what is asked of a database is what it gets', () => {
  const asked = { instanceClass: 'db.t4g.micro', storageGiB: 20, maxStorageGiB: 50 };
  const settings = prodWith({ database: { ...asked, multiAz: false, backupDays: 1 } });
  expect(only(stackOf(stacksOf(settings), 'prod-data'), 'aws_db_instance')).toMatchObject({
    instance_class: 'db.t4g.micro',
    allocated_storage: 20,
    max_allocated_storage: 50,
    multi_az: false,
    backup_retention_period: 1,
  });
});

test('the security group has no rule of its own: each service admits itself', () => {
  const group = only(prod, 'aws_security_group');
  expect(group).not.toHaveProperty('ingress');
  expect(group).not.toHaveProperty('egress');
  expect(all(prod, 'aws_vpc_security_group_ingress_rule')).toEqual([]);
});

test('its alarms tell a topic of its own, under its own key, and so does RDS', () => {
  const topic = '${aws_sns_topic_policy.alarms_policy_955C0036.arn}';
  const alarms = all(prod, 'aws_cloudwatch_metric_alarm');
  expect(alarms.map(({ alarm_name }) => alarm_name as string)).toEqual([
    'fairlead-prod-database-cpu',
    'fairlead-prod-database-load',
    'fairlead-prod-database-storage',
  ]);
  for (const { alarm_actions, dimensions } of alarms) {
    expect(alarm_actions).toEqual([topic]);
    expect(dimensions).toEqual({ DBInstanceIdentifier: '${aws_db_instance.postgres.identifier}' });
  }
  expect(only(prod, 'aws_db_event_subscription')).toMatchObject({
    sns_topic: topic,
    source_ids: ['${aws_db_instance.postgres.identifier}'],
  });
  expect(only(prod, 'aws_sns_topic')).toEqual({
    name: 'fairlead-prod-database-alarms',
    kms_master_key_id: '${aws_kms_key.postgres_key_53654BA9.arn}',
  });
  expect(only(prod, 'aws_sns_topic_subscription')['endpoint']).toBe('platform@example.com');
});

test('of RDS only the events of this database come to its topic, and its key is used for no other account', () => {
  const byRds = (address: string): unknown[] =>
    statementsOf(at(prod, address)['policy'])
      .filter(({ Principal }) => JSON.stringify(Principal).includes('events.rds.amazonaws.com'))
      .map(({ Action, Condition }) => [Action, Condition]);
  const account = { StringEquals: { 'aws:SourceAccount': '222222222222' } };
  expect(byRds('aws_sns_topic_policy.alarms_policy_955C0036')).toEqual([
    [
      'sns:Publish',
      {
        ...account,
        ArnLike: {
          'aws:SourceArn': [
            'arn:aws:rds:eu-west-1:222222222222:db:fairlead-prod-database',
            'arn:aws:rds:eu-west-1:222222222222:es:fairlead-prod-database',
          ],
        },
      },
    ],
  ]);
  expect(byRds('aws_kms_key.postgres_key_53654BA9')).toEqual([
    [['kms:Decrypt', 'kms:GenerateDataKey*'], account],
  ]);
});

test('it stands in the database subnets', () => {
  const subnets = only(prod, 'aws_db_subnet_group').subnet_ids as string[];
  expect(subnets).toHaveLength(3);
  for (const subnet of subnets) expect(subnet).toMatch(/subnetdatabase/);
});

describe('when prod turns its database off', () => {
  const none = withoutDatabase();
  const after = stacksOf(none.config, none.services);
  const before: Resource = prod;
  const emptied: Resource = stackOf(after, 'prod-data');

  test('the stack stays, in the same state and account, and holds nothing: its plan destroys what it held', () => {
    const { terraform, provider, ...held } = emptied;
    const { '//': _, ...nothing } = held;
    expect(nothing).toEqual({});
    expect({ terraform, provider }).toEqual({ terraform: before.terraform, provider: before.provider });
  });

  test('nothing reads from it any more', () => {
    const readers = (all: typeof stacks): string[] =>
      Object.entries(all).flatMap(([id, { data }]) =>
        JSON.stringify(data?.terraform_remote_state ?? {}).includes('"prod-data"') ? [id] : [],
      );
    expect(readers(stacks)).toEqual(['prod-tasks-api', 'prod-service-api']);
    expect(readers(after)).toEqual([]);
  });

  test('the services let go of it first, because AWS keeps a security group that a rule names', () => {
    const before = dependenciesOf(given.config, given.services);
    expect(before['prod-data']).toEqual(['prod-network']);
    expect(before['prod-service-api']).toContain('prod-data');
    const now = dependenciesOf(none.config, none.services);
    expect(now['prod-data']).toEqual(['prod-service-api']);
    expect(now['prod-service-api']).toContain('prod-tasks-api');
  });
});
