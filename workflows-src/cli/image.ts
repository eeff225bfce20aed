import { appendFileSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { checkConfig } from '../../stacks/check-config';
import { config as givenConfig } from '../../stacks/config';
import { loadServiceDescriptors } from '../../stacks/services';
import { type BuildRequest, buildImage, extraOptions, type Platform } from '../image/build';
import { needEngine } from '../image/engine';
import { pushImage } from '../image/push';
import { cycloneDx, takeInventory } from '../image/sbom';
import { smokeTest, SmokeTestFailed } from '../image/smoke-test';
import { projectOf } from '../workflows/project';
import { type CommandIo, UsageError } from './io';
import { writeWhole } from './write-whole';

const HELP = `usage: npm run image -- <service> --tag <repository>:<tag> [options]

Builds services/<service>/Dockerfile from the repository's root, for the architecture that stacks/config.ts says; runs that
very image as its task definition does (read-only root, user 10001, no capabilities, its memory) and tests it; then, with
--push, pushes it. Without --push nothing leaves the machine; and an image that failed its test is never pushed.

  --tag <repository>:<tag>   of the image; with --push where it goes. Sign in to its registry before
  --push                     push it, fetch its manifest back, and say the digest
  --platform <platform>      host: whatever this machine is, to try it here. Or linux/arm64, linux/amd64
  --database-url <url>       a PostgreSQL that this machine reaches: the test migrates it and expects the service to be
                             ready. Without one the service must be alive, and say that it is not ready
  --sbom <file>              write what is in the image: CycloneDX JSON, with the packages of Debian, Node and npm
  --github-output <file>     append digest=sha256:… to it (needs --push)
  --help

It uses docker when its daemon answers, else podman (with skopeo); FAIRLEAD_CONTAINER_ENGINE=docker|podman chooses.
FAIRLEAD_BUILD_OPTIONS has further options of the build, one a line, for a machine with a proxy or base images of its own.
Two builds of one commit give one digest. It has the revision and the time of the newest commit that touched what the image
is made from, which takes a clone with its history.

Exit codes: 0 done; 1 it cannot be built or pushed; 2 called wrongly; 3 built, and failed its test; 130 interrupted.
`;

const TEST_FAILED = 3;
const PLATFORMS: readonly Platform[] = ['host', 'linux/arm64', 'linux/amd64'];

export async function imageCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tag: { type: 'string' },
      push: { type: 'boolean', default: false },
      platform: { type: 'string' },
      'database-url': { type: 'string' },
      sbom: { type: 'string' },
      'github-output': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const { config, services } = checkConfig(givenConfig, loadServiceDescriptors(join(io.cwd, 'services')));
  const [service, ...others] = positionals;
  const names = Object.keys(services).join(', ');
  if (service === undefined || others.length > 0)
    throw new UsageError(`name one service: ${names}; got ${positionals.join(' ') || 'none'}`);
  const descriptor = Object.hasOwn(services, service) ? services[service] : undefined;
  if (!descriptor) throw new UsageError(`unknown service '${service}': there are ${names}`);
  const tag = checkedTag(values.tag);
  const platform =
    checkedPlatform(values.platform) ?? PLATFORM_OF[projectOf(config, services, []).architecture];
  const databaseUrl = checkedDatabase(values['database-url']);
  const sbom = fileIn(io.cwd, values.sbom);
  const output = fileIn(io.cwd, values['github-output']);
  if (output !== undefined && !values.push)
    throw new UsageError(
      '--github-output says the digest, which an image has once it is pushed: give --push too',
    );

  const { signal } = io;
  const engine = await needEngine(io.env, signal);
  const options = extraOptions(engine.env);
  const { owner, repository } = config.github;
  const request: BuildRequest = {
    root: io.cwd,
    service,
    platform,
    tag,
    source: `https://github.com/${owner}/${repository}`,
    options,
    signal,
  };
  io.err(
    `${engine.name} ${engine.version}: building ${service} for ${platform === 'host' ? 'this machine' : platform}\n`,
  );
  if (options.length > 0) io.err(`with ${options.length} options of FAIRLEAD_BUILD_OPTIONS\n`);
  const began = Date.now();
  const image = await buildImage(engine, request);
  const { commit, dirty } = image.inputs;
  io.err(
    `built in ${seconds((Date.now() - began) / 1000)}: ${image.architecture}, ${Math.round(image.bytes / 1e6)} MB, of commit ${commit.slice(0, 12)}${dirty ? ' and changes that are not committed' : ''}\n`,
  );
  if (dirty && values.push)
    throw new Error(
      `services/${service}: what the image is made from has changes that no commit has; commit them, so that the pushed image can be built again`,
    );
  try {
    const { readySeconds, stopSeconds } = await smokeTest(engine, image.id, descriptor, {
      signal,
      ...(databaseUrl !== undefined && { databaseUrl }),
    });
    io.err(
      `smoke test: answers after ${seconds(readySeconds)}, ends ${seconds(stopSeconds)} after SIGTERM with exit 0\n`,
    );
  } catch (error) {
    if (!(error instanceof SmokeTestFailed) || signal?.aborted) throw error;
    io.err(`fairlead image: ${error.message}\n`);
    return TEST_FAILED;
  }
  const inventory = sbom === undefined ? undefined : await takeInventory(engine, image.id, signal);
  const pushed = values.push ? await pushImage(engine, tag, { id: image.id, signal }) : undefined;
  if (sbom !== undefined && inventory) {
    const name = tag.replace(/:[^:/]+$/, '');
    writeWhole(sbom, cycloneDx(inventory, { name, digest: pushed?.digest ?? image.id }));
    io.err(
      `${sbom}: ${inventory.debian.length} packages of Debian, ${inventory.npm.length} of npm, Node ${inventory.node}\n`,
    );
  }
  if (!pushed) {
    io.out(`${tag}\n`);
    return 0;
  }
  if (output !== undefined) appendFileSync(output, `digest=${pushed.digest}\n`);
  io.out(`${tag.replace(/:[^:/]+$/, '')}@${pushed.digest}\n`);
  return 0;
}

const PLATFORM_OF = { arm64: 'linux/arm64', x86_64: 'linux/amd64' } as const;

const TAG =
  /^(?:[a-zA-Z0-9][\w.-]*(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*:\w[\w.-]{0,127}$/;

function checkedTag(tag: string | undefined): string {
  if (tag !== undefined && TAG.test(tag)) return tag;
  throw new UsageError(`--tag: give <repository>:<tag> such as localhost/api:try, got ${tag ?? 'none'}`);
}

function checkedPlatform(platform: string | undefined): Platform | undefined {
  const known = PLATFORMS.find((one) => one === platform);
  if (platform !== undefined && known === undefined)
    throw new UsageError(`--platform: must be ${PLATFORMS.join(', ')}, got '${platform}'`);
  return known;
}

/** The value is not repeated: it may hold a password. */
function checkedDatabase(url: string | undefined): string | undefined {
  if (
    url === undefined ||
    (URL.canParse(url) && ['postgres:', 'postgresql:'].includes(new URL(url).protocol))
  )
    return url;
  throw new UsageError('--database-url: must be a URL such as postgres://user@127.0.0.1:5432/name');
}

/** @throws UsageError before anything is built, when it could not be written after */
function fileIn(folder: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const path = resolve(folder, file);
  if (existsSync(dirname(path))) return path;
  throw new UsageError(`${path}: cannot be written, its folder does not exist`);
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
