import type { Commit } from './commits';
import type {
  FakeRepository,
  IssueState,
  PullRequestState,
  RepositoryNames,
  RunState,
  StatusState,
} from './repository';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the description requires and this leaves out is filled in. */
  readonly body?: unknown;
}

export interface OperationRequest {
  readonly repository: FakeRepository;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: RequestBody;
  /** Login of the token. */
  readonly actor: string;
  /** Where the storage lets the artifact or attestation of that number be read. */
  readonly addressInStorage: (kind: 'artifacts' | 'attestations', id: number) => string;
}

/** Fields of all bodies that are read, as the description has them: a body that has other types never gets here. */
export interface RequestBody {
  readonly title?: string | number | null;
  readonly body?: string | null;
  readonly labels?: readonly (string | { readonly name?: string })[];
  readonly state?: string;
  readonly state_reason?: string | null;
  readonly context?: string;
  readonly description?: string | null;
  readonly target_url?: string | null;
  readonly bundle?: Readonly<Record<string, unknown>>;
}

/** An error that GitHub answers. */
export class Refusal extends Error {
  public override readonly name = 'Refusal';
  public constructor(
    public readonly status: number,
    message: string,
    public readonly errors: readonly {
      resource: string;
      field: string;
      code: string;
      message?: string;
    }[] = [],
  ) {
    super(message);
  }
}

type Access = 'read' | 'write';
/** Scopes in the words of a workflow's `permissions`. */
export type Permissions = Readonly<
  Partial<
    Record<'contents' | 'pull-requests' | 'issues' | 'statuses' | 'actions' | 'attestations', Access | 'none'>
  >
>;

interface FakeOperation {
  /** One of these is enough; nothing: every token may. */
  readonly needs: readonly (readonly [keyof Permissions, Access])[];
  /** Counts for the secondary rate limit. */
  readonly creates?: boolean;
  /** Of the described query parameters those that the fake respects. */
  readonly query?: readonly string[];
  /** Its answer comes in pages: the field that has the list, or the whole answer. */
  readonly list?: string;
  /** Its pages have no numbers: each answer says in a header where the next one begins. */
  readonly hasCursors?: boolean;
  readonly answer: (request: OperationRequest) => Reply | Promise<Reply>;
}

const WEB = 'https://github.example';
const MAX_BODY_CHARACTERS = 65_536;
const MAX_TITLE_CHARACTERS = 256;
const MAX_STATUS_DESCRIPTION_CHARACTERS = 140;
/** Of one commit and context. */
const MAX_STATUSES = 1_000;

/** What GitHub's short name for it takes in, of any version. */
const PROVENANCE_PREFIX = 'https://slsa.dev/provenance/';

/** The answer itself is the list. */
export const WHOLE = '';

/** What the API does, by GitHub's name of the operation. */
export const operations: Readonly<Record<string, FakeOperation>> = {
  'repos/get': {
    needs: [],
    answer: ({ repository }) => ({
      status: 200,
      body: { ...repositoryJson(repository.names), default_branch: 'main' },
    }),
  },

  'pulls/list': {
    needs: [['pull-requests', 'read']],
    query: ['state', 'base', 'sort', 'direction'],
    list: WHOLE,
    answer: ({ repository, query }) => {
      const state = query.get('state') ?? 'open';
      const base = query.get('base');
      const sort = query.get('sort') ?? 'created';
      if (sort !== 'created' && sort !== 'updated')
        throw new Refusal(501, `the fake does not sort by ${sort}`);
      const time = (pull: PullRequestState): number =>
        (sort === 'updated' ? pull.updatedAt : pull.createdAt).getTime();
      const found = repository.pullRequests
        .filter((pull) => (state === 'all' || pull.state === state) && (base === null || pull.base === base))
        .sort((a, b) => time(a) - time(b) || a.number - b.number);
      const isDescending = (query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc')) === 'desc';
      const ordered = isDescending ? found.reverse() : found;
      return { status: 200, body: ordered.map((pull) => pullRequestJson(repository, pull)) };
    },
  },

  'pulls/get': {
    needs: [['pull-requests', 'read']],
    answer: ({ repository, path }) => {
      const pull = repository.pullRequests.find(({ number }) => number === Number(path['pull_number']));
      if (!pull) throw new Refusal(404, 'Not Found');
      return { status: 200, body: pullRequestJson(repository, pull) };
    },
  },

  'repos/compare-commits-with-basehead': {
    needs: [['contents', 'read']],
    list: 'commits',
    answer: async ({ repository, path }) => {
      const { commits } = repository;
      const [baseRef = '', headRef = ''] = (path['basehead'] ?? '').split('...');
      const [base, head] = [await commits.find(baseRef), await commits.find(headRef)];
      if (!base || !head) throw new Refusal(404, 'Not Found');
      const mergeBase = await commits.mergeBase(base.sha, head.sha);
      if (!mergeBase) throw new Refusal(404, `No common ancestor between ${baseRef} and ${headRef}.`);
      const ahead = await commits.between(base.sha, head.sha);
      const behind = await commits.between(head.sha, base.sha);
      return {
        status: 200,
        body: {
          base_commit: commitJson(base),
          merge_base_commit: commitJson(mergeBase),
          status: comparisonStatus(ahead.length, behind.length),
          ahead_by: ahead.length,
          behind_by: behind.length,
          total_commits: ahead.length,
          commits: ahead.map(commitJson),
        },
      };
    },
  },

  'issues/list-comments': {
    needs: [
      ['issues', 'read'],
      ['pull-requests', 'read'],
    ],
    list: WHOLE,
    answer: ({ repository, path }) => {
      const { number } = issueAt(repository, path);
      return { status: 200, body: repository.comments(number).map((each) => commentJson(repository, each)) };
    },
  },

  'issues/create-comment': {
    needs: [
      ['issues', 'write'],
      ['pull-requests', 'write'],
    ],
    creates: true,
    answer: ({ repository, path, body, actor }) => {
      const { number } = issueAt(repository, path);
      const text = checkedText('IssueComment', 'body', body.body, MAX_BODY_CHARACTERS);
      const comment = repository.addComment(number, text, actor);
      return { status: 201, body: commentJson(repository, comment) };
    },
  },

  'issues/update-comment': {
    needs: [
      ['issues', 'write'],
      ['pull-requests', 'write'],
    ],
    answer: ({ repository, path, body }) => {
      const comment = repository.allComments.find(({ id }) => id === Number(path['comment_id']));
      if (!comment) throw new Refusal(404, 'Not Found');
      const text = checkedText('IssueComment', 'body', body.body, MAX_BODY_CHARACTERS);
      Object.assign(comment, { body: text, updatedAt: repository.now() });
      return { status: 200, body: commentJson(repository, comment) };
    },
  },

  'repos/get-combined-status-for-ref': {
    needs: [['statuses', 'read']],
    list: 'statuses',
    answer: async ({ repository, path }) => {
      const commit = await repository.commits.find(path['ref'] ?? '');
      if (!commit) throw new Refusal(404, 'Not Found');
      const newest = new Map(
        repository.statuses
          .filter(({ sha }) => sha === commit.sha)
          .map((status) => [status.context.toLowerCase(), status] as const),
      );
      const all = [...newest.values()].reverse();
      return {
        status: 200,
        body: {
          state: combinedState(all.map(({ state }) => state)),
          sha: commit.sha,
          total_count: all.length,
          statuses: all.map(statusJson),
          repository: repositoryJson(repository.names),
        },
      };
    },
  },

  'repos/create-commit-status': {
    needs: [['statuses', 'write']],
    answer: async ({ repository, path, body, actor }) => {
      const sha = path['sha'] ?? '';
      const commit = await repository.commits.find(sha);
      if (commit?.sha !== sha) throw new Refusal(422, `No commit found for SHA: ${sha}`);
      const description = body.description ?? '';
      if (description.length > MAX_STATUS_DESCRIPTION_CHARACTERS)
        throw invalid('Status', 'description', 'description is too long (maximum is 140 characters)');
      const targetUrl = body.target_url ?? '';
      if (targetUrl !== '' && !/^https?:\/\/\S+$/.test(targetUrl))
        throw invalid('Status', 'target_url', 'target_url must use http(s) scheme');
      const context = body.context ?? 'default';
      const before = repository.statuses.filter((each) => each.sha === sha && each.context === context);
      if (before.length >= MAX_STATUSES)
        throw invalid(
          'Status',
          'context',
          'This SHA and context has reached the maximum number of statuses.',
        );
      const status = {
        id: repository.nextId(),
        sha,
        context,
        state: body.state as StatusState['state'],
        description,
        targetUrl,
        author: actor,
        createdAt: repository.now(),
      };
      repository.statuses.push(status);
      return { status: 201, body: { ...statusJson(status), creator: userJson(actor) } };
    },
  },

  'actions/list-workflow-runs': {
    needs: [['actions', 'read']],
    query: ['head_sha', 'event', 'status'],
    list: 'workflow_runs',
    answer: ({ repository, path, query }) => {
      const workflow = path['workflow_id'] ?? '';
      if (!repository.workflows.has(workflow)) throw new Refusal(404, 'Not Found');
      const file = `.github/workflows/${workflow}`;
      const wanted = (name: string, ...values: (string | undefined)[]): boolean =>
        query.get(name) === null || values.includes(query.get(name) as string);
      const runs = repository.runs
        .filter(({ path: where }) => where === file || where.startsWith(`${file}@`))
        .filter((run) => wanted('head_sha', run.headSha) && wanted('event', run.event))
        .filter((run) => wanted('status', run.status, run.conclusion))
        .reverse();
      return {
        status: 200,
        body: { total_count: runs.length, workflow_runs: runs.map((run) => runJson(repository, run)) },
      };
    },
  },

  'actions/list-workflow-run-artifacts': {
    needs: [['actions', 'read']],
    query: ['name'],
    list: 'artifacts',
    answer: ({ repository, path, query }) => {
      const run = repository.runs.find(({ id }) => id === Number(path['run_id']));
      if (!run) throw new Refusal(404, 'Not Found');
      const name = query.get('name');
      const found = repository
        .artifactsOf(run.id)
        .filter((artifact) => name === null || artifact.name === name)
        .map((artifact) => ({
          id: artifact.id,
          name: artifact.name,
          size_in_bytes: artifact.zip.length,
          expired: artifact.isExpired,
          created_at: timeJson(artifact.createdAt),
          workflow_run: {
            id: run.id,
            repository_id: repository.names.id,
            head_repository_id: run.headRepository?.id,
            head_branch: run.headBranch,
            head_sha: run.headSha,
          },
        }));
      return { status: 200, body: { total_count: found.length, artifacts: found } };
    },
  },

  'actions/download-artifact': {
    needs: [['actions', 'read']],
    answer: ({ repository, path, addressInStorage }) => {
      const artifact = repository.artifacts.find(({ id }) => id === Number(path['artifact_id']));
      if (!artifact || path['archive_format'] !== 'zip') throw new Refusal(404, 'Not Found');
      if (artifact.isExpired) throw new Refusal(410, 'Artifact has expired');
      return { status: 302, headers: { location: addressInStorage('artifacts', artifact.id) } };
    },
  },

  'repos/create-attestation': {
    needs: [['attestations', 'write']],
    answer: ({ repository, body, actor }) => {
      try {
        const { id } = repository.addAttestation(body.bundle ?? {}, { initiator: actor });
        return { status: 201, body: { id } };
      } catch (error) {
        throw invalid('Attestation', 'bundle', `bundle is no signed statement: ${String(error)}`);
      }
    },
  },

  'repos/list-attestations': {
    needs: [['attestations', 'read']],
    query: ['predicate_type'],
    list: 'attestations',
    hasCursors: true,
    answer: ({ repository, path, query, addressInStorage }) => {
      const digest = path['subject_digest'] ?? '';
      if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Refusal(422, 'Validation Failed');
      const wanted = query.get('predicate_type');
      if (wanted !== null && wanted !== 'provenance')
        throw new Refusal(501, `the fake does not filter by ${wanted}`);
      const found = repository.attestations
        .filter(({ digests }) => digests.includes(digest))
        .filter(({ predicateType }) => wanted === null || predicateType.startsWith(PROVENANCE_PREFIX))
        .reverse();
      // GitHub says so in place of an empty list.
      if (found.length === 0) throw new Refusal(404, 'Not Found');
      const body = found.map(({ id, bundle, isOmitted, initiator }) => ({
        ...(isOmitted ? {} : { bundle }),
        repository_id: repository.names.id,
        bundle_url: addressInStorage('attestations', id),
        initiator,
      }));
      return { status: 200, body: { attestations: body } };
    },
  },

  'issues/list-for-repo': {
    needs: [['issues', 'read']],
    query: ['state', 'labels', 'sort', 'direction'],
    list: WHOLE,
    answer: ({ repository, query }) => {
      const state = query.get('state') ?? 'open';
      const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
      const sort = query.get('sort') ?? 'created';
      if (sort !== 'created') throw new Refusal(501, `the fake does not sort by ${sort}`);
      // As on GitHub, a pull request is an issue.
      const found = [...repository.issues, ...repository.pullRequests]
        .filter((issue) => state === 'all' || issue.state === state)
        .filter((issue) => labels.every((label) => issue.labels.includes(label)))
        .sort((a, b) => a.number - b.number);
      const ordered = query.get('direction') === 'asc' ? found : found.reverse();
      return { status: 200, body: ordered.map((issue) => issueJson(repository, issue)) };
    },
  },

  'issues/create': {
    needs: [['issues', 'write']],
    creates: true,
    answer: ({ repository, body, actor }) => {
      const title = checkedText('Issue', 'title', body.title, MAX_TITLE_CHARACTERS);
      const text = body.body ? checkedText('Issue', 'body', body.body, MAX_BODY_CHARACTERS) : '';
      const issue = repository.newIssue(title, text, actor, labelNames(body.labels ?? []));
      repository.issues.push(issue);
      return { status: 201, body: issueJson(repository, issue) };
    },
  },

  'issues/update': {
    needs: [['issues', 'write']],
    answer: ({ repository, path, body }) => {
      const issue = issueAt(repository, path);
      const title = body.title && checkedText('Issue', 'title', body.title, MAX_TITLE_CHARACTERS);
      const text = body.body && checkedText('Issue', 'body', body.body, MAX_BODY_CHARACTERS);
      const now = repository.now();
      if (title) issue.title = title;
      if (body.body !== undefined) issue.body = text ?? '';
      if (body.labels !== undefined) issue.labels = labelNames(body.labels);
      const state = body.state as IssueState['state'] | undefined;
      if (state !== undefined && state !== issue.state) {
        issue.state = state;
        issue.stateReason = body.state_reason ?? (state === 'closed' ? 'completed' : 'reopened');
        issue.closedAt = state === 'closed' ? now : undefined;
      }
      issue.updatedAt = now;
      return { status: 200, body: issueJson(repository, issue) };
    },
  },

  'git/list-matching-refs': {
    needs: [['contents', 'read']],
    answer: ({ repository, path }) => {
      const found = [...repository.tags.values()].filter((tag) =>
        `tags/${tag.name}`.startsWith(path['ref'] ?? ''),
      );
      const body = found.map(({ name, object, commit }) => ({
        ref: `refs/tags/${name}`,
        object: object === undefined ? { type: 'commit', sha: commit } : { type: 'tag', sha: object },
      }));
      return { status: 200, body };
    },
  },

  'git/get-tag': {
    needs: [['contents', 'read']],
    answer: ({ repository, path }) => {
      const tag = [...repository.tags.values()].find(({ object }) => object === path['tag_sha']);
      if (!tag) throw new Refusal(404, 'Not Found');
      const { name, object, commit } = tag;
      return { status: 200, body: { tag: name, sha: object, object: { type: 'commit', sha: commit } } };
    },
  },

  'repos/get-release-by-tag': {
    needs: [['contents', 'read']],
    answer: ({ repository, path }) => {
      const release = repository.releases.find(({ tag }) => tag === path['tag']);
      if (!release) throw new Refusal(404, 'Not Found');
      const { id, tag, isPrerelease, publishedAt } = release;
      return {
        status: 200,
        body: {
          id,
          tag_name: tag,
          prerelease: isPrerelease,
          published_at: timeJson(publishedAt),
          created_at: timeJson(publishedAt),
        },
      };
    },
  },

  'repos/get-content': {
    needs: [['contents', 'read']],
    query: ['ref'],
    answer: ({ repository, path, query }) => {
      const file = path['path'] ?? '';
      const text = repository.files.get(`${query.get('ref') ?? 'main'}:${file}`);
      if (text === undefined) throw new Refusal(404, 'Not Found');
      const bytes = Buffer.from(text);
      return {
        status: 200,
        body: {
          type: 'file',
          name: file.split('/').at(-1),
          path: file,
          size: bytes.length,
          encoding: 'base64',
          // In lines, as GitHub gives it.
          content: bytes.toString('base64').replace(/.{60}/g, '$&\n'),
        },
      };
    },
  },
};

function issueAt(repository: FakeRepository, path: Readonly<Record<string, string>>): IssueState {
  const issue = repository.findIssue(Number(path['issue_number']));
  if (!issue) throw new Refusal(404, 'Not Found');
  return issue;
}

function checkedText(resource: string, field: string, value: unknown, maxCharacters: number): string {
  const text = String(value ?? '');
  if (text.trim() === '') throw invalid(resource, field, `${field} can't be blank`);
  if (text.length > maxCharacters)
    throw invalid(resource, field, `${field} is too long (maximum is ${maxCharacters} characters)`);
  return text;
}

function invalid(resource: string, field: string, message: string): Refusal {
  return new Refusal(422, 'Validation Failed', [{ resource, field, code: 'custom', message }]);
}

function labelNames(labels: readonly (string | { readonly name?: string })[]): string[] {
  return labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));
}

function comparisonStatus(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

function combinedState(states: readonly string[]): string {
  if (states.some((state) => state === 'failure' || state === 'error')) return 'failure';
  return states.length === 0 || states.includes('pending') ? 'pending' : 'success';
}

function timeJson(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function userJson(login: string): object {
  return { login, id: 1, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
}

function addressOf({ owner, repo }: RepositoryNames): string {
  return `${WEB}/${owner}/${repo}`;
}

function repositoryJson(names: RepositoryNames): object {
  return {
    id: names.id,
    name: names.repo,
    full_name: `${names.owner}/${names.repo}`,
    html_url: addressOf(names),
    owner: userJson(names.owner),
  };
}

function commitJson({ sha, date, message, parents }: Commit): object {
  const person = { name: 'Octocat', email: 'octocat@github.example', date: timeJson(date) };
  return {
    sha,
    commit: { message, author: person, committer: person },
    parents: parents.map((parent) => ({ sha: parent })),
  };
}

function commentJson(repository: FakeRepository, comment: FakeRepository['allComments'][number]): object {
  const isPull = repository.pullRequests.some(({ number }) => number === comment.number);
  const page = `${addressOf(repository.names)}/${isPull ? 'pull' : 'issues'}/${comment.number}`;
  return {
    id: comment.id,
    body: comment.body,
    user: comment.author === undefined ? null : userJson(comment.author),
    html_url: `${page}#issuecomment-${comment.id}`,
    created_at: timeJson(comment.createdAt),
    updated_at: timeJson(comment.updatedAt),
  };
}

function issueJson(repository: FakeRepository, issue: IssueState): object {
  const isPull = repository.pullRequests.some(({ number }) => number === issue.number);
  const page = `${addressOf(repository.names)}/${isPull ? 'pull' : 'issues'}/${issue.number}`;
  return {
    id: issue.number,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    state_reason: issue.stateReason ?? null,
    user: userJson(issue.author),
    labels: issue.labels.map((name) => ({ name })),
    comments: repository.comments(issue.number).length,
    created_at: timeJson(issue.createdAt),
    updated_at: timeJson(issue.updatedAt),
    closed_at: issue.closedAt ? timeJson(issue.closedAt) : null,
    html_url: page,
    pull_request: isPull ? { html_url: page } : undefined,
  };
}

function pullRequestJson(repository: FakeRepository, pull: PullRequestState): object {
  const { names } = repository;
  const head = pull.headRepository;
  return {
    id: pull.number,
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    user: userJson(pull.author),
    labels: pull.labels.map((name) => ({ name })),
    head: {
      label: `${head?.owner ?? 'unknown'}:${pull.headBranch}`,
      ref: pull.headBranch,
      sha: pull.headSha,
      repo: head ? repositoryJson(head) : null,
    },
    base: { label: `${names.owner}:${pull.base}`, ref: pull.base, repo: repositoryJson(names) },
    merged: pull.mergedAt !== undefined,
    merged_at: pull.mergedAt ? timeJson(pull.mergedAt) : null,
    merge_commit_sha: pull.mergeCommit ?? null,
    created_at: timeJson(pull.createdAt),
    updated_at: timeJson(pull.updatedAt),
    closed_at: pull.closedAt ? timeJson(pull.closedAt) : null,
    html_url: `${addressOf(names)}/pull/${pull.number}`,
  };
}

function statusJson(status: FakeRepository['statuses'][number]): object {
  return {
    id: status.id,
    context: status.context,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl === '' ? null : status.targetUrl,
    created_at: timeJson(status.createdAt),
    updated_at: timeJson(status.createdAt),
  };
}

function runJson(repository: FakeRepository, run: RunState): object {
  return {
    id: run.id,
    path: run.path,
    event: run.event,
    head_sha: run.headSha,
    head_branch: run.headBranch,
    head_repository: run.headRepository ? repositoryJson(run.headRepository) : null,
    repository: repositoryJson(repository.names),
    status: run.status,
    conclusion: run.conclusion ?? null,
    created_at: timeJson(run.createdAt),
    updated_at: timeJson(run.createdAt),
    run_started_at: timeJson(run.createdAt),
    html_url: `${addressOf(repository.names)}/actions/runs/${run.id}`,
  };
}
