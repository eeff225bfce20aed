import * as z from 'zod';

import { pipelineRoleName, stateBucketName } from '../../stacks/names';
import { allows, matches, type PolicyStatement, statementsOf } from '../../stacks/test-policy';
import type { RecordedCall } from '../emulator';
import { AUTHORIZED_BY, BESIDES, type Need, PREFIXES } from './needs';
import { accessKeyOf } from './roles';

/** The roles of the pipeline whose calls are checked. */
export const CHECKED_ROLES = ['plan', 'apply'] as const;
export type CheckedRole = (typeof CHECKED_ROLES)[number];

/**
 * What each role calls: `service:Action` as signatures and the API name them and, where that is known, the ARN of what it is
 * called on. `<account>`, `<region>`, `<project>` and `<environment>` stand in it for the configured ones, `*` for what AWS makes up.
 */
export type RoleCalls = Readonly<Record<CheckedRole, readonly string[]>>;

/** Where the calls were made. */
export interface Scope {
  readonly project: string;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
}

/** What takes part in the decision on a role's calls. */
export interface RolePolicies {
  readonly name: string;
  /** Its own policy and the managed ones that are attached to it. */
  readonly granted: readonly PolicyStatement[];
  readonly boundary: readonly PolicyStatement[];
}

/** Whether a policy may narrow an action to resources, by its name: the service authorization reference, see `record-actions.py`. */
export type KnownActions = Readonly<Record<string, boolean>>;

/** What the roles called, without the numbers that differ from run to run, sorted. */
export function callsOf(recorded: readonly RecordedCall[], scope: Scope): RoleCalls {
  const of = (role: CheckedRole): string[] => [
    ...new Set(
      recorded
        .filter(({ key }) => key === accessKeyOf(role))
        .map(({ service, action, resource }) => `${service}:${action} ${lasting(resource, scope)}`.trim()),
    ),
  ];
  return { plan: of('plan').sort(), apply: of('apply').sort() };
}

/** Ids that AWS makes up: UUIDs whole, of others each long part of a name that is of one kind of letters, with a digit. */
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const MADE_UP = /^(?=.*\d)([0-9a-f]{8,}|[0-9A-Z]{12,}|[0-9a-z]{24,})$/;

function lasting(resource: string, { account, region, project, environment }: Scope): string {
  const placeholders = new Map([
    [project, '<project>'],
    [environment, '<environment>'],
  ]);
  return resource
    .replaceAll(account, '<account>')
    .replaceAll(region, '<region>')
    .replaceAll(UUID, '*')
    .split(/([:/-])/)
    .map((part) => placeholders.get(part) ?? (MADE_UP.test(part) ? '*' : part))
    .join('');
}

/** The actions in the first that the second lacks, by role. */
export function missing(calls: RoleCalls, from: RoleCalls): readonly string[] {
  return CHECKED_ROLES.flatMap((role) => {
    const there = actionsOf(from[role]);
    return [...actionsOf(calls[role])].filter((action) => !there.has(action)).map((it) => `${role}: ${it}`);
  });
}

/** What calls are of, whatever they are called on. */
export function actionsOf(calls: readonly string[]): ReadonlySet<string> {
  return new Set(calls.map((call) => call.split(' ')[0]!));
}

const named = z.record(z.string(), z.looseObject({ name: z.string() }));
const bootstrapJson = z.looseObject({
  resource: z.looseObject({
    aws_iam_role: named,
    aws_iam_policy: z.record(z.string(), z.looseObject({ policy: z.string() })),
    aws_iam_role_policy: z.record(z.string(), z.looseObject({ role: z.string(), policy: z.string() })),
    aws_iam_role_policy_attachment: z.record(
      z.string(),
      z.looseObject({ role: z.string(), policy_arn: z.string() }),
    ),
  }),
});

/**
 * The policies of an environment's roles.
 * @param synthesized the bootstrap stack of its account, `cdk.tf.json`
 * @throws Error when the environment has no such roles in it
 */
export function policiesOf(synthesized: unknown, scope: Scope): Readonly<Record<CheckedRole, RolePolicies>> {
  const { resource } = bootstrapJson.parse(synthesized);
  const statements = (policy: string): readonly PolicyStatement[] => statementsOf(withArns(policy, scope));
  const managed = (reference: string): readonly PolicyStatement[] => {
    const policy =
      resource.aws_iam_policy[/^\$\{aws_iam_policy\.(\w[\w-]*)\.arn\}$/.exec(reference)?.[1] ?? ''];
    if (!policy) throw new Error(`the bootstrap stack attaches ${reference}, which is no policy of its own`);
    return statements(policy.policy);
  };
  const of = (role: CheckedRole): RolePolicies => {
    const name = pipelineRoleName(scope.project, role, scope.environment);
    const [id, values] = Object.entries(resource.aws_iam_role).find(([, it]) => it.name === name) ?? [];
    if (id === undefined) throw new Error(`the bootstrap stack has no role ${name}`);
    const own = Object.values(resource.aws_iam_role_policy).filter(
      (it) => it.role === `\${aws_iam_role.${id}.id}`,
    );
    const attached = Object.values(resource.aws_iam_role_policy_attachment).filter(
      (it) => it.role === `\${aws_iam_role.${id}.name}`,
    );
    return {
      name,
      granted: [
        ...own.flatMap(({ policy }) => statements(policy)),
        ...attached.flatMap(({ policy_arn: arn }) => managed(arn)),
      ],
      boundary: managed(String(values?.permissions_boundary)),
    };
  };
  return { plan: of('plan'), apply: of('apply') };
}

/** Of what the policies name by reference there is one of each kind: the state's bucket and its key. */
function withArns(policy: string, scope: Scope): string {
  return policy
    .replaceAll(/\$\{aws_s3_bucket\.[\w-]+\.arn\}/g, stateBucket(scope))
    .replaceAll(/\$\{aws_kms_key\.[\w-]+\.arn\}/g, stateKey(scope));
}

const stateBucket = ({ project, ...where }: Scope): string =>
  `arn:aws:s3:::${stateBucketName(project, where)}`;
const stateKey = ({ account, region }: Scope): string => `arn:aws:kms:${region}:${account}:key/state`;

/**
 * What of their calls AWS would refuse the roles, were it not an emulator. The apply role plans too: it must be allowed what
 * the plan role calls.
 * @returns a sentence each, naming the call, the role and the file to mend
 */
export function refused(
  calls: RoleCalls,
  roles: Readonly<Record<CheckedRole, RolePolicies>>,
  scope: Scope,
  known: KnownActions,
): readonly string[] {
  const called = { plan: calls.plan, apply: [...new Set([...calls.plan, ...calls.apply])] };
  return [
    ...new Set(
      CHECKED_ROLES.flatMap((role) =>
        called[role].flatMap((call) => refusals(call, roles[role], scope, known)),
      ),
    ),
  ];
}

function refusals(call: string, role: RolePolicies, scope: Scope, known: KnownActions): readonly string[] {
  const needs = needsOf(call);
  if (typeof needs === 'string') return [needs];
  return needs.flatMap((need) => {
    const narrows = known[need.action];
    if (narrows === undefined)
      return [
        `${call}: ${need.action} is not in rehearsal/permissions/actions.json: record it again; what is not in it then is no permission, and rehearsal/permissions/needs.ts must say which one it is`,
      ];
    // What AWS lets nobody narrow is asked of everything, whatever the call names.
    const resource = narrows ? need.resource && filled(need.resource, scope) : '*';
    const asked = { ...need, resource };
    const what = `${need.action}${resource === undefined ? '' : ` on ${resource}`}`;
    const because = need.action === call.split(' ')[0] ? '' : ` (for ${filled(call, scope)})`;
    if (!isAllowed(role.granted, asked))
      return [`${role.name} lacks ${what}${because}: ${fileOf(resource, scope)}`];
    if (!isAllowed(role.boundary, asked))
      return [
        `the boundary of ${role.name} leaves out ${what}${because}: boundaryStatements in ${PERMISSIONS}`,
      ];
    return [];
  });
}

/** All that a call takes; a sentence when that is not known. */
export function needsOf(call: string): readonly Need[] | string {
  const [name = '', resource] = call.split(/ (.*)/);
  const [service = '', action = ''] = name.split(/:(.*)/);
  const prefix = PREFIXES[service];
  if (prefix === undefined)
    return `${call}: rehearsal/permissions/needs.ts does not know the service ${service}`;
  const as = `${prefix}:${action}`;
  const own = (AUTHORIZED_BY[as] ?? [as]).map((it): Need => ({ action: it, resource }));
  return [...own, ...(BESIDES[as] ?? [])];
}

function filled(text: string, scope: Scope): string {
  return text
    .replaceAll('<state key>', stateKey(scope))
    .replace(/<(account|region|project|environment)>/g, (_, name: keyof Scope) => scope[name]);
}

function isAllowed(statements: readonly PolicyStatement[], { action, resource, when }: Need): boolean {
  const applying = statements.filter(({ Condition }) => {
    const wanted = when && Condition?.StringEquals?.[when[0]];
    return wanted === undefined || [wanted].flat().includes(when![1]);
  });
  if (resource !== undefined) return allows(applying, action, resource);
  const speaking = applying.filter(({ Action }) => matches(Action, action));
  return (
    speaking.some(({ Effect }) => Effect === 'Allow') &&
    !speaking.some(
      ({ Effect, Condition, Resource }) =>
        Effect === 'Deny' && Condition === undefined && [Resource].flat().includes('*'),
    )
  );
}

const PERMISSIONS = 'stacks/constructs/project-permissions.ts';

/** The state and its key are granted beside the roles, everything else where all services are. */
function fileOf(resource: string | undefined, scope: Scope): string {
  const isState = resource?.startsWith(stateBucket(scope)) || resource === stateKey(scope);
  return isState ? 'stacks/bootstrap.ts' : PERMISSIONS;
}
