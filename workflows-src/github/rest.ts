import * as z from 'zod';

import { type Answer, Failure } from './failure';
import {
  type Artifact,
  type Comment,
  type CommitStatus,
  type Comparison,
  type GitHub,
  Gone,
  type Issue,
  type IssueChange,
  type PullRequest,
  Uncertain,
  type WorkflowRun,
} from './github';
import { type Patience, retry } from './retry';

/** Octokit's `request`, such as `getOctokit(token).request`: it has the token, we never see it. */
export type Request = (route: string, parameters?: Record<string, unknown>) => Promise<Answer>;

export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

export interface RestGitHubOptions extends Patience {
  /**
   * Reads artifacts and attestations from the storage that GitHub names, which is not to get the token: so not octokit's.
   * @default Node's own
   */
  readonly fetch?: typeof fetch;
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number;
  /** How long one attempt may take before it counts as unanswered. @default REQUEST_TIMEOUT_MS */
  readonly requestTimeoutMs?: number;
}

export const REQUEST_TIMEOUT_MS = 30_000;

/** GitHub's largest page. */
export const PAGE_SIZE = 100;

/** How far a list is read: 10,000 entries. A longer one is a mistake somewhere, and would use up the rate limit. */
export const MAX_PAGES = 100;

/** How often the front of a list that moves is read again: each time, more than a page of it was just updated. */
const MAX_REREADS = 3;

/** How many commits may lie between two that are compared. */
export const MAX_COMPARED_COMMITS = 2_000;

/** The version in which a pull request has its `merge_commit_sha`; without it GitHub would choose one for us. */
const API_VERSION = '2022-11-28';

const HERE = '/repos/{owner}/{repo}';

/** What a token needs, in the words of a workflow's `permissions`. */
const NEEDS = {
  readContents: 'contents: read',
  readPullRequests: 'pull-requests: read',
  readComments: 'pull-requests: read or issues: read',
  writeComments: 'pull-requests: write or issues: write',
  readStatuses: 'statuses: read',
  writeStatuses: 'statuses: write',
  readActions: 'actions: read',
  readIssues: 'issues: read',
  writeIssues: 'issues: write',
  readAttestations: 'attestations: read',
} as const;

interface Call {
  /** As in our interface, for messages: `createComment(7)`. */
  readonly name: string;
  readonly route: string;
  readonly parameters?: Record<string, unknown>;
  readonly needs: string;
  /** Doing it twice makes two: it is not repeated when it may have been done. */
  readonly creates?: boolean;
  /** 404 and 410 mean that what is named by an id is gone. */
  readonly isOfOne?: boolean;
}

/**
 * GitHub's REST API as the calls of our interface.
 *
 * What can be repeated is repeated when GitHub or the network fails, and everything waits for rate limits, within the
 * bounds of `options`. A create that may have happened is not repeated.
 * @throws Error (from each call) that names the call, the status, GitHub's message, and for 401, 403 and 404 the
 * permission; or, when an answer is not what GitHub documents, the field. Uncertain and Gone as the interface says. The
 * signal's reason once it is aborted.
 */
export function restGitHub(
  request: Request,
  repository: Repository,
  options: RestGitHubOptions = {},
): GitHub {
  return new RestGitHub(request, repository, options);
}

class RestGitHub implements GitHub {
  private readonly now: () => number;

  public constructor(
    private readonly request: Request,
    private readonly repository: Repository,
    private readonly options: RestGitHubOptions,
  ) {
    this.now = options.now ?? Date.now;
  }

  public async repositoryId(): Promise<number> {
    const call = { name: 'repositoryId()', route: `GET ${HERE}`, needs: NEEDS.readContents };
    return (await this.one(call, withId)).id;
  }

  public async pullRequest(number: number): Promise<PullRequest> {
    const call = {
      name: `pullRequest(${number})`,
      route: `GET ${HERE}/pulls/{pull_number}`,
      parameters: { pull_number: number },
      needs: NEEDS.readPullRequests,
    };
    return asPullRequest(await this.one(call, pullRequest));
  }

  public async mergedAs(
    branch: string,
    commits: ReadonlySet<string>,
    since: Date,
  ): Promise<readonly PullRequest[]> {
    const call = {
      name: `mergedAs(${branch})`,
      route: `GET ${HERE}/pulls`,
      parameters: { state: 'closed', base: branch, sort: 'updated', direction: 'desc' },
      needs: NEEDS.readPullRequests,
    };
    const found = new Map<number, PullRequest>();
    const take = (page: readonly z.infer<typeof pullRequest>[]): void => {
      for (const entry of page.map(asPullRequest))
        if (entry.mergeCommit !== undefined && commits.has(entry.mergeCommit)) found.set(entry.number, entry);
    };
    /** Reads from the front until an entry that was last updated before `until`. */
    const readTo = async (until: Date): Promise<{ newest: Date | undefined; pages: number }> => {
      let newest: Date | undefined;
      let pages = 0;
      for await (const page of this.pages(call, z.array(pullRequest), (list) => list)) {
        take(page);
        pages += 1;
        newest ??= page[0]?.updated_at;
        const last = page.at(-1);
        if (page.length < PAGE_SIZE || last === undefined || last.updated_at < until) break;
      }
      return { newest, pages };
    };
    // Who is updated while we read page 2 moves to page 1 and is on no page that we read: so the front is read again.
    let { newest, pages } = await readTo(since);
    for (let again = 0; again < MAX_REREADS && pages > 1 && newest !== undefined; again += 1)
      ({ newest, pages } = await readTo(newest));

    return [...found.values()].sort((a, b) => Number(b.mergedAt) - Number(a.mergedAt));
  }

  public async compare(base: string, head: string): Promise<Comparison> {
    const call = {
      name: `compare(${base}, ${head})`,
      route: `GET ${HERE}/compare/{basehead}`,
      parameters: { basehead: `${base}...${head}` },
      needs: NEEDS.readContents,
    };
    const commits: Comparison['commits'][number][] = [];
    for await (const page of this.pages(call, comparison, (answer) => [answer])) {
      const answer = page[0] as z.infer<typeof comparison>;
      if (answer.total_commits > MAX_COMPARED_COMMITS) {
        throw new Error(
          `${call.name}: ${answer.total_commits} commits lie between them, at most ${MAX_COMPARED_COMMITS} are read`,
        );
      }
      for (const { sha, commit } of answer.commits) {
        const date = commit.committer?.date ?? commit.author?.date;
        if (date === undefined)
          throw new Error(`${call.name}: GitHub's answer has no date for commit ${sha}`);
        commits.push({ sha, date });
      }
      if (commits.length >= answer.total_commits) return { status: answer.status, commits };
      if (answer.commits.length < PAGE_SIZE) {
        throw new Error(
          `${call.name}: GitHub announces ${answer.total_commits} commits and gives ${commits.length}: ask again`,
        );
      }
    }
    throw new Error(`${call.name}: GitHub gives no answer`);
  }

  public async comments(number: number): Promise<readonly Comment[]> {
    const call = {
      name: `comments(${number})`,
      route: `GET ${HERE}/issues/{issue_number}/comments`,
      parameters: { issue_number: number },
      needs: NEEDS.readComments,
    };
    return (await this.all(call, z.array(comment), (list) => list)).map(asComment);
  }

  public async createComment(number: number, body: string): Promise<Comment> {
    const call = {
      name: `createComment(${number})`,
      route: `POST ${HERE}/issues/{issue_number}/comments`,
      parameters: { issue_number: number, body },
      needs: NEEDS.writeComments,
      creates: true,
    };
    return asComment(await this.one(call, comment));
  }

  public async updateComment(id: number, body: string): Promise<Comment> {
    const call = {
      name: `updateComment(${id})`,
      route: `PATCH ${HERE}/issues/comments/{comment_id}`,
      parameters: { comment_id: id, body },
      needs: NEEDS.writeComments,
      isOfOne: true,
    };
    return asComment(await this.one(call, comment));
  }

  public async status(sha: string, context: string): Promise<CommitStatus | undefined> {
    const call = {
      name: `status(${sha})`,
      route: `GET ${HERE}/commits/{ref}/status`,
      parameters: { ref: sha },
      needs: NEEDS.readStatuses,
    };
    // GitHub combines: of each context it gives the newest alone. A context's case does not count.
    const newest = await this.all(call, combinedStatus, ({ statuses }) => statuses);
    const found = newest.find((entry) => entry.context.toLowerCase() === context.toLowerCase());
    return (
      found && {
        context: found.context,
        state: found.state,
        description: found.description ?? '',
        targetUrl: found.target_url ?? '',
      }
    );
  }

  public async createStatus(sha: string, status: CommitStatus): Promise<void> {
    const { context, state, description, targetUrl } = status;
    const call = {
      name: `createStatus(${sha})`,
      route: `POST ${HERE}/statuses/{sha}`,
      parameters: { sha, context, state, description, target_url: targetUrl },
      needs: NEEDS.writeStatuses,
      // Not `creates`: of two that are the same, the newer counts and says the same.
    };
    await this.one(call, withId);
  }

  public async runsOf(workflowFile: string, headSha: string): Promise<readonly WorkflowRun[]> {
    const call = {
      name: `runsOf(${workflowFile})`,
      route: `GET ${HERE}/actions/workflows/{workflow_id}/runs`,
      parameters: { workflow_id: workflowFile, head_sha: headSha },
      needs: NEEDS.readActions,
    };
    const runs = await this.all(call, workflowRuns, (answer) => answer.workflow_runs);
    return runs.map(asRun).sort((a, b) => b.id - a.id);
  }

  public async artifacts(runId: number): Promise<readonly Artifact[]> {
    const call = {
      name: `artifacts(${runId})`,
      route: `GET ${HERE}/actions/runs/{run_id}/artifacts`,
      parameters: { run_id: runId },
      needs: NEEDS.readActions,
    };
    const found = await this.all(call, artifacts, (answer) => answer.artifacts);
    return found.map(({ id, name, size_in_bytes, expired }) => ({
      id,
      name,
      size: size_in_bytes,
      isExpired: expired,
    }));
  }

  public async downloadArtifact(id: number, maxBytes: number): Promise<Uint8Array> {
    const call = {
      name: `downloadArtifact(${id})`,
      route: `GET ${HERE}/actions/artifacts/{artifact_id}/{archive_format}`,
      parameters: { artifact_id: id, archive_format: 'zip' },
      needs: NEEDS.readActions,
      isOfOne: true,
    };
    // The address is good for a minute: each attempt asks for one.
    return this.patiently(call, async () => {
      const { status, headers } = await this.ask(call, { redirect: 'manual' });
      const location = String(headers['location'] ?? '');
      if (status !== 302 || !URL.canParse(location))
        throw new Error(`${call.name}: GitHub's answer has no address to read it from (status ${status})`);
      return this.read(call.name, location, maxBytes);
    });
  }

  public async attestations(
    digest: string,
    max: { readonly bundles: number; readonly bytes: number },
  ): Promise<readonly (string | Uint8Array)[]> {
    const call = {
      name: `attestations(${digest})`,
      route: `GET ${HERE}/attestations/{subject_digest}`,
      parameters: { subject_digest: digest, predicate_type: 'provenance' },
      needs: NEEDS.readAttestations,
      isOfOne: true,
    };
    const found: (string | Uint8Array)[] = [];
    for await (const page of this.cursorPages(call, attestations)) {
      for (const { bundle, bundle_url: address } of page.attestations) {
        if (found.length === max.bundles) return found;
        if (bundle !== undefined && bundle !== null) found.push(JSON.stringify(bundle));
        else if (address !== undefined && URL.canParse(address))
          found.push(await this.patiently(call, () => this.read(call.name, address, max.bytes)));
        else
          throw new Error(
            `${call.name}: GitHub's answer has neither a bundle nor an address to read it from`,
          );
      }
    }
    return found;
  }

  public async issues(label: string): Promise<readonly Issue[]> {
    const call = {
      name: `issues(${label})`,
      route: `GET ${HERE}/issues`,
      parameters: { labels: label, state: 'all', sort: 'created', direction: 'desc' },
      needs: NEEDS.readIssues,
    };
    const found = await this.all(call, z.array(issue), (list) => list);
    return found.filter((entry) => entry.pull_request === undefined).map(asIssue);
  }

  public async createIssue(created: {
    title: string;
    body: string;
    labels: readonly string[];
  }): Promise<Issue> {
    const call = {
      name: 'createIssue()',
      route: `POST ${HERE}/issues`,
      parameters: { ...created },
      needs: NEEDS.writeIssues,
      creates: true,
    };
    return asIssue(await this.one(call, issue));
  }

  public async updateIssue(number: number, change: IssueChange): Promise<Issue> {
    const { stateReason, ...rest } = change;
    const call = {
      name: `updateIssue(${number})`,
      route: `PATCH ${HERE}/issues/{issue_number}`,
      parameters: {
        issue_number: number,
        ...rest,
        ...(stateReason === undefined ? {} : { state_reason: stateReason }),
      },
      needs: NEEDS.writeIssues,
    };
    return asIssue(await this.one(call, issue));
  }

  /** One call, its answer checked. */
  private async one<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    return checked(call, schema, await this.patiently(call, async () => (await this.askForJson(call)).data));
  }

  private async all<T, E>(call: Call, schema: z.ZodType<T>, entries: (answer: T) => E[]): Promise<E[]> {
    const found: E[] = [];
    for await (const page of this.pages(call, schema, entries)) {
      found.push(...page);
      if (page.length < PAGE_SIZE) break;
    }
    return found;
  }

  /** Page after page: it is for the reader to stop at the last one. @throws Error above MAX_PAGES */
  private async *pages<T, E>(
    call: Call,
    schema: z.ZodType<T>,
    entries: (answer: T) => E[],
  ): AsyncGenerator<E[]> {
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const parameters = { ...call.parameters, per_page: PAGE_SIZE, page };
      yield entries(await this.one({ ...call, parameters }, schema));
    }
    throw tooManyPages(call);
  }

  /** Of a list without page numbers: GitHub says in a header where the next page begins. 404: the list is empty. */
  private async *cursorPages<T>(call: Call, schema: z.ZodType<T>): AsyncGenerator<T> {
    let after: string | undefined;
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const parameters = {
        ...call.parameters,
        per_page: PAGE_SIZE,
        ...(after === undefined ? {} : { after }),
      };
      const answer = await this.patiently(call, () => this.askForJson({ ...call, parameters })).catch(
        (error: unknown) => {
          if (error instanceof Gone && page === 1) return undefined;
          throw error;
        },
      );
      if (answer === undefined) return;
      yield checked(call, schema, answer.data);
      after = cursorAfter(String(answer.headers['link'] ?? ''));
      if (after === undefined) return;
    }
    throw tooManyPages(call);
  }

  /** @throws the sentences and classes that callers see, in place of Failure */
  private async patiently<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
    let attempts = 0;
    const counted = (): Promise<T> => {
      attempts += 1;
      return attempt();
    };
    const waitFor = (error: unknown): number | undefined => {
      if (!(error instanceof Failure)) return undefined;
      // A rate limit refuses before anything is done; everything else may have come after it.
      return call.creates && !error.isRateLimit ? undefined : error.retryAfterMs;
    };
    try {
      return await retry(counted, waitFor, this.options);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw explained(call, error, attempts);
    }
  }

  private async askForJson(call: Call): Promise<Answer> {
    const answer = await this.ask(call, {});
    // Octokit gives the empty text for JSON that breaks off.
    if (typeof answer.data === 'string') throw Failure.noAnswer('the answer broke off, or is no JSON');
    return answer;
  }

  /** One request. @throws Failure */
  private async ask({ route, parameters }: Call, how: { redirect?: 'manual' }): Promise<Answer> {
    try {
      return await this.request(route, {
        ...this.repository,
        ...parameters,
        headers: { 'x-github-api-version': API_VERSION },
        request: { ...how, signal: this.attemptSignal() },
      });
    } catch (error) {
      this.options.signal?.throwIfAborted();
      throw Failure.ofThrown(error, this.now());
    }
  }

  /** Reads what anybody may read who knows the address. @throws Failure; Error above `maxBytes` */
  private async read(name: string, address: string, maxBytes: number): Promise<Uint8Array> {
    const tooLarge = new TooLarge(`${name}: the file has more than ${maxBytes} bytes`);
    const abort = new AbortController();
    try {
      const response = await (this.options.fetch ?? fetch)(address, {
        signal: AbortSignal.any([abort.signal, this.attemptSignal()]),
      });
      if (!response.ok || response.body === null)
        throw Failure.of({ status: response.status, headers: {}, data: undefined }, this.now());
      if (Number(response.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge;

      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge;
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } catch (error) {
      this.options.signal?.throwIfAborted();
      if (error instanceof Failure || error instanceof TooLarge) throw error;
      // What fetch says may have the address, which is a secret while it is good.
      throw Failure.noAnswer('its storage of files cannot be read');
    } finally {
      abort.abort();
    }
  }

  private attemptSignal(): AbortSignal {
    const timeout = AbortSignal.timeout(this.options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
    const { signal } = this.options;
    return signal ? AbortSignal.any([signal, timeout]) : timeout;
  }
}

class TooLarge extends Error {}

/** @throws Error naming the field that is not as GitHub documents it */
function checked<T>(call: Call, schema: z.ZodType<T>, answer: unknown): T {
  const { success, data, error } = schema.safeParse(answer);
  if (success) return data;
  const { path, message } = error.issues[0] as z.core.$ZodIssue;
  throw new Error(`${call.name}: GitHub's answer is not what it documents: ${path.join('.')}: ${message}`);
}

function tooManyPages(call: Call): Error {
  return new Error(`${call.name}: the list has more than ${MAX_PAGES} pages of ${PAGE_SIZE}`);
}

/** Of the page that a `link` header calls the next one. */
function cursorAfter(link: string): string | undefined {
  const next = /<([^>]+)>; *rel="next"/.exec(link)?.[1];
  return next !== undefined && URL.canParse(next)
    ? (new URL(next).searchParams.get('after') ?? undefined)
    : undefined;
}

function explained(call: Call, failure: Failure, attempts: number): Error {
  const { status, sentence } = failure;
  const tries = attempts === 1 ? '' : `, after ${attempts} attempts`;
  const text = `${call.name}: ${sentence}${tries}`;
  if (call.isOfOne && (status === 404 || status === 410)) return new Gone(text);
  if (failure.isRateLimit) return new Error(text);
  if (call.creates && failure.retryAfterMs !== undefined)
    return new Uncertain(`${text}: it may have been created`);
  // GitHub says 404 to who may not know that there is something.
  const isRefused = status === 401 || status === 403 || status === 404;
  return new Error(isRefused ? `${text}: look whether the token has ${call.needs}` : text);
}

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const id = z.int().positive();
const withId = z.looseObject({ id });
const author = z.looseObject({ login: z.string() }).nullish();

const pullRequest = z.looseObject({
  number: id,
  state: z.enum(['open', 'closed']),
  title: z.string(),
  head: z.looseObject({ sha: z.string(), repo: withId.nullable() }),
  base: z.looseObject({ ref: z.string() }),
  labels: z.array(z.looseObject({ name: z.string() })),
  merged_at: time.nullable(),
  merge_commit_sha: z.string().nullish(),
  updated_at: time,
});

const signature = z.looseObject({ date: time.optional() }).nullable();
const comparison = z.looseObject({
  status: z.enum(['ahead', 'behind', 'identical', 'diverged']),
  total_commits: z.int().nonnegative(),
  commits: z.array(
    z.looseObject({
      sha: z.string(),
      commit: z.looseObject({ author: signature, committer: signature }),
    }),
  ),
});

const comment = z.looseObject({ id, user: author, body: z.string().nullish(), html_url: z.string() });

const combinedStatus = z.looseObject({
  statuses: z.array(
    z.looseObject({
      context: z.string(),
      state: z.enum(['pending', 'success', 'failure', 'error']),
      description: z.string().nullable(),
      target_url: z.string().nullable(),
    }),
  ),
});

const workflowRun = z.looseObject({
  id,
  path: z.string(),
  event: z.string(),
  head_sha: z.string(),
  head_repository: withId.nullable(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  html_url: z.string(),
});
const workflowRuns = z.looseObject({ workflow_runs: z.array(workflowRun) });

const artifacts = z.looseObject({
  artifacts: z.array(
    z.looseObject({ id, name: z.string(), size_in_bytes: z.int().nonnegative(), expired: z.boolean() }),
  ),
});

const attestations = z.looseObject({
  attestations: z.array(z.looseObject({ bundle: z.unknown().optional(), bundle_url: z.string().optional() })),
});

const issue = z.looseObject({
  number: id,
  user: author,
  state: z.enum(['open', 'closed']),
  title: z.string(),
  body: z.string().nullish(),
  updated_at: time,
  html_url: z.string(),
  pull_request: z.unknown().optional(),
});

function asPullRequest(entry: z.infer<typeof pullRequest>): PullRequest {
  const isMerged = entry.merged_at !== null;
  return {
    number: entry.number,
    state: entry.state,
    title: entry.title,
    headSha: entry.head.sha,
    headRepositoryId: entry.head.repo?.id,
    baseBranch: entry.base.ref,
    labels: entry.labels.map(({ name }) => name),
    mergedAt: entry.merged_at ?? undefined,
    // Of one that is not merged it is a trial merge, which is in no branch.
    mergeCommit: isMerged ? (entry.merge_commit_sha ?? undefined) : undefined,
  };
}

function asComment(entry: z.infer<typeof comment>): Comment {
  return { id: entry.id, author: entry.user?.login, body: entry.body ?? '', url: entry.html_url };
}

function asRun(entry: z.infer<typeof workflowRun>): WorkflowRun {
  return {
    id: entry.id,
    path: entry.path.replace(/@.*$/s, ''),
    event: entry.event,
    headSha: entry.head_sha,
    headRepositoryId: entry.head_repository?.id,
    status: entry.status ?? '',
    conclusion: entry.conclusion ?? undefined,
    url: entry.html_url,
  };
}

function asIssue(entry: z.infer<typeof issue>): Issue {
  return {
    number: entry.number,
    author: entry.user?.login,
    state: entry.state,
    title: entry.title,
    body: entry.body ?? '',
    updatedAt: entry.updated_at,
    url: entry.html_url,
  };
}
