import { byGravity } from '../changes/risks/gravity';
import { CATEGORIES, SEVERITIES, type Category, type Risk, type Severity } from '../changes/risks/risk';
import { bytes, code, number, plural, prose, shorten } from './markdown';
import { stackName } from './words';

/** A risk with the stack that it is in. */
export interface StackRisk {
  readonly stack: string;
  readonly risk: Risk;
}

/**
 * The risks as alerts, one for each severity that occurs, the gravest first: what happens to whom, said once for all that
 * it happens to. Those that are too many to be read at once are folded, and what does not fit is counted by category.
 * @param lead said in front of the first alert's list
 */
export function riskBlocks(
  risks: readonly StackRisk[],
  lead: string | undefined,
  budget: number,
): readonly string[] {
  // That something is destroyed of which nobody is afraid is said without an alarm: every release replaces a task definition.
  if (risks.length === 0) return lead === undefined ? [] : [lead];
  const sorted = byGravity(risks, ({ risk }) => risk);
  let left = budget;
  let said = lead;
  return SEVERITIES.flatMap((severity) => {
    const some = sorted.filter(({ risk }) => risk.severity === severity);
    if (some.length === 0) return [];
    const block = alert(ALERTS[severity], said, some, left);
    said = undefined;
    left -= bytes(block) + 2;
    return [block];
  });
}

const ALERTS: Readonly<Record<Severity, string>> = { critical: 'CAUTION', high: 'WARNING', medium: 'NOTE' };

/** `2 data loss, 1 exposure`, the gravest category first. */
export function riskCounts(risks: readonly Pick<Risk, 'category'>[]): string {
  return CATEGORIES.flatMap((category) => {
    const count = risks.filter((risk) => risk.category === category).length;
    return count > 0 ? [`${number(count)} ${CATEGORY_WORDS[category]}`] : [];
  }).join(', ');
}

export const CATEGORY_WORDS: Readonly<Record<Category, string>> = {
  'data-loss': 'data loss',
  exposure: 'exposure',
  privilege: 'privilege',
  downtime: 'downtime',
  protection: 'protection',
  unknown: 'not judged',
};

function alert(kind: string, lead: string | undefined, risks: readonly StackRisk[], budget: number): string {
  const lines = [`> [!${kind}]`, ...(lead === undefined ? [] : [`> ${lead}`, '>'])];
  const bullets = bulletsOf(risks);
  const isMany = bullets.length > MOST_BULLETS + 1;
  let left = budget - bytes(lines.join('\n')) - COUNT_BYTES;
  const add = (some: readonly Bullet[]): readonly Bullet[] => {
    for (const [at, { text }] of some.entries()) {
      const line = `> - ${text}`;
      if (bytes(line) + 1 > left) return some.slice(at);
      left -= bytes(line) + 1;
      lines.push(line);
    }
    return [];
  };
  let unsaid = add(isMany ? bullets.slice(0, MOST_BULLETS) : bullets);
  if (unsaid.length > 0) unsaid = bullets.slice(bullets.indexOf(unsaid[0]!));
  else if (isMany) {
    const folded = bullets.slice(MOST_BULLETS);
    const fold = [`>`, `> <details><summary>${counted(folded)}</summary>`, '>'];
    left -= bytes(fold.join('\n')) + FOLD_END.length + 1;
    const before = lines.length;
    lines.push(...fold);
    unsaid = add(folded);
    if (unsaid.length === folded.length) lines.length = before;
    else if (unsaid.length === 0) lines.push(FOLD_END);
    else return [...lines, `> - And ${counted(unsaid)}.`, FOLD_END].join('\n');
  }
  if (unsaid.length > 0) lines.push(`> - And ${counted(unsaid)}.`);
  return lines.join('\n');
}

const FOLD_END = '>\n> </details>';

/** `3 more: 2 data loss, 1 exposure` */
function counted(bullets: readonly Bullet[]): string {
  const risks = bullets.flatMap((bullet) => bullet.risks);
  return `${number(risks.length)} more: ${riskCounts(risks)}`;
}

/** Of one alert: more than that at a time is a wall. */
const MOST_BULLETS = 8;

/** For the line that counts what is not said. */
const COUNT_BYTES = 160;

interface Bullet {
  readonly text: string;
  readonly risks: readonly Risk[];
}

/** One a resource, with all that is said of it; and the same words about several resources of a stack once. */
function bulletsOf(risks: readonly StackRisk[]): readonly Bullet[] {
  const byThing = grouped(risks, ({ stack, risk }) => JSON.stringify([stack, risk.address]));
  const alike = grouped(byThing, (of) =>
    JSON.stringify([of[0]!.stack, of.map(({ risk }) => [risk.category, risk.sentence])]),
  );
  return alike.map((things) => {
    const first = things[0]!;
    const names = things.slice(0, MOST_ADDRESSES).map(([one]) => code(shorten(one!.risk.address, 200)));
    const rest = things.length - names.length;
    const who = rest > 0 ? `${names.join(', ')} and ${number(rest)} more` : names.join(', ');
    const categories = [...new Set(first.map(({ risk }) => CATEGORY_WORDS[risk.category]))].join(', ');
    const sentences = first.slice(0, MOST_SENTENCES).map(({ risk }) => prose(shorten(risk.sentence, 500)));
    const unsaid = first.length - sentences.length;
    if (unsaid > 0) sentences.push(`And ${plural(unsaid, 'other risk')}.`);
    return {
      text: `**${capital(categories)}** ${who} in ${stackName(first[0]!.stack)}: ${sentences.join(' ')}`,
      risks: things.flat().map(({ risk }) => risk),
    };
  });
}

function grouped<T>(all: readonly T[], key: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const known = groups.get(key(one));
    if (known) known.push(one);
    else groups.set(key(one), [one]);
  }
  return [...groups.values()];
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const MOST_ADDRESSES = 3;

/** Of one thing: a security group with a hundred opened ports would otherwise take all the room, or find none. */
const MOST_SENTENCES = 6;
