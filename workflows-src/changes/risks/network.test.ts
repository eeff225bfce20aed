import { isWorld } from './network';
import { risks, told, SECRET } from './test-change';

test.each([
  ['0.0.0.0/0', true],
  ['128.0.0.0/1', true],
  ['0.0.0.0/7', true],
  ['8.0.0.0/8', false],
  ['10.0.0.0/8', false],
  ['203.0.113.7/32', false],
  ['::/0', true],
  ['2000::/3', true],
  ['2001:db8::/32', false],
  ['fd00::/8', true],
  ['no cidr', false],
])('%s is the world: %s', (cidr, expected) => {
  expect(isWorld(cidr)).toBe(expected);
});

const vpcRule = (rule: object) => ({
  ip_protocol: 'tcp',
  from_port: 22,
  to_port: 22,
  cidr_ipv4: '0.0.0.0/0',
  ...rule,
});
const INGRESS = 'aws_vpc_security_group_ingress_rule';
const created = (rule: object, more: object = {}) =>
  told({ type: INGRESS, action: 'create', before: null, after: vpcRule(rule), ...more });

test.each<[object, string]>([
  [{}, 'open-to-world (high): Port 22 opens to the whole internet (0.0.0.0/0).'],
  [
    { cidr_ipv4: null, cidr_ipv6: '::/0' },
    'open-to-world (high): Port 22 opens to the whole internet (::/0).',
  ],
  [
    { cidr_ipv4: '0.0.0.0/1' },
    'open-to-world (high): Port 22 opens to a large part of the internet (0.0.0.0/1).',
  ],
  [
    { from_port: 443, to_port: 443 },
    'open-to-world (medium): Port 443 opens to the whole internet (0.0.0.0/0).',
  ],
  [
    { from_port: 80, to_port: 80 },
    'open-to-world (medium): Port 80 opens to the whole internet (0.0.0.0/0).',
  ],
  [
    { from_port: 80, to_port: 443 },
    'open-to-world (high): Ports 80 to 443 open to the whole internet (0.0.0.0/0).',
  ],
  [
    { ip_protocol: '-1', from_port: null, to_port: null },
    'open-to-world (high): Every port opens to the whole internet (0.0.0.0/0).',
  ],
  [
    { from_port: 0, to_port: 65535 },
    'open-to-world (high): Every port opens to the whole internet (0.0.0.0/0).',
  ],
  [
    { ip_protocol: 'udp', from_port: 53, to_port: 53 },
    'open-to-world (high): UDP port 53 opens to the whole internet (0.0.0.0/0).',
  ],
  [
    { ip_protocol: '17', from_port: 53, to_port: 53 },
    'open-to-world (high): UDP port 53 opens to the whole internet (0.0.0.0/0).',
  ],
  [
    { ip_protocol: 'icmp', from_port: 8, to_port: -1 },
    'open-to-world (medium): ICMP opens to the whole internet (0.0.0.0/0).',
  ],
])('a new rule with %j', (rule, expected) => {
  expect(created(rule)).toEqual([expected]);
});

test.each<[string, object]>([
  ['a private network', { cidr_ipv4: '10.0.0.0/8' }],
  ['one address', { cidr_ipv4: '203.0.113.7/32' }],
  ['another security group', { cidr_ipv4: null, referenced_security_group_id: 'sg-1' }],
  ['a prefix list', { cidr_ipv4: null, prefix_list_id: 'pl-1' }],
])('a new rule for %s opens nothing to the world', (_, rule) => {
  expect(created(rule)).toEqual([]);
});

test('an address that is not known yet is told, one of another security group is none', () => {
  expect(created({ cidr_ipv4: null }, { afterUnknown: { cidr_ipv4: true } })).toEqual([
    'open-to-unknown (medium): It is not known until the apply who may reach port 22.',
  ]);
  expect(created({ cidr_ipv4: null }, { afterUnknown: { referenced_security_group_id: true } })).toEqual([]);
});

test('a sensitive address is told as not judged, and not shown', () => {
  expect(created({ cidr_ipv4: SECRET }, { afterSensitive: { cidr_ipv4: true } })).toEqual([
    'open-to-unknown (medium): It is marked as sensitive, and so not judged here, who may reach port 22.',
  ]);
});

test('a port that is not known yet counts as every port', () => {
  expect(
    created({ from_port: null, to_port: null }, { afterUnknown: { from_port: true, to_port: true } }),
  ).toEqual(['open-to-world (high): Every port opens to the whole internet (0.0.0.0/0).']);
});

test('a changed rule is told for what it opens more than before', () => {
  const changed = (before: object, after: object) =>
    told({ type: INGRESS, before: vpcRule(before), after: vpcRule(after) });
  expect(changed({ cidr_ipv4: '10.0.0.0/8' }, {})).toEqual([
    'open-to-world (high): Port 22 opens to the whole internet (0.0.0.0/0).',
  ]);
  expect(changed({}, { to_port: 23 })).toEqual([
    'open-to-world (high): Ports 22 to 23 open to the whole internet (0.0.0.0/0).',
  ]);
  expect(changed({}, { description: 'x' })).toEqual([]);
  expect(changed({ to_port: 30 }, {})).toEqual([]);
  expect(changed({ ip_protocol: '-1' }, {})).toEqual([]);
  expect(changed({}, { cidr_ipv4: '128.0.0.0/1' })).toEqual([]);
});

test.each(['delete-then-create', 'create-then-delete', 'create-then-forget'] as const)(
  'so is a rule that is replaced by %s',
  (action) => {
    expect(
      told({ type: INGRESS, action, before: vpcRule({ cidr_ipv4: '10.0.0.0/8' }), after: vpcRule({}) }),
    ).toEqual(['open-to-world (high): Port 22 opens to the whole internet (0.0.0.0/0).']);
    expect(told({ type: INGRESS, action, before: vpcRule({}), after: vpcRule({}) })).toEqual([]);
  },
);

test('a rule that goes opens nothing', () => {
  expect(told({ type: INGRESS, action: 'delete', before: vpcRule({}), after: null })).toEqual([]);
});

const block = (more: object) => ({
  protocol: 'tcp',
  from_port: 443,
  to_port: 443,
  cidr_blocks: [],
  ipv6_cidr_blocks: [],
  ...more,
});
const WORLD = { cidr_blocks: ['0.0.0.0/0'], ipv6_cidr_blocks: ['::/0'] };
const group = (before: readonly object[], after: readonly object[], list = 'ingress') =>
  told({ type: 'aws_security_group', before: { [list]: before }, after: { [list]: after } });

test('rules inside a group are compared as a whole, whatever their order', () => {
  const inside = block({ cidr_blocks: ['10.0.0.0/16'] });
  expect(group([inside], [block(WORLD), inside])).toEqual([
    'open-to-world (medium): Port 443 opens to the whole internet (0.0.0.0/0 and ::/0).',
  ]);
  expect(group([block(WORLD), inside], [inside, block(WORLD)])).toEqual([]);
  expect(group([block(WORLD)], [inside])).toEqual([]);
});

test('whom a port is open to in IPv4 says nothing of IPv6, nor the other way round', () => {
  const [four, six] = [block({ cidr_blocks: ['0.0.0.0/0'] }), block({ ipv6_cidr_blocks: ['::/0'] })];
  expect(group([four], [four, six])).toEqual([
    'open-to-world (medium): Port 443 opens to the whole internet (::/0).',
  ]);
  expect(group([six], [four])).toEqual([
    'open-to-world (medium): Port 443 opens to the whole internet (0.0.0.0/0).',
  ]);
});

test('a new group is told for what it lets in, not for the list that nobody wrote', () => {
  const fresh = (after: object, afterUnknown: object = {}) =>
    told({ type: 'aws_security_group', action: 'create', before: null, after, afterUnknown });
  expect(fresh({ ingress: [block({ ...WORLD, from_port: 22, to_port: 22 })] })).toEqual([
    'open-to-world (high): Port 22 opens to the whole internet (0.0.0.0/0 and ::/0).',
  ]);
  expect(fresh({}, { ingress: true, egress: true })).toEqual([]);
  expect(fresh({ egress: [block({ ...WORLD, protocol: '-1' })] })).toEqual([]);
});

test('an unknown list of an existing group is told', () => {
  expect(
    told({
      type: 'aws_security_group',
      before: { ingress: [block({})] },
      after: {},
      afterUnknown: { ingress: true },
    }),
  ).toEqual(['open-to-unknown (medium): It is not known until the apply who may reach its ports.']);
});

test('an unknown address inside a group is told', () => {
  expect(
    told({
      type: 'aws_security_group',
      before: { ingress: [] },
      after: { ingress: [block({ cidr_blocks: [null] })] },
      afterUnknown: { ingress: [{ cidr_blocks: [true] }] },
    }),
  ).toEqual(['open-to-unknown (medium): It is not known until the apply who may reach port 443.']);
});

test('a group that could send to a few and may now send to all is told', () => {
  expect(
    group(
      [block({ cidr_blocks: ['10.0.0.0/16'] })],
      [block({ cidr_blocks: ['0.0.0.0/0'], protocol: '-1' })],
      'egress',
    ),
  ).toEqual([
    'open-outwards (medium): What is in the group may send to every port of the whole internet (0.0.0.0/0).',
  ]);
  expect(group([block(WORLD)], [block(WORLD)], 'egress')).toEqual([]);
});

const classic = (type: string, more: object = {}) => ({
  type,
  protocol: 'tcp',
  from_port: 22,
  to_port: 22,
  cidr_blocks: ['0.0.0.0/0'],
  security_group_id: 'sg-1',
  ...more,
});
const CLASSIC = 'aws_security_group_rule';

test('a rule of its own is told by its direction', () => {
  const rule = (after: object, more: object = {}) =>
    told({ type: CLASSIC, action: 'create', before: null, after, ...more });
  expect(rule(classic('ingress'))).toEqual([
    'open-to-world (high): Port 22 opens to the whole internet (0.0.0.0/0).',
  ]);
  expect(rule(classic('egress'))).toEqual([
    'open-outwards (medium): What is in the group may send to port 22 of the whole internet (0.0.0.0/0).',
  ]);
  expect(
    rule(classic('egress', { security_group_id: undefined }), { afterUnknown: { security_group_id: true } }),
  ).toEqual([]);
  expect(rule(classic('ingress', { cidr_blocks: ['10.0.0.0/8'] }))).toEqual([]);
});

test('a rule that is turned round from out to in opens', () => {
  expect(
    told({
      type: CLASSIC,
      action: 'delete-then-create',
      before: classic('egress'),
      after: classic('ingress'),
    }),
  ).toEqual(['open-to-world (high): Port 22 opens to the whole internet (0.0.0.0/0).']);
});

const EGRESS = 'aws_vpc_security_group_egress_rule';

test('a way out is told of a group that exists, not of a new one', () => {
  const rule = vpcRule({ security_group_id: 'sg-1', from_port: 443, to_port: 443 });
  expect(told({ type: EGRESS, action: 'create', before: null, after: rule })).toEqual([
    'open-outwards (medium): What is in the group may send to port 443 of the whole internet (0.0.0.0/0).',
  ]);
  expect(
    told({
      type: EGRESS,
      action: 'create',
      before: null,
      after: rule,
      afterUnknown: { security_group_id: true },
    }),
  ).toEqual([]);
});

const entry = (more: object = {}) => ({
  protocol: '-1',
  from_port: 0,
  to_port: 0,
  action: 'allow',
  cidr_block: '0.0.0.0/0',
  ...more,
});

test('a network ACL is told for what it newly allows', () => {
  const acl = (before: readonly object[], after: readonly object[]) =>
    told({ type: 'aws_network_acl', before: { ingress: before }, after: { ingress: after } });
  expect(acl([entry({ cidr_block: '10.0.0.0/16' })], [entry()])).toEqual([
    'open-to-world (medium): The network ACL lets the whole internet (0.0.0.0/0) reach every port, as far as security groups do.',
  ]);
  expect(acl([entry()], [entry()])).toEqual([]);
  expect(acl([], [entry({ action: 'deny' })])).toEqual([]);
});

const aclRule = (more: object = {}) => ({
  egress: false,
  rule_action: 'allow',
  protocol: 'tcp',
  from_port: 22,
  to_port: 22,
  cidr_block: '0.0.0.0/0',
  network_acl_id: 'acl-1',
  ...more,
});

test('a rule that is added to an existing network ACL is told, one of a new ACL is not', () => {
  const rule = (after: object, afterUnknown: object = {}) =>
    told({ type: 'aws_network_acl_rule', action: 'create', before: null, after, afterUnknown });
  expect(rule(aclRule())).toEqual([
    'open-to-world (medium): The network ACL lets the whole internet (0.0.0.0/0) reach port 22, as far as security groups do.',
  ]);
  expect(rule(aclRule(), { network_acl_id: true })).toEqual([]);
  expect(rule(aclRule({ egress: true }))).toEqual([]);
  expect(rule(aclRule({ rule_action: 'deny' }))).toEqual([]);
});

test('a rule that refuses and goes is told, one that allowed is not', () => {
  const gone = (before: object) =>
    risks({ type: 'aws_network_acl_rule', action: 'delete', before, after: null });
  expect(gone(aclRule({ rule_action: 'deny' }))).toEqual([
    {
      rule: 'denial-removed',
      category: 'protection',
      severity: 'medium',
      address: 'aws_network_acl_rule.it',
      sentence: 'A rule of the network ACL that refuses traffic goes: the rules after it decide.',
    },
  ]);
  expect(gone(aclRule())).toEqual([]);
});

test('where something may send to, or whom a network ACL lets in, is told as not known when it is', () => {
  expect(
    told({
      type: 'aws_security_group',
      before: { egress: [block({ cidr_blocks: ['10.0.0.0/16'] })] },
      after: {},
      afterUnknown: { egress: true },
    }),
  ).toEqual([
    'open-outwards (medium): It is not known until the apply where what is in the group may send to on its ports.',
  ]);
  expect(
    told({
      type: 'aws_network_acl',
      before: { ingress: [] },
      after: { ingress: [entry({ cidr_block: null })] },
      afterUnknown: { ingress: [{ cidr_block: true }] },
    }),
  ).toEqual([
    'open-to-unknown (medium): It is not known until the apply whom the network ACL lets reach every port.',
  ]);
});
