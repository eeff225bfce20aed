import type { Examined } from './examined';
import type { Severity } from './risk';
import { types, type Finding, type Rule } from './rule';
import { loweringRules, settingRules, unsure } from './settings';
import { listed, shown } from './text';

/** Attributes of a running thing whose change restarts it or makes it fail over. */
interface Restart {
  readonly types: string;
  readonly what: string;
  /** What each one is called. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether an attribute says that it happens at once rather than in the maintenance window. @default it happens at once */
  readonly scheduled?: true;
  /** What users notice. */
  readonly notices: string;
  /** When it happens at once; in a maintenance window it is milder. @default high */
  readonly severity?: Severity;
}

/**
 * Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html (which settings cause
 * downtime), and the same tables for the other services. `allocated_storage` and the like take effect without one.
 */
const RESTARTS: readonly Restart[] = [
  {
    types: 'aws_db_instance',
    what: 'database',
    attributes: {
      instance_class: 'instance class',
      engine_version: 'engine version',
      port: 'port',
      storage_type: 'storage type',
      ca_cert_identifier: 'certificate authority',
      identifier: 'name and with it its address',
      network_type: 'network type',
      license_model: 'license model',
      dedicated_log_volume: 'log volume',
    },
    scheduled: true,
    notices: 'connections break, for some minutes or, with a standby, until it has taken over',
  },
  {
    types: 'aws_rds_cluster',
    what: 'database cluster',
    attributes: {
      engine_version: 'engine version',
      port: 'port',
      db_cluster_instance_class: 'instance class',
      storage_type: 'storage type',
      ca_certificate_identifier: 'certificate authority',
      cluster_identifier: 'name and with it its address',
      network_type: 'network type',
    },
    scheduled: true,
    notices: 'connections break for some minutes',
  },
  {
    types: 'aws_docdb_cluster aws_neptune_cluster',
    what: 'database cluster',
    attributes: { engine_version: 'engine version', port: 'port' },
    scheduled: true,
    notices: 'connections break for some minutes',
  },
  {
    types: 'aws_neptune_cluster_instance',
    what: 'instance of the database cluster',
    attributes: { instance_class: 'instance class' },
    scheduled: true,
    notices: 'it restarts, and the cluster fails over if it is the one that writes',
  },
  {
    types: 'aws_rds_cluster_instance aws_docdb_cluster_instance',
    what: 'instance of the database cluster',
    attributes: { instance_class: 'instance class', ca_cert_identifier: 'certificate authority' },
    scheduled: true,
    notices: 'it restarts, and the cluster fails over if it is the one that writes',
  },
  {
    types: 'aws_elasticache_cluster aws_elasticache_replication_group',
    what: 'cache',
    attributes: { node_type: 'node type', engine_version: 'engine version', port: 'port' },
    scheduled: true,
    notices: 'connections break while its nodes are replaced',
  },
  {
    types: 'aws_memorydb_cluster',
    what: 'database cluster',
    attributes: { node_type: 'node type', engine_version: 'engine version' },
    notices: 'connections break while its nodes are replaced',
  },
  {
    types: 'aws_redshift_cluster',
    what: 'database cluster',
    attributes: {
      node_type: 'node type',
      number_of_nodes: 'number of nodes',
      cluster_type: 'type',
      cluster_version: 'version',
    },
    scheduled: true,
    notices: 'it only reads, or restarts, for minutes to hours',
  },
  {
    types: 'aws_mq_broker',
    what: 'broker',
    attributes: { engine_version: 'engine version', host_instance_type: 'instance type' },
    scheduled: true,
    notices: 'connections break while it restarts',
  },
  {
    types: 'aws_msk_cluster',
    what: 'Kafka cluster',
    attributes: { kafka_version: 'version', 'broker_node_group_info[0].instance_type': 'instance type' },
    severity: 'medium',
    notices: 'its brokers restart one after the other',
  },
  {
    types: 'aws_instance',
    what: 'machine',
    attributes: {
      instance_type: 'instance type',
      user_data: 'start script',
      user_data_base64: 'start script',
      ebs_optimized: 'storage connection',
    },
    notices:
      'it is stopped and started, is away for minutes, and loses what is on instance store and a public address that is not an elastic one',
  },
  {
    types: 'aws_eks_cluster',
    what: 'Kubernetes control plane',
    attributes: { version: 'version' },
    severity: 'medium',
    notices: 'the way back is closed, and what uses removed interfaces breaks',
  },
  {
    types: 'aws_eks_node_group',
    what: 'node group',
    attributes: { version: 'version', release_version: 'release' },
    severity: 'medium',
    notices: 'its nodes are replaced one after the other, and what runs on them moves',
  },
];

export const DISTURBANCES: readonly Rule[] = [
  ...RESTARTS.map((row): Rule => ({
    types: types(row.types),
    at: ['change'],
    judge: (change) => restart(row, change),
  })),
  ...loweringRules([
    {
      rule: 'scaled-to-nothing',
      category: 'downtime',
      severity: 'high',
      of: {
        desired_count: 'aws_ecs_service',
        desired_capacity: 'aws_autoscaling_group',
        max_size: 'aws_autoscaling_group',
        max_capacity: 'aws_appautoscaling_target',
        'scaling_config[0].desired_size': 'aws_eks_node_group',
      },
      onlyZero: true,
      sentence: '',
      zero: {
        severity: 'high',
        sentence: 'It is scaled from {from} to nothing: nobody is served by it any more.',
      },
      whether: 'it is scaled to nothing',
    },
    {
      rule: 'may-scale-to-nothing',
      category: 'downtime',
      severity: 'medium',
      of: { min_size: 'aws_autoscaling_group', min_capacity: 'aws_appautoscaling_target' },
      onlyZero: true,
      sentence: '',
      zero: {
        severity: 'medium',
        sentence: 'It may be scaled to nothing, where at least {from} were kept: then nobody is served.',
      },
      whether: 'it may be scaled to nothing',
    },
    {
      rule: 'function-stopped',
      category: 'downtime',
      severity: 'high',
      of: { reserved_concurrent_executions: 'aws_lambda_function' },
      unset: -1,
      endless: -1,
      onlyZero: true,
      sentence: '',
      zero: { severity: 'high', sentence: 'The function may not run at all: who calls it is refused.' },
      whether: 'the function may still run',
    },
    {
      rule: 'all-tasks-at-once',
      category: 'downtime',
      severity: 'medium',
      of: {
        deployment_minimum_healthy_percent: 'aws_ecs_service',
        'instance_refresh[0].preferences[0].min_healthy_percentage': 'aws_autoscaling_group',
      },
      unset: 100,
      onlyZero: true,
      sentence: '',
      zero: { severity: 'medium', sentence: 'A deployment may stop everything before anything new runs.' },
      whether: 'a deployment keeps something running',
    },
    {
      rule: 'grace-shortened',
      category: 'downtime',
      severity: 'medium',
      of: {
        health_check_grace_period_seconds: 'aws_ecs_service',
        health_check_grace_period: 'aws_autoscaling_group',
      },
      sentence:
        'What starts is judged after {to} instead of {from} seconds: if it needs longer, it is stopped over and over.',
      whether: 'there is as much time to start as before',
    },
  ]),
  ...settingRules([
    {
      rule: 'switched-off',
      category: 'downtime',
      severity: 'high',
      of: {
        enabled: 'aws_cloudfront_distribution aws_globalaccelerator_accelerator',
        is_enabled: 'aws_kms_key',
      },
      leaves: [true, ''],
      sentence: 'It is switched off: who uses it fails.',
      whether: 'it stays switched on',
    },
    {
      rule: 'schedule-off',
      category: 'downtime',
      severity: 'medium',
      of: {
        state: 'aws_cloudwatch_event_rule aws_scheduler_schedule',
        is_enabled: 'aws_cloudwatch_event_rule',
        enabled: 'aws_lambda_event_source_mapping',
        desired_state: 'aws_pipes_pipe',
      },
      enters: ['DISABLED', false, 'STOPPED'],
      sentence: 'What it starts no longer happens.',
      whether: 'it still starts what it started',
    },
    {
      rule: 'dns-off',
      category: 'downtime',
      severity: 'high',
      of: { enable_dns_support: 'aws_vpc', enable_dns_hostnames: 'aws_vpc' },
      leaves: [true],
      sentence: 'Names no longer resolve as before inside the network, private ones of endpoints included.',
      whether: 'names still resolve inside the network',
    },
    {
      rule: 'sign-in-off',
      category: 'downtime',
      severity: 'medium',
      of: { iam_database_authentication_enabled: 'aws_db_instance aws_rds_cluster aws_neptune_cluster' },
      leaves: [true],
      sentence:
        'Whoever signs in to the database with an IAM token is locked out; in a Neptune database nobody has to sign in any more.',
      whether: 'an IAM token still signs in to the database',
    },
  ]),
  {
    types: types('aws_appautoscaling_scheduled_action'),
    at: ['create', 'change'],
    judge: scheduledToNothing('scalable_target_action[0].max_capacity'),
  },
  {
    types: types('aws_autoscaling_schedule'),
    at: ['create', 'change'],
    judge: scheduledToNothing('max_size'),
  },
  { types: types('aws_ecs_service'), at: ['create', 'change'], judge: cannotDeploy },
];

function restart(row: Restart, change: Examined): Finding | undefined {
  if (change.change.action !== 'update') return undefined;
  const paths = Object.keys(row.attributes);
  const changed = paths.filter((path) => change.differs(path) && change.doubt(path) !== 'unknown');
  const open = paths.filter((path) => change.doubt(path) === 'unknown');
  if (changed.length === 0 && open.length === 0) return undefined;
  const names = listed(
    [...new Set((changed.length > 0 ? changed : open).map((path) => row.attributes[path]!))],
    4,
  );
  if (changed.length === 0)
    return disturbance('medium', unsure('unknown', `whether the ${row.what} restarts for another ${names}`));
  const isMajor = changed.includes('engine_version') && isMajorUpgrade(change);
  const { when, severity } = timing(row, change);
  const sentence = `The ${row.what} gets another ${names}${when}: ${row.notices}`;
  return isMajor
    ? disturbance('high', `${sentence}; as it is a major version, there is no way back but a restore.`)
    : disturbance(severity, `${sentence}.`);
}

function disturbance(severity: Severity, sentence: string): Finding {
  return { rule: 'restart', category: 'downtime', severity, sentence };
}

function timing(row: Restart, change: Examined): { readonly when: string; readonly severity: Severity } {
  const atOnce = row.severity ?? 'high';
  if (!row.scheduled) return { when: '', severity: atOnce };
  if (change.change.type === 'aws_db_instance' && change.after('blue_green_update[0].enabled') === true)
    return { when: ' by way of a copy that takes over', severity: 'medium' };
  if (change.doubt('apply_immediately'))
    return { when: ', at once or in the next maintenance window', severity: atOnce };
  return change.after('apply_immediately') === true
    ? { when: ' at once', severity: atOnce }
    : { when: ' in the next maintenance window', severity: 'medium' };
}

/** `13.4` to `14.1`; of MySQL and MariaDB `5.7` to `8.0`, which differ in the first number too. */
function isMajorUpgrade(change: Examined): boolean {
  const [from, to] = [change.before('engine_version'), change.after('engine_version')].map((version) =>
    Number.parseInt(String(version), 10),
  );
  return from !== undefined && to !== undefined && to > from;
}

function scheduledToNothing(path: string): Rule['judge'] {
  return (change) => {
    const doubt = change.doubt(path);
    const to = change.after(path);
    if (!doubt && (to !== 0 || change.before(path) === 0)) return undefined;
    return {
      rule: 'scheduled-to-nothing',
      category: 'downtime',
      severity: 'medium',
      sentence: doubt
        ? unsure(doubt, 'whether it is scaled to nothing by schedule')
        : 'By schedule it is scaled to nothing: nobody is served until the schedule says otherwise.',
    };
  };
}

/** ECS replaces a task only within both limits: with 100 and 100 it may neither start one more nor stop one first. */
function cannotDeploy(change: Examined): Finding | undefined {
  const least = change.after('deployment_minimum_healthy_percent');
  const most = change.after('deployment_maximum_percent');
  const changes =
    change.differs('deployment_minimum_healthy_percent') || change.differs('deployment_maximum_percent');
  if (!changes || typeof least !== 'number' || typeof most !== 'number' || most > least || most > 100)
    return undefined;
  return {
    rule: 'cannot-deploy',
    category: 'downtime',
    severity: 'medium',
    sentence: `No deployment can move on: at least ${shown(least)} and at most ${shown(most)} percent of the tasks may run.`,
  };
}
