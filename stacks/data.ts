import type { Construct } from 'constructs';
import { BaseStack, type BaseStackProps } from './base-stack';
import type { DatabaseConfig, EnvironmentConfig } from './config';
import type { NetworkStack } from './network';

export interface DataStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly database: DatabaseConfig;
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

/** RDS PostgreSQL. Replacing the instance loses what was written since the last snapshot. */
export class DataStack extends BaseStack {
  public readonly access: DatabaseAccess;
  public constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    this.access = { host: '', port: 5432, name: '', securityGroupId: '', resourceId: '', masterSecretArn: '', keyArn: '' };
  }
}
