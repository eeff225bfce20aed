import type { Action } from '../change-set';
import { DATA_HOLDERS } from './data-holders';
import { risks, told, SECRET } from './test-change';

const END: readonly Action[] = ['delete', 'delete-then-create', 'create-then-delete'];
const TYPES = DATA_HOLDERS.flatMap(({ types }) => types);

test('no type is in two rows', () => {
  expect(TYPES.filter((type, index) => TYPES.indexOf(type) !== index)).toEqual([]);
});

test.each(TYPES)('the end of %s is told as data loss, also of a leftover', (type) => {
  for (const action of END) {
    const [first] = risks({ type, action });
    expect([first?.category, first?.address]).toEqual(['data-loss', `${type}.it`]);
  }
  const [leftover] = risks({ type, action: 'delete', deposed: 'abcd1234' });
  expect(leftover?.sentence).toMatch(/^A .+ that an earlier replacement left over /);
});

test.each(TYPES)('%s that is let go of is told as no longer managed, and not as lost', (type) => {
  for (const action of ['forget', 'create-then-forget', 'forget-then-create'] as const) {
    const found = risks({ type, action }).filter(({ rule }) => rule !== 'policy-not-judged');
    expect(found.map(({ rule, category, severity }) => [rule, category, severity])).toEqual([
      ['no-longer-managed', 'protection', 'medium'],
    ]);
  }
});

test('of one that is let go of, all is said to stay', () => {
  expect(told({ type: 'aws_s3_bucket', action: 'forget' })).toEqual([
    'no-longer-managed (medium): The bucket stays as it is, with all it holds and costs, but Terraform no longer manages it.',
  ]);
  expect(told({ type: 'aws_s3_bucket', action: 'create-then-forget' })).toEqual([
    'no-longer-managed (medium): The bucket is replaced by a new one: the old one stays as it is, with all it holds and costs, but Terraform no longer manages it.',
  ]);
});

test.each<[Action, string]>([
  ['delete', 'The table is destroyed with everything in it.'],
  ['delete-then-create', 'The table is replaced: the old one is destroyed with everything in it.'],
  [
    'create-then-delete',
    'The table is replaced: once the new one stands, the old one is destroyed with everything in it.',
  ],
])('%s says which object goes', (action, sentence) => {
  expect(risks({ type: 'aws_dynamodb_table', action })).toEqual([
    {
      rule: 'table-destroyed',
      category: 'data-loss',
      severity: 'critical',
      address: 'aws_dynamodb_table.it',
      sentence,
    },
  ]);
});

test('a leftover says so', () => {
  expect(told({ type: 'aws_dynamodb_table', action: 'delete', deposed: 'abcd1234' })).toEqual([
    'table-destroyed (critical): A table that an earlier replacement left over is destroyed with everything in it.',
  ]);
});

const NAMED = { skip_final_snapshot: false, final_snapshot_identifier: 'last' };

/** What softens a loss, or does not. */
test.each<[type: string, before: object, expected: string]>([
  [
    'aws_db_instance',
    NAMED,
    'database-destroyed (high): The database is destroyed with everything in it; a final snapshot is taken.',
  ],
  [
    'aws_db_instance',
    { skip_final_snapshot: true },
    'database-destroyed (critical): The database is destroyed with everything in it, and no final snapshot is taken.',
  ],
  [
    'aws_db_instance',
    {},
    'database-destroyed (critical): The database is destroyed with everything in it, and it does not say here whether a final snapshot is taken.',
  ],
  [
    'aws_rds_cluster',
    { skip_final_snapshot: false },
    'database-destroyed (high): The database is destroyed with everything in it; a final snapshot is asked for but has no name, for which the provider refuses and the apply fails.',
  ],
  [
    'aws_db_instance',
    { skip_final_snapshot: true, delete_automated_backups: false, backup_retention_period: 7 },
    'database-destroyed (critical): The database is destroyed with everything in it, and no final snapshot is taken; its automated backups stay for up to 7 days.',
  ],
  [
    'aws_db_instance',
    { ...NAMED, deletion_protection: true },
    'database-destroyed (high): The database is destroyed with everything in it; a final snapshot is taken; this is refused, and the apply fails, as long as its deletion protection is on.',
  ],
  [
    'aws_db_instance',
    { replicate_source_db: 'main' },
    'read-replica-destroyed (high): The database is a read replica, and is destroyed: who reads from it fails, and its source keeps the data.',
  ],
  [
    'aws_lightsail_database',
    { skip_final_snapshot: false, final_snapshot_name: 'last' },
    'database-destroyed (high): The database is destroyed with everything in it; a final snapshot is taken.',
  ],
  [
    'aws_dynamodb_table',
    { point_in_time_recovery: [{ enabled: true }], deletion_protection_enabled: true },
    'table-destroyed (high): The table is destroyed with everything in it; AWS keeps one last backup for 35 days; this is refused, and the apply fails, as long as its deletion protection is on.',
  ],
  [
    'aws_dynamodb_table',
    { point_in_time_recovery: [{ enabled: false }] },
    'table-destroyed (critical): The table is destroyed with everything in it.',
  ],
  [
    'aws_elasticache_cluster',
    { engine: 'memcached' },
    'cache-destroyed (high): The cache is destroyed with everything in it: what it spared its database comes back at once.',
  ],
  [
    'aws_elasticache_replication_group',
    {},
    'cache-destroyed (critical): The cache is destroyed with everything in it, and no final snapshot is taken.',
  ],
  [
    'aws_memorydb_cluster',
    { final_snapshot_name: 'last' },
    'cache-destroyed (high): The database cluster is destroyed with everything in it; a final snapshot is taken.',
  ],
  [
    'aws_s3_bucket',
    { force_destroy: true },
    'bucket-destroyed (critical): The bucket is destroyed with every object in it, all versions included.',
  ],
  [
    'aws_s3_bucket',
    { force_destroy: false },
    'bucket-destroyed (high): The bucket is destroyed if it is empty; otherwise the apply fails.',
  ],
  [
    'aws_s3_bucket',
    { force_destroy: true, bucket: 'acme-tfstate' },
    'bucket-destroyed (critical): The bucket is destroyed with every object in it, all versions included; by its name it holds the state of Terraform.',
  ],
  [
    'aws_ecr_repository',
    { force_delete: true },
    'images-destroyed (critical): The image repository is destroyed with every image in it.',
  ],
  [
    'aws_ecr_repository',
    {},
    'images-destroyed (high): The image repository is destroyed if it is empty; otherwise the apply fails.',
  ],
  [
    'aws_ebs_volume',
    { final_snapshot: true },
    'volume-destroyed (high): The volume is destroyed with everything on it; a final snapshot is taken.',
  ],
  ['aws_ebs_volume', {}, 'volume-destroyed (critical): The volume is destroyed with everything on it.'],
  [
    'aws_fsx_windows_file_system',
    { skip_final_backup: false },
    'file-system-destroyed (high): The file system is destroyed with every file on it; a final backup is taken.',
  ],
  [
    'aws_fsx_windows_file_system',
    { skip_final_backup: true },
    'file-system-destroyed (critical): The file system is destroyed with every file on it.',
  ],
  [
    'aws_kms_key',
    { deletion_window_in_days: 7 },
    'key-destroyed (critical): The key can no longer be used at once, and is deleted after 7 days, until when that can be cancelled; then all that is encrypted with it is unreadable for good.',
  ],
  [
    'aws_kms_replica_key',
    {},
    'key-destroyed (high): The key can no longer be used at once, and is deleted after 30 days, until when that can be cancelled; keys of the same material in other regions still read what it encrypted.',
  ],
  [
    'aws_secretsmanager_secret',
    { recovery_window_in_days: 0 },
    'secret-destroyed (critical): The secret is deleted at once with all its versions, and cannot be restored.',
  ],
  [
    'aws_secretsmanager_secret',
    { recovery_window_in_days: null },
    'secret-destroyed (high): The secret can no longer be read, and is deleted after 30 days, until when it can be restored.',
  ],
  ['aws_cloudwatch_log_group', {}, 'logs-destroyed (high): The log group is destroyed with every log in it.'],
  [
    'aws_cloudwatch_log_group',
    { skip_destroy: true },
    'no-longer-managed (medium): The log group stays with its logs, but is no longer managed.',
  ],
  [
    'aws_route53_zone',
    { force_destroy: true },
    'zone-destroyed (critical): The DNS zone is destroyed with every record in it: its names stop resolving, and a new zone has other name servers.',
  ],
  [
    'aws_route53_zone',
    {},
    'zone-destroyed (high): The DNS zone is destroyed if only records of this plan are in it, and a new zone has other name servers; with any other record the apply fails.',
  ],
  [
    'aws_instance',
    { root_block_device: [{ delete_on_termination: true }] },
    'machine-destroyed (high): The machine is terminated with its root volume: what runs on it stops, and what is only there is lost.',
  ],
  [
    'aws_instance',
    { root_block_device: [{ delete_on_termination: false }] },
    'machine-destroyed (medium): The machine is terminated: what runs on it stops, what is in memory or on instance store is lost, and its root volume stays.',
  ],
  [
    'aws_cloudformation_stack_set_instance',
    { retain_stack: true },
    'stack-destroyed (medium): The stack is let go of: what it made stays, but nothing here manages it.',
  ],
  [
    'aws_organizations_account',
    { close_on_deletion: true },
    'account-destroyed (critical): The account is closed, and everything in it is deleted after 90 days.',
  ],
  [
    'github_repository',
    { archive_on_destroy: true },
    'code-destroyed (high): The code repository is archived: nobody can push to it any more.',
  ],
])('the end of %s with %j', (type, before, expected) => {
  expect(told({ type, action: 'delete', before, after: null })).toEqual([expected]);
});

test('what is destroyed goes by the state: what the plan changes of the settings comes too late', () => {
  expect(
    told({
      type: 'aws_s3_bucket',
      action: 'delete-then-create',
      before: { force_destroy: true },
      after: { force_destroy: false },
    }),
  ).toEqual([
    'bucket-destroyed (critical): The bucket is replaced: the old one is destroyed with every object in it, all versions included.',
  ]);
});

test('a softening setting that is sensitive softens nothing', () => {
  const before = { skip_final_snapshot: false, final_snapshot_identifier: SECRET };
  const change = { type: 'aws_db_instance', action: 'delete' as const, before, after: null };
  expect(told({ ...change, beforeSensitive: { skip_final_snapshot: true } })).toEqual([
    'database-destroyed (critical): The database is destroyed with everything in it, and it does not say here whether a final snapshot is taken.',
  ]);
  expect(told({ ...change, beforeSensitive: { final_snapshot_identifier: true } })).toEqual([
    'database-destroyed (high): The database is destroyed with everything in it; a final snapshot is taken.',
  ]);
});

test('creating and changing what holds data loses none', () => {
  for (const type of TYPES) {
    expect(risks({ type, action: 'create' }).filter(({ category }) => category === 'data-loss')).toEqual([]);
    expect(risks({ type, action: 'update' })).toEqual([]);
  }
});
