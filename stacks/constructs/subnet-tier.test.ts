import { all, constructJson } from '../test-json';
import { subnetCidr, SubnetTier } from './subnet-tier';

const PROPS = { prefix: 'acme-dev', vpcId: 'vpc-1', vpcCidr: '10.20.0.0/16' };
const LETTERS = [...'abcdefgh'];

test('each tier has a /21 for each letter, and the last quarter stays free', () => {
  const ranges = (['private', 'public', 'database'] as const).flatMap((tier) =>
    LETTERS.map((letter) => subnetCidr('10.20.0.0/16', tier, `eu-west-1${letter}`)),
  );
  expect(ranges).toEqual([...Array(24).keys()].map((block) => `10.20.${block * 8}.0/21`));
});

test.each([
  { 'eu-west-1a': '10.20.64.0/21', 'eu-west-1b': '10.20.72.0/21', 'eu-west-1c': '10.20.80.0/21' },
  { 'eu-west-1c': '10.20.80.0/21', 'eu-west-1a': '10.20.64.0/21' },
  { 'eu-west-1b': '10.20.72.0/21' },
])('a zone keeps its range whatever stands beside it: %j', (ranges) => {
  const json = constructJson(
    (scope) => new SubnetTier(scope, 'public', { ...PROPS, tier: 'public', zones: Object.keys(ranges) }),
  );
  const subnets = all(json, 'aws_subnet');
  expect(
    Object.fromEntries(subnets.map(({ availability_zone, cidr_block }) => [availability_zone, cidr_block])),
  ).toEqual(ranges);
});

test('fails when the range is no /16', () => {
  expect(() => subnetCidr('10.20.0.0/20', 'public', 'eu-west-1a')).toThrow(
    "subnets: the VPC's range must be a /16 such as 10.20.0.0/16, got 10.20.0.0/20",
  );
});

test.each(['us-east-1i', 'us-east-1'])('fails when a zone has no range of its own: %s', (zone) => {
  expect(() => subnetCidr('10.20.0.0/16', 'public', zone)).toThrow(
    `subnets: a zone must end with a letter from a to h, got ${zone}`,
  );
});

test('each subnet has a route table of its own, without a route', () => {
  const json = constructJson(
    (scope) =>
      new SubnetTier(scope, 'private', {
        ...PROPS,
        tier: 'private',
        zones: ['eu-west-1a', 'eu-west-1b'],
      }),
  );
  const associations = all(json, 'aws_route_table_association');
  expect(new Set(associations.map(({ route_table_id }) => route_table_id as string)).size).toBe(2);
  expect(new Set(associations.map(({ subnet_id }) => subnet_id as string)).size).toBe(2);
  expect(all(json, 'aws_route')).toEqual([]);
});
