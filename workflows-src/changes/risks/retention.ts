import { child, isObject, type JsonObject } from '../json';
import type { Examined } from './examined';
import { types, type Finding, type Rule } from './rule';
import { loweringRules, removalRules, settingRules, unsure, type Lowering } from './settings';
import { days } from './text';

/** How long something can still be restored, or is kept at all. */
const SHORTER: readonly Lowering[] = [
  {
    rule: 'backups-shortened',
    category: 'data-loss',
    severity: 'high',
    of: {
      backup_retention_period:
        'aws_db_instance aws_rds_cluster aws_docdb_cluster aws_docdbelastic_cluster aws_neptune_cluster',
      snapshot_retention_limit:
        'aws_elasticache_cluster aws_elasticache_replication_group aws_elasticache_serverless_cache aws_memorydb_cluster',
      automated_snapshot_retention_period: 'aws_redshift_cluster',
      automatic_backup_retention_days:
        'aws_fsx_lustre_file_system aws_fsx_ontap_file_system aws_fsx_openzfs_file_system aws_fsx_windows_file_system',
    },
    sentence:
      'Backups are kept {to} instead of {from} days: older ones are deleted, and nothing from before can be restored.',
    zero: {
      rule: 'backups-off',
      severity: 'critical',
      sentence:
        'Automatic backups go off and those that exist are deleted: nothing can be restored from now on.',
    },
    whether: 'backups are kept as long as before',
  },
  {
    rule: 'backups-shortened',
    category: 'data-loss',
    severity: 'medium',
    of: {
      manual_snapshot_retention_period: 'aws_redshift_cluster aws_redshift_cluster_snapshot',
      'snapshot_copy[0].retention_period': 'aws_redshift_cluster',
      retention_period:
        'aws_redshift_snapshot_copy aws_redshiftserverless_snapshot aws_db_instance_automated_backups_replication',
      'retention_period[0].retention_period_value': 'aws_rbin_rule',
      retention_days: 'aws_cloudwatch_event_archive',
      min_retention_days: 'aws_backup_vault_lock_configuration',
    },
    endless: -1,
    sentence: 'Copies and snapshots are kept for less: {to} instead of {from}.',
    whether: 'copies and snapshots are kept as long as before',
  },
  {
    rule: 'backtrack-shortened',
    category: 'data-loss',
    severity: 'medium',
    of: { backtrack_window: 'aws_rds_cluster' },
    sentence: 'The database can be wound back {to} instead of {from} seconds.',
    whether: 'the database can be wound back as far as before',
  },
  {
    rule: 'logs-shortened',
    category: 'data-loss',
    severity: 'high',
    of: { retention_in_days: 'aws_cloudwatch_log_group' },
    unset: 0,
    endless: 0,
    sentence: 'Logs are kept for fewer days, {to} instead of {from}: older ones are deleted.',
    whether: 'logs are kept as long as before',
  },
  {
    rule: 'logs-shortened',
    category: 'data-loss',
    severity: 'high',
    of: { retention_period: 'aws_cloudtrail_event_data_store' },
    sentence: 'Recorded events are kept {to} instead of {from} days: older ones are deleted.',
    whether: 'recorded events are kept as long as before',
  },
  {
    rule: 'messages-shortened',
    category: 'data-loss',
    severity: 'high',
    of: { message_retention_seconds: 'aws_sqs_queue' },
    // Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    unset: 345_600,
    sentence: 'Messages are kept {to} instead of {from} seconds: older ones are deleted unread.',
    whether: 'messages are kept as long as before',
  },
  {
    rule: 'messages-shortened',
    category: 'data-loss',
    severity: 'high',
    of: { retention_period: 'aws_kinesis_stream', data_retention_in_hours: 'aws_kinesis_video_stream' },
    sentence: 'Records are kept {to} instead of {from} hours: older ones are gone at once.',
    whether: 'records are kept as long as before',
  },
  {
    rule: 'records-shortened',
    category: 'data-loss',
    severity: 'high',
    of: {
      'retention_properties[0].magnetic_store_retention_period_in_days': 'aws_timestreamwrite_table',
      'retention_properties[0].memory_store_retention_period_in_hours': 'aws_timestreamwrite_table',
      retention_period_in_days: 'aws_prometheus_workspace_configuration aws_config_retention_configuration',
    },
    sentence: 'Records are kept for less, {to} instead of {from}: older ones are deleted.',
    whether: 'records are kept as long as before',
  },
  {
    rule: 'key-window-shortened',
    category: 'data-loss',
    severity: 'medium',
    of: {
      deletion_window_in_days:
        'aws_kms_key aws_kms_external_key aws_kms_replica_key aws_kms_replica_external_key',
    },
    unset: 30,
    sentence: 'A deleted key could be saved for {to} instead of {from} days.',
    whether: 'a deleted key can be saved as long as before',
  },
  {
    rule: 'secret-window-shortened',
    category: 'data-loss',
    severity: 'medium',
    of: { recovery_window_in_days: 'aws_secretsmanager_secret' },
    unset: 30,
    sentence: 'A deleted secret could be restored for {to} instead of {from} days.',
    zero: {
      severity: 'high',
      sentence: 'A destroy deletes the secret at once from now on, without a way back.',
    },
    whether: 'a deleted secret can be restored as long as before',
  },
];

export const RETENTION: readonly Rule[] = [
  ...loweringRules(SHORTER),
  ...settingRules([
    {
      rule: 'final-snapshot-off',
      category: 'data-loss',
      severity: 'high',
      of: {
        skip_final_snapshot:
          'aws_db_instance aws_rds_cluster aws_docdb_cluster aws_neptune_cluster aws_redshift_cluster aws_lightsail_database',
        skip_final_backup:
          'aws_fsx_windows_file_system aws_fsx_lustre_file_system aws_fsx_openzfs_file_system aws_fsx_ontap_volume',
      },
      enters: [true],
      sentence: 'From now on a destroy takes no final snapshot: all data would be gone with it.',
      whether: 'a destroy still takes a final snapshot',
    },
    {
      rule: 'final-snapshot-off',
      category: 'data-loss',
      severity: 'high',
      of: { final_snapshot: 'aws_ebs_volume' },
      leaves: [true],
      sentence: 'From now on a destroy takes no final snapshot: all data would be gone with it.',
      whether: 'a destroy still takes a final snapshot',
    },
    {
      rule: 'automated-backups-deleted',
      category: 'data-loss',
      severity: 'high',
      of: { delete_automated_backups: 'aws_db_instance aws_rds_cluster' },
      leaves: [false],
      sentence: 'From now on a destroy deletes the automated backups too.',
      whether: 'automated backups outlive a destroy',
    },
    {
      rule: 'point-in-time-recovery-off',
      category: 'data-loss',
      severity: 'high',
      of: {
        'point_in_time_recovery[0].enabled': 'aws_dynamodb_table',
        point_in_time_recovery: 'aws_dynamodb_table_replica',
        'point_in_time_recovery[0].status': 'aws_keyspaces_table',
      },
      leaves: [true, 'ENABLED'],
      sentence:
        'Point-in-time recovery goes off with all that it kept: a mistake in the data can no longer be undone.',
      whether: 'the data can still be restored to a point in time',
    },
    {
      rule: 'versioning-suspended',
      category: 'data-loss',
      severity: 'high',
      of: {
        'versioning_configuration[0].status': 'aws_s3_bucket_versioning',
        'versioning[0].enabled': 'aws_s3_bucket',
      },
      leaves: ['Enabled', true],
      sentence: 'Versioning stops: from now on an object that is overwritten or deleted is gone.',
      whether: 'overwritten and deleted objects can still be restored',
      filledIn: true,
    },
    {
      rule: 'items-expire',
      category: 'data-loss',
      severity: 'high',
      of: { 'ttl[0].enabled': 'aws_dynamodb_table', 'ttl[0].status': 'aws_keyspaces_table' },
      enters: [true, 'ENABLED'],
      sentence:
        'Items are deleted once the time in their TTL attribute has passed, those that are old already too.',
      whether: 'items are deleted by age',
    },
    {
      rule: 'log-group-kept-no-more',
      category: 'data-loss',
      severity: 'medium',
      of: { skip_destroy: 'aws_cloudwatch_log_group' },
      leaves: [true],
      sentence: 'From now on a destroy deletes the logs, which it used to leave.',
      whether: 'a destroy still leaves the logs',
    },
  ]),
  ...removalRules([
    {
      rule: 'final-snapshot-unnamed',
      category: 'data-loss',
      severity: 'medium',
      of: {
        final_snapshot_identifier:
          'aws_db_instance aws_rds_cluster aws_docdb_cluster aws_neptune_cluster aws_redshift_cluster aws_elasticache_cluster aws_elasticache_replication_group',
        final_snapshot_name: 'aws_memorydb_cluster aws_lightsail_database',
      },
      sentence: 'The final snapshot loses its name: a destroy would be refused without one, or take none.',
      whether: 'a destroy still takes a final snapshot',
    },
  ]),
  { types: types('aws_s3_bucket_versioning'), at: ['gone'], judge: versioningDestroyed },
  { types: types('aws_s3_bucket_lifecycle_configuration'), at: ['create', 'change'], judge: expirations },
  { types: types('aws_ecr_lifecycle_policy'), at: ['change'], judge: imageExpiry },
];

/** The provider suspends versioning when the resource goes, as there is no way back to a bucket without it. */
function versioningDestroyed(change: Examined): Finding | undefined {
  const isOn = change.before('versioning_configuration[0].status') === 'Enabled';
  if (!isOn || change.change.action !== 'delete' || change.change.deposed !== undefined) return undefined;
  return {
    rule: 'versioning-suspended',
    category: 'data-loss',
    severity: 'high',
    sentence:
      'Versioning stops, unless the bucket goes too: an object that is overwritten or deleted is then gone.',
  };
}

/** What a rule of a lifecycle deletes; a rule that is off deletes nothing. */
interface Expiry {
  readonly days: unknown;
  readonly versions: unknown;
  readonly date: unknown;
  readonly where: string;
}

/**
 * Rules of the lifecycle that delete objects and are new, or delete sooner or elsewhere. A bucket that is made in the same
 * plan has no objects yet: then its name is not known, and nothing is told.
 */
function expirations(change: Examined): readonly Finding[] {
  const isNew = change.change.action === 'create';
  if (isNew && change.doubt('bucket') === 'unknown') return [];
  const doubt = change.doubt('rule');
  const before = expiriesOf(change.listBefore('rule'));
  if (doubt && change.listAfter('rule').every((rule) => !expiryOf(rule)))
    return [expiring('medium', unsure(doubt, 'which objects are deleted by age'))];
  const found: Finding[] = [];
  for (const [id, expiry] of expiriesOf(change.listAfter('rule'))) {
    const old = before.get(id);
    if (!old || sooner(expiry.days, old.days)) found.push(...deletes('Objects', expiry.days, expiry.date));
    if (!old || sooner(expiry.versions, old.versions))
      found.push(...deletes('Earlier versions of objects', expiry.versions));
    if (old && old.where !== expiry.where)
      found.push(
        expiring('high', 'A rule that deletes objects by age applies to other objects than before.'),
      );
  }
  return found;
}

function expiriesOf(rules: readonly unknown[]): ReadonlyMap<unknown, Expiry> {
  return new Map(
    rules.flatMap((rule, index) => {
      const expiry = expiryOf(rule);
      return expiry ? [[child(rule, 'id') ?? index, expiry] as const] : [];
    }),
  );
}

function expiryOf(rule: unknown): Expiry | undefined {
  if (!isObject(rule) || rule['status'] !== 'Enabled') return undefined;
  const expiration = child(rule['expiration'], 0);
  const days = child(expiration, 'days');
  const date = child(expiration, 'date');
  const versions = child(child(rule['noncurrent_version_expiration'], 0), 'noncurrent_days');
  if (!isPositive(days) && !isPositive(versions) && typeof date !== 'string') return undefined;
  return { days, date, versions, where: JSON.stringify(scope(rule)) };
}

function scope(rule: JsonObject): unknown {
  return [rule['prefix'] ?? '', rule['filter'] ?? []];
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

function sooner(days: unknown, before: unknown): boolean {
  return isPositive(days) && !(isPositive(before) && Number(before) <= Number(days));
}

function deletes(what: string, after: unknown, date?: unknown): readonly Finding[] {
  if (isPositive(after))
    return [
      expiring(
        'high',
        `${what} are deleted ${days(after)} after they were ${what === 'Objects' ? 'made' : 'replaced'}, those that are older at once.`,
      ),
    ];
  return typeof date === 'string' ? [expiring('high', `${what} are deleted on a fixed date.`)] : [];
}

function expiring(severity: Finding['severity'], sentence: string): Finding {
  return { rule: 'objects-expire', category: 'data-loss', severity, sentence };
}

function imageExpiry(change: Examined): Finding | undefined {
  const doubt = change.doubt('policy');
  if (!doubt && !change.differs('policy')) return undefined;
  return {
    rule: 'images-expire',
    category: 'data-loss',
    severity: doubt ? 'medium' : 'high',
    sentence: doubt
      ? unsure(doubt, 'which images are deleted by age or number')
      : 'Other images than before are deleted by age or number, within a day: also those that a service still runs or would go back to.',
  };
}
