import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Action } from '../change-set';
import { risksOf, type ExaminedChange } from '.';
import type { Risk } from './risk';

const FIXTURES = join(__dirname, '..', 'fixtures');
const names = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''));

/** What a reviewer is told of each recorded plan, in its order; of a plan that is not listed, nothing. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'balancer-replaced': [
    'load-balancer-destroyed: aws_lb.main',
    'listener-destroyed: aws_lb_listener.http',
    'listener-destroyed: aws_lb_listener.https',
    'target-group-destroyed: aws_lb_target_group.app',
  ],
  'balancer-weakened': [
    'deletion-protection-off: aws_lb.main',
    'request-checks-off: aws_lb.main',
    'unencrypted-transport: aws_lb_listener.http',
    'tls-weakened: aws_lb_listener.https',
  ],
  'balancer-without-tls': [
    'certificate-destroyed: aws_acm_certificate.main',
    'listener-destroyed: aws_lb_listener.http',
    'unencrypted-transport: aws_lb_listener.https',
  ],
  'database-destroyed': ['database-destroyed: aws_db_instance.main'],
  'database-replaced': [
    'database-destroyed: aws_db_instance.main',
    'unencrypted-storage: aws_db_instance.main',
  ],
  'database-unprotected': [
    'backups-off: aws_db_instance.main',
    'final-snapshot-off: aws_db_instance.main',
    'database-public: aws_db_instance.main',
    'deletion-protection-off: aws_db_instance.main',
    'multi-az-off: aws_db_instance.main',
  ],
  'database-upgraded': ['restart: aws_db_instance.main'],
  'iam-document-read-later': ['policy-not-judged: aws_iam_role_policy.app'],
  'iam-widened': [
    'policy-wildcard: aws_iam_policy.shared',
    'trust-public: aws_iam_role.app',
    'policy-widened: aws_iam_role_policy.app',
    'policy-escalation: aws_iam_role_policy.app',
    'policy-denial-removed: aws_iam_role_policy.app',
    'policy-attached: aws_iam_role_policy_attachment.administrator',
    'policy-public: aws_sns_topic_policy.alarms',
  ],
  'import-from-aws': ['messages-destroyed: aws_sqs_queue.replaced'],
  'machines-and-scripts': [
    'machine-destroyed: aws_instance.replaced',
    'restart: aws_instance.updated',
    'metadata-open: aws_launch_template.nodes',
    'unencrypted-storage: aws_launch_template.nodes',
  ],
  'network-opened': [
    'open-to-world: aws_network_acl.private',
    'open-to-world: aws_security_group.inline',
    'open-outwards: aws_security_group.inline',
    'open-to-world: aws_security_group_rule.classic',
    'open-to-world: aws_vpc_security_group_ingress_rule.https',
    'open-to-world: aws_vpc_security_group_ingress_rule.ssh_from_everywhere',
  ],
  'network-replaced': [
    'security-group-destroyed: aws_security_group.apart',
    'security-group-destroyed: aws_security_group.inline',
    'network-destroyed: aws_subnet.private',
  ],
  'network-vpc-replaced': [
    'network-acl-destroyed: aws_network_acl.private',
    'route-destroyed: aws_route_table.private',
    'security-group-destroyed: aws_security_group.apart',
    'security-group-destroyed: aws_security_group.inline',
    'network-destroyed: aws_subnet.private',
    'network-destroyed: aws_vpc.main',
  ],
  'own-architecture-dev-platform': [
    'capacity-destroyed: aws_autoscaling_group.capacity_group_0A6BE8D2',
    'capacity-destroyed: aws_ecs_capacity_provider.capacity_provider_8260B5F1',
  ],
  'own-bootstrap': [
    'login-trusted: aws_iam_openid_connect_provider.github',
    'boundary-wide: aws_iam_policy.boundary',
    'policy-not-judged: aws_iam_role.dev-apply',
    'policy-not-judged: aws_iam_role.dev-deploy',
    'policy-not-judged: aws_iam_role.dev-plan',
    'policy-not-judged: aws_iam_role.push',
    'policy-not-judged: aws_iam_role_policy.dev-apply_policy_B8D6220B',
    'policy-not-judged: aws_iam_role_policy.dev-deploy_policy_EF11A990',
    'policy-not-judged: aws_iam_role_policy.dev-plan_policy_155744EE',
    'policy-not-judged: aws_s3_bucket_policy.state_log_policy_23C97DA1',
    'policy-not-judged: aws_s3_bucket_policy.state_policy_DB2E7E78',
  ],
  'own-database-dev-data': ['restart: aws_db_instance.postgres'],
  'own-destroy-dev-data': [
    'logs-destroyed: aws_cloudwatch_log_group.postgres_log-postgresql_27E38FEB',
    'logs-destroyed: aws_cloudwatch_log_group.postgres_log-upgrade_9F283F18',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.postgres-alarms_cpu_39392CBC',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.postgres-alarms_load_A21E090F',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.postgres-alarms_storage_FA8553A9',
    'database-destroyed: aws_db_instance.postgres',
    'role-destroyed: aws_iam_role.postgres_monitoring_9BE6B799',
    'key-alias-destroyed: aws_kms_alias.postgres_key_alias_2E9A044F',
    'key-destroyed: aws_kms_key.postgres_key_53654BA9',
    'security-group-destroyed: aws_security_group.group',
    'topic-destroyed: aws_sns_topic.alarms_topic_CB6504A9',
    'subscription-destroyed: aws_sns_topic_subscription.alarms_email_82E4AA3F',
  ],
  'own-destroy-dev-service-api': [
    'autoscaling-destroyed: aws_appautoscaling_policy.scaling_cpu_D2B98E90',
    'autoscaling-destroyed: aws_appautoscaling_policy.scaling_memory_867C6B33',
    'autoscaling-destroyed: aws_appautoscaling_policy.scaling_requests_2FCB0EE9',
    'autoscaling-destroyed: aws_appautoscaling_target.scaling_target_2E42BD0A',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.errors-alarm',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.unhealthy-alarm',
    'service-destroyed: aws_ecs_service.service',
    'target-group-destroyed: aws_lb_target_group.targets',
    'security-group-destroyed: aws_security_group.security-group',
  ],
  'own-dev-data': ['policy-not-judged: aws_sns_topic_policy.alarms_policy_955C0036'],
  'own-dev-network': ['policy-not-judged: aws_iam_role_policy.flow-logs_role_policy_F148B822'],
  'own-dev-platform': [
    'policy-attached: aws_iam_role_policy_attachment.capacity_agent-policy_B917AF9E',
    'policy-not-judged: aws_s3_bucket_policy.access-logs_bucket_policy_B92EE9D2',
    'policy-not-judged: aws_sns_topic_policy.alarms_policy_955C0036',
    'open-to-world: aws_vpc_security_group_ingress_rule.load-balancer_http-from-the-world_0E2A120B',
  ],
  'own-dev-tasks-api': [
    'policy-not-judged: aws_iam_role_policy.migrate-execution-role_policy_CA885F0E',
    'policy-not-judged: aws_iam_role_policy.task-execution-role_policy_281FD73B',
  ],
  'own-first-zone-removed-dev-network': [
    'address-released: aws_eip.nat-eu-west-1a-address',
    'gateway-destroyed: aws_nat_gateway.nat-eu-west-1a',
    'route-destroyed: aws_route.private-eu-west-1a-out',
    'route-destroyed: aws_route.public-eu-west-1a-out',
    'route-destroyed: aws_route_table.database_eu-west-1a-routes_595DD877',
    'route-destroyed: aws_route_table.private_eu-west-1a-routes_0E359B68',
    'route-destroyed: aws_route_table.public_eu-west-1a-routes_F887A41B',
    'network-destroyed: aws_subnet.database_eu-west-1a-subnet_7709AE75',
    'network-destroyed: aws_subnet.private_eu-west-1a-subnet_087D5DE3',
    'network-destroyed: aws_subnet.public_eu-west-1a-subnet_3BA1D61C',
  ],
  'own-nat-dev-network': [
    'address-released: aws_eip.nat-eu-west-1a-address',
    'gateway-destroyed: aws_nat_gateway.nat-eu-west-1a',
    'route-destroyed: aws_route.private-eu-west-1a-out',
    'route-destroyed: aws_route.private-eu-west-1b-out',
  ],
  'own-without-database-dev-data': [
    'logs-destroyed: aws_cloudwatch_log_group.postgres_log-postgresql_27E38FEB',
    'logs-destroyed: aws_cloudwatch_log_group.postgres_log-upgrade_9F283F18',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.postgres-alarms_cpu_39392CBC',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.postgres-alarms_load_A21E090F',
    'alarm-destroyed: aws_cloudwatch_metric_alarm.postgres-alarms_storage_FA8553A9',
    'database-destroyed: aws_db_instance.postgres',
    'role-destroyed: aws_iam_role.postgres_monitoring_9BE6B799',
    'key-alias-destroyed: aws_kms_alias.postgres_key_alias_2E9A044F',
    'key-destroyed: aws_kms_key.postgres_key_53654BA9',
    'security-group-destroyed: aws_security_group.group',
    'topic-destroyed: aws_sns_topic.alarms_topic_CB6504A9',
    'subscription-destroyed: aws_sns_topic_subscription.alarms_email_82E4AA3F',
  ],
  'own-without-database-dev-tasks-api': [
    'logs-destroyed: aws_cloudwatch_log_group.migrate-log',
    'role-destroyed: aws_iam_role.migrate-execution-role',
    'role-destroyed: aws_iam_role.task-role',
    'security-group-destroyed: aws_security_group.migrate-security-group',
  ],
  'own-zone-removed-dev-network': [
    'route-destroyed: aws_route.private-eu-west-1b-out',
    'route-destroyed: aws_route.public-eu-west-1b-out',
    'route-destroyed: aws_route_table.database_eu-west-1b-routes_CBF79A60',
    'route-destroyed: aws_route_table.private_eu-west-1b-routes_3D214E20',
    'route-destroyed: aws_route_table.public_eu-west-1b-routes_4F973492',
    'network-destroyed: aws_subnet.database_eu-west-1b-subnet_4966FED3',
    'network-destroyed: aws_subnet.private_eu-west-1b-subnet_E44856EF',
    'network-destroyed: aws_subnet.public_eu-west-1b-subnet_FD0359F0',
  ],
  'service-replaced': ['cluster-destroyed: aws_ecs_cluster.main', 'service-destroyed: aws_ecs_service.app'],
  'stack-destroyed': [
    'database-destroyed: aws_db_instance.main',
    'network-destroyed: aws_subnet.a',
    'network-destroyed: aws_subnet.b',
    'network-destroyed: aws_vpc.main',
  ],
  'storage-all-destroyed': [
    'logs-destroyed: aws_cloudwatch_log_group.app',
    'table-destroyed: aws_dynamodb_table.orders',
    'images-destroyed: aws_ecr_repository.app',
    'file-system-destroyed: aws_efs_file_system.shared',
    'key-destroyed: aws_kms_key.data',
    'bucket-destroyed: aws_s3_bucket.files',
    'policy-denial-removed: aws_s3_bucket_policy.files',
    'public-access-allowed: aws_s3_bucket_public_access_block.files',
    'own-key-removed: aws_s3_bucket_server_side_encryption_configuration.files',
    'versioning-suspended: aws_s3_bucket_versioning.files',
    'secret-destroyed: aws_secretsmanager_secret.api',
    'messages-destroyed: aws_sqs_queue.jobs',
  ],
  'storage-destroyed': [
    'logs-destroyed: aws_cloudwatch_log_group.app',
    'table-destroyed: aws_dynamodb_table.orders',
    'images-destroyed: aws_ecr_repository.app',
    'file-system-destroyed: aws_efs_file_system.shared',
    'key-destroyed: aws_kms_key.data',
    'bucket-destroyed: aws_s3_bucket.files',
    'policy-denial-removed: aws_s3_bucket_policy.files',
    'public-access-allowed: aws_s3_bucket_public_access_block.files',
    'own-key-removed: aws_s3_bucket_server_side_encryption_configuration.files',
    'versioning-suspended: aws_s3_bucket_versioning.files',
    'secret-destroyed: aws_secretsmanager_secret.api',
    'messages-destroyed: aws_sqs_queue.jobs',
  ],
  'storage-opened': [
    'policy-public: aws_s3_bucket_policy.files',
    'public-access-allowed: aws_s3_bucket_public_access_block.files',
  ],
  'storage-replaced': [
    'logs-destroyed: aws_cloudwatch_log_group.app',
    'table-destroyed: aws_dynamodb_table.orders',
    'images-destroyed: aws_ecr_repository.app',
    'file-system-destroyed: aws_efs_file_system.shared',
    'unencrypted-storage: aws_efs_file_system.shared',
    'bucket-destroyed: aws_s3_bucket.files',
    'secret-destroyed: aws_secretsmanager_secret.api',
    'messages-destroyed: aws_sqs_queue.jobs',
  ],
  'storage-weakened': [
    'logs-shortened: aws_cloudwatch_log_group.app',
    'own-key-removed: aws_cloudwatch_log_group.app',
    'point-in-time-recovery-off: aws_dynamodb_table.orders',
    'deletion-protection-off: aws_dynamodb_table.orders',
    'images-mutable: aws_ecr_repository.app',
    'image-scan-off: aws_ecr_repository.app',
    'key-window-shortened: aws_kms_key.data',
    'key-rotation-off: aws_kms_key.data',
    'objects-expire: aws_s3_bucket_lifecycle_configuration.files',
    'policy-denial-removed: aws_s3_bucket_policy.files',
    'public-access-allowed: aws_s3_bucket_public_access_block.files',
    'own-key-removed: aws_s3_bucket_server_side_encryption_configuration.files',
    'versioning-suspended: aws_s3_bucket_versioning.files',
    'secret-window-shortened: aws_secretsmanager_secret.api',
    'messages-shortened: aws_sqs_queue.jobs',
    'unencrypted-storage: aws_sqs_queue.jobs',
  ],
  'task-environment': [
    'insights-off: aws_ecs_cluster.main',
    'scaled-to-nothing: aws_ecs_service.app',
    'rollback-off: aws_ecs_service.app',
  ],
};

test.each(names)('the plan %s has its risks, and no others', (name) => {
  expect(risksIn(name).map(({ rule, address }) => `${rule}: ${address}`)).toEqual(EXPECTED[name] ?? []);
});

test('every plan that is listed is there', () => {
  expect(Object.keys(EXPECTED).filter((name) => !names.includes(name))).toEqual([]);
});

test.each(names)('of the plan %s, no sentence holds a planted secret or breaks its line', (name) => {
  expect(risksIn(name).filter(({ sentence }) => /CANARY|\n/.test(sentence))).toEqual([]);
});

/** The parts of a plan that are used here; the reader of plans has tests of its own. */
interface Recorded {
  readonly address: string;
  readonly mode: ExaminedChange['mode'];
  readonly type: string;
  readonly deposed?: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: unknown;
    readonly after: unknown;
    readonly after_unknown: unknown;
    readonly before_sensitive: unknown;
    readonly after_sensitive: unknown;
  };
}

function risksIn(name: string): readonly Risk[] {
  const plan = JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as {
    readonly resource_changes?: readonly Recorded[];
  };
  return (plan.resource_changes ?? []).flatMap((recorded) => risksOf(examined(recorded)));
}

function examined({ address, mode, type, deposed, change }: Recorded): ExaminedChange {
  return {
    address,
    mode,
    type,
    action: change.actions.join('-then-') as Action,
    reason: '',
    replacePaths: [],
    importing: false,
    ...(deposed !== undefined && { deposed }),
    values: {
      before: change.before,
      after: change.after,
      afterUnknown: change.after_unknown,
      beforeSensitive: change.before_sensitive,
      afterSensitive: change.after_sensitive,
      replacePaths: [],
    },
  };
}
