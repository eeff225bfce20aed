import type { Construct } from 'constructs';
import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig, ServiceDescriptor } from './config';
import type { DataStack } from './data';
import type { NetworkStack } from './network';
import type { PlatformStack } from './platform';

export interface TasksStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly service: string;
  readonly descriptor: ServiceDescriptor;
  readonly network: NetworkStack;
  readonly platform: PlatformStack;
  /** @default none: the service uses no database */
  readonly data?: DataStack;
}

/** The task definitions of one service, from one image digest. Takes the variable `image`; holds no data. */
export class TasksStack extends BaseStack {
  /** With its revision. */
  public readonly taskDefinitionArn: string;
  public constructor(scope: Construct, id: string, props: TasksStackProps) {
    super(scope, id, props);
    this.taskDefinitionArn = '';
  }
}
