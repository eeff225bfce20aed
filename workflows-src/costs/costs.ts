import { child, isObject, type JsonObject } from '../changes/json';
import type { Price, Prices } from './prices';

/** A stack as CDKTF wrote it, as far as it costs something. */
export interface CostedStack {
  readonly id: string;
  /** Of its AWS provider. */
  readonly region: string;
  /** By type, then by name. */
  readonly resources: Readonly<Record<string, JsonObject>>;
}

export const HOURS_PER_MONTH = 730;

/** Things of one kind at one price. */
export interface CostLine {
  readonly what: string;
  readonly region: string;
  /** In the price list; undefined: the price list has no word for it. */
  readonly priceName: string | undefined;
  /** Undefined: the configuration does not say. */
  readonly quantity: number | undefined;
  /** Of the quantity. @default pieces */
  readonly unit?: string;
  readonly price: Price | undefined;
  /** US cents a month; undefined: unknown, which is not nothing. */
  readonly cents: number | undefined;
}

export interface Costs {
  readonly lines: readonly CostLine[];
  /** US cents a month of all lines whose cost is known. */
  readonly cents: number;
  /** What the sum lacks. */
  readonly unknown: readonly string[];
}

/** What a resource adds to the bill while nobody uses it. */
interface Item {
  readonly what: string;
  readonly price: string | undefined;
  readonly quantity: number | undefined;
  readonly unit?: string;
}

type Rule = (resource: JsonObject, stack: CostedStack) => readonly Item[];

/** Alarms that a target tracking policy makes for itself: one to grow by, one to shrink by. */
const ALARMS_PER_TRACKING_POLICY = 2;
/** Metrics of an instance with detailed monitoring, each at the price of a custom one. */
const DETAILED_METRICS = 7;
/** Days that Performance Insights keeps without charge. */
const FREE_INSIGHTS_DAYS = 7;
/** AWS's managed rule groups that have a price of their own, beside that of a rule. */
const PAID_RULE_GROUPS = /^AWSManagedRules(BotControl|ATP|ACFP|AntiDDoS)RuleSet$/;

const SECRET: Item = { what: 'Secrets Manager secrets', price: 'secret', quantity: 1 };
const TRACKING_ALARMS: Item = {
  what: `CloudWatch alarms that scaling makes, ${ALARMS_PER_TRACKING_POLICY} a policy`,
  price: 'alarm',
  quantity: ALARMS_PER_TRACKING_POLICY,
};

/** Types of resources that cost something by being there, in the order of the table. */
const PRICED: Readonly<Record<string, Rule>> = {
  aws_nat_gateway: () => [{ what: 'NAT gateways', price: 'nat gateway', quantity: 1 }],
  aws_eip: () => [{ what: 'Elastic IPs (public IPv4 addresses)', price: 'public ipv4 address', quantity: 1 }],
  aws_vpc_endpoint: (endpoint) => {
    const type = endpoint.vpc_endpoint_type ?? 'Gateway';
    if (type === 'Gateway') return [];
    return [
      {
        what: `${String(type)} endpoints × zones`,
        price: type === 'Interface' ? 'interface endpoint' : undefined,
        quantity: lengthOf(endpoint.subnet_ids),
      },
    ];
  },
  aws_lb: (balancer) => {
    const type = String(balancer.load_balancer_type ?? 'application');
    const price = type === 'application' ? 'application load balancer' : undefined;
    const name = `${type[0]?.toUpperCase() ?? ''}${type.slice(1)} load balancers`;
    return [
      { what: name, price, quantity: 1 },
      { what: `${name}, one LCU each`, price: price && `${price} lcu`, quantity: 1 },
      ...(balancer.internal === true
        ? []
        : [
            {
              what: 'Public IPv4 addresses of load balancers, one a subnet',
              price: 'public ipv4 address',
              quantity: lengthOf(balancer.subnets ?? balancer.subnet_mapping),
            },
          ]),
    ];
  },
  aws_autoscaling_group: instances,
  aws_db_instance: (database) => {
    const instanceClass = String(database.instance_class);
    const storage = String(database.storage_type ?? 'gp2');
    const multiAz = database.multi_az ?? false;
    const copies = typeof multiAz === 'boolean' ? (multiAz ? 2 : 1) : undefined;
    const suffix = multiAz === true ? ', multi-AZ: two of them' : '';
    const size = database.allocated_storage;
    const retention = database.performance_insights_retention_period ?? FREE_INSIGHTS_DAYS;
    return [
      {
        what: `RDS ${String(database.engine)} ${instanceClass}${suffix}`,
        price: `rds ${String(database.engine)} ${instanceClass}`,
        quantity: copies,
      },
      {
        what: `RDS ${storage} storage${suffix}`,
        price: `rds storage ${storage}`,
        quantity: product(typeof size === 'number' ? size : undefined, copies),
        unit: 'GiB',
      },
      ...(database.manage_master_user_password === true ? [SECRET] : []),
      ...extras(database, ['iops', 'storage_throughput'], `RDS ${storage} storage`),
      ...(retention === FREE_INSIGHTS_DAYS
        ? []
        : [
            {
              what: `Performance Insights kept for more than ${FREE_INSIGHTS_DAYS} days`,
              price: undefined,
              quantity: 1,
            },
          ]),
    ];
  },
  aws_secretsmanager_secret: () => [SECRET],
  aws_ssm_parameter: ({ tier }) =>
    tier === undefined || tier === 'Standard'
      ? []
      : [{ what: `SSM parameters, ${String(tier)}`, price: undefined, quantity: 1 }],
  aws_kms_key: () => [{ what: 'KMS keys', price: 'kms key', quantity: 1 }],
  aws_cloudwatch_metric_alarm: (alarm) => {
    const queries = Array.isArray(alarm.metric_query) ? alarm.metric_query : [];
    const metrics = queries.length === 0 ? [alarm] : queries.filter((query) => child(query, 'metric'));
    const periods = metrics.map((metric) => first(child(metric, 'metric')) ?? metric);
    const fast = periods.some((metric) => Number(child(metric, 'period')) < 60);
    return [
      {
        what: fast ? 'CloudWatch alarms in seconds, by metric' : 'CloudWatch alarms, by metric',
        price: fast ? 'alarm in seconds' : 'alarm',
        quantity: metrics.length,
      },
    ];
  },
  aws_cloudwatch_composite_alarm: () => [
    { what: 'CloudWatch composite alarms', price: 'composite alarm', quantity: 1 },
  ],
  aws_appautoscaling_policy: ({ policy_type }) =>
    policy_type === 'TargetTrackingScaling' ? [TRACKING_ALARMS] : [],
  aws_autoscaling_policy: ({ policy_type }) =>
    policy_type === 'TargetTrackingScaling' ? [TRACKING_ALARMS] : [],
  aws_ecs_capacity_provider: (provider) => {
    const scaling = first(child(first(provider.auto_scaling_group_provider), 'managed_scaling'));
    return child(scaling, 'status') === 'ENABLED' ? [TRACKING_ALARMS] : [];
  },
  aws_cloudwatch_dashboard: () => [{ what: 'CloudWatch dashboards', price: 'dashboard', quantity: 1 }],
  aws_wafv2_web_acl: (acl) => {
    const rules = typeof acl.rule_json === 'string' ? parsed(acl.rule_json) : (acl.rule ?? []);
    return [
      { what: 'WAF web ACLs', price: 'web acl', quantity: 1 },
      { what: 'WAF rules and managed rule groups', price: 'web acl rule', quantity: lengthOf(rules) },
      ...paidRuleGroups(rules).map((name) => ({ what: `WAF ${name}`, price: undefined, quantity: 1 })),
    ];
  },
};

/** What is paid by use, and so is not in the table: each with the types of resources that it comes with. */
export const NOT_COUNTED: readonly (readonly [what: string, types: readonly string[]])[] = [
  ['Data transfer: to the internet, between zones, through NAT gateways and endpoints.', []],
  [
    'Logs: ingestion, storage, queries. Flow logs, tasks, database, enhanced monitoring, sessions, WAF.',
    [
      'aws_cloudwatch_log_group',
      'aws_cloudwatch_log_metric_filter',
      'aws_cloudwatch_query_definition',
      'aws_flow_log',
      'aws_wafv2_web_acl_logging_configuration',
    ],
  ],
  [
    'Container Insights: about $0.07 a metric and month, for each cluster, service, task and container.',
    ['aws_ecs_cluster'],
  ],
  ['Instances above the minimum, and CPU credits of burstable ones.', []],
  ['Load: capacity units (LCU) and public addresses of a balancer beyond those in the table.', []],
  ['Database backups, snapshots, and storage that has grown by itself.', []],
  ['Objects and requests in S3: state, access logs.', ['aws_s3_bucket']],
  ['Images in ECR, and what their scans cost.', ['aws_ecr_repository']],
  ['Requests to KMS, Secrets Manager and WAF.', []],
  ['Route 53: queries, and the hosted zone, which is not made here.', ['aws_route53_record']],
  ['Notifications by SNS.', ['aws_sns_topic', 'aws_sns_topic_subscription']],
  ['Rotations of KMS keys: each of the first two adds the price of a key.', []],
];

/** Types of resources that cost nothing, however they are used. */
const FREE: ReadonlySet<string> = new Set([
  'aws_acm_certificate',
  'aws_acm_certificate_validation',
  'aws_appautoscaling_scheduled_action',
  'aws_appautoscaling_target',
  'aws_autoscaling_lifecycle_hook',
  'aws_autoscaling_schedule',
  'aws_budgets_budget',
  'aws_cloudwatch_log_resource_policy',
  'aws_db_event_subscription',
  'aws_db_parameter_group',
  'aws_db_subnet_group',
  'aws_default_network_acl',
  'aws_default_route_table',
  'aws_default_security_group',
  'aws_ebs_encryption_by_default',
  'aws_ec2_managed_prefix_list',
  'aws_ecr_lifecycle_policy',
  'aws_ecr_repository_policy',
  'aws_ecs_account_setting_default',
  'aws_ecs_cluster_capacity_providers',
  'aws_ecs_service',
  'aws_ecs_task_definition',
  'aws_internet_gateway',
  'aws_kms_alias',
  'aws_kms_key_policy',
  'aws_launch_template',
  'aws_lb_listener',
  'aws_lb_listener_certificate',
  'aws_lb_listener_rule',
  'aws_lb_target_group',
  'aws_network_acl',
  'aws_network_acl_rule',
  'aws_route',
  'aws_route_table',
  'aws_route_table_association',
  'aws_security_group',
  'aws_sns_topic_policy',
  'aws_subnet',
  'aws_vpc',
  'aws_vpc_endpoint_policy',
  'aws_vpc_endpoint_route_table_association',
  'aws_vpc_security_group_egress_rule',
  'aws_vpc_security_group_ingress_rule',
  'aws_wafv2_ip_set',
  'aws_wafv2_regex_pattern_set',
  'aws_wafv2_web_acl_association',
]);
/** Families of them: identities and policies, and the settings of a bucket. */
const FREE_FAMILY = /^aws_(iam|s3_bucket)_/;

const BY_USE = new Set(NOT_COUNTED.flatMap(([, types]) => types));

/** Whether somebody has thought about what such a resource costs. */
export function isKnownType(type: string): boolean {
  return Object.hasOwn(PRICED, type) || BY_USE.has(type) || FREE.has(type) || FREE_FAMILY.test(type);
}

/**
 * What the stacks cost a month while nobody uses them. Rounded to the cent a line, so that the lines add up to the sum.
 * A type of resource that this table has never heard of is a line of its own, and unknown.
 */
export function costsOf(stacks: readonly CostedStack[], prices: Prices): Costs {
  const types = [...new Set(stacks.flatMap(({ resources }) => Object.keys(resources)))];
  const strange = types.filter((type) => type.startsWith('aws_') && !isKnownType(type)).sort();
  const items = [...Object.keys(PRICED), ...strange].flatMap((type) => {
    const rule = PRICED[type] ?? ((): readonly Item[] => [{ what: type, price: undefined, quantity: 1 }]);
    return stacks.flatMap((stack) =>
      Object.values(stack.resources[type] ?? {})
        .filter(isObject)
        .flatMap((resource) =>
          rule(resource, stack).map((item) => ({
            ...item,
            region: stack.region,
            quantity: product(item.quantity, copiesOf(resource)),
          })),
        ),
    );
  });

  const alike = new Map<string, (Item & { readonly region: string })[]>();
  for (const item of items) {
    const key = JSON.stringify([item.what, item.price, item.region]);
    alike.set(key, [...(alike.get(key) ?? []), item]);
  }
  const lines = [...alike.values()].map((same): CostLine => {
    const [{ what, region, price: priceName, unit }] = same as [(typeof same)[number]];
    const quantity = same.reduce<number | undefined>((sum, item) => added(sum, item.quantity), 0);
    const price = priceName === undefined ? undefined : prices.find(region, priceName);
    const cents = centsOf(quantity, price);
    return { what, region, priceName, quantity, ...(unit === undefined ? {} : { unit }), price, cents };
  });
  // None of a thing costs nothing, whatever its price.
  const some = lines.filter(({ quantity }) => quantity !== 0);
  return {
    lines: some,
    cents: some.reduce((sum, { cents }) => sum + (cents ?? 0), 0),
    unknown: some.filter(({ cents }) => cents === undefined).map(({ what, region }) => `${what} (${region})`),
  };
}

function centsOf(quantity: number | undefined, price: Price | undefined): number | undefined {
  if (quantity === undefined || price === undefined) return undefined;
  // A half cent must not be lost to what binary fractions take away from it.
  return Math.round(
    Number((quantity * price.usd * 100 * (price.per === 'hour' ? HOURS_PER_MONTH : 1)).toFixed(6)),
  );
}

/** The instances that are always there: the group's minimum, whatever share of it may be spot. */
function instances(group: JsonObject, stack: CostedStack): readonly Item[] {
  const count = typeof group.min_size === 'number' ? group.min_size : undefined;
  const mixed = child(first(group.mixed_instances_policy), 'launch_template');
  const reference =
    child(first(child(first(mixed), 'launch_template_specification')), 'launch_template_id') ??
    child(first(group.launch_template), 'id');
  const name = /aws_launch_template\.([\w-]+)\./.exec(String(reference))?.[1];
  const template = name === undefined ? undefined : child(stack.resources.aws_launch_template, name);
  const type = String(
    child(first(child(first(mixed), 'override')), 'instance_type') ?? child(template, 'instance_type'),
  );
  const mappings = child(template, 'block_device_mappings');
  const volumes = (Array.isArray(mappings) ? mappings : []).map((mapping) => first(child(mapping, 'ebs')));
  return [
    { what: `EC2 instances ${type}, the minimum`, price: `ec2 ${type}`, quantity: count },
    ...(volumes.length > 0
      ? volumes.flatMap((volume) => {
          const size = child(volume, 'volume_size');
          const kind = String(child(volume, 'volume_type'));
          return [
            {
              what: `EBS ${kind} volumes of instances`,
              price: `ebs ${kind}`,
              quantity: product(typeof size === 'number' ? size : undefined, count),
              unit: 'GiB',
            },
            ...extras(volume, ['iops', 'throughput'], `EBS ${kind}`),
          ];
        })
      : [{ what: 'EBS volumes of instances', price: undefined, quantity: count }]),
    ...(child(first(child(template, 'monitoring')), 'enabled') === true
      ? [
          {
            what: `Detailed monitoring, ${DETAILED_METRICS} metrics an instance`,
            price: 'metric',
            quantity: product(count, DETAILED_METRICS),
          },
        ]
      : []),
  ];
}

/** Provisioned performance, for which there is no price here. */
function extras(resource: unknown, attributes: readonly string[], of: string): readonly Item[] {
  return attributes
    .filter((attribute) => child(resource, attribute) !== undefined)
    .map((attribute) => ({ what: `${of}: ${attribute}`, price: undefined, quantity: 1 }));
}

function paidRuleGroups(rules: unknown): readonly string[] {
  const names: string[] = [];
  const look = (value: unknown): void => {
    if (typeof value === 'string' && PAID_RULE_GROUPS.test(value)) names.push(value);
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
  };
  look(rules);
  return names;
}

/** `count` and `for_each`, which multiply a resource; undefined where only terraform knows. */
function copiesOf({ count, for_each: each }: JsonObject): number | undefined {
  if (count !== undefined) return typeof count === 'number' ? count : undefined;
  if (each === undefined) return 1;
  return isObject(each) ? Object.keys(each).length : lengthOf(each);
}

function lengthOf(value: unknown): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}

/** A block of which there is one, written as itself or in a list. */
function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function product(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one * other;
}

function added(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}
