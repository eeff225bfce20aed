import { checkConfig, type Services } from './check-config';
import type { Config } from './config';
import { given, stacksOf } from './test-app';
import type { Resource, StackJson } from './test-json';

/** Terraform puts 26 characters after a prefix. */
const SUFFIX = 26;

/**
 * Longest names that AWS accepts, by resource type and attribute. Sources: each service's API reference, and what the
 * provider itself refuses.
 */
const LIMITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // Of the first name of a certificate; further ones may have 253.
  aws_acm_certificate: { domain_name: 64 },
  aws_appautoscaling_policy: { name: 256 },
  aws_appautoscaling_scheduled_action: { name: 256 },
  aws_autoscaling_group: { name: 255 },
  aws_budgets_budget: { name: 100 },
  aws_cloudwatch_dashboard: { dashboard_name: 255 },
  aws_cloudwatch_log_group: { name: 512 },
  aws_cloudwatch_metric_alarm: { alarm_name: 255 },
  aws_db_event_subscription: { name: 254 },
  aws_db_instance: { identifier: 63 },
  aws_db_parameter_group: { name: 255 },
  aws_db_subnet_group: { name: 255 },
  aws_ec2_managed_prefix_list: { name: 255 },
  aws_ecr_repository: { name: 256 },
  aws_ecs_capacity_provider: { name: 255 },
  aws_ecs_cluster: { name: 255 },
  aws_ecs_service: { name: 255 },
  aws_ecs_task_definition: { family: 255 },
  aws_iam_policy: { name: 128 },
  aws_iam_role: { name: 64 },
  aws_iam_role_policy: { name: 128 },
  aws_kms_alias: { name: 256 },
  aws_launch_template: { name: 128 },
  aws_lb: { name: 32 },
  aws_lb_target_group: { name: 32 },
  aws_route53_record: { name: 255 },
  aws_s3_bucket: { bucket: 63 },
  aws_security_group: { name: 255, name_prefix: 255 - SUFFIX },
  aws_sns_topic: { name: 256 },
  aws_wafv2_web_acl: { name: 128 },
};

/** Attributes that name something of AWS's own, or nothing that has an address outside its resource. */
const OTHERS = ['metric_name', 'service_name', 'db_name'];
const NAMING = /^(name|name_prefix|identifier|bucket|\w+_name)$/;

/** With the longest names that the configuration takes, in one way of sharing what is short: a target group's name. */
function longest(project: string, services: Readonly<Record<string, number>>): Record<string, StackJson> {
  const { dev, prod } = given.config.environments;
  const { api } = given.services;
  const region = 'ap-southeast-1';
  const zones = ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
  const domain = {
    name: `${'a'.repeat(64 - '.example.com'.length)}.example.com`,
    hostedZoneId: `Z${'0'.repeat(31)}`,
  };
  const config: Config = {
    ...given.config,
    project,
    registry: { ...given.config.registry, region },
    environments: {
      longest1: { ...prod!, region, zones, domain },
      longest2: { ...dev!, region, zones, nat: 'none', domain },
    },
  };
  const schedule = [{ at: 'cron(0 19 ? * MON-FRI *)', timezone: 'Europe/Berlin', min: 0, max: 0 }];
  const descriptors: Services = Object.fromEntries(
    Object.entries(services).map(([name, port], index) => {
      const { environments: _, ...descriptor } = api!;
      return [name, { ...descriptor, port, route: { priority: index + 1, paths: ['/*'] }, schedule }];
    }),
  );
  const checked = checkConfig(config, descriptors);
  return stacksOf(checked.config, checked.services);
}

interface Named {
  readonly where: string;
  readonly type: string;
  readonly attribute: string;
  readonly name: string;
}

function namesIn(stacks: Readonly<Record<string, StackJson>>): readonly Named[] {
  return Object.entries(stacks).flatMap(([id, stack]) =>
    Object.entries(stack.resource ?? {}).flatMap(([type, resources]) =>
      Object.entries(resources).flatMap(([key, resource]) =>
        Object.entries(resource).flatMap(([attribute, value]: [string, unknown]) => {
          const isName = NAMING.test(attribute) || attribute in (LIMITS[type] ?? {});
          if (!isName || OTHERS.includes(attribute) || typeof value !== 'string') return [];
          // Nothing but a reference is the name of another resource.
          if (/^\$\{[^}]+\}$/.test(value)) return [];
          return [{ where: `${id}/${type}.${key}`, type, attribute, name: spelled(stack, value) }];
        }),
      ),
    ),
  );
}

/** With the names of other resources of the stack in their places. */
function spelled(stack: StackJson, value: string): string {
  return value.replace(
    /\$\{(\w+)\.([\w-]+)\.(\w+)\}/g,
    (reference, type: string, id: string, attribute: string) => {
      const resource: Resource | undefined = stack.resource[type]?.[id];
      const found: unknown = resource?.[attribute];
      if (typeof found !== 'string') throw new Error(`${value}: ${reference} is not in the stack`);
      return spelled(stack, found);
    },
  );
}

const SHARES = [
  ['the longest project and environment', 'sixteen-letters1', {}],
  ['with the shortest service', 'fifteen-letters', { ab: 3000 }],
  ['the longest service and environment', 'seven77', { accounting: 3000 }],
  ['the longest service and port', 'six666', { accounting: 30000 }],
] as const;

describe.each(SHARES)('%s', (_, project, services) => {
  const names = namesIn(longest(project, services));

  test('fit what AWS takes', () => {
    const tooLong = names.filter(
      ({ type, attribute, name }) => name.length > (LIMITS[type]?.[attribute] ?? 0),
    );
    expect(
      tooLong.map(
        ({ where, attribute, name }) => `${where} ${attribute}: ${name}, ${name.length} characters`,
      ),
    ).toEqual([]);
  });
});

test('every name that a stack gives has its limit in the table, and every limit is tried', () => {
  const names = SHARES.flatMap(([, project, services]) => namesIn(longest(project, services)));
  const given = new Set(names.map(({ type, attribute }) => `${type}.${attribute}`));
  const known = Object.entries(LIMITS).flatMap(([type, attributes]) =>
    Object.keys(attributes).map((attribute) => `${type}.${attribute}`),
  );
  expect([...given].sort()).toEqual(known.sort());
});

test('a character more is refused before anything is synthesized', () => {
  expect(() => longest('seventeen-letters', {})).toThrow('project: got "seventeen-letters"');
  expect(() => longest('sixteen-letters1', { ab: 3000 })).toThrow('33 characters; valid: 32 at most');
  expect(() => longest('eight888', { accounting: 3000 })).toThrow('33 characters; valid: 32 at most');
});
