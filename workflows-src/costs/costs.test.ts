import { type CostedStack, costsOf, isKnownType } from './costs';
import { PRICES, pricesOf, type PriceFile, type Prices } from './prices';

/** Round figures, so that a wrong factor shows. */
const file: PriceFile = {
  compiled: '2026-01-01',
  terms: 'test',
  sources: { test: 'this test' },
  lists: [
    {
      regions: ['eu-west-1'],
      per: 'hour',
      asOf: '2026-01-01',
      source: 'test',
      usd: {
        'nat gateway': 0.1,
        'public ipv4 address': 0.01,
        'interface endpoint': 0.02,
        'application load balancer': 0.03,
        'application load balancer lcu': 0.004,
        'ec2 m7g.large': 0.1,
        'rds postgres db.m7g.large': 0.2,
      },
    },
    {
      regions: ['eu-west-1'],
      per: 'month',
      asOf: '2026-01-01',
      source: 'test',
      usd: {
        'ebs gp3': 0.1,
        metric: 0.3,
        'rds storage gp3': 0.115,
        secret: 0.4,
        'kms key': 1,
        alarm: 0.1,
        'alarm in seconds': 0.3,
        'composite alarm': 0.5,
        dashboard: 3,
        'web acl': 5,
        'web acl rule': 1,
      },
    },
  ],
};
const prices: Prices = pricesOf(file);

const stack = (resources: CostedStack['resources'], region = 'eu-west-1'): CostedStack => ({
  id: 'dev-network',
  region,
  resources,
});
/** `what: quantity = cents` of each line. */
const lines = (...stacks: CostedStack[]): string[] =>
  costsOf(stacks, prices).lines.map(({ what, quantity, unit, cents }) =>
    [`${what}:`, quantity ?? 'unknown', unit, '=', cents ?? 'unknown']
      .filter((word) => word !== undefined)
      .join(' '),
  );

test('an hourly price is paid for 730 hours, and equal things of several stacks are one line', () => {
  const one = stack({ aws_nat_gateway: { a: {} }, aws_eip: { a: {} } });
  const two = stack({ aws_nat_gateway: { b: {}, c: {} } });
  expect(lines(one, two)).toEqual([
    'NAT gateways: 3 = 21900',
    'Elastic IPs (public IPv4 addresses): 1 = 730',
  ]);
  expect(costsOf([one, two], prices)).toMatchObject({ cents: 22630, unknown: [] });
});

test('an interface endpoint is paid in each subnet, a gateway endpoint is free', () => {
  expect(
    lines(
      stack({
        aws_vpc_endpoint: {
          ecr: { vpc_endpoint_type: 'Interface', subnet_ids: ['a', 'b', 'c'] },
          logs: { vpc_endpoint_type: 'Interface', subnet_ids: ['a', 'b', 'c'] },
          s3: { vpc_endpoint_type: 'Gateway' },
        },
      }),
    ),
  ).toEqual(['Interface endpoints × zones: 6 = 8760']);
});

test('a public load balancer is its hours, one LCU and an address a subnet; an internal one has no address', () => {
  expect(lines(stack({ aws_lb: { a: { load_balancer_type: 'application', subnets: ['a', 'b'] } } }))).toEqual(
    [
      'Application load balancers: 1 = 2190',
      'Application load balancers, one LCU each: 1 = 292',
      'Public IPv4 addresses of load balancers, one a subnet: 2 = 1460',
    ],
  );
  expect(lines(stack({ aws_lb: { a: { internal: true, subnets: ['a', 'b'] } } }))).toHaveLength(2);
});

const group = (more: object = {}, template: object = {}) =>
  stack({
    aws_autoscaling_group: {
      group: {
        min_size: 3,
        max_size: 9,
        mixed_instances_policy: {
          instances_distribution: { on_demand_base_capacity: 0, on_demand_percentage_above_base_capacity: 0 },
          launch_template: {
            launch_template_specification: { launch_template_id: '${aws_launch_template.t-1.id}' },
            override: [{ instance_type: 'm7g.large' }],
          },
        },
        ...more,
      },
    },
    aws_launch_template: {
      't-1': {
        block_device_mappings: [{ ebs: { volume_size: 30, volume_type: 'gp3' } }],
        monitoring: { enabled: true },
        ...template,
      },
    },
  });

test('instances are the minimum of the group at the on-demand price, spot or not, with their volumes and metrics', () => {
  expect(lines(group())).toEqual([
    'EC2 instances m7g.large, the minimum: 3 = 21900',
    'EBS gp3 volumes of instances: 90 GiB = 900',
    'Detailed monitoring, 7 metrics an instance: 21 = 630',
  ]);
});

test('an instance without a volume of its own, and provisioned performance, are unknown', () => {
  expect(lines(group({}, { block_device_mappings: undefined, monitoring: undefined }))).toEqual([
    'EC2 instances m7g.large, the minimum: 3 = 21900',
    'EBS volumes of instances: 3 = unknown',
  ]);
  const fast = { ebs: { volume_size: 30, volume_type: 'gp3', throughput: 500 } };
  expect(costsOf([group({}, { block_device_mappings: [fast] })], prices).unknown).toEqual([
    'EBS gp3: throughput (eu-west-1)',
  ]);
});

const database = (more: object = {}) =>
  stack({
    aws_db_instance: {
      db: {
        engine: 'postgres',
        instance_class: 'db.m7g.large',
        allocated_storage: 100,
        storage_type: 'gp3',
        manage_master_user_password: true,
        ...more,
      },
    },
  });

test('a database is its class, its storage and the secret of its password; multi-AZ doubles the first two', () => {
  expect(lines(database({ multi_az: false }))).toEqual([
    'RDS postgres db.m7g.large: 1 = 14600',
    'RDS gp3 storage: 100 GiB = 1150',
    'Secrets Manager secrets: 1 = 40',
  ]);
  expect(lines(database({ multi_az: true }))).toEqual([
    'RDS postgres db.m7g.large, multi-AZ: two of them: 2 = 29200',
    'RDS gp3 storage, multi-AZ: two of them: 200 GiB = 2300',
    'Secrets Manager secrets: 1 = 40',
  ]);
});

test('alarms are paid by metric, more where they look several times a minute, and scaling makes its own', () => {
  expect(
    lines(
      stack({
        aws_cloudwatch_metric_alarm: {
          one: { metric_name: 'CPUUtilization', period: 60 },
          ratio: {
            metric_query: [
              { id: 'ratio', expression: 'a / b' },
              { id: 'a', metric: { period: 60 } },
              { id: 'b', metric: [{ period: 60 }] },
            ],
          },
          fast: { period: 10 },
        },
        aws_cloudwatch_composite_alarm: { both: {} },
        aws_appautoscaling_policy: {
          cpu: { policy_type: 'TargetTrackingScaling' },
          steps: { policy_type: 'StepScaling' },
        },
        aws_ecs_capacity_provider: {
          a: { auto_scaling_group_provider: { managed_scaling: { status: 'ENABLED' } } },
          b: { auto_scaling_group_provider: { managed_scaling: { status: 'DISABLED' } } },
        },
      }),
    ),
  ).toEqual([
    'CloudWatch alarms, by metric: 3 = 30',
    'CloudWatch alarms in seconds, by metric: 1 = 30',
    'CloudWatch composite alarms: 1 = 50',
    'CloudWatch alarms that scaling makes, 2 a policy: 4 = 40',
  ]);
});

test('a web ACL is itself and its rules, however they are written; a rule group with a price of its own is unknown', () => {
  const managed = (name: string) => ({
    statement: { managed_rule_group_statement: { vendor_name: 'AWS', name } },
  });
  const rules = [managed('AWSManagedRulesCommonRuleSet'), managed('AWSManagedRulesKnownBadInputsRuleSet')];
  const expected = ['WAF web ACLs: 1 = 500', 'WAF rules and managed rule groups: 2 = 200'];
  expect(lines(stack({ aws_wafv2_web_acl: { a: { rule: rules } } }))).toEqual(expected);
  expect(lines(stack({ aws_wafv2_web_acl: { a: { rule_json: JSON.stringify(rules) } } }))).toEqual(expected);
  expect(
    lines(stack({ aws_wafv2_web_acl: { a: { rule: [managed('AWSManagedRulesBotControlRuleSet')] } } })),
  ).toEqual([
    'WAF web ACLs: 1 = 500',
    'WAF rules and managed rule groups: 1 = 100',
    'WAF AWSManagedRulesBotControlRuleSet: 1 = unknown',
  ]);
});

test('keys, secrets and dashboards have a price a month', () => {
  expect(
    lines(
      stack({
        aws_kms_key: { a: {}, b: {} },
        aws_secretsmanager_secret: { a: {} },
        aws_cloudwatch_dashboard: { a: {} },
      }),
    ),
  ).toEqual(['Secrets Manager secrets: 1 = 40', 'KMS keys: 2 = 200', 'CloudWatch dashboards: 1 = 300']);
});

describe('never counted as nothing', () => {
  test.each<[string, CostedStack, string]>([
    [
      'a class without a price',
      database({ instance_class: 'db.x2g.large' }),
      'RDS postgres db.x2g.large (eu-west-1)',
    ],
    ['a region without prices', stack({ aws_kms_key: { a: {} } }, 'eu-south-2'), 'KMS keys (eu-south-2)'],
    [
      'a quantity that only terraform knows',
      group({ min_size: '${var.min}' }, { monitoring: undefined }),
      'EC2 instances m7g.large, the minimum (eu-west-1)',
    ],
    [
      'a number of resources that only terraform knows',
      stack({ aws_kms_key: { a: { count: '${length(var.keys)}' } } }),
      'KMS keys (eu-west-1)',
    ],
    [
      'another kind of load balancer',
      stack({ aws_lb: { a: { load_balancer_type: 'network', internal: true } } }),
      'Network load balancers (eu-west-1)',
    ],
    ['a type nobody has thought of', stack({ aws_msk_cluster: { a: {} } }), 'aws_msk_cluster (eu-west-1)'],
  ])('%s', (_, given, what) => {
    expect(costsOf([given], prices).unknown).toContain(what);
  });
});

test('what multiplies a resource multiplies its cost, and none of it is no line', () => {
  expect(lines(stack({ aws_kms_key: { a: { count: 3 }, b: { for_each: { x: '1', y: '2' } } } }))).toEqual([
    'KMS keys: 5 = 500',
  ]);
  expect(lines(stack({ aws_kms_key: { a: { count: 0 } }, aws_msk_cluster: {} }))).toEqual([]);
});

test('a type is known when it is priced, paid by use or free, and not by its prefix alone', () => {
  for (const type of [
    'aws_nat_gateway',
    'aws_flow_log',
    'aws_subnet',
    'aws_iam_role',
    'aws_s3_bucket_policy',
  ])
    expect(isKnownType(type)).toBe(true);
  for (const type of ['aws_instance', 'aws_s3tables_table', 'toString'])
    expect(isKnownType(type)).toBe(false);
});

describe('the price list', () => {
  test('has every price, its day and its source, in both regions alike', () => {
    const names = (region: string): string[] =>
      [
        'nat gateway',
        'public ipv4 address',
        'interface endpoint',
        'application load balancer',
        'kms key',
        'alarm',
      ]
        .concat([
          'application load balancer lcu',
          'ebs gp3',
          'rds storage gp3',
          'secret',
          'metric',
          'dashboard',
        ])
        .concat(['web acl', 'web acl rule', 'composite alarm', 'alarm in seconds'])
        .filter((name) => !PRICES.find(region, name));
    expect([names('eu-west-1'), names('us-east-1')]).toEqual([[], []]);
    expect(PRICES.find('eu-west-1', 'nat gateway')).toEqual({
      usd: 0.048,
      per: 'hour',
      asOf: '2026-10-02',
      source: 'offer eu-west-1',
    });
    expect(PRICES.find('eu-central-1', 'nat gateway')).toBeUndefined();
  });

  test.each<[string, Partial<PriceFile>, RegExp]>([
    [
      'a price is there twice',
      { lists: [...file.lists, ...file.lists] },
      /'nat gateway' has two prices in eu-west-1/,
    ],
    ['a price has no source', { sources: {} }, /no source 'test'/],
    ['a price is none', { lists: [{ ...file.lists[0]!, usd: { x: 0 } }] }, /'x' costs 0 in eu-west-1/],
  ])('fails when %s', (_, wrong, message) => {
    expect(() => pricesOf({ ...file, ...wrong })).toThrow(message);
  });
});
