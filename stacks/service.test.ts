import { checkConfig } from './check-config';
import type { ServiceDescriptor } from './config';
import { given, stackOf, stacksOf } from './test-app';
import { all, only, type Resource, type StackJson } from './test-json';

const stacks = stacksOf();
const dev = stackOf(stacks, 'dev-service-api');
const prod = stackOf(stacks, 'prod-service-api');
const service = only(prod, 'aws_ecs_service');

const prodWith = (change: Partial<ServiceDescriptor>, name = 'api'): StackJson => {
  const { api } = given.services;
  if (!api) throw new Error('no service api');
  return stackOf(stacksOf(given.config, { [name]: { ...api, ...change } }), `prod-service-${name}`);
};

test('a deployment keeps all tasks up, and goes back by itself when it fails or alarms', () => {
  expect(service).toMatchObject({
    deployment_minimum_healthy_percent: 100,
    deployment_maximum_percent: 200,
    deployment_circuit_breaker: { enable: true, rollback: true },
    alarms: {
      enable: true,
      rollback: true,
      alarm_names: ['${aws_cloudwatch_metric_alarm.errors-alarm.alarm_name}'],
    },
    health_check_grace_period_seconds: 60,
  });
});

test('an apply waits for the deployment, and fails when ECS went back to another task definition', () => {
  expect(service['wait_for_steady_state']).toBe(true);
  expect(service['lifecycle'].postcondition).toEqual([
    {
      condition: `\${(self.task_definition == ${String(service['task_definition']).slice(2, -1)})}`,
      error_message:
        "fairlead-prod-api runs another task definition than the one just applied: ECS rolled the deployment back. The service's events in ECS say why.",
    },
  ]);
});

test.each([
  ['dev', dev, 1, 4],
  ['prod', prod, 2, 10],
])(
  'in %s it starts with the minimum, and from then on autoscaling owns the number',
  (_name, stack, min, max) => {
    expect(only(stack, 'aws_ecs_service')).toMatchObject({
      desired_count: min,
      lifecycle: { ignore_changes: ['desired_count'] },
    });
    expect(only(stack, 'aws_appautoscaling_target')).toMatchObject({ min_capacity: min, max_capacity: max });
  },
);

test('it scales on CPU at 60 percent, memory at 75, and 1,000 requests a minute and task', () => {
  expect(
    all(prod, 'aws_appautoscaling_policy').map(
      ({ name, target_tracking_scaling_policy_configuration: { target_value } }) => [
        name as string,
        target_value as number,
      ],
    ),
  ).toEqual([
    ['${aws_ecs_service.service.name}-cpu', 60],
    ['${aws_ecs_service.service.name}-memory', 75],
    ['${aws_ecs_service.service.name}-requests', 1000],
  ]);
});

test('tasks are spread over zones, then over instances, and rebalanced', () => {
  expect(service).toMatchObject({
    availability_zone_rebalancing: 'ENABLED',
    ordered_placement_strategy: [
      { type: 'spread', field: 'attribute:ecs.availability-zone' },
      { type: 'spread', field: 'instanceId' },
    ],
  });
});

test('tasks stand in private subnets without a public address, and nobody can open a shell in them', () => {
  expect(service['network_configuration']).toMatchObject({ assign_public_ip: false });
  expect(service['network_configuration'].subnets).toHaveLength(3);
  for (const subnet of service['network_configuration'].subnets as string[])
    expect(subnet).toMatch(/subnetprivate/);
  expect(service['enable_execute_command']).toBe(false);
});

test('only the balancer reaches the tasks; they reach the database and AWS', () => {
  const tasks = '${aws_security_group.security-group.id}';
  const rules = (direction: string): unknown[] =>
    all(prod, `aws_vpc_security_group_${direction}_rule`).map(
      ({ security_group_id, referenced_security_group_id, cidr_ipv4, from_port, to_port }) => ({
        of: String(security_group_id).replace(/^.*input-(prod-\w+)\..*$/, '$1'),
        peer: String(referenced_security_group_id ?? cidr_ipv4).replace(/^.*input-(prod-\w+)\..*$/, '$1'),
        ports: [from_port as number, to_port as number],
      }),
    );
  expect(rules('ingress')).toEqual([
    { of: tasks, peer: 'prod-platform', ports: [3000, 3000] },
    { of: 'prod-data', peer: tasks, ports: [5432, 5432] },
  ]);
  expect(rules('egress')).toEqual([
    { of: 'prod-platform', peer: tasks, ports: [3000, 3000] },
    { of: tasks, peer: '0.0.0.0/0', ports: [443, 443] },
    { of: tasks, peer: 'prod-data', ports: [5432, 5432] },
  ]);
});

test('the balancer asks for readiness, and drains as long as the process may take to stop', () => {
  expect(only(prodWith({ stopSeconds: 45, readinessPath: '/ready' }), 'aws_lb_target_group')).toMatchObject({
    target_type: 'ip',
    deregistration_delay: '45',
    health_check: { path: '/ready', matcher: '200' },
  });
});

test('another port is another target group, which can stand beside the old one', () => {
  expect(only(prod, 'aws_lb_target_group')).toMatchObject({
    name: 'fairlead-prod-api-3000',
    lifecycle: { create_before_destroy: true },
  });
  expect(only(prodWith({ port: 8080 }), 'aws_lb_target_group')['name']).toBe('fairlead-prod-api-8080');
});

test('fails when the name of the target group would be too long, saying what it is made of', () => {
  expect(() => prodWith({ port: 30000 }, 'accounting')).not.toThrow();
  const config = { ...given.config, project: 'a-long-project' };
  const { api } = given.services;
  if (!api) throw new Error('no service api');
  expect(() => stacksOf(config, { accounting: api })).toThrow(
    "a-long-project-dev-accounting-3000: a targetGroup name has at most 32 characters, this has 34; it is made of project 'a-long-project', environment 'dev', service 'accounting', port '3000': shorten one of them",
  );
});

test('requests come by path, by host, or by both', () => {
  const conditions = (route: ServiceDescriptor['route']): unknown =>
    only(prodWith({ route }), 'aws_lb_listener_rule')['condition'];
  const path = { path_pattern: { values: ['/v1/*'] } };
  const host = { host_header: { values: ['api.app.example.com'] } };
  expect(conditions({ priority: 7, paths: ['/v1/*'] })).toEqual([path]);
  expect(conditions({ priority: 7, hosts: ['api.app.example.com'] })).toEqual([host]);
  expect(conditions({ priority: 7, paths: ['/v1/*'], hosts: ['api.app.example.com'] })).toEqual([path, host]);
});

describe('two services behind one balancer', () => {
  const { api } = given.services;
  const web: ServiceDescriptor = {
    ...api!,
    route: { priority: 50, hosts: ['web.app.example.com', 'WEB.dev.app.example.com', 'dev.app.example.com'] },
  };
  const both = checkConfig(given.config, { api, web });
  const rules = (environment: string, stacks: Record<string, StackJson>): Resource[] =>
    ['api', 'web'].map((name) =>
      only(stackOf(stacks, `${environment}-service-${name}`), 'aws_lb_listener_rule'),
    );

  test.each([
    ['prod', ['web.app.example.com']],
    ['dev', ['web.dev.app.example.com', 'dev.app.example.com']],
  ])(
    'in %s one comes by its hosts of that environment, the other by path, and the host is asked first',
    (environment, hosts) => {
      const [byPath, byHost] = rules(environment, stacksOf(both.config, both.services)) as [
        Resource,
        Resource,
      ];
      expect(byPath['listener_arn']).toBe(byHost['listener_arn']);
      expect(byPath).toMatchObject({ priority: 100, condition: [{ path_pattern: { values: ['/*'] } }] });
      expect(byHost).toMatchObject({ priority: 50, condition: [{ host_header: { values: hosts } }] });
    },
  );

  test('each has its target group, and the balancer a way to the tasks of each', () => {
    const stacks = stacksOf(both.config, both.services);
    const names = ['api', 'web'].map(
      (name) => only(stackOf(stacks, `prod-service-${name}`), 'aws_lb_target_group')['name'] as string,
    );
    expect(names).toEqual(['fairlead-prod-api-3000', 'fairlead-prod-web-3000']);
    for (const rule of rules('prod', stacks)) {
      expect(rule['action']).toEqual([
        { type: 'forward', target_group_arn: '${aws_lb_target_group.targets.arn}' },
      ]);
    }
  });

  test('an ephemeral environment takes every host, whose names lead nowhere there', () => {
    const environments = {
      ...given.config.environments,
      dev: { ...given.config.environments.dev!, domain: 'ephemeral' as const, protection: false },
    };
    const [, byHost] = rules('dev', stacksOf({ ...given.config, environments }, both.services));
    expect(byHost?.['condition']).toEqual([{ host_header: { values: web.route.hosts } }]);
  });
});

test('it comes after its route and its ways through the network: ECS counts what fails before as a failed deployment', () => {
  expect(service['depends_on']).toEqual([
    'aws_lb_listener_rule.route',
    'aws_vpc_security_group_egress_rule.from-balancer_out_CF33286D',
    'aws_vpc_security_group_ingress_rule.from-balancer_in_7FF16D5D',
    'aws_vpc_security_group_egress_rule.to-database_out_AAAA5404',
    'aws_vpc_security_group_ingress_rule.to-database_in_83F5B765',
  ]);
});

test('its alarms tell the topic of the platform', () => {
  expect(all(prod, 'aws_cloudwatch_metric_alarm').map(({ alarm_name }) => alarm_name as string)).toEqual([
    'fairlead-prod-api-errors',
    'fairlead-prod-api-unhealthy',
  ]);
  for (const { alarm_actions, ok_actions } of all(prod, 'aws_cloudwatch_metric_alarm')) {
    expect(alarm_actions).toEqual([expect.stringContaining('aws_sns_topicalarms_topic')]);
    expect(ok_actions).toEqual(alarm_actions);
  }
});
