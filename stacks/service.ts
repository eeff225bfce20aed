import type { Construct } from 'constructs';
import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig, ServiceDescriptor } from './config';
import type { DataStack } from './data';
import type { NetworkStack } from './network';
import type { PlatformStack } from './platform';
import type { TasksStack } from './tasks';

export interface ServiceStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly service: string;
  readonly descriptor: ServiceDescriptor;
  readonly network: NetworkStack;
  readonly platform: PlatformStack;
  readonly tasks: TasksStack;
  /** @default none: the service uses no database */
  readonly data?: DataStack;
}

/** One service running on the platform: its tasks, its share of the balancer, its scaling. Holds no data: safe to replace. */
export class ServiceStack extends BaseStack {
  public constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
  }
}
