import { Ec2ManagedPrefixList } from '@cdktf/provider-aws/lib/ec2-managed-prefix-list';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import { Construct } from 'constructs';

import type { AccountRegion } from '../config';
import { ownPrincipalsOnly } from './endpoint-policies';

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

/**
 * Without a policy of ours. AWS documents none for them, and some services refuse an endpoint that has one: an agent that
 * cannot poll is an instance on which nothing can be placed. What can be asked of them is no more than what to run.
 */
const WITHOUT_POLICY: readonly string[] = ['ecs-agent', 'ecs-telemetry'];

export interface VpcEndpointsProps {
  /** `<project>-<environment>`. */
  readonly prefix: string;
  readonly where: AccountRegion;
  readonly vpcId: string;
  /** Where the endpoints stand, and the ranges of those who may call them. */
  readonly subnetIds: readonly string[];
  readonly cidrs: readonly string[];
}

/**
 * The AWS services that stand in for a NAT gateway, each reachable under its usual name from the private subnets by
 * principals of the account.
 */
export class VpcEndpoints extends Construct {
  public constructor(scope: Construct, id: string, props: VpcEndpointsProps) {
    super(scope, id);
    const { prefix, where, vpcId } = props;
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
        serviceName: `com.amazonaws.${where.region}.${service}`,
        vpcEndpointType: 'Interface',
        privateDnsEnabled: true,
        subnetIds: [...props.subnetIds],
        securityGroupIds: [group.id],
        ...(!WITHOUT_POLICY.includes(service) && {
          // `ecr.api` and `ecr.dkr` are asked for actions of `ecr`.
          policy: ownPrincipalsOnly(service.replace(/\..*/, ''), where),
        }),
        tags: { Name: `${prefix}-${service}` },
      });
    }
  }
}
