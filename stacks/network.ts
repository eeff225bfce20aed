import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group';
import { Eip } from '@cdktf/provider-aws/lib/eip';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import { NetworkAcl } from '@cdktf/provider-aws/lib/network-acl';
import { Route } from '@cdktf/provider-aws/lib/route';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import type { Construct } from 'constructs';

import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig } from './config';
import { ownBucketsAndImagesOnly } from './constructs/endpoint-policies';
import { FlowLogs } from './constructs/flow-logs';
import { POSTGRES_PORT } from './constructs/postgres';
import { SubnetTier, type Tier, zoneIndex } from './constructs/subnet-tier';
import { VpcEndpoints } from './constructs/vpc-endpoints';
import { boundaryArn } from './names';

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
  /** By zone: all zones, the first or none, as `nat` says. */
  public readonly natGatewayIds: Readonly<Record<string, string>>;

  public constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    const { settings, where } = props;
    const prefix = `${props.config.project}-${props.environment}`;

    const vpc = new Vpc(this, 'vpc', {
      cidrBlock: settings.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: prefix },
    });
    // Without a rule it admits nothing; every VPC has one that admits its own members to each other.
    new DefaultSecurityGroup(this, 'default-group', {
      vpcId: vpc.id,
      ingress: [],
      egress: [],
      tags: { Name: `${prefix}-unused` },
    });

    const tier = (name: Tier): SubnetTier =>
      new SubnetTier(this, name, {
        tier: name,
        prefix,
        vpcId: vpc.id,
        vpcCidr: settings.cidr,
        zones: settings.zones,
      });
    const publicTier = tier('public');
    const privateTier = tier('private');
    const databaseTier = tier('database');

    const gateway = new InternetGateway(this, 'internet', { vpcId: vpc.id, tags: { Name: prefix } });
    settings.zones.forEach((zone, index) => {
      new Route(this, `public-${zone}-out`, {
        routeTableId: publicTier.routeTableIds[index]!,
        destinationCidrBlock: '0.0.0.0/0',
        gatewayId: gateway.id,
      });
    });

    const natZones = { none: [], single: settings.zones.slice(0, 1), perZone: settings.zones }[settings.nat];
    const nats = natZones.map((zone, index) => {
      const Name = `${prefix}-${zone}`;
      const address = new Eip(this, `nat-${zone}-address`, { domain: 'vpc', tags: { Name } });
      return new NatGateway(this, `nat-${zone}`, {
        allocationId: address.id,
        subnetId: publicTier.subnetIds[index]!,
        tags: { Name },
        // It is useless, and AWS may refuse it, before the VPC has its internet gateway.
        dependsOn: [gateway],
      });
    });
    if (nats.length > 0) {
      settings.zones.forEach((zone, index) => {
        new Route(this, `private-${zone}-out`, {
          routeTableId: privateTier.routeTableIds[index]!,
          destinationCidrBlock: '0.0.0.0/0',
          natGatewayId: (nats[index] ?? nats[0]!).id,
        });
      });
    } else {
      new VpcEndpoints(this, 'endpoints', {
        prefix,
        where,
        vpcId: vpc.id,
        subnetIds: privateTier.subnetIds,
        cidrs: privateTier.cidrs,
      });
    }
    // Free, and image layers come from S3: no NAT gateway is paid to carry them.
    new VpcEndpoint(this, 's3', {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${where.region}.s3`,
      vpcEndpointType: 'Gateway',
      routeTableIds: privateTier.routeTableIds,
      policy: ownBucketsAndImagesOnly(where),
      tags: { Name: `${prefix}-s3` },
    });

    // A second wall behind the security group: only the private subnets, only PostgreSQL. An ACL forgets connections,
    // so the answers to the clients' ephemeral ports are allowed too.
    const clients = settings.zones.map((zone, index) => ({
      ruleNo: 100 + zoneIndex(zone),
      cidrBlock: privateTier.cidrs[index]!,
    }));
    new NetworkAcl(this, 'database-acl', {
      vpcId: vpc.id,
      subnetIds: databaseTier.subnetIds,
      ingress: allowTcp(clients, POSTGRES_PORT, POSTGRES_PORT),
      egress: allowTcp(clients, 1024, 65535),
      tags: { Name: `${prefix}-database` },
    });

    new FlowLogs(this, 'flow-logs', {
      name: `${prefix}-flow-logs`,
      logGroupName: `/${props.config.project}/${props.environment}/flow-logs`,
      where,
      vpcId: vpc.id,
      boundaryArn: boundaryArn(props.config.project, where.account),
      keyDeletionDays: settings.domain === 'ephemeral' ? 7 : 30,
    });

    this.vpcId = vpc.id;
    this.publicSubnetIds = publicTier.subnetIds;
    this.privateSubnetIds = privateTier.subnetIds;
    this.databaseSubnetIds = databaseTier.subnetIds;
    this.natGatewayIds = Object.fromEntries(natZones.map((zone, index) => [zone, nats[index]!.id]));
  }
}

interface Client {
  readonly ruleNo: number;
  readonly cidrBlock: string;
}

function allowTcp(clients: readonly Client[], fromPort: number, toPort: number) {
  return clients.map((client) => ({ ...client, action: 'allow', protocol: 'tcp', fromPort, toPort }));
}
