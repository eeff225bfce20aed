import type { EnvironmentConfig } from '../../stacks/config';
import { child, type JsonObject } from '../changes/json';
import { type CostedStack, type Costs, costsOf } from './costs';
import type { Prices } from './prices';

/**
 * Interface endpoints that an environment without NAT gets, in each zone: as many as `INTERFACE_ENDPOINTS` of
 * stacks/constructs/vpc-endpoints.ts. A test synthesizes every variant below and compares.
 */
export const ENDPOINTS_WITHOUT_NAT = 12;

/** The same environment with one setting changed. */
export interface Variant {
  /** As in stacks/config.ts, such as `nat: perZone`. */
  readonly setting: string;
  /** Whether it is set so. */
  readonly now: boolean;
  readonly costs: Costs;
}

/** What the settings with the greatest effect on the bill would each make of it. */
export function variantsOf(
  stacks: readonly CostedStack[],
  { nat, zones, database, cluster }: EnvironmentConfig,
  prices: Prices,
): readonly Variant[] {
  const variant = (setting: string, now: boolean, changed: readonly CostedStack[]): Variant => ({
    setting,
    now,
    costs: costsOf(now ? stacks : changed, prices),
  });
  return [
    ...(['none', 'single', 'perZone'] as const).map((mode) =>
      variant(`nat: ${mode}`, mode === nat, withNat(stacks, mode, zones.length)),
    ),
    ...(database === 'none'
      ? []
      : [false, true].map((multiAz) =>
          variant(
            `multiAz: ${multiAz}`,
            multiAz === database.multiAz,
            altered(stacks, 'aws_db_instance', () => ({ multi_az: multiAz })),
          ),
        )),
    variant(
      `minInstances: ${cluster.minInstances + 1}`,
      false,
      altered(stacks, 'aws_autoscaling_group', ({ min_size: size }) => ({ min_size: Number(size) + 1 })),
    ),
  ];
}

/** The way out of the private subnets replaced by another, with the alarms of its gateways wherever they stand. */
function withNat(
  stacks: readonly CostedStack[],
  nat: EnvironmentConfig['nat'],
  zones: number,
): readonly CostedStack[] {
  const gateways = { none: 0, single: 1, perZone: zones }[nat];
  return withoutNatAlarms(stacks).map((stack) => {
    const {
      aws_vpc,
      aws_nat_gateway: nats,
      aws_eip: addresses,
      aws_vpc_endpoint: endpoints,
      aws_cloudwatch_metric_alarm: alarms,
    } = stack.resources;
    if (aws_vpc === undefined) return stack;
    const used = Object.values(nats ?? {}).map((gateway) => String(child(gateway, 'allocation_id')));
    const others = Object.entries(addresses ?? {}).filter(
      ([name]) => !used.some((reference) => reference.includes(`aws_eip.${name}.`)),
    );
    const free = Object.entries(endpoints ?? {}).filter(
      ([, endpoint]) => child(endpoint, 'vpc_endpoint_type') !== 'Interface',
    );
    return {
      ...stack,
      resources: {
        ...stack.resources,
        aws_nat_gateway: several(gateways, {}),
        aws_cloudwatch_metric_alarm: { ...alarms, ...several(gateways, {}) },
        aws_eip: { ...several(gateways, {}), ...Object.fromEntries(others) },
        aws_vpc_endpoint: {
          ...(nat === 'none'
            ? several(ENDPOINTS_WITHOUT_NAT, {
                vpc_endpoint_type: 'Interface',
                subnet_ids: Array.from({ length: zones }),
              })
            : {}),
          ...Object.fromEntries(free),
        },
      },
    };
  });
}

function withoutNatAlarms(stacks: readonly CostedStack[]): readonly CostedStack[] {
  return stacks.map((stack) => {
    const alarms = Object.entries(stack.resources.aws_cloudwatch_metric_alarm ?? {}).filter(
      ([, alarm]) => child(alarm, 'namespace') !== 'AWS/NATGateway',
    );
    return {
      ...stack,
      resources: {
        ...stack.resources,
        aws_cloudwatch_metric_alarm: Object.fromEntries(alarms) as JsonObject,
      },
    };
  });
}

function several(count: number, resource: JsonObject): JsonObject {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}`, resource]));
}

/** Every resource of a type with some attributes changed. */
function altered(
  stacks: readonly CostedStack[],
  type: string,
  change: (resource: JsonObject) => JsonObject,
): readonly CostedStack[] {
  return stacks.map((stack) => {
    const named = stack.resources[type];
    if (named === undefined) return stack;
    const changed = Object.entries(named as Record<string, JsonObject>).map(([name, resource]) => [
      name,
      { ...resource, ...change(resource) },
    ]);
    return { ...stack, resources: { ...stack.resources, [type]: Object.fromEntries(changed) as JsonObject } };
  });
}
