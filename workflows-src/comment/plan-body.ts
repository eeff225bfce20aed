import { bytes, code, COMMENT_BYTES, plural, prose } from './markdown';
import { headlineOf, renderSummary, type StackResult, type SummaryMeta } from './render';
import { DATA_LOSS_LABEL } from './labels';
import { stackName, stackNames } from './words';

/** First line of the comment: how it is found again. */
export const PLAN_MARKER = '<!-- fairlead: plan -->';

export interface PlanReport {
  /** The commit that was pushed, forty hexadecimal digits. */
  readonly headSha: string;
  /** undefined: which stacks are affected could not be found out. */
  readonly results: readonly StackResult[] | undefined;
  /** Stacks that are not configured any more. */
  readonly removed: readonly string[];
  readonly labels: readonly string[];
  readonly meta: SummaryMeta;
}

export interface PlanBody {
  readonly body: string;
  /** Whether a merge is safe to be applied. */
  readonly verdict: 'success' | 'failure';
  /** Of the commit status: 140 characters at most. */
  readonly description: string;
}

/** The comment on a pull request, within GitHub's limit, and its verdict. */
export function planBody({ headSha, results, removed, labels, meta }: PlanReport): PlanBody {
  const top = [PLAN_MARKER, headLine(headSha)].join('\n');
  if (results === undefined) {
    const where = meta.runUrl === undefined ? 'the run' : `[the run](<${encodeURI(meta.runUrl)}>)`;
    const said = `## Plan: the affected stacks are not known\n\n> [!CAUTION]\n> The configuration could not be synthesized and compared, so nothing was planned: ${where} says why.`;
    return {
      body: `${top}\n${said}\n`,
      verdict: 'failure',
      description: 'the affected stacks are not known',
    };
  }
  const isUnknown = results.some(isNotWhole);
  const losing = results.filter((result) => losesData(result));
  const isApproved = labels.includes(DATA_LOSS_LABEL);
  const notes = [...approval(losing, isApproved), ...gone(removed)].join('\n\n');
  const budget = COMMENT_BYTES - bytes(top) - bytes(notes) - 4;
  const summary = renderSummary(results, meta, budget);
  const headline = headlineOf(results);
  const blocked = losing.length > 0 && !isApproved;
  return {
    body: [`${top}\n${notes}`.trimEnd(), summary].join('\n\n'),
    verdict: isUnknown || blocked ? 'failure' : 'success',
    description: shortened(blocked ? `data loss is not approved; ${headline}` : headline),
  };
}

/** Says for which commit the comment is: read back, never believed. */
function headLine(headSha: string): string {
  return `<!-- head: ${headSha} -->`;
}

/** The commit that a comment says it is for. */
export function headOf(body: string): string | undefined {
  return /^<!-- head: ([0-9a-f]{40}) -->\r?$/m.exec(body)?.[1];
}

/** Nobody knows what all of it would do. */
function isNotWhole(result: StackResult): boolean {
  return (
    result.status === 'failed' ||
    result.status === 'missing' ||
    (result.status === 'planned' && result.changes.errored)
  );
}

function losesData(result: StackResult): boolean {
  return (
    result.status === 'planned' &&
    result.changes.risks.some(({ category, severity }) => category === 'data-loss' && severity !== 'medium')
  );
}

function approval(losing: readonly StackResult[], isApproved: boolean): readonly string[] {
  if (losing.length === 0) return [];
  const names = stackNames(losing.map(({ stack }) => stackName(stack)));
  if (isApproved)
    return [
      `> [!IMPORTANT]\n> The loss of data in ${names} is approved by the label ${code(DATA_LOSS_LABEL)}.`,
    ];
  return [
    `> [!CAUTION]\n> **Data would be lost in ${names}, and nobody has approved that**: this check fails, and a merge would not be applied. If it is meant, add the label ${code(DATA_LOSS_LABEL)} to this pull request; it is planned again then.`,
  ];
}

function gone(removed: readonly string[]): readonly string[] {
  if (removed.length === 0) return [];
  const names = stackNames(removed.map(stackName));
  const it = removed.length === 1 ? 'it holds' : 'they hold';
  return [
    `> [!WARNING]\n> ${plural(removed.length, 'stack')} not configured any more: ${names}. What ${it} stays, and nothing manages it from the merge on. Destroy it first, if it is to go.`,
  ];
}

function shortened(text: string): string {
  return text.length <= 140 ? text : `${text.slice(0, 139)}…`;
}

/** The body with a note that a newer commit is being planned; as it is when it has that note, or is of that commit. */
export function outdated(body: string, headSha: string, runUrl: string): string {
  const of = headOf(body);
  if (of === headSha || of === undefined) return body;
  const line = headLine(of);
  // Right there, because a plan may hold the same words.
  if (body.includes(`${line}\n${OUTDATED}\n`)) return body;
  const note = `${OUTDATED}\n> [!NOTE]\n> **Outdated**: this is the plan of ${code(of.slice(0, 7))}. ${prose(headSha.slice(0, 7))} is [being planned](<${encodeURI(runUrl)}>).\n`;
  const noted = body.replace(line, () => `${line}\n${note}`);
  // A full comment has no room for it, and then its commit has to say it.
  return bytes(noted) <= MAX_BYTES ? noted : body;
}

const OUTDATED = '<!-- outdated -->';
const MAX_BYTES = 65_536;

/** Whether two bodies say the same, each with a link to its own run. */
export function saysTheSame(a: string, b: string): boolean {
  return withoutRun(a) === withoutRun(b);
}

/** The links stand at the very end; what looks like one elsewhere is part of a plan, and that it differs matters. */
function withoutRun(body: string): string {
  return body.trimEnd().replace(RUN_LINKS, '$<rest>');
}

const RUN_LINKS =
  /(?:\[everything in full\]\(<[^<>\n]*>\) · )?\[the run\]\(<[^<>\n]*>\)(?<rest><\/sub>| says why\.)$/;
