import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { pinFindings } from '../../workflows-src/cli/doctor-pins';
import { pinsCommand } from '../../workflows-src/cli/pins';
import type { LookupOptions } from '../../workflows-src/pins/lookup';
import { PINS_FILE, type PinData, printPins, readPins, sealed } from '../../workflows-src/pins/pin-file';
import { FakeGitHub } from './fake-github';
import type { FakeRepository } from './repository';

const NOW = new Date('2026-11-20T12:00:00Z');
const OLD = '2026-10-01T10:00:00Z';

let fake: FakeGitHub;
let cwd: string;
let waits: number[];
beforeEach(async () => {
  waits = [];
  fake = await FakeGitHub.start({ repository: { owner: 'o', repo: 'r', id: 42 }, isPublic: true });
  cwd = mkdtempSync(join(tmpdir(), 'fairlead-pins-'));
  mkdirSync(dirname(join(cwd, PINS_FILE)), { recursive: true });
});
afterEach(async () => {
  await fake.close();
  rmSync(cwd, { recursive: true });
  expect(fake.violations).toEqual([]);
});

/** `action.yml` of an action with these inputs and outputs. */
const yml = (inputs: object, outputs: object = {}): string =>
  JSON.stringify({ name: 'x', inputs, outputs, runs: { using: 'node24', main: 'index.js' } });

interface Published {
  readonly version: string;
  readonly on?: string;
  /** Text of `action.yml`; by path, where there are several. */
  readonly files: string | Readonly<Record<string, string>>;
  readonly isAnnotated?: boolean;
  readonly isPrerelease?: boolean;
  readonly hasRelease?: boolean;
}

/** Commits, tags and publishes. @returns the commit */
function publish(repository: FakeRepository, published: Published): string {
  const { version, files, on = OLD, isAnnotated = false, isPrerelease = false } = published;
  const sha = createHash('sha1').update(`${repository.names.repo} ${version} ${on}`).digest('hex');
  const object = isAnnotated ? createHash('sha1').update(`tag ${version}`).digest('hex') : undefined;
  repository.tags.set(version, { name: version, object, commit: sha });
  for (const [path, text] of Object.entries(typeof files === 'string' ? { 'action.yml': files } : files))
    repository.files.set(`${sha}:${path}`, text);
  if (published.hasRelease !== false)
    repository.releases.push({
      id: repository.nextId(),
      tag: version,
      isPrerelease,
      publishedAt: new Date(on),
    });
  return sha;
}

const pin = (version: string, sha: string, rest: Partial<PinData> = {}): PinData =>
  sealed({ version, sha, released: '2026-10-01', inputs: {}, outputs: {}, ...rest });

function given(pins: Record<string, PinData>): void {
  writeFileSync(join(cwd, PINS_FILE), printPins(pins));
}
const written = (): ReturnType<typeof readPins> => readPins(readFileSync(join(cwd, PINS_FILE), 'utf8'));

async function run(
  argv: readonly string[],
  options: { patience?: LookupOptions; env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await pinsCommand(
    argv,
    {
      cwd,
      env: { GITHUB_API_URL: fake.url, ...options.env },
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      ...(options.signal && { signal: options.signal }),
    },
    { sleep: async (ms) => void waits.push(ms), random: () => 0, ...options.patience },
    () => NOW,
  );
  return { code, ...said };
}

const repositoryOf = (owner: string, repo: string): FakeRepository =>
  fake.addRepository({ owner, repo, id: 7 });

describe('npm run pins -- --update', () => {
  it('takes the newest release with its inputs and outputs, and says what changed', async () => {
    const repository = repositoryOf('actions', 'checkout');
    const sha = publish(repository, { version: 'v7.0.1', files: yml({}) });
    const next = publish(repository, {
      version: 'v8.1.0',
      on: '2026-11-02T00:00:00Z',
      isAnnotated: true,
      files: yml(
        {
          path: { default: 'b' },
          key: { required: true },
          lfs: { default: false },
          token: { required: true, default: 't' },
        },
        { ref: {}, commit: { description: 'x' } },
      ),
    });
    publish(repository, { version: 'v8.0.0', files: yml({}) });
    given({
      'actions/checkout': pin('v7.0.1', sha, {
        inputs: { path: { default: 'a' }, ref: {} },
        outputs: { ref: {}, old: {} },
      }),
    });

    const { code, out, err } = await run(['--update']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      'actions/checkout v7.0.1 → v8.1.0, released 2026-11-02',
      '  NEW MAJOR: read what it breaks: https://github.com/actions/checkout/releases/tag/v8.1.0',
      '  new input, REQUIRED: key',
      '  new input: lfs, default false',
      '  new input: token, default "t"',
      '  input GONE: ref',
      '  default of path: "b", was "a"',
      '  new output: commit',
      '  output GONE: old',
      `wrote ${PINS_FILE}: now npm run check:types, and npm run workflows`,
      '',
    ]);
    expect(written()).toEqual({
      'actions/checkout': pin('v8.1.0', next, {
        released: '2026-11-02',
        inputs: {
          path: { default: 'b' },
          key: { required: true },
          lfs: { default: false },
          token: { required: true, default: 't' },
        },
        outputs: { commit: {}, ref: {} },
      }),
    });
    expect((await run(['--update'])).out).toBe('nothing to do: 1 pins are the newest releases\n');
    expect((await run(['--check'])).code).toBe(0);
  });

  it('leaves a release younger than 7 days, one without notes and a preview, unless asked for the young one', async () => {
    const repository = repositoryOf('actions', 'cache');
    const sha = publish(repository, { version: 'v1.0.0', files: yml({}) });
    publish(repository, { version: 'v1.1.0', files: yml({}) });
    publish(repository, { version: 'v1.2.0', on: '2026-11-18T00:00:00Z', files: yml({}) });
    publish(repository, { version: 'v1.3.0', isPrerelease: true, files: yml({}) });
    publish(repository, { version: 'v1.4.0', hasRelease: false, files: yml({}) });
    publish(repository, { version: 'v2', files: yml({}) });
    given({ 'actions/cache': pin('v1.0.0', sha) });

    expect((await run([])).out).toBe(
      'actions/cache  v1.0.0      50 days  v1.1.0 is newer, of 2026-10-01; v1.2.0 of 2026-11-18 is in its cooldown of 7 days\n',
    );
    const { out } = await run(['--update', 'actions/cache']);
    expect(out).toContain('v1.2.0 is 2 days old and waits until 2026-11-25; --no-cooldown takes it now');
    expect(written()['actions/cache']?.version).toBe('v1.1.0');
    expect((await run(['--update', '--no-cooldown'])).err).toContain('releases of today are taken too');
    expect(written()['actions/cache']?.version).toBe('v1.2.0');
  });

  it('reads an action in a folder, and updates all of one repository together', async () => {
    const repository = repositoryOf('github', 'codeql-action');
    const files = { 'init/action.yml': yml({ a: {} }), 'analyze/action.yaml': yml({ b: {} }) };
    const sha = publish(repository, { version: 'v4.0.0', files });
    const next = publish(repository, { version: 'v4.1.0', files });
    publish(repository, { version: 'codeql-bundle-v9.0.0', files });
    given({
      'github/codeql-action/init': pin('v4.0.0', sha),
      'github/codeql-action/analyze': pin('v4.0.0', sha),
    });
    expect((await run(['--update', 'github/codeql-action/init'])).code).toBe(0);
    expect(written()).toEqual({
      'github/codeql-action/init': pin('v4.1.0', next, { inputs: { a: {} } }),
      'github/codeql-action/analyze': pin('v4.1.0', next, { inputs: { b: {} } }),
    });
    expect(fake.requests.filter(({ path }) => path.includes('matching-refs'))).toHaveLength(1);
  });

  it('completes what Renovate leaves: a version and a commit with the inputs of another', async () => {
    const repository = repositoryOf('a', 'b');
    const sha = publish(repository, { version: 'v1.0.0', files: yml({ x: {} }) });
    const next = publish(repository, {
      version: 'v1.1.0',
      on: '2026-11-01T00:00:00Z',
      files: yml({ y: {} }),
    });
    given({ 'a/b': { ...pin('v1.0.0', sha, { inputs: { x: {} } }), version: 'v1.1.0', sha: next } });
    const problem =
      "a/b: its version, commit, inputs and outputs do not belong together (integrity): run 'npm run pins -- --update a/b'\n";
    expect(await run(['--check', '--offline'])).toEqual({ code: 1, out: problem, err: '' });
    expect((await run(['--update', 'a/b'])).out).toContain(
      'a/b v1.1.0: corrected\n  released 2026-11-01, was 2026-10-01\n  new input: y\n  input GONE: x\n',
    );
    expect((await run(['--check', '--offline'])).code).toBe(0);
    expect(written()['a/b']).toEqual(pin('v1.1.0', next, { released: '2026-11-01', inputs: { y: {} } }));
  });

  it('writes nothing when one of the actions cannot be looked up, and leaves no part of a file', async () => {
    const repository = repositoryOf('a', 'b');
    const sha = publish(repository, { version: 'v1.0.0', files: yml({}) });
    publish(repository, { version: 'v1.1.0', files: yml({}) });
    given({ 'a/b': pin('v1.0.0', sha), 'a/gone': pin('v1.0.0', sha) });
    const before = readFileSync(join(cwd, PINS_FILE), 'utf8');
    expect(await run(['--update'])).toEqual({
      code: 1,
      out: '',
      err: 'a/gone: its tags: GitHub does not have it\nnothing was written\n',
    });
    expect(readFileSync(join(cwd, PINS_FILE), 'utf8')).toBe(before);
    expect(readdirSync(dirname(join(cwd, PINS_FILE)))).toEqual(['pins.json']);
  });

  it.each<[string, string, string]>([
    ['no YAML', 'inputs: [', 'a/b v1.1.0, action.yml: is no YAML'],
    ['no action', 'hello', 'a/b v1.1.0, action.yml: it: Invalid input'],
    ['without runs', '{inputs: {}}', 'a/b v1.1.0, action.yml: runs: '],
    ['with a list as default', yml({ a: { default: [] } }), 'a/b v1.1.0, action.yml: inputs.a.default: '],
    ['with a name that is none', yml({ 'a b': {} }), 'a/b v1.1.0, action.yml: inputs.a b: Invalid key'],
  ])('refuses an action.yml that is %s', async (_what, files, message) => {
    const repository = repositoryOf('a', 'b');
    const sha = publish(repository, { version: 'v1.0.0', files: yml({}) });
    publish(repository, { version: 'v1.1.0', files });
    given({ 'a/b': pin('v1.0.0', sha) });
    const { code, err } = await run(['--update']);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(written()['a/b']?.version).toBe('v1.0.0');
  });

  it('refuses a commit without an action', async () => {
    const repository = repositoryOf('a', 'b');
    const sha = publish(repository, { version: 'v1.0.0', files: yml({}) });
    const next = publish(repository, { version: 'v1.1.0', files: {} });
    given({ 'a/b': pin('v1.0.0', sha) });
    expect((await run(['--update'])).err).toContain(
      `a/b: v1.1.0 (${next}) has no action.yml and no action.yaml`,
    );
  });
});

describe('npm run pins -- --check', () => {
  it.each([true, false])('raises the alarm when a tag has moved (annotated: %s)', async (isAnnotated) => {
    const repository = repositoryOf('a', 'b');
    const sha = publish(repository, { version: 'v1.0.0', files: yml({}), isAnnotated });
    given({ 'a/b': pin('v1.0.0', sha) });
    expect(await run(['--check'])).toEqual({ code: 0, out: '1 pins are as they should be\n', err: '' });
    const moved = publish(repository, {
      version: 'v1.0.0',
      on: '2026-11-19T00:00:00Z',
      files: yml({}),
      isAnnotated,
    });
    const { code, out } = await run(['--check']);
    expect(code).toBe(1);
    expect(out).toContain(
      `a/b: ALARM: the tag v1.0.0 stands for ${moved} now, and the pin says ${sha}. A release that moves may be an attack: ` +
        `compare https://github.com/a/b/compare/${sha}...${moved}`,
    );
    // Nor is it taken by an update.
    expect((await run(['--update'])).code).toBe(1);
    expect(written()['a/b']?.sha).toBe(sha);
  });

  it('says a tag that is gone, and inputs, outputs and days that are wrong', async () => {
    const repository = repositoryOf('a', 'b');
    const sha = publish(repository, { version: 'v1.0.0', files: yml({ x: { default: '1' } }, { o: {} }) });
    given({
      'a/b': pin('v1.0.0', sha, { released: '2026-09-01', inputs: { y: {} } }),
      'a/c': pin('v2.0.0', sha),
    });
    publish(repositoryOf('a', 'c'), { version: 'v1.0.0', files: yml({}) });
    expect((await run(['--check'])).out.split('\n')).toEqual([
      `a/b: is not what its action.yml says at ${sha}: new input: x, default "1"; input GONE: y; new output: o; released ` +
        "2026-10-01, and the pin says 2026-09-01: run 'npm run pins -- --update a/b'",
      'a/c: a/c has no tag v2.0.0 any more: find out why before you run it again',
      '',
    ]);
  });
});

describe('a GitHub that fails', () => {
  let sha: string;
  beforeEach(() => {
    const repository = repositoryOf('a', 'b');
    sha = publish(repository, { version: 'v1.0.0', isAnnotated: true, files: yml({}) });
    given({ 'a/b': pin('v1.0.0', sha) });
  });

  it.each(['500', '502-before', 'reset', 'cut', 'rate-limit', 'primary-rate-limit'] as const)(
    'is asked again after %s',
    async (kind) => {
      fake.fail({ kind, path: /git|contents|releases/, times: 2 });
      expect((await run(['--check'])).code).toBe(0);
      expect(waits).toHaveLength(2);
    },
  );

  it('that says nothing in time is asked again, and then said to be silent', async () => {
    fake.before({ path: /matching-refs/, times: 9 }, () => {
      const end = Date.now() + 60;
      while (Date.now() < end);
    });
    const { code, out } = await run(['--check'], { patience: { requestTimeoutMs: 20, maxAttempts: 2 } });
    expect(code).toBe(1);
    expect(out).toMatch(/^a\/b: its tags: no answer from GitHub \(/);
  });

  it('for good is said, by the list too, which still says the ages', async () => {
    fake.fail({ kind: 'rate-limit', times: 100 });
    expect(await run([])).toEqual({
      code: 1,
      out: 'a/b  v1.0.0      50 days  what is newer is not known\n',
      err: expect.stringMatching(
        /^a\/b: its tags: GitHub answers 403 .*its rate limit: it asks to wait 60 s; with a token in GITHUB_TOKEN it is larger\n$/,
      ),
    });
  });

  it('takes a token, and refuses a wrong one', async () => {
    expect((await run(['--check'], { env: { GITHUB_TOKEN: fake.token } })).code).toBe(0);
    const { code, out } = await run(['--check'], { env: { GITHUB_TOKEN: 'wrong' } });
    expect([code, out]).toEqual([1, 'a/b: its tags: GitHub answers 401 "Bad credentials"\n']);
    await expect(run([], { env: { GITHUB_API_URL: 'nowhere' } })).rejects.toThrow(
      "GITHUB_API_URL: got 'nowhere'; valid: an address such as https://api.github.com",
    );
  });

  it('is left alone once the command is interrupted', async () => {
    await expect(run(['--update'], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
    expect(fake.requests).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['an unknown pin', ['--update', 'a/x'], 'there is no pin of a/x; there are a/b'],
    ['names without --update', ['a/b'], 'names are for --update, got a/b'],
    ['--update and --check', ['--update', '--check'], 'one at a time'],
    ['--no-cooldown alone', ['--no-cooldown'], '--no-cooldown is for --update'],
    ['--offline alone', ['--offline'], '--offline is for --check'],
  ])('is not asked when called with %s', async (_what, argv, message) => {
    await expect(run(argv)).rejects.toThrow(message);
    expect(fake.requests).toEqual([]);
  });
});

describe('an API that is not as GitHub documents it', () => {
  const SHA = 'a'.repeat(40);
  const ref = (object: object): object[] => [{ ref: 'refs/tags/v1.0.0', object }];
  const file = (content: object): object => ({
    type: 'file',
    encoding: 'base64',
    size: 1,
    content: '',
    ...content,
  });
  const sound: Record<string, unknown> = {
    'matching-refs': ref({ type: 'commit', sha: SHA }),
    releases: { draft: false, prerelease: false, published_at: OLD },
    contents: file({ content: Buffer.from(yml({})).toString('base64') }),
  };

  it.each<[string, Record<string, unknown>, string]>([
    [
      'a commit',
      { 'matching-refs': ref({ type: 'commit', sha: 'main' }) },
      "its tags: GitHub's answer is not what it documents: 0.object.sha: is no commit",
    ],
    [
      'a ref',
      { 'matching-refs': [{ ref: 'v1', object: { type: 'commit', sha: SHA } }] },
      "its tags: GitHub's answer is not what it documents: 0.ref: ",
    ],
    [
      'a list',
      { 'matching-refs': { message: 'hello' } },
      "its tags: GitHub's answer is not what it documents: it: ",
    ],
    [
      'a tree',
      { 'matching-refs': ref({ type: 'tree', sha: SHA }) },
      'its tag v1.0.0: stands for a tree, and not for a commit',
    ],
    [
      'a date',
      { releases: { draft: false, prerelease: false, published_at: 'today' } },
      "its release v1.0.0: GitHub's answer is not what it documents: published_at: ",
    ],
    ['a folder', { contents: [] }, `action.yml at ${SHA}: GitHub's answer is not what it documents: it: `],
    [
      'base64',
      { contents: file({ content: '<html>' }) },
      `action.yml at ${SHA}: GitHub's answer is not what it documents: content: is no base64`,
    ],
    [
      'a size',
      { contents: file({ size: 9_000_000 }) },
      `action.yml at ${SHA}: has 9000000 bytes; valid: up to 262144`,
    ],
    ['JSON', { contents: '<html>hello</html>' }, 'the answer broke off, or is no JSON'],
  ])('is refused by its place: %s', async (_what, wrong, message) => {
    const answers = { ...sound, ...wrong };
    const server = createServer((request, response) => {
      const kind = Object.keys(answers).find((name) => request.url?.includes(`/${name}/`)) ?? '';
      const answer = answers[kind];
      response.setHeader('content-type', 'application/json');
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    given({ 'a/b': pin('v1.0.0', SHA) });
    const env = { GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const { code, out } = await run(['--check'], { env });
    server.closeAllConnections();
    server.close();
    expect(out).toContain(message);
    expect(code).toBe(1);
  });
});

describe('npm run doctor', () => {
  const findings = (env: NodeJS.ProcessEnv = {}): ReturnType<typeof pinFindings> =>
    pinFindings(
      { cwd, env: { GITHUB_API_URL: fake.url, ...env }, out: () => undefined, err: () => undefined },
      NOW,
    );

  it('says the oldest pin, and those that are behind a major with the command that mends it', async () => {
    const repository = repositoryOf('a', 'b');
    const sha = publish(repository, { version: 'v1.9.0', files: yml({}) });
    publish(repository, { version: 'v10.0.0', files: yml({}) });
    publish(repository, { version: 'v1.10.0', files: yml({}) });
    publish(repositoryOf('a', 'c'), { version: 'v1.1.0', files: yml({}) });
    given({
      'a/b': pin('v1.9.0', sha),
      'a/c': pin('v1.0.0', sha, { released: '2025-10-01' }),
    });
    expect(await findings()).toEqual([
      {
        what: 'pins',
        said: '2 pins, the oldest is a/c v1.0.0, 415 days old',
        remedy: 'npm run pins says whether there is a newer one',
      },
      {
        what: 'majors of pins',
        said: 'a/b v1.9.0 is behind v10.0.0',
        remedy: 'npm run pins -- --update a/b',
      },
    ]);
  });

  it('says the ages without a network, at once, and a pin that was changed by half', async () => {
    given({ 'a/b': { ...pin('v1.0.0', 'a'.repeat(40)), version: 'v1.1.0' } });
    expect(await findings({ GITHUB_API_URL: 'http://127.0.0.1:1' })).toEqual([
      expect.objectContaining({ said: expect.stringContaining('a/b: its version, commit') }),
      { what: 'pins', said: '1 pins, the oldest is a/b v1.1.0, 50 days old' },
      {
        what: 'majors of pins',
        said: expect.stringContaining('not known: a/b: its tags: no answer from GitHub'),
      },
    ]);
    rmSync(join(cwd, PINS_FILE));
    expect(await findings()).toEqual([]);
  });
});
