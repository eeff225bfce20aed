import { all, constructJson } from '../test-json';
import { Connection, HttpsOut } from './connection';

test('a connection opens one port on both sides, each by the id of the other', () => {
  const json = constructJson(
    (scope) =>
      new Connection(scope, 'api-to-database', {
        fromSecurityGroupId: 'sg-api',
        toSecurityGroupId: 'sg-database',
        port: 5432,
        description: 'api to PostgreSQL',
      }),
  );
  const rule = { ip_protocol: 'tcp', from_port: 5432, to_port: 5432, description: 'api to PostgreSQL' };
  expect(all(json, 'aws_vpc_security_group_egress_rule')).toEqual([
    { ...rule, security_group_id: 'sg-api', referenced_security_group_id: 'sg-database' },
  ]);
  expect(all(json, 'aws_vpc_security_group_ingress_rule')).toEqual([
    { ...rule, security_group_id: 'sg-database', referenced_security_group_id: 'sg-api' },
  ]);
});

test('the way out to AWS is HTTPS and nothing else', () => {
  const json = constructJson((scope) => new HttpsOut(scope, 'https', { fromSecurityGroupId: 'sg-api' }));
  expect(json.resource).toEqual({
    aws_vpc_security_group_egress_rule: {
      https_out_58DA5F27: expect.objectContaining({
        security_group_id: 'sg-api',
        ip_protocol: 'tcp',
        from_port: 443,
        to_port: 443,
        cidr_ipv4: '0.0.0.0/0',
      }) as unknown,
    },
  });
});
