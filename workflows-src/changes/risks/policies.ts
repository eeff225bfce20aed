import { embedded, isDeep, isObject, type JsonObject } from '../json';
import type { Doubt, Examined } from './examined';
import { compare, covers, type Difference, type Principal, type Statement } from './policy-comparison';
import type { Category, Severity } from './risk';
import { milder, types, type Finding, type Rule } from './rule';
import { unsure } from './settings';
import { listed } from './text';

/**
 * Policies of AWS, compared by what they say. Told of a changed policy is everything that it newly allows and no longer
 * denies. Told of a new one is only what nobody should get unseen: everything on everything, whole services, rights by
 * which one gives oneself others, and what is open to everybody; the rest of a new policy is what its name promises, and
 * telling it would drown the rest.
 */
interface PolicyPlace {
  readonly kind: 'identity' | 'resource' | 'trust' | 'limit';
  /** The types that have it, by attribute. */
  readonly of: Readonly<Record<string, string>>;
  /** Whoever gets what it allows, at the beginning of a sentence. */
  readonly who: string;
}

const PLACES: readonly PolicyPlace[] = [
  {
    kind: 'identity',
    of: { policy: 'aws_iam_role_policy', 'inline_policy[].policy': 'aws_iam_role' },
    who: 'The role',
  },
  { kind: 'identity', of: { policy: 'aws_iam_user_policy' }, who: 'The user' },
  { kind: 'identity', of: { policy: 'aws_iam_group_policy' }, who: 'Everybody in the group' },
  { kind: 'identity', of: { policy: 'aws_iam_policy aws_iot_policy' }, who: 'Whoever has the policy' },
  {
    kind: 'identity',
    of: { inline_policy: 'aws_ssoadmin_permission_set_inline_policy' },
    who: 'Whoever signs in with the permission set',
  },
  { kind: 'trust', of: { assume_role_policy: 'aws_iam_role' }, who: '' },
  {
    // A limit on others: without one, everything is allowed.
    kind: 'limit',
    of: {
      content: 'aws_organizations_policy',
      policy: 'aws_vpc_endpoint aws_vpc_endpoint_policy',
    },
    who: 'Whoever it limits',
  },
  {
    kind: 'resource',
    of: {
      policy:
        'aws_s3_bucket_policy aws_s3_bucket aws_s3control_bucket_policy aws_s3control_access_point_policy aws_s3_access_point aws_sqs_queue_policy aws_sqs_queue aws_sns_topic_policy aws_sns_topic aws_kms_key aws_kms_key_policy aws_kms_external_key aws_kms_replica_key aws_kms_replica_external_key aws_ecr_repository_policy aws_ecrpublic_repository_policy aws_ecr_registry_policy aws_secretsmanager_secret_policy aws_secretsmanager_secret aws_efs_file_system_policy aws_backup_vault_policy aws_api_gateway_rest_api_policy aws_api_gateway_rest_api aws_cloudwatch_event_bus_policy aws_dynamodb_resource_policy aws_kinesis_resource_policy aws_media_store_container_policy aws_glue_resource_policy aws_msk_cluster_policy aws_redshift_resource_policy aws_redshiftserverless_resource_policy aws_acmpca_policy aws_ses_identity_policy aws_sesv2_email_identity_policy aws_networkfirewall_resource_policy aws_vpclattice_auth_policy aws_vpclattice_resource_policy aws_schemas_registry_policy aws_codebuild_resource_policy',
      access_policies:
        'aws_opensearch_domain_policy aws_opensearch_domain aws_elasticsearch_domain_policy aws_elasticsearch_domain',
      access_policy: 'aws_glacier_vault',
      content: 'aws_organizations_resource_policy',
      policy_document:
        'aws_codeartifact_domain_permissions_policy aws_codeartifact_repository_permissions_policy aws_cloudwatch_log_resource_policy',
      resource_policy: 'aws_s3tables_table_policy aws_s3tables_table_bucket_policy',
    },
    who: '',
  },
];

/** A resource that is nothing but a policy; a key or bucket that has one goes as a whole. */
const POLICY_ALONE = /_policy$/;

export const POLICIES: readonly Rule[] = PLACES.flatMap((place) =>
  Object.entries(place.of).flatMap(([path, names]): readonly Rule[] => [
    { types: types(names), at: ['create', 'change'], judge: (change) => judge(place, path, change) },
    {
      types: types(names).filter((type) => POLICY_ALONE.test(type)),
      at: ['gone'],
      judge: (change) => policyGone(place, path, change),
    },
  ]),
);

/** The statements of a side of a change. */
type Reading =
  | { readonly statements: readonly JsonObject[]; readonly isSet: boolean }
  | { readonly why: Doubt | 'unreadable' };

function judge(place: PolicyPlace, path: string, change: Examined): readonly Finding[] {
  const isNew = change.change.action === 'create';
  const [list] = path.split('[]');
  if (!isNew && !change.differs(list!) && !change.doubt(list!)) return [];
  const after = statementsOf(change, path, 'after');
  if ('why' in after)
    return change.isNew && after.why === 'unknown' && isFilledIn(change, list!)
      ? []
      : [notJudged(place, after.why)];
  const before = isNew ? NO_STATEMENTS : statementsOf(change, path, 'before');
  if ('why' in before) return [notJudged(place, before.why)];
  const comparison = compare(before.statements, after.statements);
  if (!comparison) return [notJudged(place, 'unreadable')];
  const context = { ...place, isKnown: !isNew && before.isSet, isBoundary: isBoundary(change) };
  return [
    ...told(comparison.allowed.flatMap((difference) => allowance(context, difference))),
    ...told(comparison.denials.map((difference) => denial(place, difference))),
  ];
}

const NO_STATEMENTS: Reading = { statements: [], isSet: false };

/** A permissions boundary only limits, and is as wide as the widest that it is for. Its name is all that tells. */
function isBoundary(change: Examined): boolean {
  const name = change.change.type === 'aws_iam_policy' ? change.after('name') : undefined;
  return typeof name === 'string' && /boundary/i.test(name);
}

/** A policy that goes takes its denials with it; if what it denied goes as well, that is told by what goes. */
function policyGone(place: PolicyPlace, path: string, change: Examined): readonly Finding[] {
  if (change.change.action !== 'delete' || change.change.deposed !== undefined) return [];
  const before = statementsOf(change, path, 'before');
  if ('why' in before) return [];
  const denials = compare(before.statements, [])?.denials ?? [];
  return told(denials.map((difference) => denial(place, difference, true)));
}

/** Which attributes of a new resource AWS fills in where the configuration says nothing: unknown then says nothing either. */
function isFilledIn({ change }: Examined, path: string): boolean {
  return !POLICY_ALONE.test(change.type) && path !== 'assume_role_policy';
}

function statementsOf(change: Examined, path: string, side: 'before' | 'after'): Reading {
  const [list, attribute] = path.split('[].');
  if (attribute === undefined) return readPolicy(change, [path], side);
  const blocks = side === 'before' ? change.listBefore(list!) : change.listAfter(list!);
  const doubt = side === 'after' && blocks.length === 0 ? change.doubt(list!) : undefined;
  if (doubt) return { why: doubt };
  const statements: JsonObject[] = [];
  for (const index of blocks.keys()) {
    const reading = readPolicy(change, [list!, index, attribute], side);
    if ('why' in reading) return reading;
    statements.push(...reading.statements);
  }
  return { statements, isSet: statements.length > 0 };
}

function readPolicy(change: Examined, path: readonly (string | number)[], side: 'before' | 'after'): Reading {
  const doubt = side === 'after' ? change.doubt(path) : undefined;
  if (doubt) return { why: doubt };
  const text = side === 'before' ? change.before(path) : change.after(path);
  if (text === undefined || text === null || text === '') {
    // Set, and yet not to be read: marked as sensitive.
    const isSet = side === 'before' ? change.wasSet(path) : change.isSet(path);
    return isSet ? { why: 'hidden' } : NO_STATEMENTS;
  }
  const document = typeof text === 'string' ? embedded(text) : undefined;
  if (!isObject(document) || isDeep(document)) return { why: 'unreadable' };
  const given = Array.isArray(document['Statement'])
    ? (document['Statement'] as unknown[])
    : [document['Statement']];
  const statements = given.filter(isObject);
  return statements.length === given.length ? { statements, isSet: true } : { why: 'unreadable' };
}

function notJudged({ kind, who }: PolicyPlace, why: Doubt | 'unreadable'): Finding {
  const what =
    kind === 'trust'
      ? 'who may take on the role'
      : kind === 'resource'
        ? 'who may use it'
        : `what ${uncapital(who)} may do`;
  return {
    rule: 'policy-not-judged',
    category: 'privilege',
    severity: 'medium',
    sentence:
      why === 'unreadable' ? `The policy cannot be read here, and so not judged ${what}.` : unsure(why, what),
  };
}

/** A finding, and the statements' parts that it is about; those of one rule and severity are told in one sentence. */
interface Telling {
  readonly rule: string;
  readonly category: Category;
  readonly severity: Severity;
  /** With `{actions}`, `{resources}` and `{principals}`. */
  readonly sentence: string;
  readonly part: Pick<Difference, 'actions' | 'resources' | 'principals'>;
}

function told(tellings: readonly Telling[]): readonly Finding[] {
  const groups = new Map<string, Telling[]>();
  for (const telling of tellings) {
    // What is allowed on one resource is not said to be allowed on another.
    const key = JSON.stringify([telling.rule, telling.severity, telling.sentence, telling.part.resources]);
    groups.set(key, [...(groups.get(key) ?? []), telling]);
  }
  return [...groups.values()].map((group) => {
    const { rule, category, severity, sentence } = group[0]!;
    const all = <T>(part: (telling: Telling) => readonly T[]): readonly T[] => [
      ...new Set(group.flatMap(part)),
    ];
    const parts: Readonly<Record<string, string>> = {
      actions: listed(all(({ part }) => part.actions.map(actionText))),
      resources: listed(all(({ part }) => part.resources.map(resourceText))),
      principals: listed(all(({ part }) => part.principals.map(principalText))),
    };
    return {
      rule,
      category,
      severity,
      sentence: sentence.replace(/\{(\w+)\}/g, (_, name: string) => parts[name]!),
    };
  });
}

/** Only what has the form of an action, an ARN or a principal is printed: a policy may hold anything. */
function actionText(action: string): string {
  if (action === '*') return 'everything';
  return /^(?:everything but )?(?:(?:, | and )?[\w*-]+:[\w*?]+)+(?: and \d+ more)?$/.test(action)
    ? action
    : 'other actions';
}

function resourceText(resource: string): string {
  if (resource === '*') return 'everything';
  return /^(?:everything but )?arn:[\w*-]*:/.test(resource) ? resource : 'other resources';
}

function principalText({ kind, name }: Principal): string {
  if (name === '*') return kind === 'Service' ? 'every service of AWS' : 'everybody';
  return /^(?:arn:[\w-]*:[\w-]*:[\w-]*:\d*:[\w+=,.@/*:-]+|[\w-]+(?:\.[\w-]+)+)$/.test(name) ? name : 'others';
}

/** What is told of an allowance depends on. */
interface Context extends PolicyPlace {
  /** There was a policy before. */
  readonly isKnown: boolean;
  readonly isBoundary: boolean;
}

function allowance(context: Context, difference: Difference): readonly Telling[] {
  if (context.kind === 'trust') return trust(difference, context.isKnown);
  if (context.kind === 'resource') return access(difference, context.isKnown);
  return rights(context, difference);
}

/** What is so wide that it is told of a new policy too. The first that fits. */
interface Grade {
  readonly rule: string;
  readonly severity: Severity;
  readonly fits: (action: string) => boolean;
  readonly adds: string;
}

const GRADES: readonly Grade[] = [
  { rule: 'policy-admin', severity: 'critical', fits: (action) => action === '*', adds: '' },
  {
    rule: 'policy-escalation',
    severity: 'critical',
    fits: (action) => /^iam:\*$/i.test(action),
    adds: ', by which one can give oneself any right',
  },
  {
    rule: 'policy-escalation',
    severity: 'high',
    fits: escalates,
    adds: ', by which one can take on other rights',
  },
  {
    rule: 'policy-wildcard',
    severity: 'high',
    fits: isWholeService,
    adds: ', whatever the service offers today or later',
  },
];

function rights({ kind, who, isKnown, isBoundary }: Context, difference: Difference): readonly Telling[] {
  if (difference.byCondition) return [loosened(difference, `${who} may do`)];
  const isWide = kind !== 'limit' && difference.resources.some(isWideResource);
  const now = isKnown ? ' now also' : '';
  if (isBoundary) return isWide || isKnown ? [boundaryWide(difference, now)] : [];
  return difference.actions.flatMap((action): readonly Telling[] => {
    const grade = isWide ? GRADES.find(({ fits }) => fits(action)) : undefined;
    if (!grade && !isKnown) return [];
    const { rule, severity, adds } = grade ?? { rule: 'policy-widened', severity: 'medium', adds: '' };
    return [
      {
        rule,
        category: 'privilege',
        severity: isConditional(difference) ? milder(severity) : severity,
        sentence: `${who} may${now} do {actions} on {resources}${underCondition(difference)}${adds}.`,
        part: { ...difference, actions: [action] },
      },
    ];
  });
}

/** The resources are left out, so that one sentence tells all. */
function boundaryWide(difference: Difference, now: string): Telling {
  return {
    rule: 'boundary-wide',
    category: 'privilege',
    severity: 'medium',
    sentence: `By its name it is a permissions boundary, which gives nothing by itself; what others give may${now} include {actions}.`,
    part: { ...difference, resources: [] },
  };
}

/** The same as before, but on a lesser condition. */
function loosened(difference: Difference, whoMay: string): Telling {
  const isAll = difference.actions.includes('*') && difference.resources.includes('*');
  return {
    rule: 'policy-condition-loosened',
    category: 'privilege',
    severity: isAll && !isConditional(difference) ? 'critical' : 'high',
    sentence: `${whoMay} {actions} on {resources} ${onWhichCondition(difference)}.`,
    part: difference,
  };
}

function isConditional({ statement }: Difference): boolean {
  return statement['Condition'] !== undefined;
}

function underCondition(difference: Difference): string {
  return isConditional(difference) ? ', under a condition' : '';
}

function onWhichCondition(difference: Difference): string {
  return isConditional(difference) ? 'under a looser condition' : 'without the condition that held';
}

/**
 * Actions by which one gets rights that one was not given.
 * Source: https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation, and those that hand out access to data and keys.
 */
const ESCALATING: readonly string[] = types(`
  iam:passrole iam:createpolicyversion iam:setdefaultpolicyversion iam:attachrolepolicy iam:attachuserpolicy
  iam:attachgrouppolicy iam:putrolepolicy iam:putuserpolicy iam:putgrouppolicy iam:createaccesskey
  iam:createloginprofile iam:updateloginprofile iam:addusertogroup iam:updateassumerolepolicy iam:createrole
  iam:createuser iam:createpolicy iam:deleterolepermissionsboundary iam:deleteuserpermissionsboundary
  iam:putrolepermissionsboundary iam:putuserpermissionsboundary iam:deleterolepolicy iam:detachrolepolicy
  iam:createopenidconnectprovider iam:updateopenidconnectproviderthumbprint iam:createsamlprovider
  iam:updatesamlprovider iam:createservicespecificcredential
  sts:assumerole lambda:updatefunctioncode lambda:createfunction lambda:addpermission ssm:sendcommand
  ssm:startsession ecs:executecommand ec2-instance-connect:sendsshpublickey cloudformation:createstack
  cloudformation:updatestack glue:createdevendpoint glue:updatedevendpoint codestar:createproject
  datapipeline:createpipeline kms:putkeypolicy kms:creategrant secretsmanager:getsecretvalue
  secretsmanager:putresourcepolicy s3:putbucketpolicy s3:putbucketacl organizations:createaccount
  organizations:detachpolicy organizations:leaveorganization sso:createaccountassignment sso:putinlinepolicytopermissionset
`);

/** Services that are about rights; of the others, all actions together are told as what they are. */
const ABOUT_RIGHTS = /^(?:iam|sts|sso|organizations):/i;

function escalates(action: string): boolean {
  const pattern = action.toLowerCase();
  if (isWholeService(action) && !ABOUT_RIGHTS.test(action)) return false;
  return (
    pattern !== '*' && !pattern.startsWith('everything but') && ESCALATING.some((one) => covers(pattern, one))
  );
}

function isWholeService(action: string): boolean {
  return action === '*' || action.startsWith('everything but') || /^[\w-]+:\*$/.test(action);
}

/** Everything of a kind: `*`, `arn:aws:s3:::*`, `arn:aws:iam::123456789012:role/*`. */
function isWideResource(resource: string): boolean {
  if (resource === '*' || resource.startsWith('everything but')) return true;
  const [, service, name] = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$/.exec(resource) ?? [];
  if (name === undefined) return false;
  // Of S3, what stands before the slash is one bucket.
  return service === 's3' ? /^\*(?:\/\*)?$/.test(name) : /^(?:[\w-]+[/:])?\*$/.test(name);
}

function access(difference: Difference, isKnown: boolean): readonly Telling[] {
  const now = isKnown ? ' now' : '';
  const isOpen = difference.principals.some(isEverybody) && !isBound(difference.statement);
  if (isOpen) {
    const whole = difference.actions.some((action) => action === '*' || isWholeService(action));
    return [
      {
        rule: 'policy-public',
        category: 'exposure',
        severity: whole ? 'critical' : 'high',
        sentence: `Everybody may${now} do {actions} on {resources}, without having to belong to an account of yours.`,
        part: difference,
      },
    ];
  }
  if (!isKnown) return [];
  if (difference.byCondition) return [loosened(difference, 'Access is given to {principals}:')];
  return [
    {
      rule: 'policy-widened',
      category: 'privilege',
      severity: 'medium',
      sentence: `Access is given to {principals}: {actions} on {resources}${underCondition(difference)}.`,
      part: difference,
    },
  ];
}

function isEverybody({ kind, name }: Principal): boolean {
  return name === '*' && kind !== 'Service' && kind !== 'Federated';
}

/**
 * Keys of a condition that tie a caller to an account, an organization, a network or a resource, so that a policy for
 * everybody is not public.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
const BINDING: ReadonlySet<string> = new Set(
  types(`
    aws:sourceaccount aws:sourcearn aws:sourceowner aws:sourceorgid aws:sourceorgpaths aws:sourceip aws:sourcevpc
    aws:sourcevpce aws:vpcsourceip aws:principalaccount aws:principalarn aws:principalorgid aws:principalorgpaths
    aws:principalserviceName aws:userid aws:resourceaccount s3:dataaccesspointaccount s3:dataaccesspointarn
    kms:calleraccount lambda:sourcefunctionarn elasticfilesystem:accesspointarn
  `).map((key) => key.toLowerCase()),
);

/** The condition names somebody: an operator that negates, or that holds when the key is missing, does not. */
function isBound({ Condition: condition }: Statement): boolean {
  if (!isObject(condition)) return false;
  return Object.entries(condition).some(
    ([operator, keys]) =>
      isObject(keys) &&
      BINDS.test(operator) &&
      Object.entries(keys).some(
        ([key, values]) => BINDING.has(key.toLowerCase()) && everyValue(values, isSomebody),
      ),
  );
}

const BINDS = /^(?:ForAnyValue:)?(?:StringEquals(?:IgnoreCase)?|StringLike|ArnEquals|ArnLike|IpAddress)$/;

function isSomebody(value: string): boolean {
  return !/^[*?:]*$/.test(value) && !/\/0$/.test(value) && !/^arn:[\w*-]*:[\w*-]*:\*?:\*?:\*$/.test(value);
}

function everyValue(values: unknown, holds: (value: string) => boolean): boolean {
  const list = Array.isArray(values) ? (values as unknown[]) : [values];
  return list.length > 0 && list.every((value) => holds(String(value)));
}

function trust(difference: Difference, isKnown: boolean): readonly Telling[] {
  const telling = (
    rule: string,
    severity: Severity,
    sentence: string,
    principals = difference.principals,
  ): Telling => ({
    rule,
    category: 'privilege',
    severity,
    sentence,
    part: { ...difference, principals },
  });
  const { statement, principals } = difference;
  if (principals.some(isEverybody))
    return isBound(statement)
      ? isKnown
        ? [telling('trust-widened', 'high', 'Everybody who meets its condition may take on the role.')]
        : []
      : [telling('trust-public', 'critical', 'Everybody with an AWS account may take on the role.')];
  const unpinned = principals.filter((principal) => isLoginOfMany(principal) && !isPinned(statement));
  if (unpinned.length > 0)
    return [
      telling(
        'trust-unpinned',
        'critical',
        'Whoever can sign in at {principals} may take on the role: no condition says which repository, service or user it has to be.',
        unpinned,
      ),
    ];
  if (!isKnown) return [];
  if (difference.byCondition)
    return [
      telling(
        'trust-condition-loosened',
        principals.some(({ kind }) => kind === 'Federated') ? 'critical' : 'high',
        `The role may be taken on by {principals} ${onWhichCondition(difference)}.`,
      ),
    ];
  const services = principals.every(({ kind }) => kind === 'Service');
  return [
    telling('trust-widened', services ? 'medium' : 'high', 'The role may now be taken on by {principals}.'),
  ];
}

function isLoginOfMany({ kind, name }: Principal): boolean {
  return kind === 'Federated' && !name.includes(':saml-provider/');
}

/** Claims that say who it is, rather than whom the token is for. */
const IDENTIFYING =
  /:(?:sub|repository|repository_id|repository_owner|repository_owner_id|job_workflow_ref|organization_id|project_id|user_id|amr|email)$/i;

/** Of Cognito, the audience is the one identity pool. */
const COGNITO_AUDIENCE = 'cognito-identity.amazonaws.com:aud';

function isPinned({ Condition: condition }: Statement): boolean {
  if (!isObject(condition)) return false;
  return Object.entries(condition).some(
    ([operator, keys]) =>
      isObject(keys) &&
      /^(?:ForAnyValue:)?String(?:Equals|Like|EqualsIgnoreCase)$/.test(operator) &&
      Object.entries(keys).some(
        ([key, values]) =>
          (IDENTIFYING.test(key) || key.toLowerCase() === COGNITO_AUDIENCE) &&
          everyValue(values, namesSomebody),
      ),
  );
}

/** `repo:*` and `repo:*:ref:refs/heads/main` name nobody. */
function namesSomebody(value: string): boolean {
  return !/^(?:repo|organization|project_path|system:serviceaccount)?:?\*/.test(value);
}

function denial({ kind, who }: PolicyPlace, difference: Difference, isGone = false): Telling {
  const isOfMany = kind === 'resource' || kind === 'trust';
  const narrower = difference.byCondition ? ' in some cases' : '';
  return {
    rule: 'policy-denial-removed',
    category: 'privilege',
    severity: isGone ? 'medium' : 'high',
    sentence: `${isOfMany ? 'No longer denied to {principals}:' : `${who} is no longer denied`} {actions} on {resources}${narrower}${isGone ? ', unless it goes too' : ''}.`,
    part: difference,
  };
}

function uncapital(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
