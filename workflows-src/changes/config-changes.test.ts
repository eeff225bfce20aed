import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { kindOf, type Kind } from './change-set';
import type { Plan } from './planned-change';
import { readPlan } from './read-plan';

/** Resources that hold a list of all zones' subnets or routes. */
const OF_ALL_ZONES = ['aws_network_acl.database-acl', 'aws_vpc_endpoint.s3'];
const OF_THE_PLATFORM = ['aws_autoscaling_group.capacity_group', 'aws_lb.load-balancer'];

/**
 * What a change of `stacks/config.ts` does to a standing environment, as the docstring of its field says: plans of our own
 * stacks, made by `rehearsal/plan-fixtures.ts`. The environment has the zones a and b, and one NAT gateway, in a; before a
 * zone goes, it has c as well. Addresses are without the hash that cdktf puts at their end.
 */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, Effect>>>> = {
  'architecture: instances and task definitions are replaced, and nothing else': {
    'own-architecture-dev-platform': {
      replaced: ['aws_autoscaling_group.capacity_group', 'aws_ecs_capacity_provider.capacity_provider'],
      // Those that name the group or its provider.
      updated: [
        'aws_cloudwatch_dashboard.dashboard',
        'aws_cloudwatch_metric_alarm.instances-at-maximum-alarm',
        'aws_ecs_cluster_capacity_providers.capacity_association',
        'aws_launch_template.capacity_launch-template',
      ],
    },
    'own-architecture-dev-tasks-api': {
      replaced: ['aws_ecs_task_definition.migrate-definition', 'aws_ecs_task_definition.task-definition'],
    },
  },
  'nat, from single to none: the gateway, its address and routes go, and endpoints come': {
    'own-nat-dev-network': {
      created: [
        'aws_ec2_managed_prefix_list.endpoints_callers',
        'aws_security_group.endpoints_group',
        'aws_vpc_endpoint.endpoints_ec2messages',
        'aws_vpc_endpoint.endpoints_ecrapi',
        'aws_vpc_endpoint.endpoints_ecrdkr',
        'aws_vpc_endpoint.endpoints_ecs',
        'aws_vpc_endpoint.endpoints_ecs-agent',
        'aws_vpc_endpoint.endpoints_ecs-telemetry',
        'aws_vpc_endpoint.endpoints_kms',
        'aws_vpc_endpoint.endpoints_logs',
        'aws_vpc_endpoint.endpoints_secretsmanager',
        'aws_vpc_endpoint.endpoints_ssm',
        'aws_vpc_endpoint.endpoints_ssmmessages',
        'aws_vpc_endpoint.endpoints_sts',
        'aws_vpc_security_group_ingress_rule.endpoints_https',
      ],
      deleted: [
        'aws_eip.nat-eu-west-1a-address',
        'aws_nat_gateway.nat-eu-west-1a',
        'aws_route.private-eu-west-1a-out',
        'aws_route.private-eu-west-1b-out',
      ],
    },
  },
  'nat, from single to perZone: a gateway comes, and the route of its zone moves to it': {
    'own-nat-per-zone-dev-network': {
      created: ['aws_eip.nat-eu-west-1b-address', 'aws_nat_gateway.nat-eu-west-1b'],
      updated: ['aws_route.private-eu-west-1b-out'],
    },
  },
  'zones, a third comes: its subnets are made and let in, and nothing is replaced': {
    'own-zone-added-dev-network': { created: subnetsOf('c'), updated: OF_ALL_ZONES },
    'own-zone-added-dev-data': { updated: ['aws_db_subnet_group.postgres_subnets'] },
    'own-zone-added-dev-platform': { updated: OF_THE_PLATFORM },
    'own-zone-added-dev-service-api': { updated: ['aws_ecs_service.service'] },
  },
  'zones, the second of three goes: its subnets are destroyed, and nothing is replaced': {
    'own-zone-removed-dev-network': { deleted: subnetsOf('b'), updated: OF_ALL_ZONES },
    'own-zone-removed-dev-platform': { updated: OF_THE_PLATFORM },
    'own-zone-removed-dev-service-api': { updated: ['aws_ecs_service.service'] },
  },
  'zones, the first of three goes: the only gateway is made anew in the next': {
    'own-first-zone-removed-dev-network': {
      created: ['aws_eip.nat-eu-west-1b-address', 'aws_nat_gateway.nat-eu-west-1b'],
      deleted: [...subnetsOf('a'), 'aws_eip.nat-eu-west-1a-address', 'aws_nat_gateway.nat-eu-west-1a'],
      updated: [...OF_ALL_ZONES, 'aws_route.private-eu-west-1b-out', 'aws_route.private-eu-west-1c-out'],
    },
  },
  'database, to none: tasks and service let go of it, and then everything of it is destroyed': {
    'own-without-database-dev-tasks-api': {
      replaced: ['aws_ecs_task_definition.task-definition'],
      deleted: [
        'aws_cloudwatch_log_group.migrate-log',
        'aws_ecs_task_definition.migrate-definition',
        'aws_iam_role.migrate-execution-role',
        'aws_iam_role.task-role',
        'aws_iam_role_policy.migrate-execution-role_policy',
        'aws_iam_role_policy.task-role_policy',
        'aws_security_group.migrate-security-group',
        'aws_vpc_security_group_egress_rule.migrate-https_out',
        'aws_vpc_security_group_egress_rule.migrate-to-database_out',
        'aws_vpc_security_group_ingress_rule.migrate-to-database_in',
      ],
    },
    'own-without-database-dev-service-api': {
      deleted: [
        'aws_vpc_security_group_egress_rule.to-database_out',
        'aws_vpc_security_group_ingress_rule.to-database_in',
      ],
    },
    'own-without-database-dev-data': {
      deleted: [
        'aws_cloudwatch_log_group.postgres_log-postgresql',
        'aws_cloudwatch_log_group.postgres_log-upgrade',
        'aws_cloudwatch_metric_alarm.postgres-alarms_cpu',
        'aws_cloudwatch_metric_alarm.postgres-alarms_load',
        'aws_cloudwatch_metric_alarm.postgres-alarms_storage',
        'aws_db_event_subscription.postgres-alarms_events',
        'aws_db_instance.postgres',
        'aws_db_parameter_group.postgres_parameters',
        'aws_db_subnet_group.postgres_subnets',
        'aws_iam_role.postgres_monitoring',
        'aws_iam_role_policy.postgres_monitoring_policy',
        'aws_kms_alias.postgres_key_alias',
        'aws_kms_key.postgres_key',
        'aws_security_group.group',
        'aws_sns_topic.alarms_topic',
        'aws_sns_topic_policy.alarms_policy',
        'aws_sns_topic_subscription.alarms_email',
      ],
    },
  },
};

interface Effect {
  readonly created?: readonly string[];
  /** Created before it is destroyed, or the other way round. */
  readonly replaced?: readonly string[];
  readonly deleted?: readonly string[];
  /** In place. */
  readonly updated?: readonly string[];
}

/** The three subnets of a zone, with what makes them subnets of a tier. */
function subnetsOf(letter: string): string[] {
  const zone = `eu-west-1${letter}`;
  return [
    ...['database', 'private', 'public'].flatMap((tier) => [
      `aws_route_table.${tier}_${zone}-routes`,
      `aws_route_table_association.${tier}_${zone}-association`,
      `aws_subnet.${tier}_${zone}-subnet`,
    ]),
    `aws_route.private-${zone}-out`,
    `aws_route.public-${zone}-out`,
  ];
}

describe.each(Object.entries(EXPECTED))('%s', (_, plans) => {
  test.each(Object.entries(plans))('%s', (name, effect) => {
    const { changes } = recorded(name);
    const of = (kind: Kind): string[] =>
      changes
        .filter(({ action }) => kindOf(action) === kind)
        .map(({ address }) => address.replace(/_[0-9A-F]{8}$/, ''))
        .sort();
    expect({
      created: of('create'),
      replaced: of('replace'),
      deleted: of('delete'),
      updated: of('update'),
    }).toEqual(
      Object.fromEntries(
        (['created', 'replaced', 'deleted', 'updated'] as const).map((kind) => [
          kind,
          [...(effect[kind] ?? [])].sort(),
        ]),
      ),
    );
  });
});

test('instances of another architecture stand before those of the old one go', () => {
  const replaced = recorded('own-architecture-dev-platform').changes.filter(
    ({ action }) => kindOf(action) === 'replace',
  );
  expect(replaced.map(({ action }) => action)).toEqual(['create-then-delete', 'create-then-delete']);
});

test('that the database goes is data loss, and the plan says so', () => {
  const { risks } = recorded('own-without-database-dev-data');
  expect(risks).toContainEqual(
    expect.objectContaining({ rule: 'database-destroyed', address: 'aws_db_instance.postgres' }),
  );
});

function recorded(name: string): Plan {
  return readPlan(readFileSync(join(__dirname, 'fixtures', `${name}.json`)), name);
}
