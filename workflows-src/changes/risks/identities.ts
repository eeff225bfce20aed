import type { Examined } from './examined';
import type { Severity } from './risk';
import { types, type Finding, type Moment, type Rule } from './rule';
import { unsure } from './settings';
import { shown } from './text';

/** Who gets a managed policy, by type and attribute. */
const ATTACHMENTS: readonly (readonly [type: string, path: string, who: string])[] = [
  ['aws_iam_role_policy_attachment', 'policy_arn', 'the role'],
  ['aws_iam_user_policy_attachment', 'policy_arn', 'the user'],
  ['aws_iam_group_policy_attachment', 'policy_arn', 'everybody in the group'],
  ['aws_iam_policy_attachment', 'policy_arn', 'whoever it is attached to'],
  [
    'aws_ssoadmin_managed_policy_attachment',
    'managed_policy_arn',
    'whoever signs in with the permission set',
  ],
  ['aws_eks_access_policy_association', 'policy_arn', 'the one it is given to'],
];

/** Lists of managed policies. */
const LISTS: readonly (readonly [type: string, path: string, who: string])[] = [
  ['aws_iam_role', 'managed_policy_arns', 'the role'],
  ['aws_iam_role_policy_attachments_exclusive', 'policy_arns', 'the role'],
  ['aws_iam_user_policy_attachments_exclusive', 'policy_arns', 'the user'],
  ['aws_iam_group_policy_attachments_exclusive', 'policy_arns', 'everybody in the group'],
];

/** Things whose mere creation gives somebody a way in. */
const WAYS_IN: readonly (readonly [types: string, rule: string, sentence: string])[] = [
  ['aws_iam_user', 'user-created', 'A user is made, who may get passwords and keys that do not expire.'],
  [
    'aws_iam_access_key aws_iam_service_specific_credential aws_iam_user_login_profile aws_iam_user_ssh_key aws_lightsail_bucket_access_key google_service_account_key',
    'credentials-created',
    'Credentials are made that do not expire by themselves.',
  ],
  [
    'aws_iam_openid_connect_provider aws_iam_saml_provider aws_rolesanywhere_trust_anchor aws_ssoadmin_trusted_token_issuer',
    'login-trusted',
    'The account trusts another place to say who somebody is: roles that name it can be taken on from there.',
  ],
  [
    'aws_ssoadmin_account_assignment aws_iam_user_group_membership aws_iam_group_membership aws_identitystore_group_membership',
    'access-given',
    'Somebody gets access to the account, or the rights of a group.',
  ],
  ['aws_kms_grant', 'access-given', 'Somebody gets to use the key, whatever its policy says.'],
  ['aws_eks_access_entry', 'access-given', 'Somebody gets to sign in to the Kubernetes cluster.'],
];

export const IDENTITIES: readonly Rule[] = [
  ...ATTACHMENTS.map(([type, path, who]) =>
    rule(type, ['create', 'change'], (change) => attachment(change, path, who)),
  ),
  ...LISTS.map(([type, path, who]) =>
    rule(type, ['create', 'change'], (change) => attachments(change, path, who)),
  ),
  ...WAYS_IN.map(([names, id, sentence]) => rule(names, ['create'], () => privilege(id, 'medium', sentence))),
  rule('aws_iam_role aws_iam_user', ['change'], boundary),
  rule('aws_ssoadmin_permissions_boundary_attachment', ['gone'], (change) =>
    change.change.action === 'delete' ? boundaryFinding('high', 'goes') : undefined,
  ),
  rule('aws_iam_openid_connect_provider', ['change'], trustedAudience),
];

function rule(names: string, at: readonly Moment[], judge: Rule['judge']): Rule {
  return { types: types(names), at, judge };
}

function privilege(id: string, severity: Severity, sentence: string): Finding {
  return { rule: id, category: 'privilege', severity, sentence };
}

function attachment(change: Examined, path: string, who: string): Finding | undefined {
  const doubt = change.doubt(path);
  if (doubt === 'unknown' && change.change.action === 'create') return undefined;
  if (doubt) return privilege('policy-attached', 'medium', unsure(doubt, `which policy ${who} gets`));
  if (!change.differs(path)) return undefined;
  return attached(change.after(path), who);
}

function attachments(change: Examined, path: string, who: string): readonly Finding[] {
  const before = change.listBefore(path);
  const added = change.listAfter(path).filter((arn) => !before.includes(arn));
  const doubt = change.change.action === 'create' ? undefined : change.doubt(path);
  return [
    ...added.flatMap((arn) => (typeof arn === 'string' ? [attached(arn, who)] : [])),
    ...(doubt ? [privilege('policy-attached', 'medium', unsure(doubt, `which policies ${who} gets`))] : []),
  ];
}

/** Managed policies of AWS by which one gets, or can get, everything. */
const ADMINISTRATORS: ReadonlySet<string> = new Set(
  types('AdministratorAccess IAMFullAccess AWSOrganizationsFullAccess AmazonEKSClusterAdminPolicy'),
);
const POWERFUL =
  /(?:FullAccess|^PowerUserAccess|^SystemAdministrator|^DatabaseAdministrator|^NetworkAdministrator|AdminPolicy|_FullAccess)$/;

function attached(arn: unknown, who: string): Finding {
  const name =
    typeof arn === 'string' && /^arn:[\w-]+:[\w-]+:[\w-]*:\w*:[\w+=,.@/-]+$/.test(arn)
      ? arn.split('/').at(-1)!
      : '';
  const subject = name === '' ? 'another managed policy' : shown(name);
  if (ADMINISTRATORS.has(name))
    return privilege(
      'policy-attached',
      'critical',
      `With ${subject}, ${who} may do everything, or give itself the right to.`,
    );
  if (POWERFUL.test(name))
    return privilege(
      'policy-attached',
      'high',
      `With ${subject}, ${who} may do everything with a service, or nearly everything.`,
    );
  return privilege('policy-attached', 'medium', `With ${subject}, ${who} may do what that policy allows.`);
}

/** A boundary limits what all policies together may allow. */
function boundary(change: Examined): Finding | undefined {
  const path = 'permissions_boundary';
  if (!change.wasSet(path)) return undefined;
  const doubt = change.doubt(path);
  if (doubt)
    return privilege('boundary-weakened', 'medium', unsure(doubt, 'which permissions boundary limits it'));
  if (!change.differs(path)) return undefined;
  return boundaryFinding('high', change.isSet(path) ? 'becomes another one' : 'goes');
}

function boundaryFinding(severity: Severity, what: string): Finding {
  return privilege(
    'boundary-weakened',
    severity,
    `The permissions boundary ${what}: what its policies allow is no longer limited as before.`,
  );
}

function trustedAudience(change: Examined): Finding | undefined {
  const before = change.listBefore('client_id_list');
  const added = change.listAfter('client_id_list').filter((one) => !before.includes(one));
  const doubt = change.doubt('client_id_list');
  if (doubt)
    return privilege('login-trusted', 'medium', unsure(doubt, 'for which audiences its tokens are accepted'));
  return added.length > 0
    ? privilege('login-trusted', 'medium', 'Tokens that were made for another audience are accepted too.')
    : undefined;
}
