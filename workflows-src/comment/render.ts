import { count, destroys, type ChangeSet, type Counts } from '../changes/change-set';
import { diagnosticsGroup, groupsOf } from './groups';
import { bytes, code, COMMENT_BYTES, number, plural, sentence, shorten } from './markdown';
import { fitSections, type Section } from './sections';
import { otherCounts, resourceTotals, stackName, stackNames, stackTitle } from './words';

/** What became of a stack's plan. */
export type StackResult =
  | { readonly stack: string; readonly status: 'planned'; readonly changes: ChangeSet }
  /** Terraform ended with an error. @param diagnostics what it said, to be shown */
  | { readonly stack: string; readonly status: 'failed'; readonly diagnostics: string }
  /** Not planned, on purpose. @param reason a sentence, such as which stack has to be applied first */
  | { readonly stack: string; readonly status: 'deferred'; readonly reason: string };

export interface SummaryMeta {
  /** Named in the headline. */
  readonly environment?: string;
  /** What was planned. */
  readonly commit?: string;
  /** Address of the page of the run. */
  readonly runUrl?: string;
}

/**
 * One Markdown summary of any number of plans, within COMMENT_BYTES: exact totals, a row for each stack in the given
 * order, then what changes by stack, destruction first. Shows addresses, never values. The same input gives the same
 * bytes; text from a plan cannot leave its place, mention anybody, or command GitHub's runner.
 */
export function renderSummary(results: readonly StackResult[], meta: SummaryMeta = {}): string {
  const stacks = results.map(describe);
  const footer = footerOf(meta);
  const subject = meta.environment === undefined ? 'Plan' : `Plan for ${stackName(meta.environment)}`;
  if (stacks.every((stack) => stack.isQuiet)) {
    const names = stackNames(stacks.map((stack) => stack.name));
    const match = stacks.length === 1 ? 'stack matches its' : 'stacks match their';
    const said =
      stacks.length === 0
        ? 'No stack was planned.'
        : `${number(stacks.length)} ${match} configuration: ${names}.`;
    return `## ${subject}: no changes\n${[said, footer].join(' ').trim()}\n`;
  }
  const totals = count(stacks.flatMap((stack) => (stack.changes ? [stack.changes] : [])));
  const top = [`## ${subject}: ${headline(totals, stacks)}`, ...caution(stacks)].join('\n\n');
  const table = fitTable(stacks, COMMENT_BYTES / 3);
  const left = COMMENT_BYTES - bytes([top, table, '', footer, ''].join('\n\n'));
  const details = fitSections(
    stacks.flatMap((stack) => (stack.section ? [stack.section] : [])),
    left,
  );
  return `${[top, table, details, footer].filter((part) => part !== '').join('\n\n')}\n`;
}

/** A result as it is shown. */
interface Stack {
  readonly status: StackResult['status'];
  readonly name: string;
  readonly changes?: ChangeSet;
  /** Cells after the name. */
  readonly cells: readonly string[];
  readonly section?: Section;
  /** Nothing at all to report. */
  readonly isQuiet: boolean;
  /** How many existing objects will be gone. */
  readonly destroyed: number;
}

function describe(result: StackResult): Stack {
  const name = stackName(result.stack);
  const title = stackTitle(result.stack);
  const none = ['–', '–', '–', '–'];
  switch (result.status) {
    case 'failed': {
      const section: Section = {
        summary: `${title}: planning failed`,
        open: true,
        groups: [diagnosticsGroup(result.diagnostics)],
      };
      return {
        status: 'failed',
        name,
        cells: ['**failed**', ...none, ''],
        section,
        isQuiet: false,
        destroyed: 0,
      };
    }
    case 'deferred': {
      const reason = sentence(shorten(result.reason, 300));
      return { status: 'deferred', name, cells: ['deferred', ...none, reason], isQuiet: false, destroyed: 0 };
    }
    case 'planned': {
      const { changes } = result;
      const counts = count([changes]);
      const groups = groupsOf(changes);
      const isQuiet = groups.length === 0 && isWhole(changes);
      const destroyed = changes.changes.filter((change) => destroys(change.action)).length;
      const shared = {
        status: result.status,
        name,
        changes,
        cells: cellsOf(changes, counts),
        isQuiet,
        destroyed,
      };
      if (isQuiet) return shared;
      const summary = `${title}: ${[resourceTotals(counts) || 'no resource changes', alsoCounts(counts)].filter(Boolean).join(', ')}`;
      const note = noteOf(changes);
      return {
        ...shared,
        section: { summary, open: destroyed > 0, groups, ...(note !== undefined && { note }) },
      };
    }
  }
}

function cellsOf(changes: ChangeSet, counts: Counts): readonly string[] {
  const result = !isWhole(changes)
    ? '**incomplete**'
    : resourceTotals(counts) === ''
      ? 'no changes'
      : 'changes';
  const numbers = [counts.create, counts.update, counts.replace, counts.delete].map(number);
  return [result, ...numbers, otherCounts(counts)];
}

function isWhole(changes: ChangeSet): boolean {
  return changes.complete && !changes.errored;
}

function noteOf(changes: ChangeSet): string | undefined {
  if (changes.errored) return 'Planning stopped with an error: **this is only a part of what would change.**';
  if (!changes.complete)
    return 'This plan is a first step: Terraform needs another plan after it is applied.';
  return undefined;
}

/** What changes besides resources, for a headline. */
function alsoCounts(counts: Counts): string {
  const parts = [
    counts.outputs > 0 ? plural(counts.outputs, 'output change') : '',
    counts.drifted > 0 ? `${number(counts.drifted)} changed outside of Terraform` : '',
    counts.failedChecks > 0 ? plural(counts.failedChecks, 'failed check') : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function headline(totals: Counts, stacks: readonly Stack[]): string {
  const having = (status: StackResult['status']): number =>
    stacks.filter((stack) => stack.status === status).length;
  const failed = having('failed');
  const deferred = having('deferred');
  const incomplete = stacks.filter((stack) => stack.changes && !isWhole(stack.changes)).length;
  const planned = having('planned') > 0 ? resourceTotals(totals) || 'no resource changes' : '';
  const parts = [
    planned,
    alsoCounts(totals),
    failed > 0 ? `**${plural(failed, 'stack')} failed**` : '',
    incomplete > 0 ? `**${plural(incomplete, 'plan')} incomplete**` : '',
    deferred > 0 ? `${plural(deferred, 'stack')} deferred` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function caution(stacks: readonly Stack[]): readonly string[] {
  const destroying = stacks.filter((stack) => stack.destroyed > 0);
  const destroyed = destroying.reduce((sum, stack) => sum + stack.destroyed, 0);
  if (destroyed === 0) return [];
  const names = stackNames(destroying.map((stack) => stack.name));
  return [`> [!CAUTION]\n> ${plural(destroyed, 'existing object')} will be destroyed, in ${names}.`];
}

/** All rows, or those that matter most: failed and destroying stacks before others, still in the given order. */
function fitTable(stacks: readonly Stack[], budget: number): string {
  const head =
    '| Stack | Result | Create | Update | Replace | Delete | Other |\n| --- | --- | --: | --: | --: | --: | --- |';
  const rows = new Map(stacks.map((stack) => [stack, `| ${[stack.name, ...stack.cells].join(' | ')} |`]));
  const matters = (stack: Stack): number => Number(stack.status === 'failed' || stack.destroyed > 0);
  const kept = new Set<Stack>();
  let left = budget - bytes(head) - LEFT_OUT_ROWS;
  for (const stack of [...stacks].sort((a, b) => matters(b) - matters(a))) {
    left -= bytes(rows.get(stack)!) + 1;
    if (left < 0) break;
    kept.add(stack);
  }
  const table = [head, ...stacks.filter((stack) => kept.has(stack)).map((stack) => rows.get(stack)!)].join(
    '\n',
  );
  return kept.size === stacks.length
    ? table
    : `${table}\n\n${number(kept.size)} of ${plural(stacks.length, 'stack')} shown.`;
}

/** Bytes kept for the sentence that counts what is not in the table. */
const LEFT_OUT_ROWS = 60;

function footerOf({ commit, runUrl }: SummaryMeta): string {
  const parts: string[] = [];
  if (commit !== undefined) parts.push(`Planned at ${code(shorten(commit, 64))}.`);
  if (runUrl !== undefined)
    parts.push(`[The run](<${encodeURI(runUrl).replace(/[<>\s]/g, '')}>) has the log.`);
  return parts.join(' ');
}
