/**
 * What the pipeline asks of GitHub, and nothing else. Every answer is checked where it enters; everything that a person
 * can write (bodies, titles, labels, artifacts) is text that nobody may trust.
 */
export interface GitHub {
  /** The repository's own number: it stays the same when the repository is renamed, and a fork has another. */
  repositoryId(): Promise<number>;

  pullRequest(number: number): Promise<PullRequest>;
  /**
   * Pull requests into a branch whose merge is one of these commits, the newest merge first.
   * @param since no merge is older: how far back GitHub's list is read
   */
  mergedAs(branch: string, commits: ReadonlySet<string>, since: Date): Promise<readonly PullRequest[]>;
  /** How a commit stands to another, and the commits that lead from the first to the second, oldest first. */
  compare(base: string, head: string): Promise<Comparison>;

  /** All comments of an issue or pull request, oldest first. */
  comments(number: number): Promise<readonly Comment[]>;
  /** @throws Uncertain when GitHub may have created it or not: list before trying again */
  createComment(number: number, body: string): Promise<Comment>;
  /** @throws Gone when the comment was deleted meanwhile */
  updateComment(id: number, body: string): Promise<Comment>;

  /** The newest status of a commit in one context; undefined when there is none. */
  status(sha: string, context: string): Promise<CommitStatus | undefined>;
  createStatus(sha: string, status: CommitStatus): Promise<void>;

  /** Runs of one workflow file for a commit, the newest first. */
  runsOf(workflowFile: string, headSha: string): Promise<readonly WorkflowRun[]>;
  artifacts(runId: number): Promise<readonly Artifact[]>;
  /**
   * The zip file.
   * @throws Error when it has more than `maxBytes`; Gone when it has expired
   */
  downloadArtifact(id: number, maxBytes: number): Promise<Uint8Array>;

  /**
   * Build provenance of something with that digest (`sha256:…`), signed by whomever: each a Sigstore bundle, as JSON or, when
   * GitHub leaves it out and says where it lies, as its storage has it (a block of Snappy). None: also when the token may not
   * see the repository.
   * @param max how many are read, and of how many bytes one may be
   * @throws Error when one that lies in the storage is larger
   */
  attestations(
    digest: string,
    max: { readonly bundles: number; readonly bytes: number },
  ): Promise<readonly (string | Uint8Array)[]>;

  /** Issues with a label, open and closed, without pull requests; the newest first. */
  issues(label: string): Promise<readonly Issue[]>;
  /** @throws Uncertain as `createComment` */
  createIssue(issue: { title: string; body: string; labels: readonly string[] }): Promise<Issue>;
  updateIssue(number: number, change: IssueChange): Promise<Issue>;
}

export interface PullRequest {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly title: string;
  readonly headSha: string;
  /** undefined: the fork was deleted. */
  readonly headRepositoryId: number | undefined;
  readonly baseBranch: string;
  readonly labels: readonly string[];
  /** undefined: not merged. */
  readonly mergedAt: Date | undefined;
  /** Of a merged one: the commit that the merge, squash or rebase left at the top of the branch. */
  readonly mergeCommit: string | undefined;
}

export interface Comparison {
  /** `ahead`: the head has all of the base, and more; `behind`: the head is older. */
  readonly status: 'ahead' | 'behind' | 'identical' | 'diverged';
  readonly commits: readonly { readonly sha: string; readonly date: Date }[];
}

export interface Comment {
  readonly id: number;
  /** Login; undefined for a deleted account. */
  readonly author: string | undefined;
  readonly body: string;
  /** Address of its page. */
  readonly url: string;
}

export interface CommitStatus {
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** At most 140 characters. */
  readonly description: string;
  readonly targetUrl: string;
}

export interface WorkflowRun {
  readonly id: number;
  /** `.github/workflows/plan.yml`; GitHub may add `@ref`, which is cut off. */
  readonly path: string;
  /** Such as `pull_request`. */
  readonly event: string;
  readonly headSha: string;
  readonly headRepositoryId: number | undefined;
  /** Such as `in_progress` and `completed`. */
  readonly status: string;
  /** Of a completed one, such as `success` and `skipped`. */
  readonly conclusion: string | undefined;
  readonly url: string;
}

export interface Artifact {
  readonly id: number;
  readonly name: string;
  /** Bytes of the zip file. */
  readonly size: number;
  readonly isExpired: boolean;
}

export interface Issue {
  readonly number: number;
  readonly author: string | undefined;
  readonly state: 'open' | 'closed';
  readonly title: string;
  readonly body: string;
  readonly updatedAt: Date;
  readonly url: string;
}

export interface IssueChange {
  readonly title?: string;
  readonly body?: string;
  readonly state?: 'open' | 'closed';
  readonly stateReason?: 'completed' | 'not_planned' | 'reopened';
}

/** A request that creates something failed in a way that does not tell whether it was created. */
export class Uncertain extends Error {
  public override readonly name = 'Uncertain';
}

/** What was asked for is not there any more (404 or 410). */
export class Gone extends Error {
  public override readonly name = 'Gone';
}
