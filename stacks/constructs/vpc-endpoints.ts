import { Ec2ManagedPrefixList } from '@cdktf/provider-aws/lib/ec2-managed-prefix-list';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import { Construct } from 'constructs';

/**
 * What ECS on EC2 calls, where there is no way to the internet; S3, which holds the image layers, has a gateway endpoint
 * in every network. Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html (agent,
 * pull, logs, secrets, exec), https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html (the
 * session that operators open), and sts and kms for the tasks' own roles and keys.
 */
export const INTERFACE_ENDPOINTS = [
  'ecr.api',
  'ecr.dkr',
  'ecs',
  'ecs-agent',
  'ecs-telemetry',
  'logs',
  'secretsmanager',
  'ssm',
  'ssmmessages',
  'ec2messages',
  'sts',
  'kms',
] as const;

export interface VpcEndpointsProps {
  /** `<project>-<environment>`. */
  readonly prefix: string;
  readonly region: string;
  readonly vpcId: string;
  /** Where the endpoints stand, and the ranges of those who may call them. */
  readonly subnetIds: readonly string[];
  readonly cidrs: readonly string[];
}

/** The AWS services that stand in for a NAT gateway, each reachable under its usual name from the private subnets. */
export class VpcEndpoints extends Construct {
  public constructor(scope: Construct, id: string, props: VpcEndpointsProps) {
    super(scope, id);
    const { prefix, region, vpcId } = props;
    const callers = new Ec2ManagedPrefixList(this, 'callers', {
      name: `${prefix}-private`,
      addressFamily: 'IPv4',
      maxEntries: props.cidrs.length,
      entry: props.cidrs.map((cidr) => ({ cidr })),
    });
    const group = new SecurityGroup(this, 'group', {
      name: `${prefix}-endpoints`,
      description: 'VPC endpoints, called from the private subnets',
      vpcId,
    });
    new VpcSecurityGroupIngressRule(this, 'https', {
      securityGroupId: group.id,
      description: 'HTTPS from the private subnets',
      prefixListId: callers.id,
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
    });
    for (const service of INTERFACE_ENDPOINTS) {
      new VpcEndpoint(this, service, {
        vpcId,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: 'Interface',
        privateDnsEnabled: true,
        subnetIds: [...props.subnetIds],
        securityGroupIds: [group.id],
        tags: { Name: `${prefix}-${service}` },
      });
    }
  }
}
