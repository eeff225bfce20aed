import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { checkConfig } from '../../stacks/check-config';
import { config as givenConfig } from '../../stacks/config';
import { synthesize } from '../../stacks/main';
import { loadServiceDescriptors } from '../../stacks/services';
import { rehearsedSettings } from '../settings';
import known from './actions.json';
import calls from './calls.json';
import {
  callsOf,
  CHECKED_ROLES,
  missing,
  needsOf,
  policiesOf,
  refused,
  type RolePolicies,
  type Scope,
} from './check';
import { AUTHORIZED_BY, BESIDES, PREFIXES } from './needs';
import { accessKeyOf } from './roles';

const given = checkConfig(givenConfig, loadServiceDescriptors(resolve(__dirname, '../../services')));
const environments = Object.keys(given.config.environments);
const [first = ''] = environments;

/** The roles of an environment as they are synthesized for a rehearsal. */
function rolesOf(environment: string): { roles: Record<'plan' | 'apply', RolePolicies>; scope: Scope } {
  const { config, services } = rehearsedSettings(given, environment);
  const { account, region } = config.environments[environment]!;
  const scope = { project: config.project, environment, account, region };
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-synth-'));
  try {
    synthesize(config, services, outdir);
    const synthesized: unknown = JSON.parse(
      readFileSync(join(outdir, 'stacks', 'bootstrap', 'cdk.tf.json'), 'utf8'),
    );
    return { roles: policiesOf(synthesized, scope), scope };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const { roles, scope } = rolesOf(first);
const prefix = `${scope.project}-${scope.environment}`;

/** The roles without a pattern of actions in what they are granted. @param only in statements on this resource */
function without(pattern: string, only?: RegExp): typeof roles {
  let found = 0;
  const reduced = ({ granted, ...role }: RolePolicies): RolePolicies => ({
    ...role,
    granted: granted.map((statement) => {
      if (only !== undefined && !only.test(JSON.stringify(statement.Resource))) return statement;
      const left = [statement.Action].flat().filter((action) => action !== pattern);
      found += [statement.Action].flat().length - left.length;
      return { ...statement, Action: left };
    }),
  });
  const all = { plan: reduced(roles.plan), apply: reduced(roles.apply) };
  if (found === 0) throw new Error(`no role is granted ${pattern}`);
  return all;
}

test.each(environments)('whatever terraform was seen to call, the roles of %s may', (environment) => {
  const its = environment === first ? { roles, scope } : rolesOf(environment);
  expect(refused(calls, its.roles, its.scope, known)).toEqual([]);
});

test.each([
  ['rds:DescribeDBInstances', undefined, [`${prefix}-plan lacks rds:DescribeDBInstances`]],
  [
    'elasticloadbalancing:Describe*',
    undefined,
    [`${prefix}-plan lacks elasticloadbalancing:DescribeRules on *:`],
  ],
  ['s3:GetBucket*', undefined, [`${prefix}-plan lacks s3:GetBucketAcl on arn:aws:s3:::${prefix}-`]],
  ['budgets:ViewBudget', undefined, [`${prefix}-plan lacks budgets:ViewBudget`]],
  ['ecs:RegisterTaskDefinition', undefined, [`${prefix}-apply lacks ecs:RegisterTaskDefinition`]],
  ['ec2:CreateTags', undefined, [`${prefix}-apply lacks ec2:CreateTags`, '(for ec2:CreateVpc)']],
  ['iam:PassRole', undefined, [`${prefix}-apply lacks iam:PassRole`, '(for ecs:RegisterTaskDefinition)']],
  ['rds:Create*', undefined, [`${prefix}-apply lacks rds:CreateDBSubnetGroup`]],
  ['rds:CreateDBInstance', /og:default/, [`${prefix}-apply lacks rds:CreateDBInstance on`, 'og:default:any']],
  ['cloudwatch:PutMetricAlarm', /:alarm:\*/, ['(for application-autoscaling:PutScalingPolicy)']],
  ['kms:Decrypt', undefined, ['key/state (for s3:GetObject', 'stacks/bootstrap.ts']],
  ['s3:DeleteObject', /tflock/, ['.tflock: stacks/bootstrap.ts']],
])('%s taken away is complained of by name', (pattern, only, said) => {
  const complaints = refused(calls, without(pattern, only), scope, known);
  expect(complaints).not.toEqual([]);
  for (const words of said) expect(complaints.join('\n')).toContain(words);
});

test('a service that a role may not be passed to is complained of', () => {
  const { apply, plan } = roles;
  const granted = apply.granted.map((statement) =>
    JSON.stringify(statement.Action).includes('iam:PassRole') && statement.Effect === 'Allow'
      ? { ...statement, Condition: { StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com'] } } }
      : statement,
  );
  const complaints = refused(calls, { plan, apply: { ...apply, granted } }, scope, known);
  expect(complaints.filter((it) => !it.includes('lacks iam:PassRole on'))).toEqual([]);
  expect(complaints.some((it) => it.includes('(for ec2:CreateFlowLogs)'))).toBe(true);
  expect(complaints.some((it) => it.includes('(for iam:AddRoleToInstanceProfile'))).toBe(false);
});

test('what is granted and outside the boundary is complained of', () => {
  const boundary = roles.apply.boundary.filter(({ Action }) => !matchesService(Action, 'wafv2'));
  const complaints = refused(calls, { ...roles, apply: { ...roles.apply, boundary } }, scope, known);
  expect(complaints.join('\n')).toContain(`the boundary of ${prefix}-apply leaves out wafv2:CreateWebACL`);
  expect(complaints.join('\n')).not.toContain('lacks');
});

test('what is denied to everybody is complained of, however it is allowed', () => {
  const granted = [
    ...roles.plan.granted,
    { Effect: 'Deny', Action: 'ec2:DescribeVpcs', Resource: '*' } as const,
    {
      Effect: 'Deny',
      Action: 'ecs:*',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    } as const,
  ];
  expect(refused(calls, { ...roles, plan: { ...roles.plan, granted } }, scope, known)).toEqual([
    `${prefix}-plan lacks ec2:DescribeVpcs on *: stacks/constructs/project-permissions.ts`,
  ]);
});

test('a call outside of the environment is complained of: the resource counts where it is known', () => {
  const other = {
    plan: [],
    apply: ['ecs:CreateCluster arn:aws:ecs:<region>:<account>:cluster/<project>-other'],
  };
  expect(refused(other, roles, scope, known)).toEqual([
    `${prefix}-apply lacks ecs:CreateCluster on arn:aws:ecs:${scope.region}:${scope.account}:cluster/${scope.project}-other: stacks/constructs/project-permissions.ts`,
  ]);
});

test('a service or an action that nothing is known of fails by name', () => {
  const complaints = refused({ plan: ['lambda:Invoke', 'ecs:Dance'], apply: [] }, roles, scope, known);
  expect(complaints).toEqual([
    'lambda:Invoke: rehearsal/permissions/needs.ts does not know the service lambda',
    expect.stringContaining('ecs:Dance: ecs:Dance is not in rehearsal/permissions/actions.json'),
  ]);
});

describe('no exception outlives what it is for:', () => {
  const all = [...new Set(CHECKED_ROLES.flatMap((role) => calls[role]))];
  const names = new Set(all.map((call) => `${PREFIXES[call.split(':')[0]!]}:${call.split(/[: ]/)[1]}`));

  test('every call with a permission of another name, or with others beside its own, was seen', () => {
    const seldom = [...Object.keys(AUTHORIZED_BY), ...Object.keys(BESIDES)].filter(
      (name) => !names.has(name),
    );
    expect(seldom).toEqual([]);
  });

  test('a call whose permission has its own name is no exception', () => {
    expect(Object.entries(AUTHORIZED_BY).filter(([name, by]) => by.length === 1 && by[0] === name)).toEqual(
      [],
    );
    expect(Object.keys(AUTHORIZED_BY).filter((name) => name in known)).toEqual([]);
  });

  test('the services and the permissions are those that the calls take', () => {
    const services = new Set(all.map((call) => call.split(':')[0]));
    expect(Object.keys(PREFIXES).filter((service) => !services.has(service))).toEqual([]);
    const taken = all.flatMap((call) => {
      const needs = needsOf(call);
      return typeof needs === 'string' ? [needs] : needs.map(({ action }) => action);
    });
    expect(Object.keys(known)).toEqual([...new Set(taken)].sort());
  });
});

test('calls are kept by role, once and in order, without what differs from run to run', () => {
  const call = (role: 'plan' | 'apply', service: string, action: string, resource: string) => ({
    key: accessKeyOf(role),
    service,
    action,
    resource,
  });
  const at = { project: 'acme', environment: 'dev', account: '123456789012', region: 'eu-west-1' };
  const found = callsOf(
    [
      call(
        'plan',
        'kms',
        'DescribeKey',
        'arn:aws:kms:eu-west-1:123456789012:key/423c8c35-d1c1-410c-8d49-583f0db70757',
      ),
      call(
        'plan',
        'kms',
        'DescribeKey',
        'arn:aws:kms:eu-west-1:123456789012:key/01d32985-b298-437e-9523-04b19801bed7',
      ),
      call('plan', 'ec2', 'DescribeVpcs', ''),
      call('apply', 's3', 'PutObject', 'arn:aws:s3:::acme-123456789012-eu-west-1-tfstate/dev-network.tflock'),
      call('apply', 'route53', 'GetChange', 'arn:aws:route53:::change/C2682N5HXP0BZ4'),
      { ...call('apply', 'iam', 'CreateUser', ''), key: 'rehearsal' },
    ],
    at,
  );
  expect(found).toEqual({
    plan: ['ec2:DescribeVpcs', 'kms:DescribeKey arn:aws:kms:<region>:<account>:key/*'],
    apply: [
      'route53:GetChange arn:aws:route53:::change/*',
      's3:PutObject arn:aws:s3:::<project>-<account>-<region>-tfstate/<environment>-network.tflock',
    ],
  });
  expect(missing(found, { plan: found.plan, apply: ['s3:PutObject arn:aws:s3:::elsewhere'] })).toEqual([
    'apply: route53:GetChange',
  ]);
});

test('a role that is not there, and a policy that is not of the stack, fail by name', () => {
  expect(() =>
    policiesOf(
      {
        resource: {
          aws_iam_role: {},
          aws_iam_policy: {},
          aws_iam_role_policy: {},
          aws_iam_role_policy_attachment: {},
        },
      },
      scope,
    ),
  ).toThrow(`the bootstrap stack has no role ${prefix}-plan`);
});

function matchesService(actions: string | readonly string[], service: string): boolean {
  return [actions].flat().some((action) => action.startsWith(`${service}:`));
}
