import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { DbInstance } from '@cdktf/provider-aws/lib/db-instance';
import { DbParameterGroup } from '@cdktf/provider-aws/lib/db-parameter-group';
import { DbSubnetGroup } from '@cdktf/provider-aws/lib/db-subnet-group';
import { Construct } from 'constructs';

import type { AccountRegion, DatabaseConfig } from '../config';
import { alarmsMayUseKey } from './alarm-topic';
import { EncryptionKey, logsMayUseKey } from './encryption-key';
import { Role, serviceTrust } from './role';

export const POSTGRES_PORT = 5432;

const MAJOR_VERSION = '16';
/** Signs the certificate that clients verify; unsaid, AWS changes it some day. */
const CERTIFICATE_AUTHORITY = 'rds-ca-rsa2048-g1';
const EXPORTED_LOGS = ['postgresql', 'upgrade'] as const;

export interface PostgresProps {
  /** Of the instance; at most 63 characters. */
  readonly identifier: string;
  readonly where: AccountRegion;
  readonly database: DatabaseConfig;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly boundaryArn: string;
  /** Refuses deletion, and when that is lifted leaves a final snapshot and the automated backups behind. */
  readonly protection: boolean;
  /** Changes at once rather than in the maintenance window; keys go in 7 days rather than 30. */
  readonly ephemeral: boolean;
}

/** An RDS PostgreSQL instance that only speaks TLS, under a key of its own. Replacing it loses what was written since the last snapshot. */
export class Postgres extends Construct {
  /** Known once there is an instance of that name. */
  public readonly identifier: string;
  public readonly host: string;
  public readonly databaseName = 'app';
  public readonly resourceId: string;
  public readonly masterSecretArn: string;
  public readonly keyArn: string;

  public constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id);
    const { identifier, where, database, protection, ephemeral } = props;
    const logGroupPrefix = `/aws/rds/instance/${identifier}/`;

    const key = new EncryptionKey(this, 'key', {
      alias: `alias/${identifier}`,
      description: `Storage, master password, insights, logs and alarms of ${identifier}`,
      account: where.account,
      deletionDays: ephemeral ? 7 : 30,
      statements: [logsMayUseKey(where, logGroupPrefix), alarmsMayUseKey(where.account, { rdsEvents: true })],
    });
    // RDS would make them itself, without key and for ever.
    const logs = EXPORTED_LOGS.map(
      (log) =>
        new CloudwatchLogGroup(this, `log-${log}`, {
          name: `${logGroupPrefix}${log}`,
          retentionInDays: 365,
          kmsKeyId: key.arn,
        }),
    );
    const parameters = new DbParameterGroup(this, 'parameters', {
      // The version in the name: a major upgrade makes a new group before the old one can go.
      name: `${identifier}-postgres${MAJOR_VERSION}`,
      family: `postgres${MAJOR_VERSION}`,
      description: `PostgreSQL ${MAJOR_VERSION} settings of ${identifier}`,
      parameter: [
        { name: 'rds.force_ssl', value: '1' },
        { name: 'log_statement', value: 'ddl' },
        // Milliseconds: slower statements are logged with their text.
        { name: 'log_min_duration_statement', value: '1000' },
      ],
      lifecycle: { createBeforeDestroy: true },
    });
    const subnets = new DbSubnetGroup(this, 'subnets', {
      name: identifier,
      description: `Database subnets of ${identifier}`,
      subnetIds: [...props.subnetIds],
    });
    const monitoring = new Role(this, 'monitoring', {
      name: `${identifier}-monitoring`,
      description: `Writes the operating system metrics of ${identifier}`,
      boundaryArn: props.boundaryArn,
      trust: [
        serviceTrust(
          'monitoring.rds.amazonaws.com',
          where.account,
          `arn:aws:rds:${where.region}:${where.account}:db:${identifier}`,
        ),
      ],
      // As the managed policy AmazonRDSEnhancedMonitoringRole, for the one log group that it writes.
      statements: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'],
          Resource: `arn:aws:logs:${where.region}:${where.account}:log-group:RDSOSMetrics`,
        },
        {
          Effect: 'Allow',
          Action: [
            'logs:CreateLogStream',
            'logs:DescribeLogStreams',
            'logs:GetLogEvents',
            'logs:PutLogEvents',
          ],
          Resource: `arn:aws:logs:${where.region}:${where.account}:log-group:RDSOSMetrics:log-stream:*`,
        },
      ],
    });

    const instance = new DbInstance(this, 'Default', {
      identifier,
      engine: 'postgres',
      engineVersion: MAJOR_VERSION,
      autoMinorVersionUpgrade: true,
      instanceClass: database.instanceClass,
      multiAz: database.multiAz,
      dbName: this.databaseName,
      port: POSTGRES_PORT,

      username: 'app_owner',
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: key.arn,
      iamDatabaseAuthenticationEnabled: true,

      storageType: 'gp3',
      allocatedStorage: database.storageGiB,
      // RDS refuses a maximum that leaves no room to grow.
      ...(database.maxStorageGiB > database.storageGiB
        ? { maxAllocatedStorage: database.maxStorageGiB }
        : {}),
      storageEncrypted: true,
      kmsKeyId: key.arn,

      dbSubnetGroupName: subnets.name,
      vpcSecurityGroupIds: [props.securityGroupId],
      publiclyAccessible: false,
      caCertIdentifier: CERTIFICATE_AUTHORITY,
      parameterGroupName: parameters.name,

      // UTC; the maintenance window must not touch the backup's.
      backupWindow: '02:00-03:00',
      maintenanceWindow: 'sun:03:30-sun:04:30',
      backupRetentionPeriod: database.backupDays,
      copyTagsToSnapshot: true,
      deletionProtection: protection,
      deleteAutomatedBackups: !protection,
      skipFinalSnapshot: !protection,
      ...(protection ? { finalSnapshotIdentifier: `${identifier}-final` } : {}),
      applyImmediately: ephemeral,

      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: key.arn,
      performanceInsightsRetentionPeriod: 7,
      monitoringInterval: 60,
      monitoringRoleArn: monitoring.arn,
      enabledCloudwatchLogsExports: [...EXPORTED_LOGS],
      dependsOn: logs,
    });

    this.identifier = instance.identifier;
    this.host = instance.address;
    this.resourceId = instance.resourceId;
    this.masterSecretArn = instance.masterUserSecret.get(0).secretArn;
    this.keyArn = key.arn;
  }
}
