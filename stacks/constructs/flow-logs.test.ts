import { constructJson, only } from '../test-json';
import { statementsOf } from '../test-policy';
import { FlowLogs } from './flow-logs';

const json = constructJson(
  (scope) =>
    new FlowLogs(scope, 'flow-logs', {
      name: 'acme-dev-flow-logs',
      logGroupName: '/acme/dev/flow-logs',
      where: { account: '111111111111', region: 'eu-west-1' },
      vpcId: 'vpc-1',
      boundaryArn: 'arn:aws:iam::111111111111:policy/acme-boundary',
      keyDeletionDays: 7,
    }),
);
const group = '${aws_cloudwatch_log_group.flow-logs_group_84AC61C1.arn}';

test('accepted and refused traffic is kept for a year under its own key', () => {
  expect(only(json, 'aws_flow_log')).toMatchObject({ traffic_type: 'ALL', log_destination: group });
  expect(only(json, 'aws_cloudwatch_log_group')).toMatchObject({
    name: '/acme/dev/flow-logs',
    retention_in_days: 365,
    kms_key_id: '${aws_kms_key.flow-logs_key_F20156EF.arn}',
  });
});

test('its role writes to that group only, for flow logs of this account only', () => {
  expect(statementsOf(only(json, 'aws_iam_role_policy').policy).map(({ Resource }) => Resource)).toEqual([
    [group, `${group}:*`],
  ]);
  expect(statementsOf(only(json, 'aws_iam_role').assume_role_policy)[0]).toMatchObject({
    Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
    Condition: {
      StringEquals: { 'aws:SourceAccount': '111111111111' },
      ArnLike: { 'aws:SourceArn': 'arn:aws:ec2:eu-west-1:111111111111:vpc-flow-log/*' },
    },
  });
});
