import type { CommitStatus } from '../../workflows-src/github/github';
import { type Commits, MadeUpCommits } from './commits';

export interface RepositoryNames {
  readonly owner: string;
  readonly repo: string;
  readonly id: number;
}

/** An issue, or the part of a pull request that is one. */
export interface IssueState {
  readonly number: number;
  readonly author: string;
  readonly createdAt: Date;
  title: string;
  body: string;
  state: 'open' | 'closed';
  stateReason: string | undefined;
  labels: string[];
  updatedAt: Date;
  closedAt: Date | undefined;
}

export interface PullRequestState extends IssueState {
  readonly base: string;
  readonly headBranch: string;
  /** undefined: the fork was deleted. */
  headRepository: RepositoryNames | undefined;
  headSha: string;
  mergedAt: Date | undefined;
  /** Of an open one a trial merge, which is in no branch. */
  mergeCommit: string | undefined;
}

export interface CommentState {
  readonly id: number;
  /** Of the issue or pull request. */
  readonly number: number;
  readonly createdAt: Date;
  /** undefined: the account was deleted. */
  author: string | undefined;
  body: string;
  updatedAt: Date;
}

export interface StatusState extends CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly author: string;
  readonly createdAt: Date;
}

export interface RunState {
  readonly id: number;
  readonly path: string;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepository: RepositoryNames | undefined;
  readonly createdAt: Date;
  status: string;
  conclusion: string | undefined;
}

export interface ArtifactState {
  readonly id: number;
  readonly runId: number;
  readonly name: string;
  readonly zip: Uint8Array;
  readonly createdAt: Date;
  isExpired: boolean;
  /** Sent in pieces, without its length. */
  readonly isChunked: boolean;
}

export interface AttestationState {
  readonly id: number;
  readonly bundle: Readonly<Record<string, unknown>>;
  /** Of its subjects, `sha256:…`. */
  readonly digests: readonly string[];
  readonly predicateType: string;
  readonly initiator: string;
  /** The list says where it lies in place of what it is. */
  isOmitted: boolean;
}

export interface TagState {
  readonly name: string;
  /** Of the tag object; undefined: a lightweight tag, which is the commit. */
  readonly object: string | undefined;
  readonly commit: string;
}

export interface ReleaseState {
  readonly id: number;
  readonly tag: string;
  readonly isPrerelease: boolean;
  readonly publishedAt: Date;
}

export interface OpenPullRequest {
  readonly title?: string;
  readonly body?: string;
  /** @default octocat */
  readonly author?: string;
  /** @default main */
  readonly base?: string;
  /** @default change */
  readonly headBranch?: string;
  /** @default a new commit on top of the base branch, where the history is made up */
  readonly headSha?: string;
  /** Of a fork. @default ours */
  readonly headRepository?: RepositoryNames;
  readonly labels?: readonly string[];
}

export interface AddRun {
  /** The file's name in `.github/workflows`. */
  readonly workflow: string;
  readonly headSha: string;
  /** @default pull_request */
  readonly event?: string;
  readonly headBranch?: string;
  /** `deleted`: a fork that is gone. @default ours */
  readonly headRepository?: RepositoryNames | 'deleted';
  /** @default completed */
  readonly status?: string;
  /** @default success of a completed one */
  readonly conclusion?: string;
  /** What GitHub appends to the path, such as `@refs/heads/main`. */
  readonly pathSuffix?: string;
}

/**
 * What GitHub keeps of a repository, and what people do to it in a browser. The API's side of it is in `operations.ts`.
 * All lists are oldest first. Seeds are not written into the log of requests.
 */
export class FakeRepository {
  public readonly issues: IssueState[] = [];
  public readonly pullRequests: PullRequestState[] = [];
  public readonly allComments: CommentState[] = [];
  public readonly statuses: StatusState[] = [];
  public readonly workflows = new Set<string>();
  public readonly runs: RunState[] = [];
  public readonly artifacts: ArtifactState[] = [];
  public readonly attestations: AttestationState[] = [];
  public readonly releases: ReleaseState[] = [];
  /** By name. */
  public readonly tags = new Map<string, TagState>();
  /** Texts of files, by commit and path: `<sha>:action.yml`. */
  public readonly files = new Map<string, string>();
  private lastId = 1_000;
  private lastNumber = 0;

  public constructor(
    public readonly names: RepositoryNames,
    public readonly commits: Commits,
    private readonly clock: () => Date,
  ) {}

  /** GitHub's times have no fractions of a second. */
  public now(): Date {
    return new Date(Math.floor(this.clock().getTime() / 1000) * 1000);
  }

  public nextId(): number {
    return (this.lastId += 1);
  }

  public async openPullRequest(how: OpenPullRequest = {}): Promise<PullRequestState> {
    const base = how.base ?? 'main';
    const headSha = how.headSha ?? (await this.commitOn(base));
    const pullRequest: PullRequestState = {
      ...this.newIssue(how.title ?? 'A change', how.body ?? '', how.author ?? PERSON, how.labels ?? []),
      base,
      headBranch: how.headBranch ?? 'change',
      headRepository: how.headRepository ?? this.names,
      headSha,
      mergedAt: undefined,
      mergeCommit: headSha.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    };
    this.pullRequests.push(pullRequest);
    return pullRequest;
  }

  /** New commits on the branch of a pull request. @param headSha @default a new commit on top of its head */
  public push(number: number, headSha?: string): string {
    const pullRequest = this.pullRequest(number);
    pullRequest.headSha = headSha ?? this.madeUp().add([pullRequest.headSha]).sha;
    pullRequest.updatedAt = this.now();
    return pullRequest.headSha;
  }

  /**
   * @param commit what is at the top of the base branch now. @default a new commit, where the history is made up
   * @returns that commit
   */
  public async merge(number: number, commit?: string): Promise<string> {
    const pullRequest = this.pullRequest(number);
    const sha = commit ?? (await this.commitOn(pullRequest.base, [pullRequest.headSha]));
    if (commit === undefined) this.madeUp().point(pullRequest.base, sha);
    Object.assign(pullRequest, { mergeCommit: sha, mergedAt: this.now() });
    this.close(pullRequest);
    return sha;
  }

  public closePullRequest(number: number): void {
    this.close(this.pullRequest(number));
  }

  /** The fork of a pull request is deleted. */
  public deleteFork(number: number): void {
    this.pullRequest(number).headRepository = undefined;
  }

  public openIssue(title: string, body = '', labels: readonly string[] = [], author = PERSON): IssueState {
    const issue = this.newIssue(title, asTyped(body), author, labels);
    this.issues.push(issue);
    return issue;
  }

  public closeIssue(number: number): void {
    this.close(this.issue(number));
  }

  public addLabel(number: number, label: string): void {
    const issue = this.issue(number);
    issue.labels = [...new Set([...issue.labels, label])];
    issue.updatedAt = this.now();
  }

  public removeLabel(number: number, label: string): void {
    const issue = this.issue(number);
    issue.labels = issue.labels.filter((each) => each !== label);
    issue.updatedAt = this.now();
  }

  public comment(number: number, body: string, author = PERSON): CommentState {
    return this.addComment(number, asTyped(body), author);
  }

  public commentOfDeletedAccount(number: number, body: string): CommentState {
    const comment = this.comment(number, body);
    comment.author = undefined;
    return comment;
  }

  /** A person with the right to do so changes a comment of anybody. */
  public editComment(id: number, body: string): void {
    const comment = this.allComments.find((each) => each.id === id);
    if (!comment) throw new Error(`there is no comment ${id}`);
    Object.assign(comment, { body: asTyped(body), updatedAt: this.now() });
  }

  public deleteComment(id: number): void {
    const index = this.allComments.findIndex((comment) => comment.id === id);
    if (index < 0) throw new Error(`there is no comment ${id}`);
    this.allComments.splice(index, 1);
  }

  public comments(number: number): readonly CommentState[] {
    return this.allComments.filter((comment) => comment.number === number);
  }

  /** A workflow file that never ran. */
  public addWorkflow(file: string): void {
    this.workflows.add(file);
  }

  public addRun(how: AddRun): RunState {
    this.addWorkflow(how.workflow);
    const status = how.status ?? 'completed';
    const run: RunState = {
      id: this.nextId(),
      path: `.github/workflows/${how.workflow}${how.pathSuffix ?? ''}`,
      event: how.event ?? 'pull_request',
      headSha: how.headSha,
      headBranch: how.headBranch ?? 'change',
      headRepository: how.headRepository === 'deleted' ? undefined : (how.headRepository ?? this.names),
      createdAt: this.now(),
      status,
      conclusion: how.conclusion ?? (status === 'completed' ? 'success' : undefined),
    };
    this.runs.push(run);
    return run;
  }

  /** @throws Error when there is no such run, or it has an artifact of that name */
  public addArtifact(
    runId: number,
    name: string,
    zip: Uint8Array,
    { isChunked = false }: { isChunked?: boolean } = {},
  ): ArtifactState {
    if (!this.runs.some(({ id }) => id === runId)) throw new Error(`there is no run ${runId}`);
    if (this.artifactsOf(runId).some((artifact) => artifact.name === name))
      throw new Error(`run ${runId} has an artifact ${name} already`);
    const artifact = {
      id: this.nextId(),
      runId,
      name,
      zip,
      createdAt: this.now(),
      isExpired: false,
      isChunked,
    };
    this.artifacts.push(artifact);
    return artifact;
  }

  public artifactsOf(runId: number): readonly ArtifactState[] {
    return this.artifacts.filter((artifact) => artifact.runId === runId);
  }

  public expireArtifact(id: number): void {
    const artifact = this.artifacts.find((each) => each.id === id);
    if (!artifact) throw new Error(`there is no artifact ${id}`);
    artifact.isExpired = true;
  }

  /** What somebody with the right to do so stores, wherever it comes from. @throws Error when it is no signed statement */
  public addAttestation(
    bundle: Readonly<Record<string, unknown>>,
    { isOmitted = false, initiator = 'user' }: { isOmitted?: boolean; initiator?: string } = {},
  ): AttestationState {
    const attestation = { id: this.nextId(), bundle, ...statementIn(bundle), initiator, isOmitted };
    this.attestations.push(attestation);
    return attestation;
  }

  /** @throws Error when there is none */
  public pullRequest(number: number): PullRequestState {
    const found = this.pullRequests.find((pullRequest) => pullRequest.number === number);
    if (!found) throw new Error(`there is no pull request ${number}`);
    return found;
  }

  /** An issue or a pull request. @throws Error when there is none */
  public issue(number: number): IssueState {
    const found = this.findIssue(number);
    if (!found) throw new Error(`there is no issue ${number}`);
    return found;
  }

  public findIssue(number: number): IssueState | undefined {
    return [...this.issues, ...this.pullRequests].find((issue) => issue.number === number);
  }

  public newIssue(title: string, body: string, author: string, labels: readonly string[]): IssueState {
    const now = this.now();
    return {
      number: (this.lastNumber += 1),
      author,
      createdAt: now,
      title,
      body,
      state: 'open',
      stateReason: undefined,
      labels: [...new Set(labels)],
      updatedAt: now,
      closedAt: undefined,
    };
  }

  public addComment(number: number, body: string, author: string | undefined): CommentState {
    const now = this.now();
    this.issue(number).updatedAt = now;
    const comment = { id: this.nextId(), number, createdAt: now, author, body, updatedAt: now };
    this.allComments.push(comment);
    return comment;
  }

  private close(issue: IssueState): void {
    const now = this.now();
    Object.assign(issue, { state: 'closed', closedAt: now, updatedAt: now });
  }

  private async commitOn(branch: string, parents: readonly string[] = []): Promise<string> {
    const tip = await this.madeUp().find(branch);
    return this.madeUp().add([...(tip ? [tip.sha] : []), ...parents]).sha;
  }

  private madeUp(): MadeUpCommits {
    if (this.commits instanceof MadeUpCommits) return this.commits;
    throw new Error('the history is that of a git repository: commit there, and say which commit it is');
  }
}

const PERSON = 'octocat';

/** A browser sends its line ends. */
function asTyped(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}

/** What a bundle is about. Its signature is nobody's business here: GitHub stores what it is given. */
function statementIn(bundle: Readonly<Record<string, unknown>>): {
  digests: string[];
  predicateType: string;
} {
  const { payload = '' } = (bundle['dsseEnvelope'] ?? {}) as { payload?: string };
  const { subject = [], predicateType = '' } = JSON.parse(
    Buffer.from(payload, 'base64').toString('utf8'),
  ) as {
    subject?: readonly { readonly digest?: { readonly sha256?: string } }[];
    predicateType?: string;
  };
  const digests = subject.flatMap(({ digest }) =>
    digest?.sha256 === undefined ? [] : [`sha256:${digest.sha256}`],
  );
  if (digests.length === 0) throw new Error('it has no subject with a SHA-256 digest');
  return { digests, predicateType };
}
