import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import type { Construct } from 'constructs';

import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig } from './config';
import { AlarmTopic } from './constructs/alarm-topic';
import { Postgres, POSTGRES_PORT } from './constructs/postgres';
import { PostgresAlarms } from './constructs/postgres-alarms';
import { boundaryArn, databaseIdentifier } from './names';
import type { NetworkStack } from './network';

export interface DataStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly network: NetworkStack;
}

/** What a service needs to reach the database. */
export interface DatabaseAccess {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly securityGroupId: string;
  /** `db-…`, for `rds-db:connect`. */
  readonly resourceId: string;
  /** Secrets Manager; for the migration task only. */
  readonly masterSecretArn: string;
  /** Encrypts that secret. */
  readonly keyArn: string;
}

/**
 * RDS PostgreSQL and its alarms, with a topic of their own: it is made beside the platform, not after it. Replacing the
 * instance loses what was written since the last snapshot. Where the environment has no database the stack holds nothing,
 * and is there all the same: its plan is what destroys the database that was.
 */
export class DataStack extends BaseStack {
  /** Undefined where the environment has no database. */
  public readonly access: DatabaseAccess | undefined;

  public constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { config, where, settings, network } = props;
    const { database } = settings;
    if (database === 'none') return;
    const identifier = databaseIdentifier(config.project, props.environment);

    // Without rules: each service that uses the database admits itself, by the id of its own group.
    const group = new SecurityGroup(this, 'group', {
      name: identifier,
      description: `PostgreSQL of ${props.environment}`,
      vpcId: network.vpcId,
      tags: { Name: identifier },
    });
    const postgres = new Postgres(this, 'postgres', {
      identifier,
      where,
      database,
      subnetIds: network.databaseSubnetIds,
      securityGroupId: group.id,
      boundaryArn: boundaryArn(config.project, where.account),
      protection: settings.protection,
      ephemeral: settings.domain === 'ephemeral',
    });

    const { account, region } = where;
    const topic = new AlarmTopic(this, 'alarms', {
      name: `${identifier}-alarms`,
      where,
      keyArn: postgres.keyArn,
      email: settings.alarmEmail,
      eventsOf: ['db', 'es'].map((type) => `arn:aws:rds:${region}:${account}:${type}:${identifier}`),
    });
    new PostgresAlarms(this, 'postgres-alarms', {
      name: identifier,
      identifier: postgres.identifier,
      storageGiB: database.storageGiB,
      topicArn: topic.arn,
    });

    this.access = {
      host: postgres.host,
      port: POSTGRES_PORT,
      name: postgres.databaseName,
      securityGroupId: group.id,
      resourceId: postgres.resourceId,
      masterSecretArn: postgres.masterSecretArn,
      keyArn: postgres.keyArn,
    };
  }
}
