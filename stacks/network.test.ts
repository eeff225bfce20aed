import type { Config, EnvironmentConfig } from './config';
import { given, stackOf, stacksOf } from './test-app';
import { all, at, only, type Resource, type StackJson } from './test-json';

const stacks = stacksOf();
const dev = stackOf(stacks, 'dev-network');
const prod = stackOf(stacks, 'prod-network');

function prodWith(change: Partial<EnvironmentConfig>): StackJson {
  const config: Config = {
    ...given.config,
    environments: { prod: { ...given.config.environments.prod!, ...change } },
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
    'fairlead-prod-private-eu-west-1a': '10.30.0.0/21',
    'fairlead-prod-private-eu-west-1b': '10.30.8.0/21',
    'fairlead-prod-private-eu-west-1c': '10.30.16.0/21',
    'fairlead-prod-public-eu-west-1a': '10.30.64.0/21',
    'fairlead-prod-public-eu-west-1b': '10.30.72.0/21',
    'fairlead-prod-public-eu-west-1c': '10.30.80.0/21',
    'fairlead-prod-database-eu-west-1a': '10.30.128.0/21',
    'fairlead-prod-database-eu-west-1b': '10.30.136.0/21',
    'fairlead-prod-database-eu-west-1c': '10.30.144.0/21',
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

/**
 * What is called from the private subnets, and who calls it there. Kept apart from the list that the construct has: it is
 * what that one must hold.
 */
const CALLED = [
  ['ecr.api', 'Interface', 'the agent, for a token and the manifest of an image'],
  ['ecr.dkr', 'Interface', 'the container runtime, to pull the image'],
  ['s3', 'Gateway', 'the container runtime, for the layers of the image'],
  ['ecs', 'Interface', 'the agent, to register the instance'],
  ['ecs-agent', 'Interface', 'the agent, to be told which tasks to start'],
  ['ecs-telemetry', 'Interface', 'the agent, for metrics and container insights'],
  ['logs', 'Interface', 'the log driver of each container'],
  ['secretsmanager', 'Interface', 'the agent, for the master secret of a migration'],
  ['ssm', 'Interface', 'the session agent, to register the instance'],
  ['ssmmessages', 'Interface', 'sessions, and ECS Exec'],
  ['ec2messages', 'Interface', 'the session agent, for commands'],
  ['sts', 'Interface', 'whoever takes on a role'],
  ['kms', 'Interface', 'whoever reads what is under a key'],
] as const;

describe('without NAT', () => {
  const none = prodWith({ nat: 'none' });
  const endpoints = all(none, 'aws_vpc_endpoint').map(({ service_name, vpc_endpoint_type }) => ({
    service: String(service_name),
    type: String(vpc_endpoint_type),
  }));

  test('no private subnet has a way out', () => {
    expect(Object.keys(waysOut(none))).toEqual(['${aws_internet_gateway.internet.id}']);
    expect(all(none, 'aws_nat_gateway')).toEqual([]);
    expect(all(none, 'aws_eip')).toEqual([]);
  });

  test.each(CALLED)('%s is in the VPC (%s): %s', (service, type) => {
    expect(endpoints).toContainEqual({ service: `com.amazonaws.eu-west-1.${service}`, type });
  });

  test('nothing is paid for that nobody calls', () => {
    expect(endpoints.map(({ service }) => service).sort()).toEqual(
      CALLED.map(([service]) => `com.amazonaws.eu-west-1.${service}`).sort(),
    );
  });
});

describe('a zone is nobody else’s business', () => {
  /** Every resource by its address, with lists in one order: AWS knows none in those of subnets, routes and rules. */
  const resources = (stack: StackJson): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(stack.resource).flatMap(([type, named]) =>
        Object.entries(named).map(([id, values]) => [`${type}.${id}`, inOneOrder(values)]),
      ),
    );
  const before = resources(prod);
  /** What holds one list of all zones. */
  const OF_ALL_ZONES = ['aws_network_acl.database-acl', 'aws_vpc_endpoint.s3'];

  test('when the first goes, what is in the others stays as it was', () => {
    const after = resources(prodWith({ zones: ['eu-west-1b', 'eu-west-1c'] }));
    const gone = Object.keys(before).filter((address) => !(address in after));
    expect(gone.sort()).toEqual([
      'aws_eip.nat-eu-west-1a-address',
      'aws_nat_gateway.nat-eu-west-1a',
      'aws_route.private-eu-west-1a-out',
      'aws_route.public-eu-west-1a-out',
      expect.stringMatching(/^aws_route_table\.database_eu-west-1a-routes_/),
      expect.stringMatching(/^aws_route_table\.private_eu-west-1a-routes_/),
      expect.stringMatching(/^aws_route_table\.public_eu-west-1a-routes_/),
      expect.stringMatching(/^aws_route_table_association\.database_eu-west-1a-association_/),
      expect.stringMatching(/^aws_route_table_association\.private_eu-west-1a-association_/),
      expect.stringMatching(/^aws_route_table_association\.public_eu-west-1a-association_/),
      expect.stringMatching(/^aws_subnet\.database_eu-west-1a-subnet_/),
      expect.stringMatching(/^aws_subnet\.private_eu-west-1a-subnet_/),
      expect.stringMatching(/^aws_subnet\.public_eu-west-1a-subnet_/),
    ]);
    const changed = Object.keys(after).filter(
      (address) => JSON.stringify(after[address]) !== JSON.stringify(before[address]),
    );
    expect(changed.sort()).toEqual(OF_ALL_ZONES);
  });

  test('a rule of the database’s second wall keeps its number when another zone goes', () => {
    const numbers = (stack: StackJson): unknown =>
      Object.fromEntries(
        (only(stack, 'aws_network_acl').ingress as Resource[]).map(({ rule_no, cidr_block }) => [
          rule_no,
          cidr_block,
        ]),
      );
    expect(numbers(prod)).toEqual({ 100: '10.30.0.0/21', 101: '10.30.8.0/21', 102: '10.30.16.0/21' });
    expect(numbers(prodWith({ zones: ['eu-west-1a', 'eu-west-1c'] }))).toEqual({
      100: '10.30.0.0/21',
      102: '10.30.16.0/21',
    });
  });

  test('in another order they are the same', () => {
    const zones = ['eu-west-1c', 'eu-west-1a', 'eu-west-1b'];
    expect(resources(prodWith({ zones }))).toEqual(before);
  });

  test('no two subnets share an address', () => {
    const ranges = all(prod, 'aws_subnet').map(({ cidr_block }) => rangeOf(String(cidr_block)));
    ranges.sort(([a], [b]) => a - b);
    ranges.forEach(([first], index) => expect(first).toBeGreaterThan(ranges[index - 1]?.[1] ?? 0));
  });
});

function inOneOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(inOneOrder(item))).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '//')
      .map(([key, inner]) => [key, inOneOrder(inner)]),
  );
}

/** First and last address, as numbers. */
function rangeOf(cidr: string): [first: number, last: number] {
  const [address = '', bits] = cidr.split('/');
  const first = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

test.each(['none', 'single', 'perZone'] as const)(
  'with NAT %s, image layers come from S3 without it',
  (nat) => {
    const stack = prodWith({ nat });
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
    ['0', '8', '16'].map((octet) => `allow tcp 10.30.${octet}.0/21 5432 5432`),
  );
  expect(rules('egress')).toEqual(
    ['0', '8', '16'].map((octet) => `allow tcp 10.30.${octet}.0/21 1024 65535`),
  );
});

test('the default security group admits nobody', () => {
  expect(only(prod, 'aws_default_security_group')).toMatchObject({
    vpc_id: '${aws_vpc.vpc.id}',
    ingress: [],
    egress: [],
  });
});
