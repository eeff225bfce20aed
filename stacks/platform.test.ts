import { given, stackOf, stacksOf } from './test-app';
import { all, at, only } from './test-json';

const stacks = stacksOf();
const prod = stackOf(stacks, 'prod-platform');
const { prod: settings } = given.config.environments;
/** The same, to be thrown away. */
const ephemeral = stackOf(
  stacksOf({
    ...given.config,
    environments: { prod: { ...settings!, domain: 'ephemeral', protection: false } },
  }),
  'prod-platform',
);

test('the cluster has enhanced insights, and commands run in its containers leave an encrypted record', () => {
  expect(only(prod, 'aws_ecs_cluster')).toEqual({
    name: 'fairlead-prod',
    setting: [{ name: 'containerInsights', value: 'enhanced' }],
    configuration: {
      execute_command_configuration: {
        kms_key_id: '${aws_kms_key.key.arn}',
        logging: 'OVERRIDE',
        log_configuration: {
          cloud_watch_encryption_enabled: true,
          cloud_watch_log_group_name: '${aws_cloudwatch_log_group.session-log.name}',
        },
      },
    },
  });
  expect(at(prod, 'aws_cloudwatch_log_group.session-log')).toMatchObject({
    name: '/fairlead/prod/ecs-exec',
    retention_in_days: 365,
    kms_key_id: '${aws_kms_key.key.arn}',
  });
});

test("the key serves this environment's log groups and this account's alarms, and no other service", () => {
  const { Statement } = JSON.parse(String(only(prod, 'aws_kms_key')['policy'])) as {
    Statement: { Principal: object; Condition?: object }[];
  };
  expect(Statement.map(({ Principal, Condition }) => [Principal, Condition])).toEqual([
    [{ AWS: 'arn:aws:iam::222222222222:root' }, undefined],
    [
      { Service: 'logs.eu-west-1.amazonaws.com' },
      {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': [
            'arn:aws:logs:eu-west-1:222222222222:log-group:/fairlead/prod/*',
            'arn:aws:logs:eu-west-1:222222222222:log-group:aws-waf-logs-fairlead-prod*',
          ],
        },
      },
    ],
    [{ Service: 'cloudwatch.amazonaws.com' }, { StringEquals: { 'aws:SourceAccount': '222222222222' } }],
  ]);
});

test('the balancer stands in the public subnets and the instances in the private ones', () => {
  expect(only(prod, 'aws_lb')['subnets']).toHaveLength(3);
  for (const subnet of only(prod, 'aws_lb')['subnets'] as string[]) expect(subnet).toMatch(/subnetpublic/);
  expect(only(prod, 'aws_autoscaling_group')['vpc_zone_identifier']).toHaveLength(3);
  for (const subnet of only(prod, 'aws_autoscaling_group')['vpc_zone_identifier'] as string[]) {
    expect(subnet).toMatch(/subnetprivate/);
  }
});

test('an ephemeral environment can be destroyed with all that is in it, any other cannot', () => {
  const destroyable = (stack: typeof prod): unknown[] => [
    only(stack, 'aws_autoscaling_group')['force_delete'],
    only(stack, 'aws_s3_bucket')['force_destroy'],
    only(stack, 'aws_lb')['enable_deletion_protection'],
    only(stack, 'aws_kms_key')['deletion_window_in_days'],
  ];
  expect(destroyable(ephemeral)).toEqual([true, true, false, 7]);
  expect(destroyable(prod)).toEqual([false, false, true, 30]);
});

test('user data takes its name from the cluster, so that instances are destroyed before it', () => {
  expect(only(prod, 'aws_launch_template')['user_data']).toContain('${aws_ecs_cluster.cluster.name}');
});

test('every alarm tells the topic, when it fires and when it is over', () => {
  const topic = ['${aws_sns_topic.alarms_topic_CB6504A9.arn}'];
  expect(
    all(prod, 'aws_cloudwatch_metric_alarm').map(({ alarm_name, alarm_actions, ok_actions }) => [
      alarm_name as string,
      alarm_actions as unknown,
      ok_actions as unknown,
    ]),
  ).toEqual([
    ['fairlead-prod-balancer-errors', topic, topic],
    ['fairlead-prod-balancer-slow', topic, topic],
    ['fairlead-prod-cluster-full', topic, topic],
    ['fairlead-prod-instances-at-maximum', topic, topic],
    ['fairlead-prod-nat-eu-west-1a', topic, topic],
    ['fairlead-prod-nat-eu-west-1b', topic, topic],
    ['fairlead-prod-nat-eu-west-1c', topic, topic],
  ]);
  expect(only(prod, 'aws_sns_topic_subscription')['endpoint']).toBe('platform@example.com');
});

test('it alarms when one request of a hundred takes more than a second, however few there are', () => {
  expect(at(prod, 'aws_cloudwatch_metric_alarm.balancer-slow-alarm')).toMatchObject({
    metric_name: 'TargetResponseTime',
    dimensions: { LoadBalancer: '${aws_lb.load-balancer_994F87EC.arn_suffix}' },
    extended_statistic: 'p99',
    evaluate_low_sample_count_percentiles: 'evaluate',
    comparison_operator: 'GreaterThanThreshold',
    threshold: 1,
    period: 300,
    evaluation_periods: 3,
    treat_missing_data: 'notBreaching',
  });
});

test('it alarms when the group of instances has stood at its maximum for half an hour', () => {
  const { name } = only(prod, 'aws_autoscaling_group');
  expect(name).toMatch(/^fairlead-prod-/);
  expect(at(prod, 'aws_cloudwatch_metric_alarm.instances-at-maximum-alarm')).toMatchObject({
    metric_name: 'GroupInServiceInstances',
    dimensions: { AutoScalingGroupName: '${aws_autoscaling_group.capacity_group_0A6BE8D2.name}' },
    statistic: 'Minimum',
    comparison_operator: 'GreaterThanOrEqualToThreshold',
    threshold: settings!.cluster.maxInstances,
    period: 300,
    evaluation_periods: 6,
  });
});

test('it alarms when a NAT gateway has no port left, and each gateway has its alarm', () => {
  const gateways = (stack: typeof prod): unknown[] =>
    all(stack, 'aws_cloudwatch_metric_alarm')
      .filter(({ metric_name, threshold }) => metric_name === 'ErrorPortAllocation' && threshold === 0)
      .map(({ dimensions }) => String(dimensions.NatGatewayId).replace(/^.*aws_nat_gateway(.*)id\}$/, '$1'));
  expect(gateways(prod)).toEqual(['nat-eu-west-1a', 'nat-eu-west-1b', 'nat-eu-west-1c']);
  expect(gateways(stackOf(stacks, 'dev-platform'))).toEqual(['nat-eu-west-1a']);
  const none = { ...given.config, environments: { prod: { ...settings!, nat: 'none' as const } } };
  expect(gateways(stackOf(stacksOf(none), 'prod-platform'))).toEqual([]);
});

test('the budget warns at 80 percent spent and at 100 percent forecast', () => {
  const to = {
    comparison_operator: 'GREATER_THAN',
    threshold_type: 'PERCENTAGE',
    subscriber_email_addresses: ['platform@example.com'],
  };
  expect(only(prod, 'aws_budgets_budget')).toEqual({
    name: 'fairlead-prod-monthly',
    budget_type: 'COST',
    time_unit: 'MONTHLY',
    limit_amount: '1500',
    limit_unit: 'USD',
    notification: [
      { notification_type: 'ACTUAL', threshold: 80, ...to },
      { notification_type: 'FORECASTED', threshold: 100, ...to },
    ],
  });
});

test('an operator finds the address and the cluster among the outputs', () => {
  expect(prod.output['url']).toEqual({ value: 'https://app.example.com' });
  expect(ephemeral.output['url']).toEqual({ value: 'http://${aws_lb.load-balancer_994F87EC.dns_name}' });
  expect(prod.output['load_balancer_dns_name']).toEqual({
    value: '${aws_lb.load-balancer_994F87EC.dns_name}',
  });
  expect(prod.output['cluster_name']).toEqual({ value: '${aws_ecs_cluster.cluster.name}' });
});

test('what services are joined to keeps its address', () => {
  for (const address of [
    'aws_ecs_cluster.cluster',
    'aws_ecs_cluster_capacity_providers.capacity_association_6700B845',
    'aws_kms_key.key',
    'aws_lb.load-balancer_994F87EC',
    'aws_lb_listener.load-balancer_https_7F5E2DEF',
    'aws_security_group.load-balancer_security-group_80A0008E',
    'aws_sns_topic.alarms_topic_CB6504A9',
  ]) {
    expect(at(prod, address)).toBeDefined();
  }
});

test('the longest project, environment and region still make a bucket name that S3 takes', () => {
  const { dev: environment } = given.config.environments;
  if (!environment) throw new Error('no environment dev in config');
  const config = {
    ...given.config,
    project: 'p'.repeat(16),
    environments: { longname: { ...environment, region: 'ap-southeast-2' } },
  };
  const { bucket } = only(stackOf(stacksOf(config, {}), 'longname-platform'), 'aws_s3_bucket');
  expect(bucket).toBe(`${'p'.repeat(16)}-longname-111111111111-ap-southeast-2-alb-logs`);
  expect(bucket).toHaveLength(62);
});
