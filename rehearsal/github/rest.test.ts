import { inspect } from 'node:util';

import { request as octokitRequest } from '@octokit/request';

import { type CommitStatus, type GitHub, Gone, Uncertain } from '../../workflows-src/github/github';
import {
  MAX_COMPARED_COMMITS,
  type Request,
  restGitHub,
  type RestGitHubOptions,
} from '../../workflows-src/github/rest';
import { MAX_ATTEMPTS } from '../../workflows-src/github/retry';
import { FakeGitHub } from './fake-github';
import type { Permissions } from './operations';

const REPOSITORY = { owner: 'o', repo: 'r' };

let fake: FakeGitHub;
let waits: number[];
beforeEach(async () => {
  waits = [];
  fake = await FakeGitHub.start({ repository: { ...REPOSITORY, id: 42 }, creationsPerMinute: Infinity });
});
afterEach(async () => {
  await fake.close();
  expect(fake.violations).toEqual([]);
});

const requestOf = (token: string): Request =>
  octokitRequest.defaults({ baseUrl: fake.url, headers: { authorization: `token ${token}` } });
/** As the pipeline has it, but nothing really waits. */
const client = (options: RestGitHubOptions = {}, token = fake.token): GitHub =>
  restGitHub(requestOf(token), REPOSITORY, {
    sleep: async (ms) => void waits.push(ms),
    random: () => 0,
    ...options,
  });
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('it worked')),
    (error: unknown) => error as Error,
  );
const requestsOf = (method: string): number => fake.requests.filter((each) => each.method === method).length;

describe('pull requests', () => {
  it('have their labels, and no merge commit before the merge', async () => {
    const { number, headSha } = await fake.repository.openPullRequest({ title: 'Bigger', labels: ['infra'] });
    expect(await client().pullRequest(number)).toEqual({
      number,
      state: 'open',
      title: 'Bigger',
      headSha,
      headRepositoryId: 42,
      baseBranch: 'main',
      labels: ['infra'],
      mergedAt: undefined,
      mergeCommit: undefined,
    });
  });

  it('have what a person did to them meanwhile', async () => {
    const { repository } = fake;
    const { number } = await repository.openPullRequest({ labels: ['a'] });
    const headSha = repository.push(number);
    repository.addLabel(number, 'data-loss-approved');
    repository.removeLabel(number, 'a');
    const mergeCommit = await repository.merge(number);
    expect(await client().pullRequest(number)).toMatchObject({
      state: 'closed',
      headSha,
      labels: ['data-loss-approved'],
      mergedAt: repository.pullRequest(number).mergedAt,
      mergeCommit,
    });
  });

  it('have no head repository when their fork is gone', async () => {
    const fork = { owner: 'forker', repo: 'r', id: 99 };
    const { number } = await fake.repository.openPullRequest({ headRepository: fork });
    expect((await client().pullRequest(number)).headRepositoryId).toBe(99);
    fake.repository.deleteFork(number);
    expect((await client().pullRequest(number)).headRepositoryId).toBeUndefined();
  });

  it('are found by the commits that they were merged as, the newest merge first', async () => {
    const { repository } = fake;
    const opened = [];
    for (let index = 0; index < 4; index += 1) opened.push(await repository.openPullRequest());
    const [first, second, unmerged, other] = opened.map(({ number }) => number) as [
      number,
      number,
      number,
      number,
    ];
    const merged = [await repository.merge(first), await repository.merge(second)];
    repository.pullRequest(second).mergedAt = new Date(Date.now() + 60_000);
    repository.closePullRequest(unmerged);
    await repository.merge(other);
    const trial = repository.pullRequest(unmerged).mergeCommit as string;

    const found = await client().mergedAs('main', new Set([...merged, trial]), new Date(0));
    expect(found.map(({ number }) => number)).toEqual([second, first]);
    expect(await client().mergedAs('release', new Set(merged), new Date(0))).toEqual([]);
  });

  it('are read back to a time and no further, over several pages', async () => {
    const { repository } = fake;
    const commits = new Set<string>();
    for (let index = 0; index < 250; index += 1) {
      const { number } = await repository.openPullRequest();
      commits.add(await repository.merge(number));
      repository.pullRequest(number).updatedAt = new Date(Date.UTC(2026, 0, 1) + index * 60_000);
    }
    const since = new Date(Date.UTC(2026, 0, 1) + 120 * 60_000);
    const found = await client().mergedAs('main', commits, since);
    // Two pages reach back to number 51; the front is read once more.
    expect(found).toHaveLength(200);
    expect(fake.requests.map(({ path }) => new URL(path, fake.url).searchParams.get('page'))).toEqual([
      '1',
      '2',
      '1',
    ]);
  });

  it('are not missed when somebody touches one between two pages', async () => {
    const { repository } = fake;
    let oldest = '';
    for (let index = 0; index < 150; index += 1) {
      const { number } = await repository.openPullRequest();
      const commit = await repository.merge(number);
      if (index === 0) oldest = commit;
      repository.pullRequest(number).updatedAt = new Date(Date.UTC(2026, 0, 1) + index * 60_000);
    }
    fake.before({ path: /pulls$/ }, () => {});
    fake.before({ path: /pulls$/ }, () => repository.addLabel(1, 'touched'));
    const found = await client().mergedAs('main', new Set([oldest]), new Date(0));
    expect(found.map(({ number }) => number)).toEqual([1]);
  });
});

describe('two commits', () => {
  const chain = (from: string, length: number): string[] => {
    const shas = [];
    for (let sha = from; shas.length < length; shas.push(sha)) sha = fake.commits.add([sha]).sha;
    return shas;
  };

  it.each([
    ['ahead', 2, 0],
    ['behind', 0, 1],
    ['diverged', 2, 1],
    ['identical', 0, 0],
  ] as const)('are %s', async (status, ahead, behind) => {
    const { sha } = (await fake.commits.find('main'))!;
    const heads = chain(sha, ahead);
    const base = chain(sha, behind).at(-1) ?? sha;
    const compared = await client().compare(base, heads.at(-1) ?? sha);
    expect(compared.status).toBe(status);
    expect(compared.commits.map((commit) => commit.sha)).toEqual(heads);
  });

  it('have all commits between them, oldest first, however many pages', async () => {
    const { sha } = (await fake.commits.find('main'))!;
    const shas = chain(sha, 201);
    fake.commits.point('feature/x', shas[200] as string);
    const { commits } = await client().compare('main', 'feature/x');
    expect(commits.map((commit) => commit.sha)).toEqual(shas);
    expect(commits[0]?.date).toEqual(new Date('2026-01-01T00:02:00Z'));
    expect(fake.requests).toHaveLength(3);
  });

  it('fail when too many lie between them, after one page', async () => {
    const { sha } = (await fake.commits.find('main'))!;
    const last = chain(sha, MAX_COMPARED_COMMITS + 1).at(-1) as string;
    await expect(client().compare('main', last)).rejects.toThrow(
      '2001 commits lie between them, at most 2000 are read',
    );
    expect(fake.requests).toHaveLength(1);
  });

  it('fail when there is no such commit', async () => {
    await expect(client().compare('main', 'f'.repeat(40))).rejects.toThrow(
      'GitHub answers 404 "Not Found": look whether the token has contents: read',
    );
  });
});

describe('comments', () => {
  it('come from all pages, oldest first, with who wrote them', async () => {
    const { number } = await fake.repository.openPullRequest();
    for (let index = 0; index < 200; index += 1) fake.repository.comment(number, `talk ${index}`);
    fake.repository.commentOfDeletedAccount(number, 'bye');
    const comments = await client().comments(number);
    expect(comments.map(({ body }) => body)).toEqual([
      ...Array.from({ length: 200 }, (_, index) => `talk ${index}`),
      'bye',
    ]);
    expect([comments[0]?.author, comments[200]?.author]).toEqual(['octocat', undefined]);
    expect(fake.requests).toHaveLength(3);
  });

  it('are created and updated', async () => {
    const { number } = await fake.repository.openPullRequest();
    const created = await client().createComment(number, 'one');
    expect(created).toMatchObject({ author: 'github-actions[bot]', body: 'one' });
    expect(created.url).toContain(`/o/r/pull/${number}#issuecomment-${created.id}`);
    expect((await client().updateComment(created.id, 'two')).body).toBe('two');
    expect(fake.repository.comments(number).map(({ body }) => body)).toEqual(['two']);
    expect(fake.writes().map(({ method, status }) => [method, status])).toEqual([
      ['POST', 201],
      ['PATCH', 200],
    ]);
  });

  it('are Gone when somebody deleted them', async () => {
    const { number } = await fake.repository.openPullRequest();
    const { id } = fake.repository.comment(number, 'talk');
    fake.repository.deleteComment(id);
    await expect(client().updateComment(id, 'two')).rejects.toThrow(Gone);
  });

  it('fail when they are too long, with what GitHub says', async () => {
    const { number } = await fake.repository.openPullRequest();
    await expect(client().createComment(number, 'x'.repeat(65_537))).rejects.toThrow(
      `createComment(${number}): GitHub answers 422 "Validation Failed: body is too long (maximum is 65536 characters)"`,
    );
  });
});

describe('statuses', () => {
  const status: CommitStatus = {
    context: 'fairlead/dev',
    state: 'pending',
    description: 'planning',
    targetUrl: 'https://github.example/run',
  };

  it('are the newest of their context', async () => {
    const { sha } = (await fake.commits.find('main'))!;
    expect(await client().status(sha, status.context)).toBeUndefined();
    await client().createStatus(sha, status);
    await client().createStatus(sha, { ...status, context: 'other', state: 'error' });
    await client().createStatus(sha, { ...status, state: 'success' });
    expect(await client().status(sha, 'Fairlead/dev')).toEqual({ ...status, state: 'success' });
  });

  it('are created again when GitHub does not say whether they were', async () => {
    const { sha } = (await fake.commits.find('main'))!;
    fake.fail({ method: 'POST', kind: '502-after' });
    await client().createStatus(sha, status);
    expect(fake.repository.statuses).toHaveLength(2);
    expect(await client().status(sha, status.context)).toEqual(status);
  });
});

describe('runs', () => {
  it('are those of a workflow and a commit, the newest first, without @ref', async () => {
    const headSha = 'a'.repeat(40);
    const add = fake.repository.addRun.bind(fake.repository);
    const first = add({ workflow: 'plan.yml', headSha, pathSuffix: '@refs/heads/main' });
    const second = add({ workflow: 'plan.yml', headSha, status: 'in_progress', headRepository: 'deleted' });
    add({ workflow: 'plan.yml', headSha: 'b'.repeat(40) });
    add({ workflow: 'apply.yml', headSha });
    const runs = await client().runsOf('plan.yml', headSha);
    expect(runs).toMatchObject([
      { id: second.id, status: 'in_progress', conclusion: undefined, headRepositoryId: undefined },
      {
        id: first.id,
        path: '.github/workflows/plan.yml',
        event: 'pull_request',
        headSha,
        headRepositoryId: 42,
        status: 'completed',
        conclusion: 'success',
      },
    ]);
    expect(await client().runsOf('plan.yml', 'c'.repeat(40))).toEqual([]);
  });

  it('fail when there is no such workflow', async () => {
    await expect(client().runsOf('gone.yml', 'a'.repeat(40))).rejects.toThrow(
      'runsOf(gone.yml): GitHub answers 404',
    );
  });
});

describe('artifacts', () => {
  const zip = Buffer.alloc(5_000, 'zip');
  let runId: number;
  beforeEach(() => {
    runId = fake.repository.addRun({ workflow: 'plan.yml', headSha: 'a'.repeat(40) }).id;
  });

  it('are those of the run', async () => {
    const { id } = fake.repository.addArtifact(runId, 'plan-dev', zip);
    fake.repository.expireArtifact(fake.repository.addArtifact(runId, 'old', zip).id);
    expect(await client().artifacts(runId)).toMatchObject([
      { id, name: 'plan-dev', size: 5_000, isExpired: false },
      { name: 'old', isExpired: true },
    ]);
  });

  it.each([true, false])(
    'are downloaded from elsewhere, without the token (in pieces: %s)',
    async (isChunked) => {
      const { id } = fake.repository.addArtifact(runId, 'plan-dev', zip, { isChunked });
      // That the storage is sent no token is one of the violations.
      expect(Buffer.from(await client().downloadArtifact(id, 5_000)).equals(zip)).toBe(true);
      await expect(client().downloadArtifact(id, 4_999)).rejects.toThrow('the file has more than 4999 bytes');
    },
  );

  it.each(['500', '502-before', 'reset', 'cut'] as const)(
    'are asked for anew when the storage fails: %s',
    async (kind) => {
      const { id } = fake.repository.addArtifact(runId, 'plan-dev', zip);
      fake.fail({ path: /^\/artifacts\//, kind });
      expect(await client().downloadArtifact(id, 5_000)).toHaveLength(5_000);
      expect(fake.requests).toHaveLength(2);
    },
  );

  it('do not tell where they are when they cannot be read', async () => {
    const { id } = fake.repository.addArtifact(runId, 'plan-dev', zip);
    fake.fail({ path: /^\/artifacts\//, kind: 'reset', times: MAX_ATTEMPTS });
    const error = await errorOf(client().downloadArtifact(id, 5_000));
    expect(error.message).toBe(
      `downloadArtifact(${id}): no answer from GitHub (its storage of files cannot be read), after 6 attempts`,
    );
    expect(inspect(error)).not.toContain('signature=');
  });

  it('are Gone when they have expired, or never were', async () => {
    const { id } = fake.repository.addArtifact(runId, 'plan-dev', zip);
    fake.repository.expireArtifact(id);
    await expect(client().downloadArtifact(id, 5_000)).rejects.toThrow(Gone);
    await expect(client().downloadArtifact(1, 5_000)).rejects.toThrow(Gone);
  });
});

describe('issues', () => {
  it('are those with the label, open and closed, without pull requests, the newest first', async () => {
    const { repository } = fake;
    const closed = repository.openIssue('drift of dev', 'a\nb', ['drift']);
    repository.closeIssue(closed.number);
    repository.openIssue('a question');
    await repository.openPullRequest({ labels: ['drift'] });
    const open = repository.openIssue('drift of prod', '', ['drift', 'urgent']);
    expect(await client().issues('drift')).toMatchObject([
      { number: open.number, state: 'open', title: 'drift of prod', author: 'octocat' },
      { number: closed.number, state: 'closed', body: 'a\r\nb', updatedAt: closed.updatedAt },
    ]);
  });

  it('are created, closed and opened again', async () => {
    const { number } = await client().createIssue({ title: 'drift', body: 'is', labels: ['drift'] });
    expect(fake.repository.issue(number)).toMatchObject({ labels: ['drift'], author: 'github-actions[bot]' });
    const closed = await client().updateIssue(number, {
      state: 'closed',
      stateReason: 'completed',
      body: 'was',
    });
    expect(closed).toMatchObject({ state: 'closed', body: 'was', title: 'drift' });
    await client().updateIssue(number, { state: 'open', stateReason: 'reopened', title: 'drift again' });
    expect(fake.repository.issue(number)).toMatchObject({
      state: 'open',
      stateReason: 'reopened',
      title: 'drift again',
    });
  });
});

describe('what can be repeated', () => {
  it.each(['500', '502-before', '502-after', 'reset', 'reset-after', 'cut'] as const)(
    'is, after %s, with waits that double',
    async (kind) => {
      fake.fail({ kind, times: 3 });
      expect(await client().repositoryId()).toBe(42);
      expect(waits).toEqual([500, 1000, 2000]);
    },
  );

  it('spreads its waits', async () => {
    fake.fail({ kind: '500', times: 2 });
    await client({ random: () => 0.5 }).repositoryId();
    expect(waits).toEqual([750, 1500]);
  });

  it('fails in the end, and says what and how often', async () => {
    fake.fail({ kind: '502-before', times: 100 });
    await expect(client().repositoryId()).rejects.toThrow(
      `repositoryId(): GitHub answers 502, after ${MAX_ATTEMPTS} attempts`,
    );
    expect(fake.requests).toHaveLength(MAX_ATTEMPTS);
  });

  it('fails at once when repeating is useless', async () => {
    await expect(client().pullRequest(1)).rejects.toThrow('pullRequest(1): GitHub answers 404 "Not Found"');
    expect(fake.requests).toHaveLength(1);
  });

  it('counts an attempt without an answer as failed', async () => {
    let hangs = 1;
    const slow: Request = (route, parameters) => {
      const { signal } = parameters?.['request'] as { signal: AbortSignal };
      if ((hangs -= 1) < 0) return requestOf(fake.token)(route, parameters);
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    };
    // AbortSignal.timeout holds no process open, and here nothing else does.
    const alive = setInterval(() => {}, 1000);
    const github = restGitHub(slow, REPOSITORY, { requestTimeoutMs: 300, sleep: async () => {} });
    expect(await github.repositoryId()).toBe(42);
    clearInterval(alive);
  });
});

describe('rate limits', () => {
  it('are waited for as long as GitHub asks, reading and creating alike', async () => {
    const { number } = await fake.repository.openPullRequest();
    fake.fail({ kind: 'rate-limit' });
    await client().comments(number);
    fake.fail({ kind: 'rate-limit', method: 'POST' });
    await client().createComment(number, 'one');
    expect(waits).toEqual([60_500, 60_500]);
    expect(fake.repository.comments(number)).toHaveLength(1);
  });

  it('are waited for until they end', async () => {
    fake.fail({ kind: 'primary-rate-limit' });
    await client().repositoryId();
    // 30 s from now, in whole seconds.
    expect(waits[0]).toBeGreaterThan(29_000);
    expect(waits[0]).toBeLessThanOrEqual(31_500);
  });

  it('fail when they take too long', async () => {
    fake.fail({ kind: 'rate-limit', times: 3 });
    await expect(client({ maxTotalWaitMs: 100_000 }).repositoryId()).rejects.toThrow(
      'its rate limit: it asks to wait 60 s, after 2 attempts',
    );
    expect(waits).toEqual([60_500]);
  });

  it('come after many creations in a minute', async () => {
    const limited = await FakeGitHub.start({ repository: { ...REPOSITORY, id: 1 }, creationsPerMinute: 2 });
    try {
      const request = octokitRequest.defaults({
        baseUrl: limited.url,
        headers: { authorization: `token ${limited.token}` },
      });
      const github = restGitHub(request, REPOSITORY, { sleep: async () => {}, maxAttempts: 2 });
      const { number } = await limited.repository.openPullRequest();
      await github.createComment(number, '1');
      await github.createComment(number, '2');
      await expect(github.createComment(number, '3')).rejects.toThrow('secondary rate limit');
      expect(limited.repository.comments(number)).toHaveLength(2);
    } finally {
      await limited.close();
    }
  });
});

describe('a create that may have happened', () => {
  it.each([
    ['500', 0],
    ['502-before', 0],
    ['502-after', 1],
    ['reset', 0],
    ['reset-after', 1],
    ['cut', 1],
  ] as const)('is Uncertain and not repeated: %s', async (kind, created) => {
    const { number } = await fake.repository.openPullRequest();
    fake.fail({ kind, method: 'POST', times: 2 });
    await expect(client().createComment(number, 'one')).rejects.toThrow(Uncertain);
    expect(fake.repository.comments(number)).toHaveLength(created);
    await expect(client().createIssue({ title: 't', body: '', labels: [] })).rejects.toThrow(
      'it may have been created',
    );
    expect(requestsOf('POST')).toBe(2);
  });
});

describe('a token', () => {
  const calls: [string, Permissions, (github: GitHub, number: number) => Promise<unknown>][] = [
    ['pull-requests: read', {}, (github, number) => github.pullRequest(number)],
    ['pull-requests: read', {}, (github) => github.mergedAs('main', new Set(), new Date(0))],
    ['contents: read', {}, (github) => github.compare('main', 'main')],
    ['pull-requests: read or issues: read', {}, (github, number) => github.comments(number)],
    [
      'pull-requests: write or issues: write',
      { 'pull-requests': 'read' },
      (github, number) => github.createComment(number, 'x'),
    ],
    ['statuses: read', {}, (github) => github.status('main', 'x')],
    ['actions: read', {}, (github) => github.runsOf('plan.yml', 'x')],
    ['actions: read', {}, (github) => github.artifacts(1)],
    ['actions: read', {}, (github) => github.downloadArtifact(1, 1)],
    ['issues: read', {}, (github) => github.issues('drift')],
    [
      'issues: write',
      { issues: 'read' },
      (github, number) => github.updateIssue(number, { state: 'closed' }),
    ],
  ];
  it.each(calls)('that lacks %s is told so', async (needed, permissions, call) => {
    const { number } = await fake.repository.openPullRequest();
    const github = client({}, fake.addToken('github-actions[bot]', permissions));
    await expect(call(github, number)).rejects.toThrow(
      `GitHub answers 403 "Resource not accessible by integration": look whether the token has ${needed}`,
    );
    expect(fake.requests).toHaveLength(1);
  });

  it('is in no error', async () => {
    const wrong = 'ghs_wrongwrongwrong';
    const { number } = await fake.repository.openPullRequest();
    const refused = await errorOf(client({}, wrong).repositoryId());
    expect(refused.message).toBe(
      'repositoryId(): GitHub answers 401 "Bad credentials": look whether the token has contents: read',
    );
    fake.fail({ kind: 'reset', times: 2 });
    const unanswered = await errorOf(client({ maxAttempts: 1 }).repositoryId());
    const uncertain = await errorOf(client().createComment(number, 'x'));
    for (const error of [refused, unanswered, uncertain]) {
      const everything = inspect(error, { depth: 10, showHidden: true });
      expect(everything).not.toContain(wrong);
      expect(everything).not.toContain(fake.token);
    }
  });
});

describe('an answer that is not what GitHub documents', () => {
  const answering = (data: unknown): GitHub =>
    restGitHub(async () => ({ status: 200, headers: {}, data }), REPOSITORY, { sleep: async () => {} });

  it('fails with the call and the field', async () => {
    await expect(answering({ id: 'x' }).repositoryId()).rejects.toThrow(
      "repositoryId(): GitHub's answer is not what it documents: id: Invalid input: expected number, received string",
    );
    await expect(answering([{ id: 1, html_url: '', user: { login: 7 } }]).comments(7)).rejects.toThrow(
      "comments(7): GitHub's answer is not what it documents: 0.user.login: ",
    );
  });

  it('fails when it is no JSON', async () => {
    await expect(answering('<html>').repositoryId()).rejects.toThrow(
      'repositoryId(): no answer from GitHub (the answer broke off, or is no JSON), after 6 attempts',
    );
  });

  it('fails when a comparison lacks commits that it announces', async () => {
    const github = answering({ status: 'ahead', total_commits: 2, commits: [] });
    await expect(github.compare('a', 'b')).rejects.toThrow(
      'GitHub announces 2 commits and gives 0: ask again',
    );
  });
});

describe('an aborted signal', () => {
  it('ends waiting, with its reason', async () => {
    const abort = new AbortController();
    fake.fail({ kind: 'rate-limit' });
    const waiting = restGitHub(requestOf(fake.token), REPOSITORY, { signal: abort.signal }).repositoryId();
    setTimeout(() => abort.abort(new Error('SIGTERM')), 200);
    expect(inspect(await errorOf(waiting))).toContain('SIGTERM');
  });

  it('ends a request, with its reason', async () => {
    const abort = new AbortController();
    fake.before({}, () => abort.abort(new Error('SIGTERM')));
    await expect(client({ signal: abort.signal }).repositoryId()).rejects.toThrow('SIGTERM');
  });

  it('asks nothing more', async () => {
    await expect(client({ signal: AbortSignal.abort(new Error('SIGTERM')) }).repositoryId()).rejects.toThrow(
      'SIGTERM',
    );
    expect(fake.requests).toEqual([]);
  });
});
