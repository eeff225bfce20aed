import type { Config } from './config';
import { given, stackOf, stacksOf } from './test-app';
import { all, at, only, type Resource, type StackJson } from './test-json';

const stacks = stacksOf();
const dev = stackOf(stacks, 'dev-network');
const prod = stackOf(stacks, 'prod-network');

function withNat(nat: 'none' | 'single' | 'perZone'): StackJson {
  const config: Config = {
    ...given.config,
    environments: { prod: { ...given.config.environments.prod!, nat } },
  };
  return stackOf(stacksOf(config, {}), 'prod-network');
}

/** Route tables with a way to the internet, by the gateway that they use. */
function waysOut(stack: StackJson): Record<string, string[]> {
  const ways: Record<string, string[]> = {};
  for (const { route_table_id, gateway_id, nat_gateway_id } of all(stack, 'aws_route')) {
    const table = at(stack, String(route_table_id).slice(2, -'.id}'.length)).tags.Name as string;
    (ways[String(gateway_id ?? nat_gateway_id)] ??= []).push(table);
  }
  return ways;
}

test('each zone has a private, a public and a database subnet, the same ones on every synth', () => {
  const cidrs = Object.fromEntries(
    all(prod, 'aws_subnet').map(({ tags, cidr_block }) => [tags.Name, cidr_block]),
  );
  expect(cidrs).toEqual({
    'fairlead-prod-private-eu-west-1a': '10.30.0.0/20',
    'fairlead-prod-private-eu-west-1b': '10.30.16.0/20',
    'fairlead-prod-private-eu-west-1c': '10.30.32.0/20',
    'fairlead-prod-public-eu-west-1a': '10.30.64.0/20',
    'fairlead-prod-public-eu-west-1b': '10.30.80.0/20',
    'fairlead-prod-public-eu-west-1c': '10.30.96.0/20',
    'fairlead-prod-database-eu-west-1a': '10.30.128.0/20',
    'fairlead-prod-database-eu-west-1b': '10.30.144.0/20',
    'fairlead-prod-database-eu-west-1c': '10.30.160.0/20',
  });
});

test('no subnet gives out a public address', () => {
  expect(all(prod, 'aws_subnet').map((subnet) => subnet.map_public_ip_on_launch as boolean)).toEqual(
    Array(9).fill(false),
  );
});

test('with one NAT gateway, every private subnet leaves by it', () => {
  expect(waysOut(dev)).toEqual({
    '${aws_internet_gateway.internet.id}': [
      'fairlead-dev-public-eu-west-1a',
      'fairlead-dev-public-eu-west-1b',
    ],
    '${aws_nat_gateway.nat-eu-west-1a.id}': [
      'fairlead-dev-private-eu-west-1a',
      'fairlead-dev-private-eu-west-1b',
    ],
  });
});

test('with one a zone, each private subnet leaves in its own zone', () => {
  const zones = ['a', 'b', 'c'].map((letter) => `eu-west-1${letter}`);
  expect(waysOut(prod)).toEqual({
    '${aws_internet_gateway.internet.id}': zones.map((zone) => `fairlead-prod-public-${zone}`),
    ...Object.fromEntries(
      zones.map((zone) => [`\${aws_nat_gateway.nat-${zone}.id}`, [`fairlead-prod-private-${zone}`]]),
    ),
  });
});

test('without NAT, all that ECS on EC2 calls is in the VPC', () => {
  const none = withNat('none');
  expect(Object.keys(waysOut(none))).toEqual(['${aws_internet_gateway.internet.id}']);
  expect(all(none, 'aws_nat_gateway')).toEqual([]);
  const services = (type: string): string[] =>
    all(none, 'aws_vpc_endpoint')
      .filter(({ vpc_endpoint_type }) => vpc_endpoint_type === type)
      .map(({ service_name }) => String(service_name).slice('com.amazonaws.eu-west-1.'.length))
      .sort();
  expect(services('Interface')).toEqual([
    'ec2messages',
    'ecr.api',
    'ecr.dkr',
    'ecs',
    'ecs-agent',
    'ecs-telemetry',
    'kms',
    'logs',
    'secretsmanager',
    'ssm',
    'ssmmessages',
    'sts',
  ]);
  expect(services('Gateway')).toEqual(['s3']);
});

test.each(['none', 'single', 'perZone'] as const)(
  'with NAT %s, image layers come from S3 without it',
  (nat) => {
    const stack = withNat(nat);
    const gateways = all(stack, 'aws_vpc_endpoint').filter(
      ({ vpc_endpoint_type }) => vpc_endpoint_type === 'Gateway',
    );
    const tables = gateways.flatMap(({ route_table_ids }) => route_table_ids as string[]);
    expect(tables.map((table) => at(stack, table.slice(2, -'.id}'.length)).tags.Name as string)).toEqual(
      ['a', 'b', 'c'].map((letter) => `fairlead-prod-private-eu-west-1${letter}`),
    );
  },
);

test('the database subnets know no way out, and only PostgreSQL from the private subnets comes in', () => {
  expect(
    Object.values(waysOut(prod))
      .flat()
      .filter((table) => table.includes('database')),
  ).toEqual([]);
  const acl = only(prod, 'aws_network_acl');
  const rules = (direction: string): unknown[] =>
    (acl[direction] as Resource[]).map(({ action, protocol, cidr_block, from_port, to_port }) =>
      [action, protocol, cidr_block, from_port, to_port].join(' '),
    );
  expect(acl.subnet_ids).toHaveLength(3);
  for (const subnet of acl.subnet_ids as string[]) expect(subnet).toMatch(/^\$\{aws_subnet\.database_/);
  expect(rules('ingress')).toEqual(
    ['0', '16', '32'].map((octet) => `allow tcp 10.30.${octet}.0/20 5432 5432`),
  );
  expect(rules('egress')).toEqual(
    ['0', '16', '32'].map((octet) => `allow tcp 10.30.${octet}.0/20 1024 65535`),
  );
});

test('the default security group admits nobody', () => {
  expect(only(prod, 'aws_default_security_group')).toMatchObject({
    vpc_id: '${aws_vpc.vpc.id}',
    ingress: [],
    egress: [],
  });
});
