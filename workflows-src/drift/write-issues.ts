import { bytes, code, shorten } from '../comment/markdown';
import { visible } from '../changes/visible-text';
import { Uncertain, type GitHub, type Issue } from '../github/github';
import { LABEL, isOpen, ourIssue, type Decision, type IssueAction, type Subject, type Topic } from './issues';

/** The calls that this needs of GitHub. */
export type IssueCalls = Pick<
  GitHub,
  'issues' | 'createIssue' | 'updateIssue' | 'comments' | 'createComment'
>;

export type Written = Subject & {
  readonly does: IssueAction['does'];
  /** Of the issue; absent for one that could not be opened. */
  readonly issue?: number;
  /** What went wrong, in GitHub's words. */
  readonly error?: string;
};

/**
 * Carries out what was decided, one after the other. What fails is in the result, and does not keep back the others: the
 * next run decides anew from what is there.
 * @param author login that the calls write as
 */
export async function writeIssues(
  github: IssueCalls,
  { actions }: Pick<Decision, 'actions'>,
  author: string,
): Promise<readonly Written[]> {
  const written: Written[] = [];
  for (const action of actions) {
    const { topic, stack, does } = action;
    try {
      const { number } = await write(github, action, author);
      written.push({ topic, stack, does, issue: number });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const issue = action.does === 'open' ? {} : { issue: action.issue };
      written.push({ topic, stack, does, ...issue, error: message });
    }
  }
  return written;
}

async function write(github: IssueCalls, action: IssueAction, author: string): Promise<Issue> {
  switch (action.does) {
    case 'open':
      return open(github, action, author);
    case 'update':
      return github.updateIssue(action.issue, { title: action.title, body: action.body });
    case 'reopen':
      return github.updateIssue(action.issue, {
        title: action.title,
        body: action.body,
        state: 'open',
        stateReason: 'reopened',
      });
    case 'close':
      await comment(github, action, author);
      return github.updateIssue(action.issue, { state: 'closed', stateReason: action.reason });
  }
}

/** A second issue of the same stack would be kept open by nobody, so it is looked for before it is created again. */
async function open(
  github: IssueCalls,
  { topic, stack, title, body }: IssueAction & { readonly does: 'open' },
  author: string,
): Promise<Issue> {
  const create = (): Promise<Issue> => github.createIssue({ title, body, labels: [LABEL] });
  try {
    return await create();
  } catch (error) {
    if (!(error instanceof Uncertain)) throw error;
    const created = (await github.issues(LABEL)).find((issue) => {
      const one = ourIssue(issue);
      return issue.author === author && one?.topic === topic && one.stack === stack && isOpen(one);
    });
    return created ?? (await create());
  }
}

async function comment(
  github: IssueCalls,
  action: IssueAction & { readonly does: 'close' },
  author: string,
): Promise<void> {
  try {
    await github.createComment(action.issue, action.comment);
  } catch (error) {
    if (!(error instanceof Uncertain)) throw error;
    const said = (await github.comments(action.issue)).some(
      (one) => one.author === author && sameText(one.body, action.comment),
    );
    if (!said) await github.createComment(action.issue, action.comment);
  }
}

/** GitHub may change the line ends of what it keeps. */
function sameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n').trim() === b.replaceAll('\r\n', '\n').trim();
}

/** UTF-8 bytes: GitHub drops a step's summary whole above a mebibyte. */
export const SUMMARY_BYTES = 1024 * 1024;

export interface Outcome {
  readonly written: readonly Written[];
  readonly decision: Decision;
  /** Sentences, such as which report is missing. */
  readonly problems: readonly string[];
}

/** One line each for the log, in which nothing can command the runner. */
export function logOf({ written, decision, problems }: Outcome): readonly string[] {
  return [
    ...problems,
    ...written.map(({ stack, topic, does, issue, error }) =>
      error === undefined
        ? `${stack}: ${WORDS[topic]}, ${DONE[does]} #${issue}`
        : `${stack}: ${WORDS[topic]}, not ${DONE[does]}: ${error}`,
    ),
    ...decision.unchanged.map(({ stack, topic, issue }) => `${stack}: ${WORDS[topic]} as before, #${issue}`),
    ...decision.postponed.map(({ stack, topic }) => `${stack}: ${WORDS[topic]}, ${POSTPONED}`),
  ].map(visible);
}

/** Such as `1 written, 2 unchanged`. */
export function resultOf({ written, decision: { unchanged, postponed }, problems }: Outcome): string {
  const failed = failuresOf(written).length;
  const counts = [
    [written.length - failed, 'written'],
    [unchanged.length, 'unchanged'],
    [failed, 'failed'],
    [postponed.length, 'left for the next run'],
    [problems.length, problems.length === 1 ? 'report not read' : 'reports not read'],
  ] as const;
  const said = counts.filter(([many]) => many > 0).map(([many, what]) => `${many} ${what}`);
  return said.join(', ') || 'nothing to write';
}

/** Why the run is to fail; undefined when everything was read and written. */
export function failureOf({ written, problems }: Outcome): string | undefined {
  const failed = failuresOf(written);
  const said = failed.map(({ stack, does, error }) => `${stack}: not ${DONE[does]}: ${error}`);
  const all = [...problems, ...said];
  return all.length === 0 ? undefined : visible(all.join('; '));
}

function failuresOf(written: readonly Written[]): readonly Written[] {
  return written.filter(({ error }) => error !== undefined);
}

/** What was done, as Markdown within SUMMARY_BYTES. */
export function summaryOf(outcome: Outcome): string {
  const { written, decision, problems } = outcome;
  const { unchanged, postponed } = decision;
  const head = `## Drift issues: ${resultOf(outcome)}`;
  const lines = [
    ...problems.map((problem) => `- **not read**: ${code(shorten(problem, 500))}`),
    ...written.map((one) => `- ${code(one.stack)}: ${inMarkdown(one)}`),
    ...unchanged.map(({ stack, topic, issue }) => `- ${code(stack)}: ${WORDS[topic]} as before, #${issue}`),
    ...postponed.map(({ stack, topic }) => `- ${code(stack)}: ${WORDS[topic]}, ${POSTPONED}`),
  ];
  const whole = `${[head, lines.join('\n')].join('\n\n').trim()}\n`;
  return bytes(whole) <= SUMMARY_BYTES ? whole : `${head}\n`;
}

const WORDS: Readonly<Record<Topic, string>> = { drift: 'drift', 'plan-error': 'cannot be planned' };
const DONE: Readonly<Record<IssueAction['does'], string>> = {
  open: 'opened',
  update: 'updated',
  reopen: 'reopened',
  close: 'closed',
};
const POSTPONED = 'not opened yet: a run opens only so many';

function inMarkdown(one: Written): string {
  if (one.error === undefined) return `${WORDS[one.topic]}, ${DONE[one.does]} #${one.issue}`;
  return `${WORDS[one.topic]}, **not ${DONE[one.does]}**: ${code(shorten(one.error, 500))}`;
}
