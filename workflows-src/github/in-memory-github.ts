import {
  type Artifact,
  type Comment,
  type CommitStatus,
  type Comparison,
  type GitHub,
  Gone,
  type PullRequest,
  type WorkflowRun,
} from './github';

/**
 * A repository in memory, for tests of what reads and writes pull requests: a history without branches, and what stands on
 * each pull request. `fails` makes a call fail. Every write is counted in `writes`.
 */
export class InMemoryGitHub implements GitHub {
  public readonly writes: string[] = [];
  /** Oldest first. A commit that is not in it is unknown to GitHub. */
  public history: string[] = [];
  public pulls: PullRequest[] = [];
  public runs: WorkflowRun[] = [];
  public readonly artifactsOf = new Map<number, (Artifact & { readonly zip: Uint8Array })[]>();
  public readonly commentsOf = new Map<number, Comment[]>();
  public readonly statuses = new Map<string, CommitStatus>();
  /** By digest. */
  public readonly attestationsOf = new Map<string, (string | Uint8Array)[]>();
  public readonly fails = new Map<keyof GitHub, Error>();
  /** Of the last call of `mergedAs`. */
  public since: Date | undefined;
  private next = 100;

  public constructor(public readonly id = 4711) {}

  public async repositoryId(): Promise<number> {
    this.mayFail('repositoryId');
    return this.id;
  }

  public async pullRequest(number: number): Promise<PullRequest> {
    this.mayFail('pullRequest');
    const found = this.pulls.find((one) => one.number === number);
    if (found === undefined) throw new Error(`GitHub answers 404 for pull request ${number}`);
    return found;
  }

  public async mergedAs(
    branch: string,
    commits: ReadonlySet<string>,
    since: Date,
  ): Promise<readonly PullRequest[]> {
    this.mayFail('mergedAs');
    this.since = since;
    return this.pulls
      .filter(({ baseBranch, mergeCommit }) => baseBranch === branch && commits.has(mergeCommit ?? ''))
      .reverse();
  }

  public async compare(base: string, head: string): Promise<Comparison> {
    this.mayFail('compare');
    const [from, to] = [this.history.indexOf(base), this.history.indexOf(head)];
    if (from < 0 || to < 0) throw new Error(`GitHub answers 404 for ${base}...${head}`);
    const commits = this.history.slice(from + 1, to + 1).map((sha) => ({ sha, date: this.dateOf(sha) }));
    return { status: from === to ? 'identical' : from < to ? 'ahead' : 'behind', commits };
  }

  /** An hour from one to the next. */
  public dateOf(sha: string): Date {
    return new Date(Date.UTC(2026, 0, 1, this.history.indexOf(sha)));
  }

  public async comments(number: number): Promise<readonly Comment[]> {
    this.mayFail('comments');
    return [...(this.commentsOf.get(number) ?? [])];
  }

  public async createComment(number: number, body: string): Promise<Comment> {
    this.mayFail('createComment');
    this.writes.push(`comment on ${number}`);
    const created = { id: this.newId(), author: 'github-actions[bot]', body, url: 'https://github.test/c' };
    this.commentsOf.set(number, [...(this.commentsOf.get(number) ?? []), created]);
    return created;
  }

  public async updateComment(id: number, body: string): Promise<Comment> {
    this.mayFail('updateComment');
    this.writes.push(`update ${id}`);
    for (const [number, comments] of this.commentsOf) {
      const updated = comments.map((one) => (one.id === id ? { ...one, body } : one));
      this.commentsOf.set(number, updated);
      const found = updated.find((one) => one.id === id);
      if (found !== undefined) return found;
    }
    throw new Gone(`comment ${id}`);
  }

  public async status(sha: string, context: string): Promise<CommitStatus | undefined> {
    this.mayFail('status');
    return this.statuses.get(`${sha} ${context}`);
  }

  public async createStatus(sha: string, status: CommitStatus): Promise<void> {
    this.mayFail('createStatus');
    this.writes.push(`status ${status.state}`);
    this.statuses.set(`${sha} ${status.context}`, status);
  }

  public async runsOf(_workflowFile: string, headSha: string): Promise<readonly WorkflowRun[]> {
    this.mayFail('runsOf');
    return this.runs.filter((run) => run.headSha === headSha).sort((a, b) => b.id - a.id);
  }

  public async artifacts(runId: number): Promise<readonly Artifact[]> {
    this.mayFail('artifacts');
    return (this.artifactsOf.get(runId) ?? []).map(({ id, name, size, isExpired }) => ({
      id,
      name,
      size,
      isExpired,
    }));
  }

  public async downloadArtifact(id: number): Promise<Uint8Array> {
    this.mayFail('downloadArtifact');
    const found = [...this.artifactsOf.values()].flat().find((one) => one.id === id);
    if (found === undefined) throw new Gone(`artifact ${id}`);
    return found.zip;
  }

  public async attestations(digest: string): Promise<readonly (string | Uint8Array)[]> {
    this.mayFail('attestations');
    return [...(this.attestationsOf.get(digest) ?? [])];
  }

  public async issues(): Promise<never> {
    throw new Error('not in memory');
  }

  public async createIssue(): Promise<never> {
    throw new Error('not in memory');
  }

  public async updateIssue(): Promise<never> {
    throw new Error('not in memory');
  }

  public newId(): number {
    return (this.next += 1);
  }

  private mayFail(call: keyof GitHub): void {
    const error = this.fails.get(call);
    if (error) throw error;
  }
}
