import type { Action } from '../change-set';
import { DATA_HOLDERS } from './data-holders';
import { DISTURBANCES } from './disturbances';
import { Examined, type ExaminedChange } from './examined';
import { EXPOSURES } from './exposures';
import { HOLDS_NOTHING } from './holds-nothing';
import { IDENTITIES } from './identities';
import { INTERRUPTIONS } from './interruptions';
import { NETWORK } from './network';
import { POLICIES } from './policies';
import { PROTECTIONS } from './protections';
import { RETENTION } from './retention';
import type { Risk } from './risk';
import type { Finding, Judge, Moment, Rule } from './rule';
import { oneSentence } from './text';

export type { ExaminedChange } from './examined';

/**
 * What a reviewer must not miss about one change, in the order of the rules. Nothing for data sources and ephemeral
 * resources, which have nothing to lose, and nothing for creating what no rule speaks of.
 */
export function risksOf(change: ExaminedChange): readonly Risk[] {
  if (change.mode !== 'managed') return NONE;
  const judges = JUDGES.get(change.type);
  const moments = MOMENTS[change.action];
  if (!moments || (!judges && change.action === 'create')) return NONE;

  const risks: Risk[] = [];
  let examined: Examined | undefined;
  for (const moment of moments) {
    for (const judge of judges?.[moment] ?? []) {
      examined ??= new Examined(change);
      const found = judge(examined) ?? NONE;
      for (const finding of Array.isArray(found) ? found : [found]) add(risks, change, finding);
    }
    if (moment === 'gone' && !judges?.gone && !HOLDS_NOTHING.has(change.type)) risks.push(notKnown(change));
  }
  return risks;
}

/** Several settings may come to the same: what was said already is not said again. */
function add(risks: Risk[], { address }: ExaminedChange, finding: Finding): void {
  const { rule, category, severity } = finding;
  const sentence = oneSentence(finding.sentence);
  const isSaid = risks.some((risk) => risk.rule === rule && risk.sentence === sentence);
  if (!isSaid) risks.push({ rule, category, severity, address, sentence });
}

const NONE: readonly never[] = [];

/** All rules, by what they are about. */
export const RULES: readonly Rule[] = [
  ...DATA_HOLDERS,
  ...RETENTION,
  ...NETWORK,
  ...EXPOSURES,
  ...POLICIES,
  ...IDENTITIES,
  ...INTERRUPTIONS,
  ...DISTURBANCES,
  ...PROTECTIONS,
];

const MOMENTS: Readonly<Partial<Record<Action, readonly Moment[]>>> = {
  create: ['create'],
  update: ['change'],
  delete: ['gone'],
  'delete-then-create': ['gone', 'change'],
  'create-then-delete': ['gone', 'change'],
  'create-then-forget': ['forgotten', 'change'],
  'forget-then-create': ['forgotten', 'change'],
  forget: ['forgotten'],
};

type Judges = Partial<Record<Moment, Judge[]>>;

const JUDGES: ReadonlyMap<string, Judges> = byType(RULES);

function byType(rules: readonly Rule[]): ReadonlyMap<string, Judges> {
  const judges = new Map<string, Judges>();
  for (const { types, at, judge } of rules) {
    for (const type of types) {
      const ofType = judges.get(type) ?? {};
      judges.set(type, ofType);
      for (const moment of at) (ofType[moment] ??= []).push(judge);
    }
  }
  return judges;
}

function notKnown({ address, action, deposed }: ExaminedChange): Risk {
  const fate =
    action !== 'delete' ? 'replaced' : deposed === undefined ? 'destroyed' : 'destroyed, as a leftover';
  return {
    rule: 'type-not-known',
    category: 'unknown',
    severity: 'medium',
    address,
    sentence: `Its type is not known here: it is ${fate}, and what is lost or stops with it has to be judged by whoever knows it.`,
  };
}
