import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { kindOf, type ChangeSet } from './change-set';
import { readPlan } from './read-plan';

/**
 * What a change of `stacks/config.ts` does to a standing environment, as the docstring of its field says: plans of our own
 * stacks, made by `rehearsal/plan-fixtures.ts`. The environment has the zones a and b, and one NAT gateway, in a; before a
 * zone goes, it has c as well.
 */
interface Effect {
  /** Created before it is destroyed, or the other way round. */
  readonly replaced?: readonly string[];
  readonly deleted?: readonly string[];
  /** In place. */
  readonly updated?: readonly string[];
}

const ENDPOINTS = [
  'ec2messages_ED6549DF',
  'ecrapi_A3B1E715',
  'ecrdkr_3EE31371',
  'ecs-agent_D7075930',
  'ecs-telemetry_094B31F1',
  'ecs_FA0F65B2',
  'kms_FBD32FA3',
  'logs_7D54C327',
  'secretsmanager_AE7E3BA3',
  'ssm_4044DB33',
  'ssmmessages_2A08DB6D',
  'sts_3937C745',
];
/** Resources that hold a list of all zones. */
const OF_ALL_ZONES = ['aws_network_acl.database-acl', 'aws_vpc_endpoint.s3'];

const EXPECTED: Readonly<Record<string, Readonly<Record<string, Effect & { readonly created?: readonly string[] }>>>> = {
  'architecture: instances and task definitions are replaced, and nothing else': {
    'own-architecture-dev-platform': {
      replaced: [
        'aws_autoscaling_group.capacity_group_0A6BE8D2',
        'aws_ecs_capacity_provider.capacity_provider_8260B5F1',
      ],
      updated: [
        'aws_ecs_cluster_capacity_providers.capacity_association_6700B845',
        'aws_launch_template.capacity_launch-template_365E6523',
      ],
    },
    'own-architecture-dev-tasks-api': {
      replaced: ['aws_ecs_task_definition.migrate-definition', 'aws_ecs_task_definition.task-definition'],
    },
  },
  'nat, from single to none: the gateway, its address and routes go, and endpoints come': {
    'own-nat-dev-network': {
      created: [
        'aws_ec2_managed_prefix_list.endpoints_callers_B4C3459F',
        'aws_security_group.endpoints_group_3DF5D94C',
        ...ENDPOINTS.map((endpoint) => `aws_vpc_endpoint.endpoints_${endpoint}`),
        'aws_vpc_security_group_ingress_rule.endpoints_https_F2A37F3F',
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
  'zones, a third comes: its subnets are made, and nothing is replaced': {
    'own-zone-added-dev-network': {
      created: ofZone('c', 'B9F62C1C 3F787993 0B7F5F5C 62873BFF 29E5E57C B773BAF2 D7AF8F6D D5EC0B9F 18DA9EF6'),
      updated: OF_ALL_ZONES,
    },
    'own-zone-added-dev-data': { updated: ['aws_db_subnet_group.postgres_subnets_7E4EC72B'] },
    'own-zone-added-dev-platform': {},
    'own-zone-added-dev-service-api': {},
  },
  'zones, the second of three goes: its subnets are destroyed, and nothing is replaced': {
    'own-zone-removed-dev-network': {},
    'own-zone-removed-dev-platform': {},
    'own-zone-removed-dev-service-api': {},
  },
  'zones, the first of three goes: the only gateway moves with it': {
    'own-first-zone-removed-dev-network': {},
  },
  'database, to none: services let go of it, and everything of it is destroyed': {
    'own-without-database-dev-tasks-api': {
      replaced: ['aws_ecs_task_definition.task-definition'],
      deleted: [
        'aws_cloudwatch_log_group.migrate-log',
        'aws_ecs_task_definition.migrate-definition',
        'aws_iam_role.migrate-execution-role',
        'aws_iam_role.task-role',
        'aws_iam_role_policy.migrate-execution-role_policy_CA885F0E',
        'aws_iam_role_policy.task-role_policy_96835EC4',
        'aws_security_group.migrate-security-group',
        'aws_vpc_security_group_egress_rule.migrate-https_out_6AB4A365',
        'aws_vpc_security_group_egress_rule.migrate-to-database_out_8F3BF732',
        'aws_vpc_security_group_ingress_rule.migrate-to-database_in_2A2C840F',
      ],
    },
    'own-without-database-dev-service-api': {
      deleted: [
        'aws_vpc_security_group_egress_rule.to-database_out_AAAA5404',
        'aws_vpc_security_group_ingress_rule.to-database_in_83F5B765',
      ],
    },
    'own-without-database-dev-data': {
      deleted: [
        'aws_cloudwatch_log_group.postgres_log-postgresql_27E38FEB',
        'aws_cloudwatch_log_group.postgres_log-upgrade_9F283F18',
        'aws_db_instance.postgres',
        'aws_db_parameter_group.postgres_parameters_7354F6DC',
        'aws_db_subnet_group.postgres_subnets_7E4EC72B',
        'aws_iam_role.postgres_monitoring_9BE6B799',
        'aws_iam_role_policy.postgres_monitoring_policy_0369C067',
        'aws_kms_alias.postgres_key_alias_2E9A044F',
        'aws_kms_key.postgres_key_53654BA9',
        'aws_security_group.group',
      ],
    },
  },
};

describe.each(Object.entries(EXPECTED))('%s', (_, plans) => {
  test.each(Object.entries(plans))('%s', (name, { created = [], replaced = [], deleted = [], updated = [] }) => {
    const plan = recorded(name);
    expect({
      created: addressesOf(plan, 'create'),
      replaced: addressesOf(plan, 'replace'),
      deleted: addressesOf(plan, 'delete'),
      updated: addressesOf(plan, 'update'),
    }).toEqual({ created, replaced, deleted, updated });
  });
});

test('instances of another architecture stand before those of the old one go', () => {
  const { changes } = recorded('own-architecture-dev-platform');
  const replaced = changes.filter(({ action }) => kindOf(action) === 'replace');
  expect(replaced.map(({ action }) => action)).toEqual(['create-then-delete', 'create-then-delete']);
});

test('that the database goes is data loss', () => {
  const { risks } = recorded('own-without-database-dev-data');
  const grave = risks.filter(({ level }) => level === 'critical');
  expect(grave.map(({ rule, address }) => `${rule}: ${address}`)).toContain(
    'database-destroyed: aws_db_instance.postgres',
  );
});
