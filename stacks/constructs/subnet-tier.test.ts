import { all, constructJson } from '../test-json';
import { subnetCidr, SubnetTier } from './subnet-tier';

test('tiers and zones never share addresses, and the last quarter stays free', () => {
  const ranges = (['private', 'public', 'database'] as const).flatMap((tier) =>
    [0, 1, 2, 3].map((zone) => subnetCidr('10.20.0.0/16', tier, zone)),
  );
  expect(ranges).toEqual([...Array(12).keys()].map((block) => `10.20.${block * 16}.0/20`));
});

test('fails when the range is no /16', () => {
  expect(() => subnetCidr('10.20.0.0/20', 'public', 0)).toThrow(
    "subnets: the VPC's range must be a /16 such as 10.20.0.0/16, got 10.20.0.0/20",
  );
});

test('fails when there are more zones than room', () => {
  expect(() => subnetCidr('10.20.0.0/16', 'public', 4)).toThrow(
    'subnets: a tier has room for 4 zones, asked for the 5th',
  );
});

test('each subnet has a route table of its own, without a route', () => {
  const json = constructJson(
    (scope) =>
      new SubnetTier(scope, 'private', {
        tier: 'private',
        prefix: 'acme-dev',
        vpcId: 'vpc-1',
        vpcCidr: '10.20.0.0/16',
        zones: ['eu-west-1a', 'eu-west-1b'],
      }),
  );
  const associations = all(json, 'aws_route_table_association');
  expect(new Set(associations.map(({ route_table_id }) => route_table_id as string)).size).toBe(2);
  expect(new Set(associations.map(({ subnet_id }) => subnet_id as string)).size).toBe(2);
  expect(all(json, 'aws_route')).toEqual([]);
});
