import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { Masking } from '../changes/masking';
import {
  environmentsOf,
  type EnvironmentStacks,
  named,
  readSynthesized,
  stacksOf,
  type SynthesizedStack,
} from '../graph/synthesized';
import type { Workspace } from '../operations/workspace';
import type { ReleasePointer } from '../release/pointer';
import { tasksStackOf } from '../release/release';
import { findTerraform } from '../terraform/binary';
import { run } from '../terraform/process';
import { providerSource } from '../terraform/provider-mirror';
import { Terraform } from '../terraform/terraform';
import { type CommandIo, UsageError } from './io';
import { ProgressBoard, type Screen } from './progress';
import { releaseStore } from './release-store';

/** What the commands on an environment's stacks begin with: synthesized stacks, terraform, a progress board on stderr. */
export interface OpenWorkspace extends Workspace, EnvironmentStacks {
  readonly board: ProgressBoard;
  /** Absolute: where the stacks were synthesized. */
  readonly outdir: string;
}

export interface OpenOptions {
  readonly environment: string | undefined;
  /** `service=repository@sha256:…`, as given on the command line. @default none */
  readonly images?: readonly string[];
}

/**
 * @throws UsageError for a missing or unknown environment or a malformed image; Error for what the machine lacks
 */
export async function openWorkspace(
  io: CommandIo,
  { environment, images = [] }: OpenOptions,
): Promise<OpenWorkspace> {
  const given = parseImages(images);
  const outdir = join(io.cwd, 'cdktf.out');
  await synthesize(io, outdir);
  const all = readSynthesized(outdir);
  const known = environmentsOf(all);
  if (environment === undefined) throw new UsageError(`name an environment: ${known.join(', ')}`);
  if (!known.includes(environment))
    throw new UsageError(`unknown environment '${environment}': there are ${known.join(', ')}`);

  const binary = await findTerraform(io.env, io.signal);
  const providers = await providerSource({ env: io.env, cacheFolder: join(io.cwd, '.fairlead') });
  const board = new ProgressBoard(boardScreen(io));
  const mine = stacksOf(all, environment);
  for (const service of given.keys()) {
    if (!mine.stacks.some(({ id }) => id === tasksStackOf(environment, service))) {
      throw new UsageError(`--image ${service}=…: ${environment} has no service '${service}'`);
    }
  }
  return {
    ...mine,
    terraform: new Terraform(binary, { ...io.env, ...providers.env }, io.signal),
    images: given,
    released: once((service) => releaseStore(io, environment, mine.stacks).current(service)),
    secrets: Masking.secretsOf(io.env),
    watch: (stack, state, end) => board.set(stack, state, end),
    signal: io.signal,
    board,
    outdir,
  };
}

/**
 * Those stacks that the command line names; all when it names none.
 * @throws UsageError naming the stacks there are
 */
export function chosen(
  stacks: readonly SynthesizedStack[],
  environment: string,
  names: readonly string[],
): readonly SynthesizedStack[] {
  try {
    return named(stacks, environment, names);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** The image that runs, asked for once a service, and only when a plan needs it. */
function once(
  current: (service: string) => Promise<ReleasePointer | undefined>,
): NonNullable<Workspace['released']> {
  const known = new Map<string, Promise<string | undefined>>();
  return (service) => {
    const image = known.get(service) ?? current(service).then((pointer) => pointer?.image);
    known.set(service, image);
    return image;
  };
}

/** stderr, so that stdout is the result alone. */
export function boardScreen(io: CommandIo): Screen {
  return { write: (text) => io.err(text), ...(io.errColumns !== undefined && { columns: io.errColumns }) };
}

const cdktfJson = z.looseObject({ app: z.string().min(1) });

/**
 * Runs the `app` of cdktf.json as the cdktf CLI does, without its overhead.
 * @throws Error with what the app printed
 */
export async function synthesize(io: CommandIo, outdir: string): Promise<void> {
  const file = join(io.cwd, 'cdktf.json');
  let app: string;
  try {
    ({ app } = cdktfJson.parse(JSON.parse(readFileSync(file, 'utf8'))));
  } catch (error) {
    throw new Error(
      `${file}: cannot be read as a CDKTF project with an "app" (run this in the project's folder)`,
      { cause: error },
    );
  }
  const { code, stdout, stderr } = await run('/bin/sh', ['-c', app], {
    cwd: io.cwd,
    env: { ...io.env, CDKTF_OUTDIR: outdir },
    signal: io.signal,
  });
  if (code !== 0)
    throw new Error(`synth failed (exit ${code})\n${stderr.trim() || stdout.toString('utf8').trim()}`);
}

const IMAGE = /^(?<service>[a-z][a-z0-9]{1,9})=(?<image>[^\s@]+@sha256:[0-9a-f]{64})$/;

function parseImages(images: readonly string[]): ReadonlyMap<string, string> {
  const entries = images.map((text): readonly [string, string] => {
    const { service, image } = IMAGE.exec(text)?.groups ?? {};
    if (service === undefined || image === undefined) {
      throw new UsageError(
        `--image '${text}': give <service>=<repository>@sha256:<64 hex digits>; a tag is never deployed`,
      );
    }
    return [service, image];
  });
  const given = new Map(entries);
  if (given.size < entries.length) throw new UsageError('--image: give one image a service');
  return given;
}
