import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DATA_LOSS_LABEL } from '../../comment/labels';
import { outdated, PLAN_MARKER, planBody, saysTheSame } from '../../comment/plan-body';
import type { StackResult } from '../../comment/render';
import type { CommitStatus, GitHub } from '../../github/github';
import { upsertComment } from '../../github/sticky-comment';
import { sha256 } from '../../review/artifact';
import { readResultFile, resultFileName, type ResultFile } from '../../review/result-file';
import { commentDigest, type Seal } from '../../review/seal';

/** The commit status that a branch rule may demand. */
export const PLAN_STATUS = 'fairlead/plan';

export interface PlanRun {
  readonly pullRequest: number;
  /** The commit that was pushed. */
  readonly headSha: string;
  readonly runUrl: string;
  /** Login that our token writes as. */
  readonly author: string;
}

/** Says at once that what stands on the pull request is of an older commit. @returns what was done, for the log */
export async function beginPlan(github: GitHub, run: PlanRun): Promise<string> {
  const all = (await github.comments(run.pullRequest)).map((one) => ({
    ...one,
    body: one.body.replaceAll('\r\n', '\n'),
  }));
  const ours = all.find(({ author, body }) => author === run.author && body.startsWith(`${PLAN_MARKER}\n`));
  const noted = ours && outdated(ours.body, run.headSha, run.runUrl);
  const isNews = noted !== undefined && noted !== ours?.body;
  if (ours && isNews) await github.updateComment(ours.id, noted);
  // A run again of a commit that has its verdict takes nothing back until it knows better.
  if ((await github.status(run.headSha, PLAN_STATUS)) === undefined)
    await setStatus(github, run, { state: 'pending', description: 'planning' });
  return isNews ? 'the comment is marked as outdated' : 'no older comment to mark';
}

export interface PlanFiles {
  /** Ids; undefined when they are not known. */
  readonly stacks: readonly string[] | undefined;
  readonly removed: readonly string[];
  /** Holds `plan-<environment>/<stack>.json`. */
  readonly folder: string;
}

export interface Reported {
  readonly result: 'created' | 'updated' | 'unchanged' | 'outdated';
  readonly verdict: 'success' | 'failure';
  /** For the check that fails. */
  readonly description: string;
  /** undefined: a newer commit was pushed meanwhile, and nothing was written. */
  readonly seal: Seal | undefined;
}

/**
 * Writes the comment and the status.
 * @param show is given what the comment says before anything is written, for the step summary: what GitHub then refuses to
 * take is still to be read there
 * @throws the errors of `github`; a stack's bad result file is part of the comment
 */
export async function reportPlan(
  github: GitHub,
  run: PlanRun,
  files: PlanFiles,
  show: (markdown: string) => Promise<unknown>,
): Promise<Reported> {
  const { pullRequest, headSha, runUrl } = run;
  const { labels, headSha: newest } = await github.pullRequest(pullRequest);
  const read = readFolder(files.folder);
  const shown = (files.stacks ?? []).map((stack) => resultOf(stack, read));
  const results = files.stacks && shown.map(({ result }) => result);
  const first = shown.flatMap(({ from }) => from).find(({ file }) => file !== undefined)?.file;
  const meta = { commit: headSha, runUrl, ...(first?.base !== undefined && { base: first.base }) };
  const { body, verdict, description } = planBody({ headSha, results, removed: files.removed, labels, meta });
  await show(body);
  if (newest !== headSha) return { result: 'outdated', verdict, description, seal: undefined };

  const signature = { marker: PLAN_MARKER, author: run.author };
  const { result, comment } = await upsertComment(github, pullRequest, signature, body, saysTheSame);
  await setStatus(github, run, { state: verdict, description });
  const seal: Seal = {
    format: 1,
    pullRequest,
    headSha,
    comment: { id: comment.id, digest: commentDigest(comment.body) },
    // What nobody was shown is not sealed: then nothing in it counts as reviewed.
    results: Object.fromEntries(shown.flatMap(({ from }) => from).map(({ path, digest }) => [path, digest])),
  };
  return { result, verdict, description, seal };
}

/** What to do about a check that failed. */
export function adviceOf(description: string): string {
  return description.startsWith('data loss')
    ? `${description}. If it is meant, add the label '${DATA_LOSS_LABEL}' to the pull request.`
    : `${description}. The comment on the pull request says which, and why.`;
}

interface ReadFile {
  /** `plan-dev/dev-network.json`. */
  readonly path: string;
  readonly name: string;
  readonly digest: string;
  readonly file?: ResultFile;
  readonly problem?: string;
}

function readFolder(folder: string): readonly ReadFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((artifact) =>
      readdirSync(join(folder, artifact.name), { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
        .map(({ name }): ReadFile => {
          const path = `${artifact.name}/${name}`;
          const bytes = readFileSync(join(folder, path));
          const digest = sha256(bytes);
          try {
            return { path, name, digest, file: readResultFile(bytes, path) };
          } catch (error) {
            return { path, name, digest, problem: (error as Error).message };
          }
        }),
    );
}

interface Shown {
  readonly result: StackResult;
  /** Where it was read; nowhere, when it is not what a file says. */
  readonly from: readonly ReadFile[];
}

function resultOf(stack: string, read: readonly ReadFile[]): Shown {
  const all = read.filter(({ name }) => name === resultFileName(stack));
  const [found] = all;
  if (found === undefined) return { result: { stack, status: 'missing' }, from: [] };
  const unusable = (diagnostics: string): Shown => ({
    result: { stack, status: 'failed', diagnostics },
    from: [],
  });
  const broken = all.find(({ file }) => file === undefined);
  if (broken) return unusable(broken.problem ?? '');
  const foreign = all.find(({ file }) => file?.result.stack !== stack);
  if (foreign) return unusable(`${foreign.path} is of another stack`);
  const result = found.file!.result;
  // A stack that environments of one account share is planned for each of them, and is shown once.
  if (all.some(({ file }) => !saysAlike(file!.result, result)))
    return unusable(`these say different things: ${all.map(({ path }) => path).join(', ')}`);
  return { result, from: all };
}

/** Plans of the same changes have the same ledger, whatever order and time they were made in. */
function saysAlike(one: StackResult, other: StackResult): boolean {
  return one.status === 'planned' && other.status === 'planned'
    ? one.ledger !== undefined && one.ledger === other.ledger
    : JSON.stringify(one) === JSON.stringify(other);
}

async function setStatus(
  github: GitHub,
  { headSha, runUrl }: PlanRun,
  { state, description }: Pick<CommitStatus, 'state' | 'description'>,
): Promise<void> {
  const now = await github.status(headSha, PLAN_STATUS);
  if (now?.state === state && now.description === description) return;
  await github.createStatus(headSha, { context: PLAN_STATUS, state, description, targetUrl: runUrl });
}
