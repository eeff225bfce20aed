import { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association';
import { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Construct } from 'constructs';

/** In the order of their address ranges: `private` first, where the tasks take an address each. */
const TIERS = ['private', 'public', 'database'] as const;
export type Tier = (typeof TIERS)[number];

export interface SubnetTierProps {
  readonly tier: Tier;
  /** `<project>-<environment>`. */
  readonly prefix: string;
  readonly vpcId: string;
  /** A /16. */
  readonly vpcCidr: string;
  /** In any order: a subnet's range follows its zone's letter. */
  readonly zones: readonly string[];
}

/** The subnets of one purpose, one a zone, each with a route table that knows the VPC only until the stack adds to it. */
export class SubnetTier extends Construct {
  /** In the order of `zones`, as are the others. */
  public readonly subnetIds: string[];
  public readonly routeTableIds: string[];
  public readonly cidrs: string[];

  public constructor(scope: Construct, id: string, props: SubnetTierProps) {
    super(scope, id);
    const { tier, prefix, vpcId, vpcCidr, zones } = props;
    this.cidrs = zones.map((zone) => subnetCidr(vpcCidr, tier, zone));
    const made = zones.map((zone, index) => {
      const Name = `${prefix}-${tier}-${zone}`;
      const subnet = new Subnet(this, `${zone}-subnet`, {
        vpcId,
        availabilityZone: zone,
        cidrBlock: this.cidrs[index]!,
        mapPublicIpOnLaunch: false,
        tags: { Name, Tier: tier },
      });
      const routeTable = new RouteTable(this, `${zone}-routes`, { vpcId, tags: { Name } });
      new RouteTableAssociation(this, `${zone}-association`, {
        subnetId: subnet.id,
        routeTableId: routeTable.id,
      });
      return { subnet, routeTable };
    });
    this.subnetIds = made.map(({ subnet }) => subnet.id);
    this.routeTableIds = made.map(({ routeTable }) => routeTable.id);
  }
}

/** 0 for `…a`. Not where the zone stands in a list: that would move when another zone goes. */
export function zoneIndex(zone: string): number {
  return zone.charCodeAt(zone.length - 1) - 'a'.charCodeAt(0);
}

/**
 * The /21 (2,043 usable addresses) of a tier in a zone: tier by tier, eight blocks each, one a letter, the last quarter of
 * the /16 left free.
 * @throws Error when `vpcCidr` is no /16, or the zone ends with no letter from a to h
 */
export function subnetCidr(vpcCidr: string, tier: Tier, zone: string): string {
  const network = /^(\d+\.\d+)\.0\.0\/16$/.exec(vpcCidr)?.[1];
  if (network === undefined)
    throw new Error(`subnets: the VPC's range must be a /16 such as 10.20.0.0/16, got ${vpcCidr}`);
  if (!/[a-h]$/.test(zone))
    throw new Error(`subnets: a zone must end with a letter from a to h, got ${zone}`);
  return `${network}.${(TIERS.indexOf(tier) * 8 + zoneIndex(zone)) * 8}.0/21`;
}
