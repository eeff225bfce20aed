import { count, destroys, type ChangeSet, type Counts } from '../changes/change-set';
import type { ConfigurationChange } from '../review/configuration-diff';
import { diagnosticsGroup, groupsOf } from './groups';
import { configurationGroups } from './render-configuration';
import { bytes, code, COMMENT_BYTES, number, plural, prose, shorten } from './markdown';
import { riskBlocks, riskCounts, type StackRisk } from './risk-blocks';
import { fitSections, type Fitted, type Section } from './sections';
import { otherCounts, resourceTotals, stackName, stackNames, stackTitle } from './words';

/** What became of a stack's plan. */
export type StackResult =
  | {
      readonly stack: string;
      readonly status: 'planned';
      readonly changes: ChangeSet;
      /** A sentence: why the plan may be another one when its turn comes, such as which stack is applied before it. */
      readonly provisional?: string;
      /** Of the ledger of what is shown here. */
      readonly ledger?: string;
    }
  /** Terraform ended with an error. @param diagnostics what it said, to be shown */
  | { readonly stack: string; readonly status: 'failed'; readonly diagnostics: string }
  /** Not planned, on purpose. */
  | {
      readonly stack: string;
      readonly status: 'deferred';
      /** A sentence, such as which stack has to be applied first. */
      readonly reason: string;
      /** How its configuration, which is valid, differs from the one before. */
      readonly configuration?: readonly ConfigurationChange[];
    }
  /** It should have been planned, and nobody knows what became of it. */
  | { readonly stack: string; readonly status: 'missing' };

export interface SummaryMeta {
  /** Named in the headline. */
  readonly environment?: string;
  /** What was planned. */
  readonly commit?: string;
  /** What it was compared with. */
  readonly base?: string;
  /** Such as `Fairlead 0.1.0`; Terraform's stand in the plans. */
  readonly tools?: readonly string[];
  /** Address of the page of the run. */
  readonly runUrl?: string;
  /** Where everything is shown, whatever its length. */
  readonly fullUrl?: string;
}

export interface Summary {
  readonly markdown: string;
  /** How much of the details is shown. */
  readonly level: Fitted['level'];
}

/**
 * One Markdown summary of any number of plans: exact totals, risks, a row for each stack in the given order, then what
 * changes by stack, destruction first, each value masked that may be secret. The same input gives the same bytes; text from
 * a plan cannot leave its place, mention anybody, or command GitHub's runner.
 * @param budget in bytes of UTF-8. @default COMMENT_BYTES
 */
export function renderSummary(
  results: readonly StackResult[],
  meta: SummaryMeta = {},
  budget = COMMENT_BYTES,
): string {
  return fitSummary(results, meta, budget).markdown;
}

/** As `renderSummary`, saying how much is shown. */
export function fitSummary(results: readonly StackResult[], meta: SummaryMeta, budget: number): Summary {
  const stacks = results.map(describe);
  const footer = footerOf(results, meta);
  const subject = meta.environment === undefined ? 'Plan' : `Plan for ${stackName(meta.environment)}`;
  if (stacks.every((stack) => stack.isQuiet)) {
    const names = stackNames(stacks.map((stack) => stack.name));
    const match = stacks.length === 1 ? 'stack matches its' : 'stacks match their';
    const said =
      stacks.length === 0
        ? 'No stack was planned.'
        : `${number(stacks.length)} ${match} configuration: ${names}.`;
    return { markdown: `## ${subject}: no changes\n${[said, footer].join(' ').trim()}\n`, level: 1 };
  }
  const risks = stacks.flatMap(({ id, changes }) =>
    (changes?.risks ?? []).map((risk): StackRisk => ({ stack: id, risk })),
  );
  const headlined = `## ${subject}: ${headline(stacks)}`;
  const top = [
    headlined,
    ...troubleBlock(stacks),
    ...riskBlocks(risks, destruction(stacks), budget / 4),
  ].join('\n\n');
  const table = fitTable(stacks, budget / 4);
  const left = budget - bytes([top, table, '', footer, ''].join('\n\n'));
  const details = fitSections(sectionsOf(stacks), left);
  const parts = [top, table, details.markdown, footer].filter((part) => part !== '');
  return { markdown: `${parts.join('\n\n')}\n`, level: details.level };
}

/** Those of stacks that failed first. Few enough stand open, and so do those that destroy or endanger something. */
function sectionsOf(stacks: readonly Stack[]): readonly Section[] {
  const sections = stacks.flatMap((stack) => (stack.section ? [stack.section] : []));
  const isFailed = (section: Section): boolean =>
    stacks.some((stack) => stack.section === section && stack.status === 'failed');
  const ordered = [...sections].sort((a, b) => Number(isFailed(b)) - Number(isFailed(a)));
  return ordered.map((section) => ({ ...section, open: section.open || sections.length <= MOST_OPEN }));
}

const MOST_OPEN = 2;

/** A result as it is shown. */
interface Stack {
  readonly status: StackResult['status'];
  readonly id: string;
  readonly name: string;
  readonly changes?: ChangeSet;
  readonly isProvisional?: boolean;
  /** Cells after the name. */
  readonly cells: readonly string[];
  readonly section?: Section;
  /** Nothing at all to report. */
  readonly isQuiet: boolean;
  /** How many existing objects will be gone. */
  readonly destroyed: number;
}

function describe(result: StackResult): Stack {
  const { stack: id, status } = result;
  const shared = { id, status, name: stackName(id), isQuiet: false, destroyed: 0 };
  const title = stackTitle(id);
  const none = ['–', '–', '–', '–'];
  switch (result.status) {
    case 'failed': {
      const section: Section = {
        summary: `${title}: planning failed`,
        open: true,
        groups: [diagnosticsGroup(result.diagnostics)],
      };
      return { ...shared, cells: ['**failed**', ...none, '', ''], section };
    }
    case 'missing':
      return { ...shared, cells: ['**missing**', ...none, '', ''] };
    case 'deferred': {
      const { reason, configuration = [] } = result;
      const section: Section = {
        summary: `${title}: deferred, ${plural(configuration.length, 'block')} of configuration`,
        open: false,
        note: '**Not planned yet.** Its configuration is valid; this is how it differs.',
        groups: configurationGroups(configuration),
      };
      const cells = ['deferred', ...none, prose(shorten(reason, 300)), ''];
      return { ...shared, cells, ...(configuration.length > 0 && { section }) };
    }
    case 'planned':
      return { ...shared, ...describePlan(result, title) };
  }
}

function describePlan(
  result: Extract<StackResult, { status: 'planned' }>,
  title: string,
): Pick<Stack, 'changes' | 'isProvisional' | 'cells' | 'isQuiet' | 'destroyed' | 'section'> {
  const { changes, provisional } = result;
  const counts = count([changes]);
  const groups = groupsOf(changes);
  const isProvisional = provisional !== undefined;
  const isQuiet = groups.length === 0 && isWhole(changes) && !isProvisional;
  const destroyed = changes.changes.filter((change) => destroys(change.action)).length;
  const shared = { changes, isProvisional, cells: cellsOf(result, counts), isQuiet, destroyed };
  if (isQuiet) return shared;
  const said = [resourceTotals(counts) || 'no resource changes', alsoCounts(counts)].filter(Boolean);
  const note = noteOf(result);
  const section: Section = {
    summary: `${title}: ${said.join(', ')}`,
    open: changes.risks.some(({ severity }) => severity !== 'medium') || hasDeletes(changes),
    groups,
    ...(note !== undefined && { note }),
    ...endOf(result),
  };
  return { ...shared, section };
}

function hasDeletes({ changes }: ChangeSet): boolean {
  return changes.some(({ action }) => action === 'delete');
}

function cellsOf(
  { changes, provisional }: { changes: ChangeSet; provisional?: string },
  counts: Counts,
): string[] {
  const changed = resourceTotals(counts) === '' ? 'no&nbsp;changes' : 'changes';
  const result = !isWhole(changes) ? '**incomplete**' : provisional === undefined ? changed : 'provisional';
  const numbers = [counts.create, counts.update, counts.replace, counts.delete].map(number);
  return [result, ...numbers, otherCounts(counts), riskCounts(changes.risks)];
}

function isWhole(changes: ChangeSet): boolean {
  return changes.complete && !changes.errored;
}

function noteOf({ changes, provisional }: { changes: ChangeSet; provisional?: string }): string | undefined {
  const notes: string[] = [];
  if (provisional !== undefined) notes.push(`**Provisional**: ${prose(shorten(provisional, 300))}`);
  if (changes.errored)
    notes.push('Planning stopped with an error: **this is only a part of what would change.**');
  else if (!changes.complete)
    notes.push('This plan is a first step: Terraform needs another plan after it is applied.');
  return notes.length === 0 ? undefined : notes.join('\n\n');
}

/** What stays, and what the apply will compare with. */
function endOf({ changes, ledger }: { changes: ChangeSet; ledger?: string }): { readonly end?: string } {
  const parts: string[] = [];
  if (changes.unchanged > 0) parts.push(`${plural(changes.unchanged, 'resource')} unchanged`);
  if (ledger !== undefined) parts.push(`ledger ${code(shorten(ledger, 64))}`);
  return parts.length === 0 ? {} : { end: `<sub>${parts.join(' · ')}</sub>` };
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

/** `1 stack failed, 2 to create`: what a summary of these results begins with. */
export function headlineOf(results: readonly StackResult[]): string {
  const stacks = results.map(describe);
  return stacks.every((stack) => stack.isQuiet) ? 'no changes' : headline(stacks);
}

function headline(stacks: readonly Stack[]): string {
  const totals = count(stacks.flatMap((stack) => (stack.changes ? [stack.changes] : [])));
  const having = (status: StackResult['status']): number =>
    stacks.filter((stack) => stack.status === status).length;
  const [failed, deferred, missing] = [having('failed'), having('deferred'), having('missing')];
  const incomplete = stacks.filter((stack) => stack.changes && !isWhole(stack.changes)).length;
  const provisional = stacks.filter((stack) => stack.isProvisional === true).length;
  const planned = having('planned') > 0 ? resourceTotals(totals) || 'no resource changes' : '';
  const parts = [
    failed > 0 ? `${plural(failed, 'stack')} failed` : '',
    missing > 0 ? `${plural(missing, 'stack')} missing` : '',
    incomplete > 0 ? `${plural(incomplete, 'plan')} incomplete` : '',
    planned,
    alsoCounts(totals),
    provisional > 0 ? `${plural(provisional, 'plan')} provisional` : '',
    deferred > 0 ? `${plural(deferred, 'stack')} deferred` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What is not known about some stacks, which is worse than anything that is. */
function troubleBlock(stacks: readonly Stack[]): readonly string[] {
  const named = (status: StackResult['status']): string =>
    stackNames(stacks.filter((stack) => stack.status === status).map(({ name }) => name));
  const said = [
    ...(named('failed') === '' ? [] : [`**Planning failed**: ${named('failed')}.`]),
    ...(named('missing') === ''
      ? []
      : [`**No plan was left** by ${named('missing')}: the run’s log says why.`]),
  ];
  return said.length === 0 ? [] : [`> [!CAUTION]\n> ${said.join(' ')}`];
}

/** Said only where a risk comes with it: a release replaces a task definition, and that alarms nobody. */
function destruction(stacks: readonly Stack[]): string | undefined {
  const isFeared = ({ changes }: Stack): boolean => {
    const risky = new Set(changes?.risks.map(({ address }) => address));
    return changes?.changes.some(({ action, address }) => destroys(action) && risky.has(address)) === true;
  };
  if (!stacks.some(isFeared)) return undefined;
  const destroying = stacks.filter((stack) => stack.destroyed > 0);
  const destroyed = destroying.reduce((sum, stack) => sum + stack.destroyed, 0);
  const names = stackNames(destroying.map((stack) => stack.name));
  return `**${plural(destroyed, 'existing object')} will be destroyed**, in ${names}.`;
}

/**
 * All rows, or those that matter most: failed and destroying stacks before others, still in the given order. A column in
 * which nothing stands is left out.
 */
function fitTable(stacks: readonly Stack[], budget: number): string {
  const isUsed = (column: number): boolean =>
    column < COLUMNS.length - OPTIONAL_COLUMNS || stacks.some(({ cells }) => cells[column] !== '');
  const used = COLUMNS.map((_, column) => column).filter(isUsed);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const head = [
    row(['Stack', ...used.map((column) => COLUMNS[column]![0])]),
    row(['---', ...used.map((column) => COLUMNS[column]![1])]),
  ].join('\n');
  const rows = new Map(
    stacks.map((stack) => [stack, row([stack.name, ...used.map((column) => stack.cells[column]!)])]),
  );
  const matters = (stack: Stack): number =>
    Number(stack.status === 'failed' || stack.status === 'missing' || stack.destroyed > 0);
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

/** Behind the stack's: heading and alignment. */
const COLUMNS: readonly (readonly [string, string])[] = [
  ['Result', '---'],
  ['Create', '--:'],
  ['Update', '--:'],
  ['Replace', '--:'],
  ['Delete', '--:'],
  ['Other', '---'],
  ['Risks', '---'],
];

/** The last ones. */
const OPTIONAL_COLUMNS = 2;

/** Bytes kept for the sentence that counts what is not in the table. */
const LEFT_OUT_ROWS = 60;

function footerOf(results: readonly StackResult[], meta: SummaryMeta): string {
  const { commit, base, tools = [], runUrl, fullUrl } = meta;
  const parts: string[] = [];
  if (commit !== undefined) {
    const against = base === undefined ? '' : ` against ${code(shorten(base, 64))}`;
    parts.push(`Planned at ${code(shorten(commit, 64))}${against}`);
  }
  const versions = results.flatMap((result) =>
    result.status === 'planned' && result.changes.terraformVersion !== ''
      ? [`Terraform ${result.changes.terraformVersion}`]
      : [],
  );
  const used = [...new Set([...versions, ...tools])].map((tool) => prose(shorten(tool, 64)));
  if (commit !== undefined || tools.length > 0) parts.push(...used);
  if (fullUrl !== undefined) parts.push(`[everything in full](<${address(fullUrl)}>)`);
  if (runUrl !== undefined) parts.push(`[the run](<${address(runUrl)}>)`);
  return parts.length === 0 ? '' : `<sub>${parts.join(' · ')}</sub>`;
}

function address(url: string): string {
  return encodeURI(url).replace(/[<>\s]/g, '');
}
