import { told } from './test-change';

const parameters = (values: Readonly<Record<string, string>>) => ({
  parameter: Object.entries(values).map(([name, value]) => ({ name, value, apply_method: 'immediate' })),
});

test.each([
  ['aws_db_parameter_group', 'rds.force_ssl', '1', '0'],
  ['aws_rds_cluster_parameter_group', 'require_secure_transport', 'ON', 'OFF'],
  ['aws_redshift_parameter_group', 'require_ssl', 'true', 'false'],
  ['aws_docdb_cluster_parameter_group', 'tls', 'enabled', 'disabled'],
])('%s that no longer holds %s is told', (type, name, on, off) => {
  const expected = [
    `unencrypted-transport (high): The database no longer asks for encryption (${name}): clients may connect in clear.`,
  ];
  expect(told({ type, before: parameters({ [name]: on }), after: parameters({ [name]: off }) })).toEqual(
    expected,
  );
  expect(told({ type, before: parameters({ [name]: on }), after: parameters({}) })).toEqual(expected);
  expect(told({ type, before: parameters({ [name]: off }), after: parameters({ [name]: on }) })).toEqual([]);
  expect(
    told({ type, before: parameters({ [name]: on, a: '1' }), after: parameters({ a: '2', [name]: on }) }),
  ).toEqual([]);
  expect(
    told({ type, before: parameters({ [name]: on }), after: {}, afterUnknown: { parameter: true } }),
  ).toEqual([
    `unencrypted-transport (medium): It is not known until the apply whether the database still refuses connections without encryption (${name}).`,
  ]);
});

describe.each([
  [
    'aws_api_gateway_method',
    'authorization',
    'rest_api_id',
    { http_method: 'GET' },
    { http_method: 'OPTIONS' },
  ],
  [
    'aws_apigatewayv2_route',
    'authorization_type',
    'api_id',
    { route_key: 'GET /' },
    { route_key: 'OPTIONS /' },
  ],
])('%s', (type, path, api, plain, preflight) => {
  test('is told when callers no longer sign in, and milder when it is new to an API that exists', () => {
    expect(
      told({ type, before: { ...plain, [path]: 'AWS_IAM' }, after: { ...plain, [path]: 'NONE' } }),
    ).toEqual(['unauthenticated (high): It may be called without signing in.']);
    expect(
      told({ type, action: 'create', before: null, after: { ...plain, [api]: 'a', [path]: 'NONE' } }),
    ).toEqual(['unauthenticated (medium): It may be called without signing in.']);
  });

  test('is not told for preflights, keys, new APIs and what was open', () => {
    const created = (after: object, afterUnknown: object = {}) =>
      told({ type, action: 'create', before: null, after: { [path]: 'NONE', ...after }, afterUnknown });
    expect(created(preflight)).toEqual([]);
    expect(created({ ...plain, api_key_required: true })).toEqual([]);
    expect(created(plain, { [api]: true })).toEqual([]);
    expect(told({ type, before: { [path]: 'NONE' }, after: { [path]: 'NONE' } })).toEqual([]);
  });

  test('is told as not known when it is', () => {
    expect(told({ type, before: { [path]: 'AWS_IAM' }, after: {}, afterUnknown: { [path]: true } })).toEqual([
      'unauthenticated (medium): It is not known until the apply whether callers have to sign in.',
    ]);
  });
});

test('a function that everybody may call is told, one that a resource or account may is not', () => {
  const type = 'aws_lambda_permission';
  const created = (after: object, afterUnknown: object = {}) =>
    told({ type, action: 'create', before: null, after, afterUnknown });
  expect(created({ principal: '*' })).toEqual([
    'policy-public (high): Everybody with an AWS account may call the function.',
  ]);
  expect(created({ principal: '*', source_account: '111111111111' })).toEqual([]);
  expect(created({ principal: '*', principal_org_id: 'o-1' })).toEqual([]);
  expect(created({ principal: 's3.amazonaws.com' })).toEqual([]);
  expect(created({}, { principal: true })).toEqual([
    'policy-public (medium): It is not known until the apply who may call the function.',
  ]);
  expect(
    told({ type, action: 'delete-then-create', before: { principal: '*' }, after: { principal: '*' } }),
  ).toEqual([]);
});

test('a layer that everybody may read is told', () => {
  const type = 'aws_lambda_layer_version_permission';
  const created = (after: object) => told({ type, action: 'create', before: null, after });
  expect(created({ principal: '*' })).toEqual([
    'policy-public (high): Everybody with an AWS account may read the code of the layer.',
  ]);
  expect(created({ principal: '*', organization_id: 'o-1' })).toEqual([]);
  expect(created({ principal: '111111111111' })).toEqual([]);
});

test('a snapshot is told when others can restore it', () => {
  const shared = (...accounts: readonly string[]) => ({ shared_accounts: accounts });
  const changed = (before: object, after: object) => told({ type: 'aws_db_snapshot', before, after });
  expect(changed(shared(), shared('all'))).toEqual([
    'snapshot-shared (high): Everybody with an AWS account can restore the snapshot and read all of it.',
  ]);
  expect(changed(shared('1'), shared('1', '2'))).toEqual([
    'snapshot-shared (medium): Another account can restore the snapshot and read all of it.',
  ]);
  expect(changed(shared('1', '2'), shared('1'))).toEqual([]);
});

test('a disk snapshot is told when another account can read it', () => {
  const created = (account_id: string) =>
    told({
      type: 'aws_snapshot_create_volume_permission',
      action: 'create',
      before: null,
      after: { account_id },
    });
  expect(created('222222222222')).toEqual([
    'snapshot-shared (medium): Another account can read all of the snapshot.',
  ]);
  expect(created('all')).toEqual([
    'snapshot-shared (high): Everybody with an AWS account can read the snapshot.',
  ]);
});

test('an ACL is told when it grants something to everybody', () => {
  const grants = (uri: string) => ({
    access_control_policy: [{ grant: [{ grantee: [{ type: 'Group', uri }], permission: 'READ' }] }],
  });
  const created = (after: object) =>
    told({ type: 'aws_s3_bucket_acl', action: 'create', before: null, after });
  expect(created(grants('http://acs.amazonaws.com/groups/global/AllUsers'))).toEqual([
    'bucket-public (high): The ACL lets everybody on the internet, or everybody with an AWS account, read the bucket.',
  ]);
  expect(created(grants('http://acs.amazonaws.com/groups/s3/LogDelivery'))).toEqual([]);
});

test('the Kubernetes API is told when it opens from some addresses to all', () => {
  const reach = (cidrs: readonly string[], open = true) => ({
    vpc_config: [{ endpoint_public_access: open, public_access_cidrs: cidrs }],
  });
  const changed = (before: object, after: object) => told({ type: 'aws_eks_cluster', before, after });
  expect(changed(reach(['203.0.113.0/24']), reach(['0.0.0.0/0']))).toEqual([
    'kubernetes-public (high): The Kubernetes API can be reached from the whole internet.',
  ]);
  expect(changed(reach(['0.0.0.0/0']), reach(['0.0.0.0/0']))).toEqual([]);
  expect(changed(reach(['203.0.113.0/24']), reach(['0.0.0.0/0'], false))).toEqual([]);
});

test('a firewall is told when it lets through by default, or loses rules', () => {
  const firewall = (action: 'allow' | 'block', ...names: readonly string[]) => ({
    default_action: [action === 'block' ? { block: [{}], allow: [] } : { block: [], allow: [{}] }],
    rule: names.map((name) => ({ name })),
  });
  const changed = (before: object, after: object) => told({ type: 'aws_wafv2_web_acl', before, after });
  expect(changed(firewall('block', 'a', 'b'), firewall('allow', 'a'))).toEqual([
    'waf-weakened (high): The firewall lets through what no rule speaks of, where it used to stop it.',
    'waf-weakened (high): Rules of the firewall go: 1 in number.',
  ]);
  expect(changed(firewall('allow', 'a'), firewall('block', 'b', 'a'))).toEqual([]);
});

test.each([
  ['ELBSecurityPolicy-TLS13-1-2-2021-06', 'ELBSecurityPolicy-TLS13-1-1-2021-06', true],
  ['ELBSecurityPolicy-FS-1-2-Res-2020-10', 'ELBSecurityPolicy-FS-2018-06', true],
  ['ELBSecurityPolicy-TLS13-1-3-2021-06', 'ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04', true],
  ['ELBSecurityPolicy-TLS-1-2-2017-01', 'ELBSecurityPolicy-TLS13-1-2-2021-06', false],
  ['ELBSecurityPolicy-2016-08', 'ELBSecurityPolicy-TLS-1-0-2015-04', false],
])('from %s to %s accepts older versions of TLS: %s', (from, to, expected) => {
  expect(told({ type: 'aws_lb_listener', before: { ssl_policy: from }, after: { ssl_policy: to } })).toEqual(
    expected ? [`tls-weakened (high): Older versions of TLS are accepted: ${to} instead of ${from}.`] : [],
  );
});

test('a listener that redirected plain HTTP is told when it serves it', () => {
  const listener = (type: string, protocol = 'HTTP') => ({ protocol, default_action: [{ type }] });
  const changed = (before: object, after: object, more: object = {}) =>
    told({ type: 'aws_lb_listener', before, after, ...more });
  expect(changed(listener('redirect'), listener('forward'))).toEqual([
    'unencrypted-transport (high): Plain HTTP is served rather than redirected: who is on the way can read and change requests.',
  ]);
  expect(changed(listener('redirect'), listener('fixed-response'))).toEqual([]);
  expect(changed(listener('redirect', 'HTTPS'), listener('forward', 'HTTPS'))).toEqual([]);
  expect(
    changed(listener('redirect'), listener('redirect'), {
      afterUnknown: { default_action: [{ type: true }] },
    }),
  ).toEqual([
    'unencrypted-transport (medium): It is not known until the apply whether plain HTTP is still redirected.',
  ]);
});
