import type { ServiceDescriptor } from './config';
import { given, stackOf, stacksOf } from './test-app';
import { all, at, only, type Resource, type StackJson } from './test-json';

const prod = stackOf(stacksOf(), 'prod-tasks-api');
const repository = '111111111111.dkr.ecr.eu-west-1.amazonaws.com/fairlead/api';

const container = (stack: StackJson, purpose: 'task' | 'migrate'): Resource => {
  const definition = at(stack, `aws_ecs_task_definition.${purpose}-definition`);
  return (JSON.parse(String(definition['container_definitions'])) as Resource[])[0] ?? {};
};
const statements = (stack: StackJson, role: string): Resource[] => {
  const policy = all(stack, 'aws_iam_role_policy').find(({ role: of }) => String(of).includes(`.${role}.`));
  return (JSON.parse(String(policy?.['policy'])) as { Statement: Resource[] }).Statement;
};

/** The stack of a service that differs from the sample's. */
function tasksOf(
  change: Partial<ServiceDescriptor>,
  without: readonly (keyof ServiceDescriptor)[] = [],
): StackJson {
  const { api } = given.services;
  if (!api) throw new Error('no service api');
  const descriptor = Object.fromEntries(
    Object.entries({ ...api, ...change }).filter(
      ([key]) => !without.includes(key as keyof ServiceDescriptor),
    ),
  ) as unknown as ServiceDescriptor;
  return stackOf(stacksOf(given.config, { api: descriptor }), 'prod-tasks-api');
}

describe('the variable image', () => {
  const image = prod.variable['image'];
  const [rule] = image?.['validation'] as { condition: string; error_message: string }[];
  const pattern = new RegExp(/regex\("(.*)", var\.image\)/.exec(rule?.condition ?? '')?.[1] ?? 'no regex');

  test('has no default: without a digest nothing can be planned', () => {
    expect(image).not.toHaveProperty('default');
    expect(image).toMatchObject({ type: 'string', nullable: false });
  });

  test('takes a digest in the repository of the service', () => {
    expect(`${repository}@sha256:${'0123456789abcdef'.repeat(4)}`).toMatch(pattern);
  });

  test.each([
    ['a tag', `${repository}:latest`],
    ['a tag with a digest', `${repository}:v1@sha256:${'a'.repeat(64)}`],
    ['a digest of 63 digits', `${repository}@sha256:${'a'.repeat(63)}`],
    ['a digest of 65 digits', `${repository}@sha256:${'a'.repeat(65)}`],
    ['capitals', `${repository}@sha256:${'A'.repeat(64)}`],
    ['the repository of another service', `${repository}2@sha256:${'a'.repeat(64)}`],
    ['a host that only looks like ours', `${repository.replace('.dkr.', 'xdkrx')}@sha256:${'a'.repeat(64)}`],
    ['nothing', ''],
  ])('refuses %s', (_what, value) => {
    expect(value).not.toMatch(pattern);
  });

  test('says what to pass', () => {
    expect(rule?.error_message).toBe(
      `image must be ${repository}@sha256:<64 hexadecimal digits>: pass the digest of an image in this repository, not a tag (TF_VAR_image or -var image=…).`,
    );
  });
});

test('service and migration run the same image, and old revisions stay', () => {
  expect(all(prod, 'aws_ecs_task_definition')).toHaveLength(2);
  for (const purpose of ['task', 'migrate'] as const) {
    expect(container(prod, purpose)['image']).toBe('${var.image}');
    expect(at(prod, `aws_ecs_task_definition.${purpose}-definition`)).toMatchObject({
      requires_compatibilities: ['EC2'],
      network_mode: 'awsvpc',
      runtime_platform: { operating_system_family: 'LINUX', cpu_architecture: 'ARM64' },
      cpu: '256',
      memory: '512',
      skip_destroy: true,
    });
  }
});

test('the architecture of the instances is that of the tasks', () => {
  const { prod: environment } = given.config.environments;
  if (!environment) throw new Error('no environment prod in config');
  const config = {
    ...given.config,
    environments: {
      prod: { ...environment, cluster: { ...environment.cluster, architecture: 'x86_64' as const } },
    },
  };
  expect(
    at(stackOf(stacksOf(config), 'prod-tasks-api'), 'aws_ecs_task_definition.task-definition')[
      'runtime_platform'
    ],
  ).toEqual({ operating_system_family: 'LINUX', cpu_architecture: 'X86_64' });
});

const database = [
  { name: 'DATABASE_CA', value: 'rds' },
  { name: 'DATABASE_HOST', value: expect.stringContaining('outputs.') as unknown },
  { name: 'DATABASE_NAME', value: expect.any(String) as unknown },
  { name: 'DATABASE_PORT', value: '5432' },
  { name: 'DATABASE_USER', value: 'api' },
];

test('the service knows where its database is, and which user it is by IAM, and no secret', () => {
  expect(container(prod, 'task')['environment']).toEqual([
    { name: 'AWS_REGION', value: 'eu-west-1' },
    { name: 'DATABASE_AUTH', value: 'iam' },
    ...database,
    { name: 'HOST', value: '0.0.0.0' },
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'METRICS_NAMESPACE', value: 'fairlead/prod/api' },
    { name: 'PORT', value: '3000' },
  ]);
  expect(container(prod, 'task')).not.toHaveProperty('secrets');
});

test('the migration alone holds the master secret', () => {
  expect(container(prod, 'migrate')).toMatchObject({
    command: ['node', 'dist/migrate.js'],
    environment: [
      { name: 'AWS_REGION', value: 'eu-west-1' },
      ...database,
      { name: 'LOG_LEVEL', value: 'info' },
    ],
    secrets: [
      { name: 'DATABASE_MASTER_SECRET', valueFrom: expect.stringMatching(/secret_arn\}$/) as unknown },
    ],
  });
  expect(statements(prod, 'migrate-execution-role').map(({ Sid }) => Sid as string)).toEqual([
    'SignInToRegistry',
    'PullImage',
    'WriteLog',
    'ReadMasterSecret',
    'DecryptMasterSecret',
  ]);
  expect(statements(prod, 'task-execution-role').map(({ Sid }) => Sid as string)).toEqual([
    'SignInToRegistry',
    'PullImage',
    'WriteLog',
  ]);
});

test('ECS may pull from the one repository and write to the one log group', () => {
  expect(statements(prod, 'task-execution-role').slice(1)).toEqual([
    {
      Sid: 'PullImage',
      Effect: 'Allow',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: 'arn:aws:ecr:eu-west-1:111111111111:repository/fairlead/api',
    },
    {
      Sid: 'WriteLog',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '${aws_cloudwatch_log_group.task-log.arn}:*',
    },
  ]);
});

test('the service itself may sign in to its database as its own user, and nothing else', () => {
  expect(statements(prod, 'task-role')).toEqual([
    {
      Sid: 'SignInToDatabase',
      Effect: 'Allow',
      Action: 'rds-db:connect',
      Resource: expect.stringMatching(
        /^arn:aws:rds-db:eu-west-1:222222222222:dbuser:\$\{.*resource_id\}\/api$/,
      ) as unknown,
    },
  ]);
});

test('ECS assumes each role for this account only, under the boundary, and none is used twice', () => {
  const roles = all(prod, 'aws_iam_role');
  expect(roles.map(({ name }) => name as string)).toEqual([
    'fairlead-prod-api-migrate-execution',
    'fairlead-prod-api-task-execution',
    'fairlead-prod-api-task',
  ]);
  for (const role of roles) {
    expect(role['permissions_boundary']).toBe('arn:aws:iam::222222222222:policy/fairlead-boundary');
    expect(JSON.parse(String(role['assume_role_policy']))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'ecs-tasks.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceAccount': '222222222222' },
            ArnLike: { 'aws:SourceArn': 'arn:aws:ecs:eu-west-1:222222222222:*' },
          },
        },
      ],
    });
  }
  const task = at(prod, 'aws_ecs_task_definition.task-definition');
  expect(task['task_role_arn']).toBe('${aws_iam_role.task-role.arn}');
  expect(task['execution_role_arn']).toBe('${aws_iam_role.task-execution-role.arn}');
  expect(at(prod, 'aws_ecs_task_definition.migrate-definition')).not.toHaveProperty('task_role_arn');
});

test('logs are encrypted and kept for a year', () => {
  expect(all(prod, 'aws_cloudwatch_log_group')).toEqual(
    ['/fairlead/prod/api-migrate', '/fairlead/prod/api'].map((name) => ({
      name,
      retention_in_days: 365,
      kms_key_id: expect.stringContaining('aws_kms_key') as unknown,
    })),
  );
});

test('nothing reaches the migration; it reaches the database and AWS', () => {
  const group = '${aws_security_group.migrate-security-group.id}';
  expect(
    all(prod, 'aws_vpc_security_group_egress_rule').map(({ security_group_id, from_port }) => [
      security_group_id as string,
      from_port as number,
    ]),
  ).toEqual([
    [group, 443],
    [group, 5432],
  ]);
  expect(only(prod, 'aws_vpc_security_group_ingress_rule')).toMatchObject({
    security_group_id: expect.stringContaining('prod-data') as unknown,
    referenced_security_group_id: group,
    from_port: 5432,
  });
});

test('what run-task needs is among the outputs', () => {
  expect(prod.output['task_definition_arn']).toEqual({
    value: '${aws_ecs_task_definition.task-definition.arn}',
  });
  const of = (output: string): unknown => expect.stringContaining(`.outputs.cross-stack-output-${output}`);
  expect(prod.output['migration']?.value).toEqual({
    task_definition_arn: '${aws_ecs_task_definition.migrate-definition.arn}',
    container: 'migrate',
    cluster_arn: of('aws_ecs_clusterclusterarn'),
    capacity_provider: of('aws_ecs_cluster_capacity_providers'),
    security_group_id: '${aws_security_group.migrate-security-group.id}',
    subnet_ids: ['a', 'b', 'c'].map(() => of('aws_subnetprivate')),
    log_group: '/fairlead/prod/api-migrate',
  });
});

test('a service without a database has one task definition, no task role and no way to a database', () => {
  const stack = tasksOf({ database: false }, ['migrate']);
  expect(only(stack, 'aws_ecs_task_definition')).not.toHaveProperty('task_role_arn');
  expect(stack.resource).not.toHaveProperty('aws_security_group');
  expect(JSON.stringify(stack)).not.toContain('DATABASE_');
  expect(stack.output).not.toHaveProperty('migration');
});
