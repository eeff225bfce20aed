import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from '../../workflows-src/terraform/process';
import { Description } from './description';
import { FakeGitHub, type FakeGitHubOptions } from './fake-github';

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

const open: FakeGitHub[] = [];
const start = async (options: Partial<FakeGitHubOptions> = {}): Promise<FakeGitHub> => {
  const fake = await FakeGitHub.start({ repository: { owner: 'o', repo: 'r', id: 42 }, ...options });
  open.push(fake);
  return fake;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((fake) => fake.close()));
});

const ask = async (
  fake: FakeGitHub,
  method: string,
  path: string,
  body?: unknown,
  token: string | undefined = fake.token,
): Promise<Answered> => {
  const response = await fetch(`${fake.url}${path}`, {
    method,
    redirect: 'manual',
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
};
const HERE = '/repos/o/r';

describe('the fake refuses', () => {
  it.each([
    ['no token', '', 'Requires authentication'],
    ['an unknown token', 'ghs_x', 'Bad credentials'],
  ])('%s', async (_what, token, message) => {
    const fake = await start();
    expect(await ask(fake, 'GET', HERE, undefined, token)).toMatchObject({ status: 401, body: { message } });
  });

  it('another repository, and ids that do not exist', async () => {
    const fake = await start();
    const paths = ['/repos/o/other', '/repos/other/r', `${HERE}/pulls/9`, `${HERE}/issues/9/comments`];
    paths.push(
      `${HERE}/actions/runs/9/artifacts`,
      `${HERE}/actions/artifacts/9/zip`,
      `${HERE}/commits/x/status`,
    );
    for (const path of paths) expect([path, (await ask(fake, 'GET', path)).status]).toEqual([path, 404]);
    expect((await ask(fake, 'PATCH', `${HERE}/issues/comments/9`, { body: 'x' })).status).toBe(404);
    expect(fake.violations).toEqual([]);
  });

  it('what the token may not do, and says what it would need', async () => {
    const fake = await start();
    const { number } = await fake.repository.openPullRequest();
    const token = fake.addToken('octo-app[bot]', { issues: 'read', 'pull-requests': 'read' });
    const path = `${HERE}/issues/${number}/comments`;
    expect((await ask(fake, 'GET', path, undefined, token)).status).toBe(200);
    const refused = await ask(fake, 'POST', path, { body: 'x' }, token);
    expect(refused).toMatchObject({
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    });
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('issues=write; pull_requests=write');
    const writer = fake.addToken('octo-app[bot]', { 'pull-requests': 'write' });
    expect((await ask(fake, 'POST', path, { body: 'x' }, writer)).body.user.login).toBe('octo-app[bot]');
  });

  it('a body of more than 65,536 characters or of blanks, and takes 65,536', async () => {
    const fake = await start();
    const { number } = await fake.repository.openPullRequest();
    const path = `${HERE}/issues/${number}/comments`;
    expect((await ask(fake, 'POST', path, { body: 'x'.repeat(65_536) })).status).toBe(201);
    const { status, body } = await ask(fake, 'POST', path, { body: 'x'.repeat(65_537) });
    expect([status, body.errors[0].message]).toEqual([422, 'body is too long (maximum is 65536 characters)']);
    expect((await ask(fake, 'POST', path, { body: ' \n' })).status).toBe(422);
    expect((await ask(fake, 'POST', `${HERE}/issues`, { title: '', body: 'x' })).status).toBe(422);
    const { id } = fake.repository.comments(number)[0]!;
    expect(
      (await ask(fake, 'PATCH', `${HERE}/issues/comments/${id}`, { body: 'x'.repeat(65_537) })).status,
    ).toBe(422);
    expect(fake.writes()).toHaveLength(1);
    expect(fake.violations).toEqual([]);
  });

  it('a status of a commit that does not exist, or with too much to say', async () => {
    const fake = await start();
    const { sha } = (await fake.commits.find('main'))!;
    const status = { state: 'success', context: 'c', description: 'x'.repeat(140) };
    expect((await ask(fake, 'POST', `${HERE}/statuses/${sha}`, status)).status).toBe(201);
    for (const [commit, change] of [
      ['f'.repeat(40), {}],
      [sha, { description: 'x'.repeat(141) }],
      [sha, { target_url: 'javascript:alert(1)' }],
    ] as const)
      expect((await ask(fake, 'POST', `${HERE}/statuses/${commit}`, { ...status, ...change })).status).toBe(
        422,
      );
    expect(fake.violations).toEqual([]);
  });

  it('too many creations in a minute, and takes more in the next', async () => {
    let now = Date.UTC(2026, 0, 1);
    const fake = await start({ clock: () => new Date(now), retryAfterSeconds: 7 });
    const create = (): Promise<Answered> => ask(fake, 'POST', `${HERE}/issues`, { title: 't' });
    const statuses = [];
    for (let index = 0; index < 81; index += 1) statuses.push(await create());
    expect(statuses.filter(({ status }) => status === 201)).toHaveLength(80);
    expect(statuses[80]?.status).toBe(403);
    expect(statuses[80]?.headers.get('retry-after')).toBe('7');
    now += 60_000;
    expect((await create()).status).toBe(201);
  });
});

describe('a request that is not as GitHub describes it', () => {
  it.each([
    ['a field that is missing', 'POST', '/issues/1/comments', {}, "must have required property 'body'"],
    ['a field of another type', 'POST', '/issues/1/comments', { body: 7 }, 'body/body: must be string'],
    ['a field that GitHub does not know', 'POST', '/issues', { title: 't', label: 'x' }, 'body/label'],
    ['a value that is not one of those', 'POST', '/statuses/a', { state: 'ok' }, 'must be equal to one of'],
    ['a value in the query', 'GET', '/pulls?state=merged', undefined, 'query/state'],
    ['a parameter that GitHub does not know', 'GET', '/pulls?since=2026', undefined, 'additional properties'],
    ['a number that is none', 'GET', '/pulls/x', undefined, 'path/pull_number: must be integer'],
    ['no body', 'POST', '/issues', undefined, 'body: there is none'],
    ['a body that is no JSON', 'POST', '/issues', '{', 'the body is not JSON'],
    ['a call that is not in the extract', 'GET', '/branches', undefined, 'no such operation'],
    ['a parameter that the fake would ignore', 'GET', '/pulls?head=o:x', undefined, 'does not respect head'],
  ])('is refused and noted: %s', async (_what, method, path, body, problem) => {
    const fake = await start();
    await fake.repository.openPullRequest();
    expect((await ask(fake, method, HERE + path, body)).status).toBeGreaterThanOrEqual(400);
    expect(fake.violations.join()).toContain(problem);
    expect(fake.writes()).toEqual([]);
  });

  it('is noted when the storage of artifacts is sent the token', async () => {
    const fake = await start();
    const { id: run } = fake.repository.addRun({ workflow: 'plan.yml', headSha: 'a' });
    const { id } = fake.repository.addArtifact(run, 'plan', Buffer.from('zip'));
    const { status, headers } = await ask(fake, 'GET', `${HERE}/actions/artifacts/${id}/zip`);
    expect(status).toBe(302);
    const address = headers.get('location') as string;
    expect(new URL(address).port).not.toBe(new URL(fake.url).port);
    expect((await fetch(address, { headers: { authorization: 'Bearer x' } })).status).toBe(403);
    expect(fake.violations).toEqual([`GET /artifacts/${id}: the storage was sent a token`]);
    expect(await (await fetch(address)).text()).toBe('zip');
    expect((await fetch(address.replace(/=.*/, '=other'))).status).toBe(403);
  });
});

describe('an answer that is not as GitHub describes it', () => {
  it('is answered 500 and noted', async () => {
    const fake = await start();
    const { number } = await fake.repository.openPullRequest();
    Object.assign(fake.repository.pullRequest(number), { title: 7, state: 'merged' });
    expect((await ask(fake, 'GET', `${HERE}/pulls/${number}`)).status).toBe(500);
    expect(fake.violations.join()).toContain('/state: must be equal to one of the allowed values');
  });

  it('has every field that is required, and nothing where there may be nothing', async () => {
    const fake = await start();
    const { number } = await fake.repository.openPullRequest();
    const { body } = await ask(fake, 'GET', `${HERE}/pulls/${number}`);
    expect(body).toMatchObject({
      milestone: null,
      mergeable: null,
      commits: 0,
      _links: { self: { href: '' } },
    });
  });

  it('may have no repository where a fork was deleted: the one thing in which GitHub differs from its description', () => {
    const description = new Description();
    for (const path of [`${HERE}/pulls/1`, `${HERE}/actions/workflows/plan.yml/runs`]) {
      const { operation } = description.match('GET', path)!;
      const runs = { total_count: 1, workflow_runs: [{ head_repository: null }] };
      const body = path.endsWith('runs') ? runs : { head: { repo: null }, state: 'open' };
      expect(description.answerProblems(operation, 200, description.complete(operation, 200, body))).toEqual(
        [],
      );
      expect(description.answerProblems(operation, 200, {})).not.toEqual([]);
      expect(description.answerProblems(operation, 204, undefined)).toHaveLength(1);
    }
  });
});

describe('lists', () => {
  it('come in pages of 30, with links to the others', async () => {
    const fake = await start();
    const { number } = await fake.repository.openPullRequest();
    for (let index = 0; index < 61; index += 1) fake.repository.comment(number, `${index}`);
    const path = `${HERE}/issues/${number}/comments`;
    const first = await ask(fake, 'GET', path);
    expect(first.body).toHaveLength(30);
    expect(first.headers.get('link')).toBe(
      `<${fake.url}${path}?page=2>; rel="next", <${fake.url}${path}?page=3>; rel="last"`,
    );
    const last = await ask(fake, 'GET', `${path}?page=3`);
    expect(last.body.map(({ body }: { body: string }) => body)).toEqual(['60']);
    expect(last.headers.get('link')).toContain('page=2>; rel="prev"');
    expect((await ask(fake, 'GET', `${path}?per_page=1000`)).body).toHaveLength(61);
  });
});

describe('the log', () => {
  it('has all requests, and those that changed something', async () => {
    const fake = await start();
    fake.fail({ method: 'POST', kind: '502-after' });
    fake.fail({ method: 'POST', path: /issues$/, kind: 'reset' });
    await ask(fake, 'POST', `${HERE}/issues`, { title: 't' });
    await ask(fake, 'POST', `${HERE}/issues`, { title: 't' }).catch(() => {});
    await ask(fake, 'GET', `${HERE}/issues?state=all`);
    expect(fake.requests).toEqual([
      { method: 'POST', path: `${HERE}/issues`, status: 502, fault: '502-after', changed: true },
      { method: 'POST', path: `${HERE}/issues`, status: 0, fault: 'reset', changed: false },
      { method: 'GET', path: `${HERE}/issues?state=all`, status: 200, fault: undefined, changed: false },
    ]);
    expect(fake.writes()).toHaveLength(1);
    expect(fake.repository.issues).toHaveLength(1);
  });

  it('has the same faults for the same seed', async () => {
    const faultsOf = async (seed: number): Promise<unknown[]> => {
      const fake = await start();
      fake.failByChance({ seed, probability: 0.5, kinds: ['500', '502-after', 'rate-limit'] });
      for (let index = 0; index < 20; index += 1) await ask(fake, 'GET', HERE);
      return fake.requests.map(({ fault }) => fault);
    };
    const faults = await faultsOf(7);
    expect(await faultsOf(7)).toEqual(faults);
    expect(await faultsOf(8)).not.toEqual(faults);
    expect(new Set(faults).size).toBe(4);
  });
});

describe("a git repository's history", () => {
  it('is compared by git, and its commits are merged there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-history-'));
    try {
      const git = async (...args: string[]): Promise<string> => {
        const identity = [
          '-c',
          'user.name=o',
          '-c',
          'user.email=o@github.example',
          '-c',
          'commit.gpgsign=false',
        ];
        const { code, stdout, stderr } = await run('git', ['-C', folder, ...identity, ...args]);
        if (code !== 0) throw new Error(stderr);
        return stdout.toString('utf8').trim();
      };
      const commit = async (message: string): Promise<string> => {
        await git('commit', '--quiet', '--allow-empty', '--message', message);
        return git('rev-parse', 'HEAD');
      };
      await git('init', '--quiet', '--initial-branch=main');
      const base = await commit('base');
      const second = await commit('second');
      await git('checkout', '--quiet', '-b', 'feature/x', base);
      const other = await commit('other');
      await git('checkout', '--quiet', '--orphan', 'elsewhere');
      await commit('elsewhere');

      const fake = await start({ git: folder });
      const compare = async (basehead: string): Promise<Answered> =>
        ask(fake, 'GET', `${HERE}/compare/${encodeURIComponent(basehead)}`);
      expect((await compare(`${base}...main`)).body).toMatchObject({
        status: 'ahead',
        commits: [{ sha: second, commit: { message: 'second' } }],
      });
      expect((await compare('main...feature/x')).body).toMatchObject({
        status: 'diverged',
        ahead_by: 1,
        behind_by: 1,
        merge_base_commit: { sha: base },
        commits: [{ sha: other }],
      });
      expect((await compare('main...nowhere')).status).toBe(404);
      expect((await compare('main...elsewhere')).body.message).toContain('No common ancestor');
      const { number } = await fake.repository.openPullRequest({ headSha: other, headBranch: 'feature/x' });
      await expect(fake.repository.merge(number)).rejects.toThrow('say which commit it is');
      expect(await fake.repository.merge(number, second)).toBe(second);
      expect(fake.violations).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("what stands in for the runner's own services", () => {
  it('takes and gives the artifacts of a run', async () => {
    const fake = await start();
    const { id: run1 } = fake.repository.addRun({ workflow: 'plan.yml', headSha: 'a' });
    const upload = (name: string, zip: string): Promise<Answered> =>
      ask(fake, 'PUT', `/_fake/runs/${run1}/artifacts/${name}`, zip, '');
    const { body } = await upload('plan-dev', 'dev');
    await upload('plan-prod', 'prod');
    await upload('other', 'x');
    expect((await upload('plan-dev', 'again')).status).toBe(409);
    const list = await ask(fake, 'GET', `/_fake/runs/${run1}/artifacts?pattern=plan-*`, undefined, '');
    expect(list.body).toMatchObject([
      { id: body.id, name: 'plan-dev', size: 3 },
      { name: 'plan-prod', size: 4 },
    ]);
    expect((await ask(fake, 'GET', `/_fake/artifacts/${body.id}`, undefined, '')).body).toBe('dev');
    expect((await ask(fake, 'GET', `/_fake/artifacts/1`, undefined, '')).status).toBe(404);
    const seen = await ask(fake, 'GET', `${HERE}/actions/runs/${run1}/artifacts`);
    expect(seen.body.total_count).toBe(3);
    expect(fake.writes()).toEqual([]);
  });

  it('gives tokens of identity and counts them', async () => {
    const fake = await start();
    const { body } = await ask(fake, 'GET', '/_fake/oidc?audience=sts.amazonaws.com', undefined, '');
    const [header, claims, signature] = body.value.split('.');
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(read(claims)).toMatchObject({ aud: 'sts.amazonaws.com', sub: 'repo:o/r:ref:refs/heads/main' });
    expect(signature).not.toBe('');
    expect(fake.oidcRequests).toBe(1);
  });
});
