import { existsSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { ask, type Engine } from './engine';
import { type Inputs, readInputs } from './inputs';

/** What the build makes the image for; `host` is whatever this machine is. */
export type Platform = 'linux/arm64' | 'linux/amd64' | 'host';

export interface BuildRequest {
  /** Of the repository: the folder that the Dockerfile's paths start from. */
  readonly root: string;
  readonly service: string;
  readonly platform: Platform;
  /** `repository:tag` */
  readonly tag: string;
  /** Where its source is read, such as `https://github.com/owner/repository`. */
  readonly source: string;
  /** Of BUILD_OPTIONS_VARIABLE. @default those of the engine's environment */
  readonly options?: readonly string[];
  /** @default true: what was built before is used again */
  readonly cache?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface BuiltImage {
  /** As it was tagged. */
  readonly reference: string;
  /** The digest of its configuration, `sha256:…`. */
  readonly id: string;
  readonly architecture: string;
  /** Unpacked, as the engine counts it. */
  readonly bytes: number;
  readonly inputs: Inputs;
}

/** Further arguments of the build, one a line: for a machine whose base images, proxy or authority are its own. */
export const BUILD_OPTIONS_VARIABLE = 'FAIRLEAD_BUILD_OPTIONS';

export function extraOptions(env: NodeJS.ProcessEnv): readonly string[] {
  const options = (env[BUILD_OPTIONS_VARIABLE] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const wrong = options.find((option) => !/^--[a-z][a-z-]*(=.*)?$/.test(option));
  if (wrong !== undefined)
    throw new Error(
      `${BUILD_OPTIONS_VARIABLE}: each line must be one option such as --build-arg=NAME=value, got '${wrong}'`,
    );
  return options;
}

/**
 * What the engine is called with. One platform and no attestations, because an index breaks the registry's scan and its
 * immutable tags; all times are those of the commit, so that a second build gives the same digest.
 */
export function buildArguments(
  engine: Engine['name'],
  { service, platform, tag, source, options = [], cache = true }: BuildRequest,
  { commit, epoch, dirty }: Inputs,
): readonly string[] {
  const dockerfile = `services/${service}/Dockerfile`;
  return [
    'build',
    `--file=${dockerfile}`,
    `--tag=${tag}`,
    ...(platform === 'host' ? [] : [`--platform=${platform}`]),
    `--build-arg=SOURCE_DATE_EPOCH=${epoch}`,
    `--build-arg=REVISION=${commit}${dirty ? '-dirty' : ''}`,
    `--build-arg=SOURCE=${source}`,
    ...(engine === 'docker'
      ? ['--load', '--provenance=false', '--sbom=false']
      : ['--format=oci', `--timestamp=${epoch}`, `--ignorefile=${dockerfile}.dockerignore`]),
    ...(cache ? [] : ['--no-cache']),
    ...options,
    '.',
  ];
}

const inspected = z.tuple([
  z.looseObject({ Id: z.string(), Architecture: z.string(), Size: z.number(), Os: z.literal('linux') }),
]);

/**
 * Builds `services/<service>/Dockerfile`.
 * @throws Error with the end of what the build said
 */
export async function buildImage(engine: Engine, request: BuildRequest): Promise<BuiltImage> {
  const { root, service, platform, tag, signal } = request;
  const dockerfile = join(root, 'services', service, 'Dockerfile');
  if (!existsSync(dockerfile)) throw new Error(`${dockerfile}: is missing; it says how the image is built`);
  const inputs = await readInputs(root, service, { env: engine.env, signal });
  const options = request.options ?? extraOptions(engine.env);
  const args = buildArguments(engine.name, { ...request, options }, inputs);
  try {
    await ask(engine, args, `${dockerfile}: cannot be built`, {
      cwd: root,
      env: { SOURCE_DATE_EPOCH: String(inputs.epoch) },
      signal,
    });
  } catch (error) {
    if (!/exec format error/i.test((error as Error).message)) throw error;
    throw new Error(
      `${dockerfile}: this machine runs no programs of ${platform}: give --platform host for an image to try here, or build where it is native\n${(error as Error).message}`,
      { cause: error },
    );
  }
  const [image] = await inspect(engine, tag, signal);
  return {
    reference: tag,
    id: digestOf(image.Id),
    architecture: image.Architecture,
    bytes: image.Size,
    inputs,
  };
}

async function inspect(
  engine: Engine,
  image: string,
  signal?: AbortSignal,
): Promise<z.infer<typeof inspected>> {
  const said = await ask(engine, ['image', 'inspect', image], `${image}: cannot be inspected`, { signal });
  return inspected.parse(JSON.parse(said.toString('utf8')));
}

/** Podman leaves the algorithm out. */
function digestOf(id: string): string {
  return id.startsWith('sha256:') ? id : `sha256:${id}`;
}
