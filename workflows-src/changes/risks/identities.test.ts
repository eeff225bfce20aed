import { risks, told, SECRET } from './test-change';

const aws = (name: string) => `arn:aws:iam::aws:policy/${name}`;

test.each([
  [
    'AdministratorAccess',
    'policy-attached (critical): With AdministratorAccess, the role may do everything, or give itself the right to.',
  ],
  [
    'IAMFullAccess',
    'policy-attached (critical): With IAMFullAccess, the role may do everything, or give itself the right to.',
  ],
  [
    'AmazonS3FullAccess',
    'policy-attached (high): With AmazonS3FullAccess, the role may do everything with a service, or nearly everything.',
  ],
  [
    'PowerUserAccess',
    'policy-attached (high): With PowerUserAccess, the role may do everything with a service, or nearly everything.',
  ],
  [
    'job-function/DatabaseAdministrator',
    'policy-attached (high): With DatabaseAdministrator, the role may do everything with a service, or nearly everything.',
  ],
  [
    'ReadOnlyAccess',
    'policy-attached (medium): With ReadOnlyAccess, the role may do what that policy allows.',
  ],
])('the managed policy %s is told by what it gives', (name, expected) => {
  const type = 'aws_iam_role_policy_attachment';
  const attached = (arn: string | null) => (arn === null ? null : { policy_arn: arn, role: 'app' });
  expect(told({ type, action: 'create', before: null, after: attached(aws(name)) })).toEqual([expected]);
  expect(
    told({ type, action: 'delete-then-create', before: attached(aws('other')), after: attached(aws(name)) }),
  ).toEqual([expected]);
  expect(
    told({ type, action: 'delete-then-create', before: attached(aws(name)), after: attached(aws(name)) }),
  ).toEqual([]);
  expect(told({ type, action: 'delete', before: attached(aws(name)), after: null })).toEqual([]);
});

test.each([
  ['aws_iam_user_policy_attachment', 'policy_arn', 'the user'],
  ['aws_iam_group_policy_attachment', 'policy_arn', 'everybody in the group'],
  ['aws_iam_policy_attachment', 'policy_arn', 'whoever it is attached to'],
  [
    'aws_ssoadmin_managed_policy_attachment',
    'managed_policy_arn',
    'whoever signs in with the permission set',
  ],
])('%s says who gets it', (type, path, who) => {
  expect(told({ type, action: 'create', before: null, after: { [path]: aws('ReadOnlyAccess') } })).toEqual([
    `policy-attached (medium): With ReadOnlyAccess, ${who} may do what that policy allows.`,
  ]);
});

test('what signs in to Kubernetes as its administrator is critical', () => {
  const policy_arn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
  expect(
    told({
      type: 'aws_eks_access_policy_association',
      action: 'create',
      before: null,
      after: { policy_arn },
    }),
  ).toEqual([
    'policy-attached (critical): With AmazonEKSClusterAdminPolicy, the one it is given to may do everything, or give itself the right to.',
  ]);
});

test('a policy that is made in the same plan is judged where it is made; one that becomes unknown is told', () => {
  const type = 'aws_iam_role_policy_attachment';
  const afterUnknown = { policy_arn: true };
  expect(told({ type, action: 'create', before: null, after: {}, afterUnknown })).toEqual([]);
  expect(
    told({ type, action: 'delete-then-create', before: { policy_arn: aws('a') }, after: {}, afterUnknown }),
  ).toEqual(['policy-attached (medium): It is not known until the apply which policy the role gets.']);
});

test('a sensitive policy is told as not judged, and not shown', () => {
  expect(
    told({
      type: 'aws_iam_role_policy_attachment',
      action: 'create',
      before: null,
      after: { policy_arn: SECRET },
      afterSensitive: { policy_arn: true },
    }),
  ).toEqual([
    'policy-attached (medium): It is marked as sensitive, and so not judged here, which policy the role gets.',
  ]);
});

test.each([
  ['aws_iam_role', 'managed_policy_arns'],
  ['aws_iam_role_policy_attachments_exclusive', 'policy_arns'],
  ['aws_iam_user_policy_attachments_exclusive', 'policy_arns'],
  ['aws_iam_group_policy_attachments_exclusive', 'policy_arns'],
])('of the list in %s, what is added is told', (type, path) => {
  const list = (...names: readonly string[]) => ({ [path]: names.map(aws) });
  const found = risks({
    type,
    before: list('ReadOnlyAccess'),
    after: list('AdministratorAccess', 'ReadOnlyAccess'),
  });
  expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([['policy-attached', 'critical']]);
  expect(risks({ type, before: list('AdministratorAccess'), after: list() })).toEqual([]);
});

test.each([
  ['aws_iam_user', 'user-created', 'A user is made, who may get passwords and keys that do not expire.'],
  ['aws_iam_access_key', 'credentials-created', 'Credentials are made that do not expire by themselves.'],
  [
    'aws_iam_openid_connect_provider',
    'login-trusted',
    'The account trusts another place to say who somebody is: roles that name it can be taken on from there.',
  ],
  [
    'aws_ssoadmin_account_assignment',
    'access-given',
    'Somebody gets access to the account, or the rights of a group.',
  ],
  ['aws_kms_grant', 'access-given', 'Somebody gets to use the key, whatever its policy says.'],
  ['aws_eks_access_entry', 'access-given', 'Somebody gets to sign in to the Kubernetes cluster.'],
])('a new %s is told, a changed one is not', (type, rule, sentence) => {
  expect(risks({ type, action: 'create', before: null })).toEqual([
    { rule, category: 'privilege', severity: 'medium', address: `${type}.it`, sentence },
  ]);
  expect(risks({ type, before: { tags: {} }, after: { tags: { a: 'b' } } })).toEqual([]);
});

test.each(['aws_iam_role', 'aws_iam_user'])(
  'the boundary of %s is told when it goes, changes or is not known',
  (type) => {
    const bound = (arn: string | null) => ({ permissions_boundary: arn });
    const goes =
      'boundary-weakened (high): The permissions boundary goes: what its policies allow is no longer limited as before.';
    expect(told({ type, before: bound('arn:a'), after: bound(null) })).toEqual([goes]);
    expect(told({ type, before: bound('arn:a'), after: bound('') })).toEqual([goes]);
    expect(told({ type, before: bound('arn:a'), after: bound('arn:b') })).toEqual([
      'boundary-weakened (high): The permissions boundary becomes another one: what its policies allow is no longer limited as before.',
    ]);
    expect(
      told({ type, before: bound('arn:a'), after: {}, afterUnknown: { permissions_boundary: true } }),
    ).toEqual([
      'boundary-weakened (medium): It is not known until the apply which permissions boundary limits it.',
    ]);
    expect(told({ type, before: bound(null), after: bound('arn:a') })).toEqual([]);
    expect(told({ type, before: bound('arn:a'), after: bound('arn:a') })).toEqual([]);
  },
);

test('the boundary of a permission set is told when it goes', () => {
  const type = 'aws_ssoadmin_permissions_boundary_attachment';
  expect(told({ type, action: 'delete', after: null })).toEqual([
    'boundary-weakened (high): The permissions boundary goes: what its policies allow is no longer limited as before.',
  ]);
  expect(told({ type, action: 'delete-then-create' })).toEqual([]);
});

test('a login that accepts tokens for more than before is told', () => {
  const type = 'aws_iam_openid_connect_provider';
  const accepts = (...audiences: readonly string[]) => ({ client_id_list: audiences });
  expect(told({ type, before: accepts('a'), after: accepts('a', 'b') })).toEqual([
    'login-trusted (medium): Tokens that were made for another audience are accepted too.',
  ]);
  expect(told({ type, before: accepts('a', 'b'), after: accepts('a') })).toEqual([]);
});
