import { all, constructJson, only } from '../test-json';
import { ownPrincipalsOnly } from './endpoint-policies';
import { INTERFACE_ENDPOINTS, VpcEndpoints } from './vpc-endpoints';

const json = constructJson(
  (scope) =>
    new VpcEndpoints(scope, 'endpoints', {
      prefix: 'acme-dev',
      where: { account: '222222222222', region: 'eu-west-1' },
      vpcId: 'vpc-1',
      subnetIds: ['subnet-a', 'subnet-b'],
      cidrs: ['10.20.0.0/20', '10.20.16.0/20'],
    }),
);

test('each service keeps its usual name and has an address in every private subnet', () => {
  const endpoints = all(json, 'aws_vpc_endpoint');
  expect(endpoints).toHaveLength(INTERFACE_ENDPOINTS.length);
  for (const endpoint of endpoints) {
    expect(endpoint).toMatchObject({ private_dns_enabled: true, subnet_ids: ['subnet-a', 'subnet-b'] });
  }
});

test('each lets principals of the account through to its own actions, but for those for which AWS documents no policy', () => {
  const policies = Object.fromEntries(
    all(json, 'aws_vpc_endpoint').map(({ tags, policy }) => [
      String(tags.Name).replace('acme-dev-', ''),
      policy as unknown,
    ]),
  );
  const services = INTERFACE_ENDPOINTS.filter((name) => !['ecs-agent', 'ecs-telemetry'].includes(name));
  expect(policies).toEqual({
    ...Object.fromEntries(
      services.map((name) => [
        name,
        ownPrincipalsOnly(name.startsWith('ecr.') ? 'ecr' : name, {
          account: '222222222222',
          region: 'eu-west-1',
        }),
      ]),
    ),
    'ecs-agent': undefined,
    'ecs-telemetry': undefined,
  });
});

test('the private subnets call them over HTTPS, and nobody else does', () => {
  expect(only(json, 'aws_vpc_security_group_ingress_rule')).toMatchObject({
    prefix_list_id: '${aws_ec2_managed_prefix_list.endpoints_callers_B4C3459F.id}',
    ip_protocol: 'tcp',
    from_port: 443,
    to_port: 443,
  });
  expect(only(json, 'aws_ec2_managed_prefix_list').entry).toEqual([
    { cidr: '10.20.0.0/20' },
    { cidr: '10.20.16.0/20' },
  ]);
});
