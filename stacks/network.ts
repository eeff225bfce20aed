import type { Construct } from 'constructs';
import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig } from './config';

export interface NetworkStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
}

/** The VPC with public, private and database subnets in each zone. Holds no data itself; replacing it replaces all that stands in it. */
export class NetworkStack extends BaseStack {
  public readonly vpcId: string;
  /** One a zone, in the order of `zones`. */
  public readonly publicSubnetIds: string[];
  public readonly privateSubnetIds: string[];
  public readonly databaseSubnetIds: string[];
  public constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    this.vpcId = '';
    this.publicSubnetIds = [];
    this.privateSubnetIds = [];
    this.databaseSubnetIds = [];
  }
}
