import { bytes, code, plural } from './markdown';
import { describeDrift, type DriftResult } from './render-drift';
import { fitSections } from './sections';
import { stackName } from './words';

/** UTF-8 bytes: what GitHub takes, less what finds the issue again. */
export const ISSUE_BYTES = 60_000;

export interface DriftIssueFacts {
  readonly environment: string;
  /** The configuration that was compared with. */
  readonly commit: string;
  readonly checkedAt: Date;
  /** The stack's last apply, where it is known. */
  readonly applied?: { readonly commit: string; readonly at: Date };
}

/**
 * What the issue of a stack says that drifted or cannot be planned, as Markdown within ISSUE_BYTES: what differs, what to do
 * about it, what it was compared with. Text of a plan stands only in code.
 * @param result one that drifted or failed
 */
export function renderDriftIssue(result: DriftResult, facts: DriftIssueFacts): string {
  const stack = describeDrift(result);
  const { environment } = facts;
  const name = stackName(result.stack);
  const run = (command: string): string => code(`npm run ${command} -- ${environment} ${result.stack}`);
  const top = stack.looked
    ? [
        `${plural(stack.drifted, 'resource')} of ${name} ${stack.drifted === 1 ? 'was' : 'were'} changed outside of Terraform.`,
        `The next apply of the stack undoes it, be it one of ${code('main')} or ${run('apply')}. To keep it instead, write it into the configuration and apply that.`,
      ]
    : [
        `${name} cannot be planned, so nobody knows whether it has drifted, and the next apply of it will fail too.`,
        `${run('drift')} tries it again.`,
      ];
  const head = top.join('\n\n');
  const foot = footOf(facts);
  const sections = stack.section === undefined ? [] : [{ ...stack.section, open: true }];
  const details = fitSections(sections, ISSUE_BYTES - bytes(head) - bytes(foot) - 5).markdown;
  return `${[head, details, foot].filter((part) => part !== '').join('\n\n')}\n`;
}

function footOf({ commit, checkedAt, applied }: DriftIssueFacts): string {
  const compared = `Compared with ${code(commit.slice(0, 12))} on ${inWords(checkedAt)}.`;
  const last =
    applied === undefined
      ? ''
      : ` The last apply was of ${code(applied.commit.slice(0, 12))}, on ${inWords(applied.at)}.`;
  return `<sub>${compared}${last} This issue is written anew when the drift changes, and closed when it is gone.</sub>`;
}

/** `2026-11-25 at 05:17 UTC` */
export function inWords(date: Date): string {
  const text = date.toISOString();
  return `${text.slice(0, 10)} at ${text.slice(11, 16)} UTC`;
}
