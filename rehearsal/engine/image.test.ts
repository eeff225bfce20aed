import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

import service from '../../services/api/service';
import { config } from '../../stacks/config';
import { main } from '../../workflows-src/cli/main';
import { buildImage, type BuiltImage } from '../../workflows-src/image/build';
import { ask, call, type Engine } from '../../workflows-src/image/engine';
import { pushImage } from '../../workflows-src/image/push';
import { type ContainerDescriptor, smokeTest } from '../../workflows-src/image/smoke-test';
import { findPostgres, Postgres } from '../postgres';
import { prepareEngine } from './prepare';
import { Registry } from './registry';

const ROOT = join(__dirname, '../..');
const SOURCE = `https://github.com/${config.github.owner}/${config.github.repository}`;
/** Minutes, when base images are made. */
const LONG = 600_000;
/** It leaves at once: what a drain is for is the service's own business. */
const descriptor: ContainerDescriptor = {
  ...service,
  environment: { ...service.environment, DRAIN_SECONDS: '0' },
};

let engine: Engine | undefined;
let registry: Registry | undefined;
let image: BuiltImage | undefined;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-image-'));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const prepared = await prepareEngine({ env: process.env, root: ROOT, services: ['api'], say });
  if ('engine' in prepared) {
    engine = prepared.engine;
    registry = await Registry.start(engine);
    // Of the same files, and of another commit: what is built next must have nothing of it but the files.
    await build(engine, 'localhost/fairlead/test:other', true, anotherCommit(join(folder, 'other')));
    image = await build(engine, 'localhost/fairlead/test:built');
  } else if (process.env.CI) throw new Error(prepared.missing);
  else say(`\nTESTS OF THE IMAGE ARE NOT RUN: ${prepared.missing}\n`);
}, LONG);

afterAll(async () => {
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A test that is given engine and registry, and is nothing where there are none: that has been said. */
function withEngine(name: string, body: (engine: Engine, registry: Registry) => Promise<void>): void {
  test(
    name,
    async () => {
      if (engine && registry) await body(engine, registry);
    },
    LONG,
  );
}

const build = (on: Engine, tag: string, cache = true, root = ROOT): Promise<BuiltImage> =>
  buildImage(on, {
    root,
    service: 'api',
    platform: 'host',
    tag,
    source: SOURCE,
    cache,
  });

function built(): BuiltImage {
  if (!image) throw new Error('the image was not built');
  return image;
}

/** @returns a checkout with the same files as ours, all of a commit of a day of its own */
function anotherCommit(checkout: string): string {
  const git = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync('git', args, {
      encoding: 'utf8',
      env: { ...process.env, GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z' },
    });
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  };
  git('clone', '--quiet', '--depth=1', `file://${ROOT}`, checkout);
  const own = ['-C', checkout, '-c', 'user.name=nobody', '-c', 'user.email=nobody@example.com'];
  git(...own, 'commit', '--quiet', '--amend', '--no-edit');
  return checkout;
}

/** Of what each layer unpacks to. */
async function layers(on: Engine, id: string): Promise<readonly string[]> {
  const said = await ask(on, ['image', 'inspect', id], 'inspect');
  const [inspected] = JSON.parse(said.toString('utf8')) as [Inspected];
  return inspected.RootFS.Layers;
}

const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

interface Inspected {
  readonly Created: string;
  readonly RootFS: { readonly Layers: readonly string[] };
  readonly Config: {
    readonly User: string;
    readonly Cmd: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
}

describe('the image of the service', () => {
  withEngine(
    'has the same digest when it is built again from nothing, and is one manifest of that digest',
    async (on, { host }) => {
      const first = await build(on, `${host}/shop/api:first`);
      const second = await build(on, `${host}/shop/api:second`, false);
      const pushed = await pushImage(on, first.reference, { id: first.id });
      const again = await pushImage(on, second.reference, { id: second.id });
      // What differs first, should it differ: the files of a layer, how they were packed, or what is said about them.
      expect(await layers(on, second.id)).toEqual(await layers(on, first.id));
      expect(JSON.parse(again.manifest)).toEqual(JSON.parse(pushed.manifest));
      expect(again).toEqual(pushed);
      const answer = await fetch(`http://${host}/v2/shop/api/manifests/${pushed.digest}`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      });
      expect(digest(await answer.text())).toBe(pushed.digest);
      expect(pushed.digest).toBe(digest(pushed.manifest));
    },
  );

  withEngine('says its commit, whose time is its own, and is nobody’s', async (on) => {
    const { id, inputs } = built();
    const said = await ask(on, ['image', 'inspect', id], 'inspect');
    const [inspected] = JSON.parse(said.toString('utf8')) as [Inspected];
    const { Created: created, Config: own } = inspected;
    expect(Date.parse(created)).toBe(inputs.epoch * 1000);
    expect(own.User).toBe('10001:10001');
    expect(own.Cmd).toEqual(['node', 'dist/server.js']);
    expect(own.Labels).toMatchObject({
      'org.opencontainers.image.revision': `${inputs.commit}${inputs.dirty ? '-dirty' : ''}`,
      'org.opencontainers.image.source': SOURCE,
    });
  });

  withEngine('is alive without a database and says that it is not ready', async (on) => {
    const { id } = built();
    const { readySeconds, stopSeconds } = await smokeTest(on, id, descriptor);
    expect(readySeconds).toBeLessThan(30);
    expect(stopSeconds).toBeLessThan(service.stopSeconds);
  });

  withEngine('migrates a PostgreSQL, and is ready with it', async (on) => {
    const programs = findPostgres(process.env);
    if (programs === undefined) {
      if (process.env.CI) throw new Error('CI needs PostgreSQL');
      process.stderr.write('\nTHE IMAGE IS NOT TRIED WITH A DATABASE: no PostgreSQL is installed\n');
      return;
    }
    const postgres = await Postgres.start(programs);
    try {
      const { id } = built();
      await smokeTest(on, id, descriptor, { databaseUrl: postgres.url('postgres') });
    } finally {
      await postgres.stop();
    }
  });

  withEngine('has the packages that the lock file has for production, and no others', async (on) => {
    const { id } = built();
    const file = join(folder, 'sbom.json');
    expect(
      (
        await command(
          ['image', 'api', '--platform', 'host', '--tag', 'localhost/fairlead/test:sbom', '--sbom', file],
          on,
        )
      ).code,
    ).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const { components, metadata } = JSON.parse(text) as {
      components: { purl: string; name: string; version: string }[];
      metadata: { component: { version: string } };
    };
    expect(metadata.component.version).toBe(id);
    const npm = components.flatMap(({ purl, name, version }) =>
      purl.startsWith('pkg:npm/') ? [`${name}@${version}`] : [],
    );
    expect(npm.sort()).toEqual(productionPackages());
    expect(components.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['libc6', 'libstdc++6', 'node']),
    );
  });
});

/** What npm says, from the lock file, that the service needs to run. */
function productionPackages(): string[] {
  const args = [
    'ls',
    '--workspace=services/api',
    '--omit=dev',
    '--all',
    '--parseable',
    '--long',
    '--package-lock-only',
  ];
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  const packages = stdout
    .split('\n')
    .map((line) => line.split(':')[1] ?? '')
    .filter((one) => one !== '' && !one.startsWith('@fairlead/') && !one.startsWith('fairlead@'));
  return [...new Set(packages)].sort();
}

/** Servers that ECS could not run, each in an image on the same base, and what is said of it. */
const SERVER = `const http = require('node:http'), fs = require('node:fs');
const server = http.createServer((request, response) => { response.statusCode = request.url === '/readyz' ? 503 : 200; response.end(); });
process.on('SIGTERM', () => process.exit(0));
server.listen(Number(process.env.PORT), process.env.HOST);
`;

describe('an image fails the smoke test', () => {
  const withServer = async (on: Engine, source: string, lines = ''): Promise<string> => {
    const context = mkdtempSync(join(folder, 'context-'));
    writeFileSync(join(context, 'server.js'), source);
    writeFileSync(
      join(context, 'Dockerfile'),
      `FROM ${built().reference}\nCOPY server.js dist/server.js\n${lines}\n`,
    );
    const tag = `localhost/fairlead/test:${createHash('sha256')
      .update(source + lines)
      .digest('hex')
      .slice(0, 8)}`;
    await ask(
      on,
      ['build', ...(on.name === 'docker' ? ['--load'] : ['--pull=never']), `--tag=${tag}`, context],
      'build',
    );
    return tag;
  };
  const quick: ContainerDescriptor = { ...descriptor, stopSeconds: 3 };

  withEngine('not when it does what it should', async (on) => {
    await smokeTest(on, await withServer(on, SERVER), quick);
  });

  const cases: readonly [string, string, string, RegExp][] = [
    [
      'when it ends by itself',
      'throw new Error("no configuration");',
      '',
      /ended by itself, exit 1[\s\S]*no configuration/,
    ],
    [
      'when it is ready without what it needs',
      SERVER.replace('503', '200'),
      '',
      /\/readyz: must answer 503 while no database is reachable, got 200/,
    ],
    [
      'when only its own loopback reaches it',
      SERVER.replace('process.env.HOST', "'127.0.0.1'"),
      '',
      /must listen on every address/,
    ],
    [
      'when it does not heed SIGTERM',
      SERVER.replace('process.exit(0)', 'undefined'),
      '',
      /SIGTERM: must end within 3 s, and it still runs/,
    ],
    [
      'when it ends badly',
      SERVER.replace('exit(0)', 'exit(7)'),
      '',
      /SIGTERM: must end with exit 0, got exit 7/,
    ],
    [
      'when it writes beside /tmp',
      `${SERVER}fs.writeFile('/app/cache', '', (error) => console.error(String(error)));`,
      '',
      /tries to write to its read-only root/,
    ],
    [
      'when its own user is root',
      SERVER,
      'USER 0',
      /USER: must be a number other than 0, such as 10001:10001, got '0'/,
    ],
  ];
  for (const [name, source, lines, message] of cases) {
    withEngine(name, async (on) => {
      await expect(smokeTest(on, await withServer(on, source, lines), quick)).rejects.toThrow(message);
      expect(await containers(on)).toEqual([]);
    });
  }
});

describe('npm run image', () => {
  withEngine('builds, tests, pushes, and tells GitHub the digest', async (on, { host }) => {
    const output = join(folder, 'output');
    writeFileSync(output, 'before=1\n');
    const tag = `${host}/shop/api:cli`;
    const { code, out, err } = await command(
      ['image', 'api', '--platform=host', '--tag', tag, '--push', '--github-output', output],
      on,
    );
    if (/changes that no commit has/.test(err)) {
      expect(code).toBe(1);
      return;
    }
    expect({ code, err }).toMatchObject({ code: 0 });
    const [, said = ''] = /^\S+@(sha256:[0-9a-f]{64})\n$/.exec(out) ?? [];
    const answer = await fetch(`http://${host}/v2/shop/api/manifests/cli`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    expect(digest(await answer.text())).toBe(said);
    expect(readFileSync(output, 'utf8')).toBe(`before=1\ndigest=${said}\n`);
  });

  withEngine('never pushes what failed its test', async (on, { host }) => {
    const options = `${on.env.FAIRLEAD_BUILD_OPTIONS ?? ''}\n--target=files`;
    const broken = { ...on, env: { ...on.env, FAIRLEAD_BUILD_OPTIONS: options } };
    const { code, err } = await command(
      ['image', 'api', '--platform=host', '--tag', `${host}/shop/broken:1`, '--push'],
      broken,
    );
    if (/changes that no commit has/.test(err)) return;
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringContaining('USER: must be a number other than 0'),
    });
    expect((await fetch(`http://${host}/v2/shop/broken/tags/list`)).status).toBe(404);
  });

  withEngine('leaves no container behind when it is interrupted, and ends with 130', async (on) => {
    const args = [
      '-r',
      'tsx/cjs',
      'workflows-src/cli/main.ts',
      'image',
      'api',
      '--platform=host',
      '--tag=localhost/fairlead/test:interrupted',
    ];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: on.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    child.stderr.resume();
    while ((await containers(on)).length === 0) {
      if (child.exitCode !== null)
        throw new Error(`it ended before its container ran: exit ${child.exitCode}`);
      await sleep(100);
    }
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await containers(on)).toEqual([]);
  });
});

async function containers(on: Engine): Promise<string[]> {
  const { stdout } = await call(on, [
    'ps',
    '--all',
    '--format={{.Names}}',
    '--filter=name=^fairlead-[0-9]+-[0-9a-f]+$',
  ]);
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((name) => name !== '' && name.startsWith('fairlead-'));
}

async function command(
  argv: readonly string[],
  on: Engine,
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await main(argv, {
    cwd: ROOT,
    env: on.env,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
  });
  return { code, ...said };
}

test('the list of what the build gets names files that exist', () => {
  const list = readFileSync(join(ROOT, 'services/api/Dockerfile.dockerignore'), 'utf8');
  const allowed = list.split('\n').filter((line) => line.startsWith('!'));
  expect(allowed.filter((line) => !existsSync(join(ROOT, line.slice(1))))).toEqual([]);
});
