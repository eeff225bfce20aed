import { code, plural } from '../comment/markdown';
import { inWords } from '../comment/render-drift-issue';
import type { Issue } from '../github/github';
import type { DriftReport, StackReport } from './report';

/** Of every issue written here, so that they are found without reading all others. */
export const LABEL = 'drift';

/** What an issue is about. A stack can have one of each: that it cannot be planned says nothing of its drift. */
export type Topic = 'drift' | 'plan-error';

export interface Subject {
  readonly topic: Topic;
  readonly stack: string;
}

/** One change on GitHub. `reopen` also gives the issue what it now has to say. */
export type IssueAction = Subject &
  (
    | { readonly does: 'open'; readonly title: string; readonly body: string }
    | {
        readonly does: 'update' | 'reopen';
        readonly issue: number;
        readonly title: string;
        readonly body: string;
      }
    | {
        readonly does: 'close';
        readonly issue: number;
        /** Says why, before it is closed. */
        readonly comment: string;
        readonly reason: 'completed' | 'not_planned';
      }
  );

export interface Decision {
  readonly actions: readonly IssueAction[];
  /** Open issues that say already what there is to say. */
  readonly unchanged: readonly (Subject & { readonly issue: number })[];
  /** Issues due beyond the limit of new ones: the next run opens them. */
  readonly postponed: readonly Subject[];
}

export interface DecideOptions {
  /** Login that wrote our issues. Those of others are left alone, whatever they look like. */
  readonly author: string;
  /** Of new issues in one run. */
  readonly limit: number;
}

/**
 * What has to be written so that each stack that drifted, or cannot be planned, has one open issue that says so, and no
 * other has one. An issue that says the same already is not written. A stack that was not looked at, or was never applied,
 * keeps its issues as they are.
 * @param existing all issues with LABEL, open and closed, the newest first
 * @param reports of any environments; a stack that several share is taken from the first that looked at it
 */
export function decide(
  existing: readonly Issue[],
  reports: readonly DriftReport[],
  { author, limit }: DecideOptions,
): Decision {
  const ours = existing.flatMap((issue) => (issue.author === author ? (ourIssue(issue) ?? []) : []));
  const looked = new Map<string, Checked>();
  for (const report of reports) {
    for (const result of report.results) {
      if (!looked.has(result.stack)) looked.set(result.stack, { ...result, report });
    }
  }
  const actions: IssueAction[] = [];
  const unchanged: (Subject & { issue: number })[] = [];
  const postponed: Subject[] = [];
  let room = limit;
  for (const checked of looked.values()) {
    for (const topic of TOPICS) {
      const subject: Subject = { topic, stack: checked.stack };
      const about = ours.filter((one) => one.topic === topic && one.stack === checked.stack);
      const due = isDue(topic, checked);
      if (due === undefined) continue;
      if (!due) {
        actions.push(...about.filter(isOpen).map((one) => closed(one, repaired(one, checked), 'completed')));
        continue;
      }
      const said = { title: titleOf(topic, checked), body: bodyOf(topic, checked) };
      const one = about.find(isOpen) ?? about[0];
      if (one === undefined) {
        if (room > 0) actions.push({ ...subject, does: 'open', ...said });
        else postponed.push(subject);
        room -= 1;
      } else if (!isOpen(one)) {
        actions.push({ ...subject, does: 'reopen', issue: one.issue.number, ...said });
      } else if (one.digest === checked.digest) {
        unchanged.push({ ...subject, issue: one.issue.number });
      } else {
        actions.push({ ...subject, does: 'update', issue: one.issue.number, ...said });
      }
    }
  }
  return { actions: [...actions, ...removals(ours, reports)], unchanged, postponed };
}

const TOPICS: readonly Topic[] = ['drift', 'plan-error'];

type Checked = StackReport & { readonly report: DriftReport };

/** @returns undefined where the check tells nothing about it */
function isDue(topic: Topic, { status }: StackReport): boolean | undefined {
  if (status === 'not-applied') return undefined;
  if (topic === 'plan-error') return status === 'failed';
  return status === 'failed' ? undefined : status === 'drifted';
}

function titleOf(topic: Topic, { stack, drifted }: StackReport): string {
  return topic === 'drift'
    ? `Drift in ${stack}: ${plural(drifted, 'resource')}`
    : `${stack} cannot be planned`;
}

/** Its first line finds the issue again; the second says what it is about, and since when. */
function bodyOf(topic: Topic, { stack, digest, body, report }: Checked): string {
  return [
    `<!-- fairlead: ${topic} ${stack} -->`,
    `<!-- fairlead: environment ${report.environment}, digest ${digest}, since ${report.checkedAt} -->`,
    '',
    body,
  ].join('\n');
}

const MARKER = /^<!-- fairlead: (?<topic>drift|plan-error) (?<stack>[A-Za-z0-9][A-Za-z0-9-]{0,99}) -->$/;
const STATE =
  /^<!-- fairlead: environment (?<environment>[a-z0-9]+), digest (?<digest>[\w-]+), since (?<since>\S+) -->$/;

export interface OurIssue extends Subject {
  readonly issue: Issue;
  /** These three are absent where somebody has edited them away: then the issue is written anew. */
  readonly environment?: string;
  readonly digest?: string;
  /** The check that found this drift for the first time. */
  readonly since?: Date;
}

/**
 * Reads the hidden lines of an issue.
 * @returns undefined for one that was not written here. Anybody can write such lines: compare its author too
 */
export function ourIssue(issue: Issue): OurIssue | undefined {
  const [first = '', second = ''] = issue.body.split(/\r?\n/, 2);
  const marker = MARKER.exec(first)?.groups;
  if (marker === undefined) return undefined;
  const { environment, digest, since } = STATE.exec(second)?.groups ?? {};
  const sinceMs = Date.parse(since ?? '');
  return {
    topic: marker.topic as Topic,
    stack: marker.stack ?? '',
    issue,
    ...(environment !== undefined && { environment }),
    ...(digest !== undefined && { digest }),
    ...(!Number.isNaN(sinceMs) && { since: new Date(sinceMs) }),
  };
}

export function isOpen({ issue }: OurIssue): boolean {
  return issue.state === 'open';
}

function closed(
  { topic, stack, issue }: OurIssue,
  comment: string,
  reason: 'completed' | 'not_planned',
): IssueAction {
  return { topic, stack, does: 'close', issue: issue.number, comment, reason };
}

/** A word on what put it right. */
function repaired({ topic, since, issue }: OurIssue, { stack, applied, report }: Checked): string {
  const checked = `Checked on ${inWords(new Date(report.checkedAt))} against ${code(report.commit.slice(0, 12))}.`;
  if (topic === 'plan-error') return `${code(stack)} can be planned again. ${checked}`;
  const appliedAt = applied && new Date(applied.at);
  const gone = `Nothing of ${code(stack)} differs from its configuration any more`;
  return appliedAt && appliedAt > (since ?? issue.updatedAt)
    ? `${gone}: an apply of ${code(applied.commit.slice(0, 12))} on ${inWords(appliedAt)} has put it right. ${checked}`
    : `${gone}: it was put right outside of Fairlead, or drifted back. ${checked}`;
}

/** Of stacks that an environment had, and has no more. */
function removals(ours: readonly OurIssue[], reports: readonly DriftReport[]): readonly IssueAction[] {
  const there = new Set(reports.flatMap(({ stacks }) => stacks));
  return ours.filter(isOpen).flatMap((one) => {
    const report = reports.find(({ environment }) => environment === one.environment);
    if (report === undefined || there.has(one.stack)) return [];
    const comment = `${code(one.stack)} is not among the stacks of ${code(report.environment)} any more, as of ${code(report.commit.slice(0, 12))}: nothing looks at it from now on. If it was not destroyed before, what it had is still in AWS.`;
    return [closed(one, comment, 'not_planned')];
  });
}
