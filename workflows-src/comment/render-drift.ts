import { kindOf, type ChangeSet } from '../changes/change-set';
import { diagnosticsGroup, driftGroup } from './groups';
import { bytes, COMMENT_BYTES, number, plural, prose, shorten } from './markdown';
import type { StackResult } from './render';
import { fitSections, type Group, type Section } from './sections';
import { changeLine, kindOfThing, stackName, stackNames, stackTitle } from './words';

/**
 * A stack's plan with refresh and without a target. Its `drift` is what somebody changed outside of Terraform; its
 * `changes` are what the next apply would do, which undoes drift and applies what never was. Of a stack that cannot be
 * planned, `differs` is what is known nevertheless to differ between its state and AWS.
 */
export type DriftResult = StackResult & { readonly differs?: ChangeSet['drift'] };

/**
 * The drift report as Markdown, within COMMENT_BYTES: what was changed outside of Terraform (addresses and the names of
 * attributes, never values), apart from configuration that was never applied, apart from what could not be looked at.
 * One line where there is nothing to report.
 */
export function renderDrift(results: readonly DriftResult[]): string {
  const stacks = results.map(describeDrift);
  const count = (of: (stack: DescribedStack) => number): number =>
    stacks.reduce((sum, stack) => sum + of(stack), 0);
  const looked = plural(stacks.filter((stack) => stack.looked).length, 'stack');
  const drifted = count((stack) => stack.drifted);
  const pending = count((stack) => stack.pending);
  const settled = count((stack) => stack.settled);
  const missed = stacks.length - stacks.filter((stack) => stack.looked).length;
  if (drifted + pending + settled + missed === 0) return `No drift in ${looked}.\n`;

  const where = (having: (stack: DescribedStack) => boolean): string =>
    stackNames(stacks.filter(having).map((stack) => stack.name));
  const top = [
    drifted === 0
      ? `## No drift in ${looked}`
      : `## Drift: ${plural(drifted, 'resource')} changed outside of Terraform, in ${where((stack) => stack.drifted > 0)}`,
  ];
  if (pending > 0) {
    const changes = `${plural(pending, 'change')} of the configuration ${pending === 1 ? 'was' : 'were'} never applied`;
    top.push(`Apart from drift, ${changes}, in ${where((stack) => stack.pending > 0)}.`);
  }
  if (settled > 0) {
    const differ = `${plural(settled, 'resource')} ${settled === 1 ? 'differs' : 'differ'} from the state`;
    top.push(`${differ} only in what the configuration does not set; the next apply leaves it so.`);
  }
  if (missed > 0) {
    top.push(`**${plural(missed, 'stack')} could not be looked at**: ${where((stack) => !stack.looked)}.`);
  }
  const head = top.join('\n\n');
  const sections = stacks.flatMap((stack) => (stack.section ? [stack.section] : []));
  const details = fitSections(sections, COMMENT_BYTES - bytes(head) - 3).markdown;
  return `${[head, details].filter((part) => part !== '').join('\n\n')}\n`;
}

/** What a check found of one stack. */
export interface DescribedStack {
  /** As Markdown. */
  readonly name: string;
  /** Whether it could be compared at all. */
  readonly looked: boolean;
  readonly drifted: number;
  /** Changes that have nothing to do with drift. */
  readonly pending: number;
  /** Differences that stay. */
  readonly settled: number;
  /** Absent where there is nothing to say. */
  readonly section?: Section;
}

export function describeDrift(result: DriftResult): DescribedStack {
  const name = stackName(result.stack);
  const title = stackTitle(result.stack);
  if (result.status === 'failed') {
    const section: Section = {
      summary: `${title}: planning failed`,
      open: true,
      groups: [diagnosticsGroup(result.diagnostics), differsGroup(result.differs ?? [])].filter(
        (group) => group.items.length > 0,
      ),
    };
    return { name, looked: false, drifted: 0, pending: 0, settled: 0, section };
  }
  if (result.status === 'deferred' || result.status === 'missing') {
    const reason = result.status === 'deferred' ? result.reason : 'It left no plan: the run’s log says why.';
    const note = `**Not looked at**: ${prose(shorten(reason, 300))}`;
    const section: Section = { summary: `${title}: not looked at`, open: false, note, groups: [] };
    return { name, looked: false, drifted: 0, pending: 0, settled: 0, section };
  }
  const { drift, changes, settled } = result.changes;
  const drifted = new Set(drift.map((one) => one.address));
  const pending = changes.filter((change) => !drifted.has(change.address));
  const groups = [driftedGroup(drift, changes), pendingGroup(pending), settledGroup(settled)].filter(
    (group) => group.items.length > 0,
  );
  const shared = {
    name,
    looked: true,
    drifted: drift.length,
    pending: pending.length,
    settled: settled.length,
  };
  if (groups.length === 0) return shared;
  const differ = settled.length > 0 ? `, ${number(settled.length)} differing otherwise` : '';
  const summary = `${title}: ${number(drift.length)} drifted, ${number(pending.length)} never applied${differ}`;
  return { ...shared, section: { summary, open: drift.length > 0, groups } };
}

function driftedGroup(drift: ChangeSet['drift'], changes: ChangeSet['changes']): Group {
  const planned = new Map(changes.map((change) => [change.address, change.action]));
  return driftGroup(drift, (address) => {
    const action = planned.get(address);
    const kind = action && kindOf(action);
    return [kind ? `the next apply would ${kind} it` : 'the next apply leaves it so'];
  });
}

/** Without a plan nobody knows what of it the next apply would undo. */
function differsGroup(differs: ChangeSet['drift']): Group {
  return { ...driftGroup(differs), title: 'Differs between the state and AWS' };
}

function settledGroup(settled: ChangeSet['settled']): Group {
  return { ...driftGroup(settled), title: 'Differs in what the configuration does not set', rank: 200 };
}

function pendingGroup(changes: ChangeSet['changes']): Group {
  return {
    title: 'In the configuration, never applied',
    rank: 100,
    language: 'diff',
    items: changes.map((change) => ({
      head: () => changeLine(SYMBOLS.get(kindOf(change.action) ?? '') ?? '!', change),
      kind: kindOfThing(change),
    })),
  };
}

const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['create', '+'],
  ['replace', '-/+'],
  ['delete', '-'],
]);
