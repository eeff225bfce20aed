import type { Construct } from 'constructs';
import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig } from './config';
import type { NetworkStack } from './network';

export interface PlatformStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly network: NetworkStack;
}

/** The container platform: ECS cluster on EC2 behind a load balancer. Holds no data: safe to replace. */
export class PlatformStack extends BaseStack {
  public readonly clusterName: string;
  public readonly clusterArn: string;
  /** The association of the capacity provider with the cluster is part of this value: what uses it comes after. */
  public readonly capacityProviderName: string;
  /** The listener that services add their rules to: HTTPS with a domain, HTTP in an ephemeral environment. */
  public readonly listenerArn: string;
  public readonly loadBalancerSecurityGroupId: string;
  /** `app/…/…`, as CloudWatch and target tracking by requests name the balancer. */
  public readonly loadBalancerArnSuffix: string;
  /** Of alarms. */
  public readonly alarmTopicArn: string;
  /** Of the log groups in this environment. */
  public readonly logKeyArn: string;
  public constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id, props);
    this.clusterName = this.clusterArn = this.capacityProviderName = this.listenerArn = '';
    this.loadBalancerSecurityGroupId = this.loadBalancerArnSuffix = this.alarmTopicArn = this.logKeyArn = '';
  }
}
