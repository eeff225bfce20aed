import type { Config } from './config';
import { statementsOf, allows } from './test-policy';
import { given, stackOf, stacksOf } from './test-app';
import { all, at, only, type StackJson } from './test-json';
import type { PolicyStatement } from './constructs/policy';

const stacks = stacksOf();
const dev = stackOf(stacks, 'bootstrap');
const prod = stackOf(stacks, 'bootstrap-222222222222');

/** All that a role is granted by its own policy and the shared ones, with the state bucket and its key by name. */
function granted(stack: StackJson, role: string): PolicyStatement[] {
  const shared = all(stack, 'aws_iam_role_policy_attachment')
    .filter((attachment) => attachment.role === `\${aws_iam_role.${role}.name}`)
    .map((attachment) => at(stack, String(attachment.policy_arn).slice(2, -'.arn}'.length)));
  const own = all(stack, 'aws_iam_role_policy').filter(
    (policy) => policy.role === `\${aws_iam_role.${role}.id}`,
  );
  return [...own, ...shared].flatMap(({ policy }) =>
    statementsOf(
      String(policy)
        .replaceAll('${aws_s3_bucket.state.arn}', STATE)
        .replaceAll(/\$\{aws_kms_key\.state_key_\w+\.arn\}/g, STATE_KEY),
    ),
  );
}

const STATE = 'arn:aws:s3:::fairlead-111111111111-eu-west-1-tfstate';
const STATE_KEY = 'arn:aws:kms:eu-west-1:111111111111:key/state';
const plan = granted(dev, 'dev-plan');
const apply = granted(dev, 'dev-apply');
const deploy = granted(dev, 'dev-deploy');
const push = granted(dev, 'push');

test('an account has the roles of its own environments, and the push role where the images are', () => {
  const names = (stack: StackJson): string[] =>
    all(stack, 'aws_iam_role')
      .map(({ name }) => name as string)
      .sort();
  expect(names(dev)).toEqual([
    'fairlead-dev-apply',
    'fairlead-dev-deploy',
    'fairlead-dev-plan',
    'fairlead-push',
  ]);
  expect(names(prod)).toEqual(['fairlead-prod-apply', 'fairlead-prod-deploy', 'fairlead-prod-plan']);
});

test('the plan role reads state and settings and changes nothing: no lock, no state, no resource', () => {
  expect(allows(plan, 's3:GetObject', `${STATE}/dev-network`)).toBe(true);
  expect(allows(plan, 'kms:Decrypt', STATE_KEY)).toBe(true);
  expect(allows(plan, 'ec2:DescribeVpcs', '*')).toBe(true);
  expect(allows(plan, 's3:PutObject', `${STATE}/dev-network.tflock`)).toBe(false);
  const reading = /^[\w-]+:(Describe|Get|List|View)/;
  const others = plan
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action }) => [Action].flat())
    .filter((action) => !reading.test(action));
  expect(others).toEqual(['kms:Decrypt']);
});

test.each([
  ['plan', plan],
  ['apply', apply],
  ['deploy', deploy],
])(
  'the %s role reads no secret, no parameter but release pointers and images, no object but state',
  (_, role) => {
    const wider = [...role, { Effect: 'Allow', Action: '*', Resource: '*' } as const];
    expect(
      allows(
        wider,
        'secretsmanager:GetSecretValue',
        'arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-1',
      ),
    ).toBe(false);
    expect(allows(wider, 'ssm:GetParameters', 'arn:aws:ssm:eu-west-1:111111111111:parameter/other')).toBe(
      false,
    );
    expect(allows(wider, 's3:GetObject', 'arn:aws:s3:::fairlead-dev-alb-logs/x')).toBe(false);
    expect(allows(role, 's3:GetObject', `${STATE}/dev-data`)).toBe(true);
    expect(
      allows(
        role,
        'ssm:GetParameter',
        'arn:aws:ssm:eu-west-1:111111111111:parameter/fairlead/dev/release/api',
      ),
    ).toBe(true);
    expect(
      allows(
        role,
        'ssm:GetParameter',
        'arn:aws:ssm:eu-west-1::parameter/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id',
      ),
    ).toBe(true);
  },
);

test("the apply role writes its environment's state and takes its locks, and deletes nothing but locks", () => {
  const writes = (object: string): [boolean, boolean] => [
    allows(apply, 's3:PutObject', `${STATE}/${object}`),
    allows(apply, 's3:DeleteObject', `${STATE}/${object}`),
  ];
  expect(writes('dev-network')).toEqual([true, false]);
  expect(writes('dev-network.tflock')).toEqual([true, true]);
  expect(writes('registry')).toEqual([true, false]);
  expect(writes('registry.tflock')).toEqual([true, true]);
  expect(writes('registry.applied')).toEqual([true, false]);
  expect(writes('prod-network')).toEqual([false, false]);
  expect(writes('bootstrap')).toEqual([false, false]);
  expect(
    allows(granted(prod, 'prod-apply'), 's3:PutObject', '${aws_s3_bucket.state.arn}/bootstrap-222222222222'),
  ).toBe(false);
});

test('the apply role makes roles with the boundary only, and cannot touch the pipeline itself', () => {
  const creation = apply.filter(
    ({ Effect, Action }) => Effect === 'Allow' && [Action].flat().includes('iam:CreateRole'),
  );
  expect(creation).toEqual([
    {
      Sid: 'RolesInTheBoundary',
      Effect: 'Allow',
      Action: 'iam:CreateRole',
      Resource: 'arn:aws:iam::111111111111:role/fairlead-dev-*',
      Condition: { StringEquals: { 'iam:PermissionsBoundary': '${aws_iam_policy.boundary.arn}' } },
    },
  ]);
  const changes = (role: string): boolean =>
    allows(apply, 'iam:PutRolePolicy', `arn:aws:iam::111111111111:role/${role}`);
  expect(changes('fairlead-dev-api-task')).toBe(true);
  for (const role of [
    'fairlead-dev-plan',
    'fairlead-dev-apply',
    'fairlead-dev-deploy',
    'fairlead-push',
    'fairlead-prod-api-task',
  ]) {
    expect([role, changes(role)]).toEqual([role, false]);
  }
  expect(allows(apply, 'kms:ScheduleKeyDeletion', STATE_KEY)).toBe(false);
});

test('the boundary denies its own removal, its own change, and roles without it', () => {
  const boundary = statementsOf(at(dev, 'aws_iam_policy.boundary').policy);
  expect(
    allows(
      boundary,
      'iam:DeleteRolePermissionsBoundary',
      'arn:aws:iam::111111111111:role/fairlead-dev-apply',
    ),
  ).toBe(false);
  expect(
    allows(boundary, 'iam:CreatePolicyVersion', 'arn:aws:iam::111111111111:policy/fairlead-boundary'),
  ).toBe(false);
  expect(boundary.find(({ Sid }) => Sid === 'NoWayOut')).toEqual({
    Sid: 'NoWayOut',
    Effect: 'Deny',
    Action: ['iam:CreateRole', 'iam:PutRolePermissionsBoundary'],
    Resource: '*',
    Condition: {
      StringNotEquals: { 'iam:PermissionsBoundary': 'arn:aws:iam::111111111111:policy/fairlead-boundary' },
    },
  });
});

test('the boundary leaves room for what every role of the app is granted', () => {
  const boundary = statementsOf(at(dev, 'aws_iam_policy.boundary').policy);
  const refused = Object.entries(stacks)
    .filter(([id]) => id === 'bootstrap' || id.startsWith('dev-'))
    .flatMap(([id, stack]) => all(stack, 'aws_iam_role_policy').map(({ policy }) => [id, policy] as const))
    .flatMap(([id, policy]) => statementsOf(policy).map((statement) => [id, statement] as const))
    .filter(([, { Effect }]) => Effect === 'Allow')
    .flatMap(([id, { Action, Resource }]) =>
      [Action].flat().flatMap((action) =>
        [Resource ?? []]
          .flat()
          // A reference to another resource: its ARN is not known before the apply.
          .filter((resource) => !resource.startsWith('${'))
          .filter((resource) => !allows(boundary, action, resource))
          .map((resource) => `${id}: ${action} on ${resource}`),
      ),
    );
  expect(refused).toEqual([]);
});

test('the apply role and the deploy role record releases of their environment, and read why a migration failed', () => {
  for (const role of [apply, deploy]) {
    const may = (action: string, arn: string): boolean => allows(role, action, `arn:aws:${arn}`);
    expect(may('ssm:PutParameter', 'ssm:eu-west-1:111111111111:parameter/fairlead/dev/release/api')).toBe(
      true,
    );
    expect(may('ssm:PutParameter', 'ssm:eu-west-1:111111111111:parameter/fairlead/prod/release/api')).toBe(
      false,
    );
    expect(may('ssm:PutParameter', 'ssm:eu-west-1:111111111111:parameter/fairlead/dev/other')).toBe(false);
    expect(
      may(
        'logs:GetLogEvents',
        'logs:eu-west-1:111111111111:log-group:/fairlead/dev/api-migrate:log-stream:x',
      ),
    ).toBe(true);
  }
  const runs = 'arn:aws:ecs:eu-west-1:111111111111:task-definition/fairlead-dev-api-migrate:1';
  expect(allows(apply, 'ecs:RunTask', runs)).toBe(true);
});

test('the deploy role puts an image back: registers and updates, runs nothing, and hands roles to tasks only', () => {
  expect(
    allows(deploy, 'ecs:UpdateService', 'arn:aws:ecs:eu-west-1:111111111111:service/fairlead-dev/api'),
  ).toBe(true);
  expect(
    allows(
      deploy,
      'ecs:RunTask',
      'arn:aws:ecs:eu-west-1:111111111111:task-definition/fairlead-dev-api-migrate:1',
    ),
  ).toBe(false);
  expect(
    allows(deploy, 'ecs:UpdateService', 'arn:aws:ecs:eu-west-1:111111111111:service/fairlead-prod/api'),
  ).toBe(false);
  expect(allows(deploy, 's3:PutObject', `${STATE}/dev-tasks-api`)).toBe(true);
  expect(allows(deploy, 's3:PutObject', `${STATE}/dev-network`)).toBe(false);
  expect(deploy.filter(({ Action }) => Action === 'iam:PassRole')).toEqual([
    {
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: 'arn:aws:iam::111111111111:role/fairlead-dev-*',
      Condition: { StringEquals: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] } },
    },
  ]);
});

test("the push role pushes to the project's repositories, and that is all", () => {
  expect(allows(push, 'ecr:PutImage', 'arn:aws:ecr:eu-west-1:111111111111:repository/fairlead/api')).toBe(
    true,
  );
  expect(allows(push, 'ecr:PutImage', 'arn:aws:ecr:eu-west-1:111111111111:repository/other/api')).toBe(false);
  expect(
    push.flatMap(({ Action }) => [Action].flat()).filter((action) => !action.startsWith('ecr:')),
  ).toEqual([]);
});

test('GitHub is trusted as an identity provider, for tokens meant for AWS', () => {
  expect(only(dev, 'aws_iam_openid_connect_provider')).toEqual({
    url: 'https://token.actions.githubusercontent.com',
    client_id_list: ['sts.amazonaws.com'],
  });
});

test('policies keep within the lengths AWS accepts, with the longest names there can be', () => {
  const { github, environments } = given.config;
  const config: Config = {
    project: 'a234567890123456',
    github,
    registry: { account: '111111111111', region: 'ap-southeast-1' },
    environments: {
      e2345678: {
        ...environments.dev!,
        region: 'ap-southeast-1',
        zones: ['ap-southeast-1a', 'ap-southeast-1b'],
      },
    },
  };
  const stack = stackOf(stacksOf(config, {}), 'bootstrap');
  for (const { name, policy } of all(stack, 'aws_iam_policy')) {
    expect([name, String(policy).length <= 6144]).toEqual([name, true]);
  }
  for (const { role, policy } of all(stack, 'aws_iam_role_policy')) {
    expect([role, String(policy).length <= 10_240]).toEqual([role, true]);
  }
});
