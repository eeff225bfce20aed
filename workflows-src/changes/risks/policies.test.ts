import { risks, told, SECRET } from './test-change';

const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (more: object) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...more });
const READ = policy(allow({}));

const ROLE = 'aws_iam_role_policy';
const changed = (before: string, after: string, type = ROLE) =>
  told({ type, before: { policy: before }, after: { policy: after } });
const created = (after: string, type = ROLE) =>
  told({ type, action: 'create', before: null, after: { policy: after } });

test.each<[string, object, string]>([
  [
    'everything on everything',
    { Action: '*' },
    'policy-admin (critical): The role may now also do everything on everything.',
  ],
  [
    'everything, under a condition',
    { Action: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
    'policy-admin (high): The role may now also do everything on everything, under a condition.',
  ],
  [
    'all of IAM',
    { Action: 'iam:*' },
    'policy-escalation (critical): The role may now also do iam:* on everything, by which one can give oneself any right.',
  ],
  [
    'giving itself roles',
    { Action: 'iam:PassRole', Resource: 'arn:aws:iam::111111111111:role/*' },
    'policy-escalation (high): The role may now also do iam:PassRole on arn:aws:iam::111111111111:role/*, by which one can take on other rights.',
  ],
  [
    'taking on roles by a pattern',
    { Action: 'sts:Assume*' },
    'policy-escalation (high): The role may now also do sts:Assume* on everything, by which one can take on other rights.',
  ],
  [
    'a whole service',
    { Action: 'dynamodb:*' },
    'policy-wildcard (high): The role may now also do dynamodb:* on everything, whatever the service offers today or later.',
  ],
  [
    'everything but something',
    { NotAction: 'iam:*', Action: undefined },
    'policy-wildcard (high): The role may now also do everything but iam:* on everything, whatever the service offers today or later.',
  ],
  [
    'a service on one thing',
    { Action: 's3:*', Resource: 'arn:aws:s3:::files/*' },
    'policy-widened (medium): The role may now also do s3:* on arn:aws:s3:::files/*.',
  ],
  [
    'a role by its name',
    { Action: 'iam:PassRole', Resource: 'arn:aws:iam::111111111111:role/app' },
    'policy-widened (medium): The role may now also do iam:PassRole on arn:aws:iam::111111111111:role/app.',
  ],
  [
    'one more action',
    { Action: 's3:PutObject' },
    'policy-widened (medium): The role may now also do s3:PutObject on everything.',
  ],
])('a role that may now do %s is told', (_, statement, expected) => {
  expect(changed(READ, policy(allow({}), allow(statement)))).toEqual([expected]);
  expect(changed(policy(allow({}), allow(statement)), READ)).toEqual([]);
});

test.each<[string, object, readonly string[]]>([
  ['everything', { Action: '*' }, ['policy-admin (critical): The role may do everything on everything.']],
  [
    'a whole service',
    { Action: 'dynamodb:*' },
    [
      'policy-wildcard (high): The role may do dynamodb:* on everything, whatever the service offers today or later.',
    ],
  ],
  [
    'taking on any role',
    { Action: 'sts:AssumeRole' },
    [
      'policy-escalation (high): The role may do sts:AssumeRole on everything, by which one can take on other rights.',
    ],
  ],
  ['reading', {}, []],
  ['a service on one thing', { Action: 's3:*', Resource: 'arn:aws:s3:::files/*' }, []],
  ['everything with one bucket', { Action: '*', Resource: 'arn:aws:s3:::files/*' }, []],
  ['a denial', { Effect: 'Deny', Action: '*' }, []],
])('of a new policy, %s', (_, statement, expected) => {
  expect(created(policy(allow(statement)))).toEqual(expected);
});

test('what is allowed on different resources is told apart, the rest together', () => {
  const after = policy(
    allow({}),
    allow({
      Action: ['sqs:SendMessage', 'sqs:ReceiveMessage'],
      Resource: 'arn:aws:sqs:eu-west-1:111111111111:a',
    }),
    allow({ Action: 'sqs:PurgeQueue', Resource: 'arn:aws:sqs:eu-west-1:111111111111:a' }),
    allow({ Action: 'sns:Publish', Resource: 'arn:aws:sns:eu-west-1:111111111111:b' }),
  );
  expect(changed(READ, after)).toEqual([
    'policy-widened (medium): The role may now also do sqs:ReceiveMessage, sqs:SendMessage and sqs:PurgeQueue on arn:aws:sqs:eu-west-1:111111111111:a.',
    'policy-widened (medium): The role may now also do sns:Publish on arn:aws:sns:eu-west-1:111111111111:b.',
  ]);
});

test('a condition that goes, or lets more through, is told', () => {
  const when = (value: readonly string[]) =>
    policy(allow({ Condition: { StringEquals: { 'aws:RequestedRegion': value } } }));
  expect(changed(when(['eu-west-1']), READ)).toEqual([
    'policy-condition-loosened (high): The role may do s3:GetObject on everything without the condition that held.',
  ]);
  expect(changed(when(['eu-west-1']), when(['eu-west-1', 'us-east-1']))).toEqual([
    'policy-condition-loosened (high): The role may do s3:GetObject on everything under a looser condition.',
  ]);
  expect(changed(READ, when(['eu-west-1']))).toEqual([]);
});

test('everything without the condition that held is critical', () => {
  const all = (more: object) => policy(allow({ Action: '*', ...more }));
  expect(changed(all({ Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }), all({}))).toEqual([
    'policy-condition-loosened (critical): The role may do everything on everything without the condition that held.',
  ]);
});

const deny = (more: object = {}) => allow({ Effect: 'Deny', Action: 's3:DeleteObject', ...more });

test('a denial that goes or gets narrower is told, a wider one is not', () => {
  expect(changed(policy(allow({}), deny()), READ)).toEqual([
    'policy-denial-removed (high): The role is no longer denied s3:DeleteObject on everything.',
  ]);
  expect(changed(policy(deny()), policy(deny({ Condition: { Bool: { k: 'true' } } })))).toEqual([
    'policy-denial-removed (high): The role is no longer denied s3:DeleteObject on everything in some cases.',
  ]);
  expect(changed(policy(deny()), policy(deny({ Action: 's3:*' })))).toEqual([]);
});

test('a policy that goes takes its denials with it, one that only allows takes nothing', () => {
  const gone = (before: string, more: object = {}) =>
    told({ type: ROLE, action: 'delete', before: { policy: before }, after: null, ...more });
  expect(gone(policy(allow({}), deny()))).toEqual([
    'policy-denial-removed (medium): The role is no longer denied s3:DeleteObject on everything, unless it goes too.',
  ]);
  expect(gone(READ)).toEqual([]);
  expect(gone(policy(deny()), { deposed: 'abcd1234' })).toEqual([]);
});

test.each([
  ['aws_iam_user_policy', 'policy', 'The user'],
  ['aws_iam_group_policy', 'policy', 'Everybody in the group'],
  ['aws_iam_policy', 'policy', 'Whoever has the policy'],
  ['aws_ssoadmin_permission_set_inline_policy', 'inline_policy', 'Whoever signs in with the permission set'],
])('%s says who gets it', (type, path, who) => {
  expect(
    told({
      type,
      before: { [path]: READ },
      after: { [path]: policy(allow({ Action: ['s3:GetObject', 's3:PutObject'] })) },
    }),
  ).toEqual([`policy-widened (medium): ${who} may now also do s3:PutObject on everything.`]);
});

test('policies inside a role are compared together', () => {
  const role = (...policies: readonly string[]) => ({
    inline_policy: policies.map((one, index) => ({ name: `${index}`, policy: one })),
  });
  const type = 'aws_iam_role';
  expect(
    told({ type, before: role(READ), after: role(policy(allow({ Action: 'sqs:SendMessage' })), READ) }),
  ).toEqual(['policy-widened (medium): The role may now also do sqs:SendMessage on everything.']);
  expect(told({ type, before: role(READ, READ), after: role(READ) })).toEqual([]);
});

test('the limit of an organization or an endpoint is told when it limits less, not when it is made', () => {
  const type = 'aws_organizations_policy';
  expect(
    told({ type, before: { content: policy(deny()) }, after: { content: policy(allow({ Action: '*' })) } }),
  ).toEqual([
    'policy-widened (medium): Whoever it limits may now also do everything on everything.',
    'policy-denial-removed (high): Whoever it limits is no longer denied s3:DeleteObject on everything.',
  ]);
  expect(
    told({ type, action: 'create', before: null, after: { content: policy(allow({ Action: '*' })) } }),
  ).toEqual([]);
});

test('a permissions boundary is told as one, in one sentence', () => {
  const after = {
    name: 'acme-boundary',
    policy: policy(allow({ Action: ['ec2:*', 'iam:*'] }), allow({ Action: 's3:*' })),
  };
  expect(told({ type: 'aws_iam_policy', action: 'create', before: null, after })).toEqual([
    'boundary-wide (medium): By its name it is a permissions boundary, which gives nothing by itself; what others give may include ec2:*, iam:* and s3:*.',
  ]);
});

const BUCKET = 'aws_s3_bucket_policy';
const open = (more: object = {}) => allow({ Principal: '*', Resource: 'arn:aws:s3:::files/*', ...more });
const PUBLIC =
  'policy-public (high): Everybody may do s3:GetObject on arn:aws:s3:::files/*, without having to belong to an account of yours.';

test.each<[string, object]>([
  ['everybody', {}],
  ['everybody in a list', { Principal: { AWS: ['*'] } }],
  ['everybody but one', { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111111111111:root' } }],
  ['everybody over TLS', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
  [
    'everybody who is not somebody',
    { Condition: { StringNotEquals: { 'aws:PrincipalAccount': '111111111111' } } },
  ],
  ['everybody of any account', { Condition: { StringLike: { 'aws:PrincipalAccount': '*' } } }],
  ['everybody from any address', { Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } }],
  [
    'everybody of one account or without one',
    { Condition: { StringEqualsIfExists: { 'aws:SourceAccount': '111111111111' } } },
  ],
])('a new policy that lets in %s is public', (_, more) => {
  expect(created(policy(open(more)), BUCKET)).toEqual([PUBLIC]);
});

test.each<[string, object]>([
  ['an account', { Principal: { AWS: '111111111111' } }],
  ['a service', { Principal: { Service: 'cloudfront.amazonaws.com' } }],
  ['everybody of an account', { Condition: { StringEquals: { 'aws:PrincipalAccount': '111111111111' } } }],
  ['everybody of an organization', { Condition: { StringEquals: { 'AWS:PrincipalOrgID': 'o-1' } } }],
  ['everybody through an endpoint', { Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }],
  ['everybody from some addresses', { Condition: { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } } }],
  ['nobody', { Effect: 'Deny' }],
])('a new policy that lets in %s is not', (_, more) => {
  expect(created(policy(open(more)), BUCKET)).toEqual([]);
});

test('a policy that becomes public is told, more gravely when it allows everything', () => {
  const own = policy(open({ Principal: { AWS: '111111111111' } }));
  expect(risks({ type: BUCKET, before: { policy: own }, after: { policy: policy(open()) } })).toEqual([
    {
      rule: 'policy-public',
      category: 'exposure',
      severity: 'high',
      address: 'aws_s3_bucket_policy.it',
      sentence:
        'Everybody may now do s3:GetObject on arn:aws:s3:::files/*, without having to belong to an account of yours.',
    },
  ]);
  expect(changed(own, policy(open({ Action: 's3:*' })), BUCKET)).toEqual([
    'policy-public (critical): Everybody may now do s3:* on arn:aws:s3:::files/*, without having to belong to an account of yours.',
  ]);
});

test.each([
  ['aws_sqs_queue_policy', 'policy'],
  ['aws_sqs_queue', 'policy'],
  ['aws_sns_topic_policy', 'policy'],
  ['aws_kms_key', 'policy'],
  ['aws_ecr_repository_policy', 'policy'],
  ['aws_secretsmanager_secret_policy', 'policy'],
  ['aws_opensearch_domain', 'access_policies'],
  ['aws_glacier_vault', 'access_policy'],
  ['aws_cloudwatch_log_resource_policy', 'policy_document'],
  ['aws_s3tables_table_policy', 'resource_policy'],
  ['aws_organizations_resource_policy', 'content'],
])('so is the policy of %s', (type, path) => {
  expect(told({ type, action: 'create', before: null, after: { [path]: policy(open()) } })).toEqual([PUBLIC]);
});

test('another account that is let in is told of a changed policy, not of a new one', () => {
  const own = open({ Principal: { AWS: '111111111111' } });
  const other = policy(own, open({ Principal: { AWS: '222222222222' }, Action: 's3:PutObject' }));
  expect(changed(policy(own), other, BUCKET)).toEqual([
    'policy-widened (medium): Access is given to arn:aws:iam::222222222222:root: s3:PutObject on arn:aws:s3:::files/*.',
  ]);
  expect(created(other, BUCKET)).toEqual([]);
});

const trust = (...statements: readonly object[]) => ({
  assume_role_policy: policy(
    ...statements.map((one) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', ...one })),
  ),
});
const TASKS = { Principal: { Service: 'ecs-tasks.amazonaws.com' } };
const GITHUB = {
  Action: 'sts:AssumeRoleWithWebIdentity',
  Principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com' },
};
const SUB = 'token.actions.githubusercontent.com:sub';
const AUD = { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' };
const trusted = (before: object | null, after: object) =>
  told({ type: 'aws_iam_role', action: before ? 'update' : 'create', before, after });
const UNPINNED =
  'trust-unpinned (critical): Whoever can sign in at arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com may take on the role: no condition says which repository, service or user it has to be.';

test.each<[string, object]>([
  ['no condition', {}],
  ['the audience alone', { Condition: { StringEquals: AUD } }],
  ['any repository', { Condition: { StringEquals: AUD, StringLike: { [SUB]: 'repo:*' } } }],
  ['any repository on a branch', { Condition: { StringLike: { [SUB]: 'repo:*:ref:refs/heads/main' } } }],
  ['all repositories but one', { Condition: { StringNotLike: { [SUB]: 'repo:acme/*' } } }],
])('a role that GitHub may take on with %s is open to every workflow', (_, more) => {
  expect(trusted(null, trust({ ...GITHUB, ...more }))).toEqual([UNPINNED]);
});

test('one that names the repository is not', () => {
  expect(
    trusted(
      null,
      trust({ ...GITHUB, Condition: { StringEquals: AUD, StringLike: { [SUB]: 'repo:acme/app:*' } } }),
    ),
  ).toEqual([]);
});

test('a role whose condition on the repository goes is told', () => {
  const pinned = {
    ...GITHUB,
    Condition: { StringEquals: { ...AUD, [SUB]: 'repo:acme/app:ref:refs/heads/main' } },
  };
  expect(trusted(trust(pinned), trust(GITHUB))).toEqual([UNPINNED]);
  const wider = { ...GITHUB, Condition: { StringEquals: AUD, StringLike: { [SUB]: 'repo:acme/*' } } };
  expect(trusted(trust(pinned), trust(wider))).toEqual([
    'trust-condition-loosened (critical): The role may be taken on by arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com under a looser condition.',
  ]);
  expect(
    trusted(
      trust(wider),
      trust({ ...GITHUB, Condition: { StringEquals: AUD, StringLike: { [SUB]: 'repo:acme/app:*' } } }),
    ),
  ).toEqual([]);
});

test('a role that everybody may take on is told, new or changed', () => {
  const everybody = 'trust-public (critical): Everybody with an AWS account may take on the role.';
  expect(trusted(null, trust({ Principal: '*' }))).toEqual([everybody]);
  expect(trusted(trust(TASKS), trust({ Principal: { AWS: '*' } }))).toEqual([everybody]);
  expect(
    trusted(null, trust({ Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })),
  ).toEqual([]);
});

test('who else may take on a role is told of a changed one', () => {
  expect(trusted(trust(TASKS), trust(TASKS, { Principal: { Service: 'lambda.amazonaws.com' } }))).toEqual([
    'trust-widened (medium): The role may now be taken on by lambda.amazonaws.com.',
  ]);
  expect(trusted(trust(TASKS), trust(TASKS, { Principal: { AWS: '222222222222' } }))).toEqual([
    'trust-widened (high): The role may now be taken on by arn:aws:iam::222222222222:root.',
  ]);
  expect(trusted(null, trust(TASKS))).toEqual([]);
  expect(trusted(trust(TASKS, { Principal: { AWS: '222222222222' } }), trust(TASKS))).toEqual([]);
});

test.each<[string, string, string]>([
  [ROLE, 'policy', 'what the role may do'],
  ['aws_iam_role', 'assume_role_policy', 'who may take on the role'],
  [BUCKET, 'policy', 'who may use it'],
])(
  'a policy of %s that is not known, sensitive, no policy or nested without end is told',
  (type, path, what) => {
    const change = { type, before: { [path]: READ } };
    expect(told({ ...change, after: {}, afterUnknown: { [path]: true } })).toEqual([
      `policy-not-judged (medium): It is not known until the apply ${what}.`,
    ]);
    expect(told({ ...change, after: { [path]: SECRET }, afterSensitive: { [path]: true } })).toEqual([
      `policy-not-judged (medium): It is marked as sensitive, and so not judged here, ${what}.`,
    ]);
    const endless = `{"Statement":[{"Effect":"Allow","Action":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`;
    for (const text of ['no policy', endless])
      expect(told({ ...change, after: { [path]: text } })).toEqual([
        `policy-not-judged (medium): The policy cannot be read here, and so not judged ${what}.`,
      ]);
    expect(told({ type, action: 'create', before: null, after: {}, afterUnknown: { [path]: true } })).toEqual(
      [`policy-not-judged (medium): It is not known until the apply ${what}.`],
    );
  },
);

test('a new queue or key whose policy AWS fills in is not told', () => {
  for (const type of ['aws_sqs_queue', 'aws_kms_key', 'aws_s3_bucket'])
    expect(told({ type, action: 'create', before: null, after: {}, afterUnknown: { policy: true } })).toEqual(
      [],
    );
});

test('of a changed policy of a resource, conditions and denials are told for whom they held', () => {
  const own = open({ Principal: { AWS: '111111111111' } });
  const tls = { Condition: { Bool: { 'aws:SecureTransport': 'true' } } };
  expect(changed(policy({ ...own, ...tls }), policy(own), BUCKET)).toEqual([
    'policy-condition-loosened (high): Access is given to arn:aws:iam::111111111111:root: s3:GetObject on arn:aws:s3:::files/* without the condition that held.',
  ]);
  expect(changed(policy(own, open({ Effect: 'Deny', Action: 's3:*' })), policy(own), BUCKET)).toEqual([
    'policy-denial-removed (high): No longer denied to everybody: s3:* on arn:aws:s3:::files/*.',
  ]);
});

test('a policy that only changes in its spelling is not told', () => {
  expect(changed(READ, JSON.stringify(JSON.parse(READ), null, 2))).toEqual([]);
});

test('nothing but actions, ARNs and principals of a policy is printed', () => {
  const after = policy(
    open({
      Sid: SECRET,
      Action: SECRET,
      Resource: SECRET,
      Principal: { AWS: SECRET },
      Condition: { StringEquals: { [SECRET]: SECRET } },
    }),
  );
  expect(changed(policy(open()), after, BUCKET)).toEqual([
    'policy-widened (medium): Access is given to others: other actions on other resources, under a condition.',
  ]);
});
