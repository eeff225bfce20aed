import { child } from '../json';
import type { Examined, Path } from './examined';
import type { Severity } from './risk';
import { types, type Finding, type Rule } from './rule';
import { unsure } from './settings';
import { listed, shown } from './text';

/** A way in or out: from where, on which ports. */
interface Opening {
  /** `tcp`, `udp`, `icmp`, `all` and so on. */
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  /** The CIDR of the others. */
  readonly others: string;
}

/** A rule as a provider writes it, read at its path, so that its doubts can be asked for. */
interface Written {
  readonly openings: readonly Opening[];
  /** Said when who is let in cannot be judged: for which ports. */
  readonly doubt: { readonly why: 'unknown' | 'hidden'; readonly ports: string } | undefined;
}

/**
 * What counts as the whole world: a block of IPv4 that is larger than any one owner has (shorter than /8: over 16 million
 * addresses, private ones are all narrower), and of IPv6 one shorter than /16. So `0.0.0.0/1` with `128.0.0.0/1` is seen
 * too. References to security groups and prefix lists are not judged.
 */
export function isWorld(cidr: string): boolean {
  const match = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(cidr);
  return match !== null && Number(match[2]) < (match[1]!.includes(':') ? 16 : 8);
}

const INLINE = types('aws_security_group aws_default_security_group');

export const NETWORK: readonly Rule[] = [
  { types: INLINE, at: ['create', 'change'], judge: (change) => incoming(change, inline('ingress')) },
  { types: INLINE, at: ['change'], judge: (change) => outgoing(change, inline('egress')) },
  { types: types('aws_security_group_rule'), at: ['create', 'change'], judge: groupRule },
  {
    types: types('aws_vpc_security_group_ingress_rule'),
    at: ['create', 'change'],
    judge: (change) => incoming(change, single('ip_protocol', ['cidr_ipv4', 'cidr_ipv6'])),
  },
  {
    types: types('aws_vpc_security_group_egress_rule'),
    at: ['create', 'change'],
    judge: (change) => ruleOutgoing(change, single('ip_protocol', ['cidr_ipv4', 'cidr_ipv6'])),
  },
  {
    types: types('aws_network_acl aws_default_network_acl'),
    at: ['change'],
    judge: (change) => networkAcl(change, inline('ingress', 'action')),
  },
  { types: types('aws_network_acl_rule'), at: ['create', 'change'], judge: networkAclRule },
  { types: types('aws_network_acl_rule'), at: ['gone'], judge: denialGone },
];

type Reader = (change: Examined, side: 'before' | 'after') => Written;

/** Rules in a list of the group; an unknown list is what every new group without such a list has. */
function inline(list: string, action?: string): Reader {
  return (change, side) => {
    const blocks = side === 'before' ? change.listBefore(list) : change.listAfter(list);
    const parts = blocks.map((block, index): Written => {
      if (action !== undefined && child(block, action) !== 'allow') return NOTHING;
      return written(change, side, (name) => [list, index, name], 'protocol', [
        'cidr_blocks',
        'ipv6_cidr_blocks',
        'cidr_block',
        'ipv6_cidr_block',
      ]);
    });
    const doubt = parts.find((part) => part.doubt)?.doubt;
    const whole = side === 'after' && blocks.length === 0 && !change.isNew ? change.doubt(list) : undefined;
    return {
      openings: parts.flatMap((part) => part.openings),
      doubt: doubt ?? (whole && { why: whole, ports: 'its ports' }),
    };
  };
}

/** A resource that is one rule. */
function single(protocol: string, cidrs: readonly string[]): Reader {
  return (change, side) => written(change, side, (name) => name, protocol, cidrs);
}

const NOTHING: Written = { openings: [], doubt: undefined };

function written(
  change: Examined,
  side: 'before' | 'after',
  at: (name: string) => Path,
  protocolName: string,
  cidrs: readonly string[],
): Written {
  const read = (name: string): unknown =>
    side === 'before' ? change.before(at(name)) : change.after(at(name));
  const protocol = protocolText(read(protocolName));
  const hasPorts = protocol !== 'all' && !protocol.startsWith('icmp');
  const from = hasPorts ? port(read('from_port'), 0) : 0;
  const to = hasPorts ? port(read('to_port'), 65_535) : 65_535;
  const openings = cidrs
    .flatMap((name) => {
      const value = read(name);
      return Array.isArray(value) ? (value as unknown[]) : [value];
    })
    .filter((cidr): cidr is string => typeof cidr === 'string')
    .map((others) => ({ protocol, from, to, others }));
  const why = side === 'after' ? cidrs.map((name) => change.doubt(at(name))).find((one) => one) : undefined;
  return { openings, doubt: why && { why, ports: portsText({ protocol, from, to }) } };
}

/** What is not known is taken for the widest. */
function port(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? value : otherwise;
}

/** Numbers are those of IANA: https://www.iana.org/assignments/protocol-numbers */
const PROTOCOLS: Readonly<Record<string, string>> = {
  '-1': 'all',
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
};

function protocolText(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return 'all';
  const name = String(value).toLowerCase();
  return PROTOCOLS[name] ?? name;
}

function portsText({ protocol, from, to }: Omit<Opening, 'others'>): string {
  if (protocol.startsWith('icmp')) return 'ICMP';
  const kind = protocol === 'all' || protocol === 'tcp' ? '' : `${shown(protocol.toUpperCase())} `;
  if (protocol === 'all' || (from === 0 && to === 65_535)) return `every ${kind}port`;
  return from === to ? `${kind}port ${from}` : `${kind}ports ${from} to ${to}`;
}

function isPlural({ from, to }: Opening): boolean {
  return from !== to && !(from === 0 && to === 65_535);
}

/** The world's openings that are there afterwards, and were not covered before. */
function widened(before: readonly Opening[], after: readonly Opening[]): readonly Opening[] {
  const old = before.filter(({ others }) => isWorld(others));
  return after.filter((one) => isWorld(one.others) && !old.some((other) => contains(other, one)));
}

function contains(wide: Opening, narrow: Opening): boolean {
  const sameFamily = wide.others.includes(':') === narrow.others.includes(':');
  return (
    sameFamily &&
    (wide.protocol === 'all' || wide.protocol === narrow.protocol) &&
    wide.from <= narrow.from &&
    wide.to >= narrow.to &&
    (wide.others === narrow.others || /\/0$/.test(wide.others))
  );
}

/** One finding for all that opens the same ports. */
function byPorts(openings: readonly Opening[]): readonly (readonly [Opening, string])[] {
  const groups = new Map<string, Opening[]>();
  for (const opening of openings) {
    const ports = portsText(opening);
    groups.set(ports, [...(groups.get(ports) ?? []), opening]);
  }
  return [...groups.values()].map((group) => [group[0]!, world(group.map(({ others }) => others))]);
}

function world(cidrs: readonly string[]): string {
  const name = cidrs.some((cidr) => cidr.endsWith('/0'))
    ? 'the whole internet'
    : 'a large part of the internet';
  return `${name} (${listed([...new Set(cidrs)])})`;
}

/** Web ports are meant to be reached, and so is ping; anything else seldom is. */
function gravity({ protocol, from, to }: Opening): Severity {
  return protocol.startsWith('icmp') || (from === to && (from === 80 || from === 443)) ? 'medium' : 'high';
}

function incoming(change: Examined, read: Reader): readonly Finding[] {
  const after = read(change, 'after');
  const found = byPorts(widened(read(change, 'before').openings, after.openings)).map(([opening, others]) =>
    finding(
      'open-to-world',
      gravity(opening),
      `${capital(portsText(opening))} ${isPlural(opening) ? 'open' : 'opens'} to ${others}.`,
    ),
  );
  return [...found, ...doubtful('open-to-unknown', after, (ports) => `who may reach ${ports}`)];
}

function outgoing(change: Examined, read: Reader): readonly Finding[] {
  const after = read(change, 'after');
  const found = byPorts(widened(read(change, 'before').openings, after.openings)).map(([opening, others]) =>
    finding(
      'open-outwards',
      'medium',
      `What is in the group may send to ${portsText(opening)} of ${others}.`,
    ),
  );
  return [
    ...found,
    ...doubtful('open-outwards', after, (ports) => `where what is in the group may send to on ${ports}`),
  ];
}

function doubtful(rule: string, { doubt }: Written, what: (ports: string) => string): readonly Finding[] {
  return doubt ? [finding(rule, 'medium', unsure(doubt.why, what(doubt.ports)))] : [];
}

/**
 * Sending to the world is what most new groups may do, so it is told only of a group that exists: then its id is known,
 * and it could not before.
 */
function ruleOutgoing(change: Examined, read: Reader): readonly Finding[] {
  const isNewGroup = change.change.action === 'create' && change.doubt('security_group_id') === 'unknown';
  return isNewGroup ? [] : outgoing(change, read);
}

function groupRule(change: Examined): readonly Finding[] {
  const read = single('protocol', ['cidr_blocks', 'ipv6_cidr_blocks']);
  const type = change.after('type');
  if (type === 'egress') return ruleOutgoing(change, read);
  return incoming(change, change.before('type') === 'egress' ? afterOnly(read) : read);
}

function afterOnly(read: Reader): Reader {
  return (change, side) => (side === 'after' ? read(change, side) : NOTHING);
}

/** New network ACLs mostly let everything in and leave the rest to security groups: told is what an existing one opens. */
function networkAcl(change: Examined, read: Reader): readonly Finding[] {
  const after = read(change, 'after');
  const found = byPorts(widened(read(change, 'before').openings, after.openings)).map(([opening, others]) =>
    finding(
      'open-to-world',
      'medium',
      `The network ACL lets ${others} reach ${portsText(opening)}, as far as security groups do.`,
    ),
  );
  return [
    ...found,
    ...doubtful('open-to-unknown', after, (ports) => `whom the network ACL lets reach ${ports}`),
  ];
}

function networkAclRule(change: Examined): readonly Finding[] {
  const isNewAcl = change.change.action === 'create' && change.doubt('network_acl_id') === 'unknown';
  if (isNewAcl || change.after('egress') === true || change.after('rule_action') === 'deny') return [];
  const read = single('protocol', ['cidr_block', 'ipv6_cidr_block']);
  return networkAcl(change, change.before('rule_action') === 'allow' ? read : afterOnly(read));
}

function denialGone(change: Examined): Finding | undefined {
  if (change.before('rule_action') !== 'deny' || change.change.action !== 'delete') return undefined;
  return {
    rule: 'denial-removed',
    category: 'protection',
    severity: 'medium',
    sentence: 'A rule of the network ACL that refuses traffic goes: the rules after it decide.',
  };
}

function finding(rule: string, severity: Severity, sentence: string): Finding {
  return { rule, category: 'exposure', severity, sentence };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
