import { type Artifact, type GitHub, Gone, type PullRequest, type WorkflowRun } from '../github/github';
import { MAX_ARTIFACT_BYTES, sha256, unpacked } from './artifact';
import { MAX_RESULT_BYTES, readResultFile, resultFileName, type ResultFile } from './result-file';
import type { ReviewedPullRequest, Reviews } from './reviews';
import { commentDigest, readSeal, type Seal, SEAL_ARTIFACT, SEAL_FILE } from './seal';

export interface FindOptions {
  readonly environment: string;
  /** That is to be applied: 40 hexadecimal digits. */
  readonly commit: string;
  /** The branch that is applied. */
  readonly branch: string;
  /**
   * Where the branch stood before this push. For a stack that was never applied count the commits since then, and those that
   * any other stack has not had yet. @default the commit alone
   */
  readonly before?: string | undefined;
  /** By stack: the commit that was last applied; null for none. */
  readonly lastApplied: Readonly<Record<string, string | null>>;
}

const PLAN_WORKFLOW = 'plan.yml';

/** The artifact of an environment's result files. */
export function planArtifact(environment: string): string {
  return `plan-${environment}`;
}

/**
 * Everything that was reviewed and merged since each stack was last applied. The plans of a pull request are found only
 * through the plan run of its last commit, and count only as they were shown in a comment that nobody has changed since.
 * @throws the errors of `github`; what is wrong with a pull request's plans is in the answer
 */
export async function findReviews(github: GitHub, options: FindOptions): Promise<Reviews> {
  const { environment, commit } = options;
  const { merged, newer } = await commitsByStack(github, options);
  const all = new Map([...merged.values()].flatMap((commits) => [...commits]));
  const since = new Date(Math.min(Date.now(), ...[...all.values()].map((date) => date.getTime())));
  const pulls = all.size === 0 ? [] : await github.mergedAs(options.branch, new Set(all.keys()), since);
  const repository = pulls.length === 0 ? 0 : await github.repositoryId();
  const reviewed: ReviewedPullRequest[] = [];
  for (const pull of oldestFirst(pulls)) {
    const { number, headSha, mergeCommit = '' } = pull;
    const stacks = [...merged].filter(([, commits]) => commits.has(mergeCommit)).map(([stack]) => stack);
    const found = await resultsOf(github, pull, environment, repository);
    reviewed.push({ number, headSha, stacks, ...found });
  }
  return { format: 1, environment, commit, pullRequests: reviewed, newer };
}

function oldestFirst(pulls: readonly PullRequest[]): readonly PullRequest[] {
  return [...pulls].sort(
    (a, b) => (a.mergedAt?.getTime() ?? 0) - (b.mergedAt?.getTime() ?? 0) || a.number - b.number,
  );
}

type Commits = ReadonlyMap<string, Date>;

/** The commits that each stack has not had yet; and the stacks that have had newer ones. */
async function commitsByStack(
  github: GitHub,
  { commit, before, lastApplied }: FindOptions,
): Promise<{ merged: ReadonlyMap<string, Commits>; newer: Readonly<Record<string, string>> }> {
  const ranges = new Map<string, Promise<Commits | 'newer'>>();
  const since = (base: string): Promise<Commits | 'newer'> => {
    const asked = ranges.get(base) ?? commitsSince(github, base, commit);
    ranges.set(base, asked);
    return asked;
  };
  const merged = new Map<string, Commits>();
  const newer: Record<string, string> = {};
  for (const [stack, last] of Object.entries(lastApplied)) {
    const base = last ?? (before !== undefined && /^(?!0+$)[0-9a-f]{40}$/.test(before) ? before : undefined);
    const commits = base === undefined ? new Map([[commit, new Date()]]) : await since(base);
    if (commits !== 'newer') merged.set(stack, commits);
    else if (last !== null) newer[stack] = last;
  }
  // A stack that no apply has come to yet was waiting at least as long as the others have: an earlier run may have failed, or
  // never begun.
  const all = new Map([...merged.values()].flatMap((commits) => [...commits]));
  for (const stack of merged.keys()) if (lastApplied[stack] === null) merged.set(stack, all);
  return { merged, newer };
}

async function commitsSince(github: GitHub, base: string, head: string): Promise<Commits | 'newer'> {
  const { status, commits } = await github.compare(base, head);
  if (status === 'behind') return 'newer';
  // After a branch was rewritten, what leads to the head since they parted is what the stack has not had.
  return new Map(commits.map(({ sha, date }) => [sha, date]));
}

async function resultsOf(
  github: GitHub,
  pull: PullRequest,
  environment: string,
  repository: number,
): Promise<Pick<ReviewedPullRequest, 'problem' | 'results'>> {
  try {
    const run = await planRun(github, pull, repository);
    const artifacts = await github.artifacts(run.id);
    const seal = await sealOf(github, pull, artifacts);
    await expectCommentAsWritten(github, pull, seal);
    return { results: await sealedResults(github, environment, artifacts, seal) };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    return { problem: error.message, results: [] };
  }
}

/** The plans of a pull request cannot be relied on, and why: the sentence goes on after `Pull request #7: `. */
class Unusable extends Error {
  public override readonly name = 'Unusable';
}

const PLAN_AGAIN =
  'Plan again: open a pull request whose plan shows what is to be done, or approve it by its digest.';

/** Never the newest by name: only what GitHub itself says was run for this very commit of this repository. */
async function planRun(github: GitHub, pull: PullRequest, repository: number): Promise<WorkflowRun> {
  const { headSha, headRepositoryId } = pull;
  if (headRepositoryId !== repository)
    throw new Unusable(`it comes from a fork, which gets a preview and no plan. ${PLAN_AGAIN}`);
  const runs = (await github.runsOf(PLAN_WORKFLOW, headSha)).filter(
    (run) =>
      run.path === `.github/workflows/${PLAN_WORKFLOW}` &&
      run.event === 'pull_request' &&
      run.headSha === headSha &&
      run.headRepositoryId === repository &&
      // As of a label that has nothing to do with plans.
      run.conclusion !== 'skipped',
  );
  const [run] = runs;
  if (run === undefined) throw new Unusable(`its last commit ${headSha} was never planned. ${PLAN_AGAIN}`);
  if (run.conclusion !== 'success')
    throw new Unusable(
      `the plan of its last commit is not good: ${run.url} ended with ${run.conclusion ?? run.status}. ${PLAN_AGAIN}`,
    );
  return run;
}

async function sealOf(github: GitHub, pull: PullRequest, artifacts: readonly Artifact[]): Promise<Seal> {
  const files = await filesOf(github, artifacts, SEAL_ARTIFACT, (name) => name === SEAL_FILE);
  const bytes = files?.get(SEAL_FILE);
  if (bytes === undefined) throw new Unusable(`its plan run left no ${SEAL_ARTIFACT}. ${PLAN_AGAIN}`);
  const seal = usable(() => readSeal(bytes, SEAL_FILE));
  if (seal.pullRequest !== pull.number || seal.headSha !== pull.headSha)
    throw new Unusable(
      `what its plan run left is of pull request #${seal.pullRequest} at ${seal.headSha}. ${PLAN_AGAIN}`,
    );
  return seal;
}

async function expectCommentAsWritten(github: GitHub, pull: PullRequest, { comment }: Seal): Promise<void> {
  const now = (await github.comments(pull.number)).find(({ id }) => id === comment.id);
  if (now === undefined) throw new Unusable(`the comment with its plan was deleted. ${PLAN_AGAIN}`);
  if (commentDigest(now.body) !== comment.digest)
    throw new Unusable(
      `the comment with its plan was edited after it was written, so what people have read there may not be what was planned. ${PLAN_AGAIN}`,
    );
}

async function sealedResults(
  github: GitHub,
  environment: string,
  artifacts: readonly Artifact[],
  { results: sealed }: Seal,
): Promise<readonly ResultFile[]> {
  const name = planArtifact(environment);
  const files = await filesOf(github, artifacts, name, (file) => file.endsWith('.json'));
  // None of the environment's stacks was affected.
  if (files === undefined) return [];
  const results: ResultFile[] = [];
  for (const [file, bytes] of files) {
    const result = usable(() => readResultFile(bytes, file));
    const path = `${name}/${file}`;
    const isShown = Object.hasOwn(sealed, path) && sealed[path] === sha256(bytes);
    if (file !== resultFileName(result.result.stack) || !isShown)
      throw new Unusable(`${path} is not what its comment was made from. ${PLAN_AGAIN}`);
    results.push(result);
  }
  return results;
}

/** @returns undefined when the run has none of that name */
async function filesOf(
  github: GitHub,
  artifacts: readonly Artifact[],
  name: string,
  wanted: (file: string) => boolean,
): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  // A job that ran again has left another of the same name; the last one is that of the run's conclusion.
  const artifact = artifacts.filter((one) => one.name === name).sort((a, b) => b.id - a.id)[0];
  if (artifact === undefined) return undefined;
  const expired = `its plan has expired. ${PLAN_AGAIN}`;
  if (artifact.isExpired) throw new Unusable(expired);
  const limit = Math.max(MAX_ARTIFACT_BYTES, MAX_RESULT_BYTES);
  const zip = await github.downloadArtifact(artifact.id, limit).catch((error: unknown) => {
    throw error instanceof Gone ? new Unusable(expired) : error;
  });
  return usable(() => unpacked(zip, name, wanted));
}

function usable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Unusable(`${(error as Error).message}. ${PLAN_AGAIN}`);
  }
}
