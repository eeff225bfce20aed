import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildArguments, type BuildRequest, extraOptions } from './build';
import { findEngine, needEngine } from './engine';
import { inputPathspecs } from './inputs';
import { checkedDigest, pushedDigest } from './push';
import { cycloneDx } from './sbom';
import { judge, type Sight, writtenPaths } from './smoke-test';

const commit = 'a'.repeat(40);
const request: BuildRequest = {
  root: '/repository',
  service: 'api',
  platform: 'linux/arm64',
  tag: 'registry.example/shop/api:1',
  source: 'https://github.com/acme/shop',
};

describe('the engine', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fairlead-engines-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Programs of these names, on a PATH with nothing else. */
  const path = (programs: Readonly<Record<string, string>>): { PATH: string } => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    return { PATH: bin };
  };
  const daemonless = 'echo "Cannot connect to the Docker daemon" >&2; exit 1';

  test('is docker where its daemon answers, also beside podman', async () => {
    const env = path({ docker: 'echo 28.2.2', podman: 'echo 4.3.1' });
    expect(await findEngine(env)).toEqual({ name: 'docker', version: '28.2.2', env });
  });

  test('is podman where docker has no daemon', async () => {
    expect(await findEngine(path({ docker: daemonless, podman: 'echo 4.3.1' }))).toMatchObject({
      name: 'podman',
    });
  });

  test('is the one that the variable names', async () => {
    const env = {
      ...path({ docker: 'echo 28.2.2', podman: 'echo 4.3.1' }),
      FAIRLEAD_CONTAINER_ENGINE: 'podman',
    };
    expect(await findEngine(env)).toMatchObject({ name: 'podman' });
  });

  test('fails when the one that was named is not there, naming it and why', async () => {
    const env = {
      ...path({ docker: daemonless, podman: 'echo 4.3.1' }),
      FAIRLEAD_CONTAINER_ENGINE: 'docker',
    };
    await expect(findEngine(env)).rejects.toThrow(
      'FAIRLEAD_CONTAINER_ENGINE=docker: docker does not answer: Cannot connect to the Docker daemon',
    );
  });

  test('fails when the variable names something else', async () => {
    await expect(findEngine({ ...path({}), FAIRLEAD_CONTAINER_ENGINE: 'crio' })).rejects.toThrow(
      "FAIRLEAD_CONTAINER_ENGINE: must be docker or podman, got 'crio'",
    );
  });

  test('fails with how to get one where there is none', async () => {
    expect(await findEngine(path({}))).toBeUndefined();
    await expect(needEngine(path({}))).rejects.toThrow(/start docker .* or install podman and skopeo/);
  });
});

describe('the build', () => {
  test('by docker is of one platform, without attestations, and at the time of the commit', () => {
    expect(buildArguments('docker', request, { commit, epoch: 1_700_000_000, dirty: false })).toEqual([
      'build',
      '--file=services/api/Dockerfile',
      '--tag=registry.example/shop/api:1',
      '--platform=linux/arm64',
      '--build-arg=SOURCE_DATE_EPOCH=1700000000',
      `--build-arg=REVISION=${commit}`,
      '--build-arg=SOURCE=https://github.com/acme/shop',
      '--load',
      '--provenance=false',
      '--sbom=false',
      '.',
    ]);
  });

  test('by podman has the same, the given options and the list of what it gets', () => {
    const args = buildArguments(
      'podman',
      { ...request, platform: 'host', options: ['--pull=never'], cache: false },
      { commit, epoch: 1, dirty: true },
    );
    expect(args).toEqual([
      'build',
      '--file=services/api/Dockerfile',
      '--tag=registry.example/shop/api:1',
      '--build-arg=SOURCE_DATE_EPOCH=1',
      `--build-arg=REVISION=${commit}-dirty`,
      '--build-arg=SOURCE=https://github.com/acme/shop',
      '--format=oci',
      '--timestamp=1',
      '--ignorefile=services/api/Dockerfile.dockerignore',
      '--no-cache',
      '--pull=never',
      '.',
    ]);
  });

  test('takes further options one a line, and fails for what is none', () => {
    expect(extraOptions({ FAIRLEAD_BUILD_OPTIONS: '--pull=never\n\n  --build-arg=A=b c\n' })).toEqual([
      '--pull=never',
      '--build-arg=A=b c',
    ]);
    expect(() => extraOptions({ FAIRLEAD_BUILD_OPTIONS: '--pull never' })).toThrow(
      "FAIRLEAD_BUILD_OPTIONS: each line must be one option such as --build-arg=NAME=value, got '--pull never'",
    );
  });

  test('depends on what the list allows, and on the two files themselves', () => {
    expect(
      inputPathspecs('api', '# All\n*\n!package.json\n!services/api/src\nservices/api/src/**/*.test.ts\n'),
    ).toEqual([
      ':(top)services/api/Dockerfile.dockerignore',
      ':(top)services/api/Dockerfile',
      ':(top,glob)package.json',
      ':(top,glob)services/api/src',
      ':(top,glob,exclude)services/api/src/**/*.test.ts',
      ':(top,glob)package.json/**',
      ':(top,glob)services/api/src/**',
    ]);
  });

  test('fails for a list that does not begin by forbidding everything', () => {
    expect(() => inputPathspecs('api', 'node_modules\n')).toThrow(
      "services/api/Dockerfile.dockerignore: must begin with *, and then allow by name what the build gets, got 'node_modules'",
    );
  });
});

describe('the smoke test', () => {
  const paths = { livenessPath: '/livez', readinessPath: '/readyz' };
  const good: Sight = {
    liveness: 200,
    readiness: 503,
    everywhere: true,
    processes: [
      { name: 'node', uids: [10001, 10001, 10001, 10001], capabilities: '', noNewPrivileges: true },
    ],
    writable: [],
  };

  test('has nothing against what runs as it should', () => {
    expect(judge(paths, good, 503)).toEqual([]);
  });

  test('names everything that is wrong at once', () => {
    const bad: Sight = {
      liveness: 0,
      readiness: 200,
      everywhere: false,
      processes: [
        { name: 'node', uids: [0, 0, 0, 0], capabilities: '00000000a80425fb', noNewPrivileges: false },
      ],
      writable: ['/'],
    };
    expect(judge(paths, bad, 503)).toEqual([
      '/livez: must answer 200 within 30 s, got no answer',
      '/readyz: must answer 503 while no database is reachable, got 200',
      'the process node must not be root, got user ids 0, 0, 0, 0',
      'the process node must have no capabilities, got 00000000a80425fb',
      'the process node must not be able to gain privileges',
      '/ must be read-only, and a file could be made there',
    ]);
  });

  test('fails for a server that only its own loopback reaches', () => {
    expect(judge(paths, { ...good, everywhere: false }, 503)).toEqual([
      '/livez: answers on 127.0.0.1 alone; it must listen on every address (HOST=0.0.0.0)',
    ]);
  });

  test('takes for written what the engine itself does not make', () => {
    expect(
      writtenPaths(['/etc', '/etc/hosts', '/run/secrets', '/tmp', '/etc/passwd', '/app/cache', '/temporary']),
    ).toEqual(['/etc/passwd', '/app/cache', '/temporary']);
  });
});

describe('the digest', () => {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { digest: `sha256:${'c'.repeat(64)}` },
    layers: [{ digest: `sha256:${'d'.repeat(64)}` }],
  });
  const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

  test('is read from the last line that docker prints', () => {
    const said = `The push refers to repository [r/api]\n5f70bf18a086: Pushed\n1: digest: ${digest(manifest)} size: 1234\n`;
    expect(pushedDigest(said)).toBe(digest(manifest));
    expect(pushedDigest(`5f70bf18a086: Pushed ${digest('x')}\n`)).toBeUndefined();
  });

  test('is that of the bytes which the registry has', () => {
    expect(checkedDigest('r/api:1', manifest, digest(manifest))).toBe(digest(manifest));
  });

  test('fails when the registry has other bytes', () => {
    expect(() => checkedDigest('r/api:1', `${manifest}\n`, digest(manifest))).toThrow(
      `r/api:1: pushed as ${digest(manifest)}, and the registry has ${digest(`${manifest}\n`)} there: push again`,
    );
  });

  test.each([
    [{ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }],
    [
      {
        ...(JSON.parse(manifest) as object),
        mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
      },
    ],
  ])('fails for an index: %j', (index) => {
    const text = JSON.stringify(index);
    expect(() => checkedDigest('r/api:1', text, digest(text))).toThrow(/must be the manifest of one image/);
  });
});

test('the bill of materials has each package once, with the address that scanners look up', () => {
  const npm = [
    { name: '@fastify/error', version: '4.2.0', license: 'MIT' },
    { name: 'pino', version: '10.4.0', license: '' },
    { name: 'pino', version: '10.4.0', license: '' },
  ];
  const debian = [{ name: 'libc6', version: '2.36-9+deb12u14', architecture: 'arm64' }];
  const system = { id: 'debian', version: '12' };
  const bom = JSON.parse(
    cycloneDx(
      { node: '24.18.0', system, debian, npm },
      { name: 'shop/api', digest: `sha256:${'1'.repeat(64)}` },
    ),
  ) as { components: { purl: string; name: string }[] };
  expect(bom.components.map(({ purl, name }) => [purl, name])).toEqual([
    ['pkg:deb/debian/libc6@2.36-9+deb12u14?arch=arm64&distro=debian-12', 'libc6'],
    ['pkg:generic/node@24.18.0', 'node'],
    ['pkg:npm/%40fastify/error@4.2.0', '@fastify/error'],
    ['pkg:npm/pino@10.4.0', 'pino'],
  ]);
});
