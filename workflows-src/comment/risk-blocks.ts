import { CATEGORIES, SEVERITIES, type Category, type Risk, type Severity } from '../changes/risks/risk';
import { bytes, code, number, prose, shorten } from './markdown';
import { stackName } from './words';

/** A risk with the stack that it is in. */
export interface StackRisk {
  readonly stack: string;
  readonly risk: Risk;
}

/**
 * The risks as alerts, one for each severity that occurs, the gravest first: what happens to whom, said once for all that
 * it happens to. What does not fit in the budget, or is too much to be read, is counted by category.
 * @param lead said in front of the first alert's list
 */
export function riskBlocks(
  risks: readonly StackRisk[],
  lead: string | undefined,
  budget: number,
): readonly string[] {
  // That something is destroyed of which nobody is afraid is said without an alarm: every release replaces a task definition.
  if (risks.length === 0) return lead === undefined ? [] : [lead];
  let left = budget;
  let said = lead;
  return SEVERITIES.flatMap((severity) => {
    const some = risks.filter(({ risk }) => risk.severity === severity);
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
  const head = [`> [!${kind}]`, ...(lead === undefined ? [] : [`> ${lead}`, '>'])].join('\n');
  return `${head}\n${fitList(risks, budget - bytes(head) - 3)}`;
}

function fitList(risks: readonly StackRisk[], budget: number): string {
  const groups = grouped(risks);
  const lines: string[] = [];
  let left = budget - LEFT_OUT_BYTES;
  let shown = 0;
  for (const group of groups) {
    const line = `> - ${sentenceOf(group)}`;
    left -= bytes(line) + 1;
    if (left < 0 || shown === MOST_LINES) break;
    lines.push(line);
    shown += 1;
  }
  if (shown < groups.length) {
    const rest = groups.slice(shown).flat();
    lines.push(`> - And ${number(rest.length)} more: ${riskCounts(rest.map(({ risk }) => risk))}.`);
  }
  return lines.join('\n');
}

/** Of one alert: more than a screen of them is not read. */
const MOST_LINES = 15;

/** For the line that counts what is not listed. */
const LEFT_OUT_BYTES = 160;

/** The same words about several addresses of a stack are said once. */
function grouped(risks: readonly StackRisk[]): readonly (readonly StackRisk[])[] {
  const groups = new Map<string, StackRisk[]>();
  for (const one of risks) {
    const key = JSON.stringify([one.risk.category, one.stack, one.risk.sentence]);
    const known = groups.get(key);
    if (known) known.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

function sentenceOf(group: readonly StackRisk[]): string {
  const { risk, stack } = group[0]!;
  const names = group.slice(0, MOST_ADDRESSES).map((one) => code(shorten(one.risk.address, 200)));
  const rest = group.length - names.length;
  const who = rest > 0 ? `${names.join(', ')} and ${number(rest)} more` : names.join(', ');
  const word = CATEGORY_WORDS[risk.category];
  return `**${word[0]!.toUpperCase()}${word.slice(1)}** ${who} in ${stackName(stack)}: ${prose(shorten(risk.sentence, 500))}`;
}

const MOST_ADDRESSES = 3;
