import { told } from './test-change';

const RESTARTED = 'connections break, for some minutes or, with a standby, until it has taken over';

test.each<[string, object, object, string]>([
  [
    'at once',
    { instance_class: 'db.t4g.small' },
    { instance_class: 'db.t4g.large', apply_immediately: true },
    `restart (high): The database gets another instance class at once: ${RESTARTED}.`,
  ],
  [
    'in the maintenance window',
    { instance_class: 'db.t4g.small' },
    { instance_class: 'db.t4g.large', apply_immediately: false },
    `restart (medium): The database gets another instance class in the next maintenance window: ${RESTARTED}.`,
  ],
  [
    'in the maintenance window where nothing is said',
    { port: 5432 },
    { port: 5433 },
    `restart (medium): The database gets another port in the next maintenance window: ${RESTARTED}.`,
  ],
  [
    'by a copy',
    { storage_type: 'gp2' },
    { storage_type: 'gp3', blue_green_update: [{ enabled: true }], apply_immediately: true },
    `restart (medium): The database gets another storage type by way of a copy that takes over: ${RESTARTED}.`,
  ],
  [
    'for a minor version',
    { engine_version: '16.3' },
    { engine_version: '16.4' },
    `restart (medium): The database gets another engine version in the next maintenance window: ${RESTARTED}.`,
  ],
  [
    'for a major version, which is graver',
    { engine_version: '16.3' },
    { engine_version: '17.1' },
    `restart (high): The database gets another engine version in the next maintenance window: ${RESTARTED}; as it is a major version, there is no way back but a restore.`,
  ],
  [
    'for several at a time',
    { instance_class: 'a', ca_cert_identifier: 'a' },
    { instance_class: 'b', ca_cert_identifier: 'b', apply_immediately: true },
    `restart (high): The database gets another instance class and certificate authority at once: ${RESTARTED}.`,
  ],
])('a database restarts %s', (_, before, after, expected) => {
  expect(told({ type: 'aws_db_instance', before, after })).toEqual([expected]);
});

test('when it restarts may not be known yet', () => {
  expect(
    told({
      type: 'aws_db_instance',
      before: { port: 1 },
      after: { port: 2 },
      afterUnknown: { apply_immediately: true },
    }),
  ).toEqual([
    `restart (high): The database gets another port, at once or in the next maintenance window: ${RESTARTED}.`,
  ]);
});

test('whether it restarts may not be known yet', () => {
  expect(
    told({
      type: 'aws_db_instance',
      before: { engine_version: '16' },
      after: {},
      afterUnknown: { engine_version: true },
    }),
  ).toEqual([
    'restart (medium): It is not known until the apply whether the database restarts for another engine version.',
  ]);
});

test.each([
  ['aws_db_instance', { allocated_storage: 20 }, { allocated_storage: 40 }],
  ['aws_db_instance', { backup_window: 'a' }, { backup_window: 'b' }],
  ['aws_instance', { tags: { a: '1' } }, { tags: { a: '2' } }],
  ['aws_ecs_service', { task_definition: 'a:1' }, { task_definition: 'a:2' }],
  ['aws_ecs_service', { desired_count: 4 }, { desired_count: 2 }],
  ['aws_appautoscaling_target', { max_capacity: 4 }, { max_capacity: 2 }],
  ['aws_lambda_function', { reserved_concurrent_executions: 0 }, { reserved_concurrent_executions: -1 }],
])('%s goes on when %j becomes %j', (type, before, after) => {
  expect(told({ type, before, after })).toEqual([]);
});

test('a replaced database is told as destroyed, not as restarted', () => {
  expect(
    told({
      type: 'aws_db_instance',
      action: 'delete-then-create',
      before: { port: 1, skip_final_snapshot: true },
      after: { port: 2, skip_final_snapshot: true },
    }),
  ).toEqual([
    'database-destroyed (critical): The database is replaced: the old one is destroyed with everything in it, and no final snapshot is taken.',
  ]);
});

test.each<[string, object, object, string]>([
  [
    'aws_rds_cluster',
    { engine_version: '15.4' },
    { engine_version: '15.5', apply_immediately: true },
    'restart (high): The database cluster gets another engine version at once: connections break for some minutes.',
  ],
  [
    'aws_docdb_cluster',
    { port: 1 },
    { port: 2 },
    'restart (medium): The database cluster gets another port in the next maintenance window: connections break for some minutes.',
  ],
  [
    'aws_rds_cluster_instance',
    { instance_class: 'a' },
    { instance_class: 'b' },
    'restart (medium): The instance of the database cluster gets another instance class in the next maintenance window: it restarts, and the cluster fails over if it is the one that writes.',
  ],
  [
    'aws_neptune_cluster_instance',
    { instance_class: 'a' },
    { instance_class: 'b' },
    'restart (medium): The instance of the database cluster gets another instance class in the next maintenance window: it restarts, and the cluster fails over if it is the one that writes.',
  ],
  [
    'aws_elasticache_replication_group',
    { node_type: 'a' },
    { node_type: 'b', apply_immediately: true },
    'restart (high): The cache gets another node type at once: connections break while its nodes are replaced.',
  ],
  [
    'aws_memorydb_cluster',
    { node_type: 'a' },
    { node_type: 'b' },
    'restart (high): The database cluster gets another node type: connections break while its nodes are replaced.',
  ],
  [
    'aws_redshift_cluster',
    { number_of_nodes: 2 },
    { number_of_nodes: 3 },
    'restart (medium): The database cluster gets another number of nodes in the next maintenance window: it only reads, or restarts, for minutes to hours.',
  ],
  [
    'aws_mq_broker',
    { host_instance_type: 'a' },
    { host_instance_type: 'b' },
    'restart (medium): The broker gets another instance type in the next maintenance window: connections break while it restarts.',
  ],
  [
    'aws_msk_cluster',
    { kafka_version: '3.6' },
    { kafka_version: '3.7' },
    'restart (medium): The Kafka cluster gets another version: its brokers restart one after the other.',
  ],
  [
    'aws_instance',
    { user_data: 'a' },
    { user_data: 'b' },
    'restart (high): The machine gets another start script: it is stopped and started, is away for minutes, and loses what is on instance store and a public address that is not an elastic one.',
  ],
  [
    'aws_eks_cluster',
    { version: '1.32' },
    { version: '1.33' },
    'restart (medium): The Kubernetes control plane gets another version: the way back is closed, and what uses removed interfaces breaks.',
  ],
  [
    'aws_eks_node_group',
    { release_version: '1' },
    { release_version: '2' },
    'restart (medium): The node group gets another release: its nodes are replaced one after the other, and what runs on them moves.',
  ],
])('%s restarts when %j becomes %j', (type, before, after, expected) => {
  expect(told({ type, before, after })).toEqual([expected]);
  expect(told({ type, before, after: before })).toEqual([]);
});

const TO_NOTHING =
  'scheduled-to-nothing (medium): By schedule it is scaled to nothing: nobody is served until the schedule says otherwise.';

describe.each([
  [
    'aws_appautoscaling_scheduled_action',
    (max: unknown) => ({ scalable_target_action: [{ max_capacity: max }] }),
  ],
  ['aws_autoscaling_schedule', (max: unknown) => ({ max_size: max })],
])('%s', (type, withMost) => {
  test('is told when it comes to nothing, new or changed', () => {
    expect(told({ type, action: 'create', before: null, after: withMost(0) })).toEqual([TO_NOTHING]);
    expect(told({ type, before: withMost(2), after: withMost(0) })).toEqual([TO_NOTHING]);
  });

  test('is not told when something is left, or nothing was', () => {
    expect(told({ type, action: 'create', before: null, after: withMost(1) })).toEqual([]);
    expect(told({ type, before: withMost(0), after: withMost(0) })).toEqual([]);
  });

  test('is told as not known when it is', () => {
    expect(told({ type, before: withMost(2), after: {}, afterUnknown: withMost(true) })).toEqual([
      'scheduled-to-nothing (medium): It is not known until the apply whether it is scaled to nothing by schedule.',
    ]);
  });
});

const limits = (least: number, most: number) => ({
  deployment_minimum_healthy_percent: least,
  deployment_maximum_percent: most,
});

test('a service that may neither start one more task nor stop one first cannot be deployed', () => {
  expect(told({ type: 'aws_ecs_service', before: limits(100, 200), after: limits(100, 100) })).toEqual([
    'cannot-deploy (medium): No deployment can move on: at least 100 and at most 100 percent of the tasks may run.',
  ]);
});

test('a service that may do one of them can be deployed', () => {
  expect(told({ type: 'aws_ecs_service', before: limits(100, 200), after: limits(100, 150) })).toEqual([]);
  expect(told({ type: 'aws_ecs_service', before: limits(100, 200), after: limits(50, 100) })).toEqual([]);
});
