import { all, constructJson, only } from '../test-json';
import { statementsOf } from '../test-policy';
import { Role, serviceTrust, type RoleProps } from './role';

const role = (change: Partial<RoleProps> = {}) =>
  constructJson(
    (scope) =>
      new Role(scope, 'role', {
        name: 'acme-dev-flow-logs',
        description: 'Writes flow logs',
        boundaryArn: 'arn:aws:iam::111111111111:policy/acme-boundary',
        trust: [serviceTrust('vpc-flow-logs.amazonaws.com', '111111111111')],
        statements: [{ Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: 'arn:aws:logs:::group' }],
        ...change,
      }),
  );

test('it carries the boundary, and its permissions are its own', () => {
  expect(only(role(), 'aws_iam_role').permissions_boundary).toBe(
    'arn:aws:iam::111111111111:policy/acme-boundary',
  );
  expect(statementsOf(only(role(), 'aws_iam_role_policy').policy)).toEqual([
    { Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: 'arn:aws:logs:::group' },
  ]);
  expect(all(role(), 'aws_iam_role_policy_attachment')).toEqual([]);
});

test('managed policies are attached beside it', () => {
  expect(only(role({ managedPolicyArns: { read: 'arn:read' } }), 'aws_iam_role_policy_attachment')).toEqual({
    role: '${aws_iam_role.role.name}',
    policy_arn: 'arn:read',
  });
});

test('a service is trusted when it acts for this account, and narrower where the source is named', () => {
  expect(serviceTrust('vpc-flow-logs.amazonaws.com', '111111111111').Condition).toEqual({
    StringEquals: { 'aws:SourceAccount': '111111111111' },
  });
  expect(serviceTrust('vpc-flow-logs.amazonaws.com', '111111111111', 'arn:log/*').Condition).toEqual({
    StringEquals: { 'aws:SourceAccount': '111111111111' },
    ArnLike: { 'aws:SourceArn': 'arn:log/*' },
  });
});
