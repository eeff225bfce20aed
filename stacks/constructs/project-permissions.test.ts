import { allows } from '../test-policy';
import {
  boundaryStatements,
  changeStatements,
  readStatements,
  registryStatements,
  roleAndKeyStatements,
} from './project-permissions';

const project = { project: 'acme', account: '111111111111', registryAccount: '999999999999' };
const scope = { ...project, environment: 'dev', region: 'eu-west-1' };
const BOUNDARY = 'arn:aws:iam::111111111111:policy/acme-boundary';
const change = [...changeStatements(scope), ...roleAndKeyStatements(scope, BOUNDARY)];
const boundary = boundaryStatements(project, BOUNDARY);
/** Its denials are of what nobody is granted, or hang on a condition. */
const within = boundary.filter(({ Effect }) => Effect === 'Allow');

test.each([
  ['rds:CreateDBInstance', 'arn:aws:rds:eu-west-1:111111111111:db:acme-%-database'],
  ['rds:CreateEventSubscription', 'arn:aws:rds:eu-west-1:111111111111:es:acme-%-database'],
  ['rds:RemoveSourceIdentifierFromSubscription', 'arn:aws:rds:eu-west-1:111111111111:es:acme-%-database'],
  ['rds:AddTagsToResource', 'arn:aws:rds:eu-west-1:111111111111:es:acme-%-database'],
  ['sns:CreateTopic', 'arn:aws:sns:eu-west-1:111111111111:acme-%-database-alarms'],
  ['ecs:CreateCluster', 'arn:aws:ecs:eu-west-1:111111111111:cluster/acme-%'],
  ['ecs:UpdateService', 'arn:aws:ecs:eu-west-1:111111111111:service/acme-%/api'],
  [
    'elasticloadbalancing:CreateListener',
    'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/acme-%/1',
  ],
  ['logs:CreateLogGroup', 'arn:aws:logs:eu-west-1:111111111111:log-group:/acme/%/api'],
  ['logs:CreateLogGroup', 'arn:aws:logs:eu-west-1:111111111111:log-group:aws-waf-logs-acme-%'],
  ['wafv2:UpdateWebACL', 'arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/acme-%/1'],
  ['wafv2:AssociateWebACL', 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/acme-%/1'],
  ['cloudwatch:PutDashboard', 'arn:aws:cloudwatch::111111111111:dashboard/acme-%'],
  ['s3:CreateBucket', 'arn:aws:s3:::acme-%-alb-logs'],
  ['iam:PassRole', 'arn:aws:iam::111111111111:role/acme-%-api-task'],
])('%s is for this environment alone', (action, resource) => {
  expect(allows(change, action, resource.replace('%', 'dev'))).toBe(true);
  expect(allows(change, action, resource.replace('%', 'prod'))).toBe(false);
});

test('of EC2 everything can be listed that AWS narrows to nothing, and the rest is read by resource', () => {
  const read = readStatements(scope);
  expect(allows(read, 'ec2:DescribeSecurityGroups', '*')).toBe(true);
  expect(allows(read, 'ec2:DescribeVpcAttribute', '*')).toBe(false);
  expect(allows(read, 'ec2:DescribeVpcAttribute', 'arn:aws:ec2:eu-west-1:111111111111:vpc/vpc-1')).toBe(true);
});

test.each([
  ['ec2:CreateVpc', 'arn:aws:ec2:eu-west-1:111111111111:vpc/vpc-1'],
  ['ec2:CreateNatGateway', 'arn:aws:ec2:eu-west-1:111111111111:natgateway/nat-1'],
  ['ec2:AuthorizeSecurityGroupIngress', 'arn:aws:ec2:eu-west-1:111111111111:security-group/sg-1'],
  ['ec2:RevokeSecurityGroupEgress', 'arn:aws:ec2:eu-west-1:111111111111:security-group/sg-1'],
  ['ec2:CreateFlowLogs', 'arn:aws:ec2:eu-west-1:111111111111:vpc-flow-log/fl-1'],
  ['ec2:CreateLaunchTemplateVersion', 'arn:aws:ec2:eu-west-1:111111111111:launch-template/lt-1'],
  ['ec2:ReplaceNetworkAclAssociation', 'arn:aws:ec2:eu-west-1:111111111111:network-acl/acl-1'],
])('%s is allowed, which AWS gives a number for a name', (action, resource) => {
  expect(allows(change, action, resource)).toBe(true);
  expect(allows(readStatements(scope), action, resource)).toBe(false);
});

describe('what AWS asks of more than the resource that is meant', () => {
  const read = readStatements(scope);
  const rds = (resource: string): string => `arn:aws:rds:eu-west-1:111111111111:${resource}`;

  test('all databases may be looked at, since a filter finds ours among them; no other is changed', () => {
    expect(allows(read, 'rds:DescribeDBInstances', rds('db:*'))).toBe(true);
    expect(allows(change, 'rds:ModifyDBInstance', rds('db:other'))).toBe(false);
  });

  test("a database has its engine's option group, which nobody changes", () => {
    expect(allows(change, 'rds:CreateDBInstance', rds('og:default:postgres-16'))).toBe(true);
    expect(allows(change, 'rds:ModifyDBInstance', rds('og:default:postgres-16'))).toBe(true);
    expect(allows(change, 'rds:ModifyOptionGroup', rds('og:default:postgres-16'))).toBe(false);
    expect(allows(change, 'rds:CreateDBInstance', rds('og:own'))).toBe(false);
  });

  test('subscriptions are read and ended by nobody or by everybody', () => {
    expect(allows(read, 'sns:GetSubscriptionAttributes', '*')).toBe(true);
    expect(allows(read, 'sns:Unsubscribe', '*')).toBe(false);
    expect(allows(change, 'sns:Unsubscribe', '*')).toBe(true);
    expect(allows(change, 'sns:DeleteTopic', '*')).toBe(false);
  });

  test('alarms of any name are for Application Auto Scaling in the name of the role, not for the role', () => {
    const any = 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:*';
    const granting = change.filter(({ Resource }) => Resource === any);
    expect(granting).toEqual([
      {
        Effect: 'Allow',
        Action: ['cloudwatch:DeleteAlarms', 'cloudwatch:DescribeAlarms', 'cloudwatch:PutMetricAlarm'],
        Resource: any,
        Condition: { Bool: { 'aws:ViaAWSService': 'true' } },
      },
    ]);
    const others = change.filter((statement) => !granting.includes(statement));
    expect(allows(others, 'cloudwatch:DeleteAlarms', any)).toBe(false);
    expect(allows(boundary, 'cloudwatch:PutMetricAlarm', any)).toBe(true);
  });

  test("which web ACL is in front of a balancer is read of the project's own", () => {
    const balancer = (name: string): string =>
      `arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/${name}/1`;
    expect(allows(read, 'elasticloadbalancing:GetLoadBalancerWebACL', balancer('acme-dev'))).toBe(true);
    expect(allows(read, 'elasticloadbalancing:GetLoadBalancerWebACL', balancer('other'))).toBe(false);
  });
});

test('whatever may be changed or read lies within the boundary', () => {
  const outside = [...change, ...readStatements(scope), ...registryStatements(scope)].flatMap(
    ({ Action, Resource }) =>
      [Action].flat().flatMap((action) =>
        [Resource ?? []]
          .flat()
          .filter((resource) => !allows(within, action, resource))
          .map((resource) => `${action} on ${resource}`),
      ),
  );
  expect(outside).toEqual([]);
});

test('the boundary keeps to the project: no other bucket, log group or role', () => {
  expect(allows(boundary, 's3:PutObject', 'arn:aws:s3:::other/x')).toBe(false);
  expect(
    allows(boundary, 'logs:PutLogEvents', 'arn:aws:logs:eu-west-1:111111111111:log-group:/other/x'),
  ).toBe(false);
  expect(allows(boundary, 'iam:PutRolePolicy', 'arn:aws:iam::111111111111:role/other')).toBe(false);
  expect(allows(boundary, 'iam:CreatePolicy', 'arn:aws:iam::111111111111:policy/acme-dev-own')).toBe(false);
  expect(allows(boundary, 'iam:CreateUser', 'arn:aws:iam::111111111111:user/acme-dev')).toBe(false);
});
