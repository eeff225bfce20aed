import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as z from 'zod';

import { ask, type Engine, isLoopback, lastLines } from './engine';

export interface PushedImage {
  /** `sha256:…` of the manifest's bytes: what deploys name. */
  readonly digest: string;
  /** As the registry holds it. */
  readonly manifest: string;
}

export interface PushOptions {
  /** Of the image that the reference must name still, as the engine says it. @default whatever it names */
  readonly id?: string;
  readonly signal?: AbortSignal | undefined;
}

const IMAGE_MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const manifestSchema = z.looseObject({
  mediaType: z.string().optional(),
  config: z.looseObject({ digest: z.string() }),
  layers: z.array(z.looseObject({ digest: z.string() })).min(1),
});

/**
 * Pushes a tagged image, and fetches its manifest back from the registry.
 * @throws Error when it is not what was pushed, or is no manifest of a single image
 */
export async function pushImage(
  engine: Engine,
  reference: string,
  { id, signal }: PushOptions = {},
): Promise<PushedImage> {
  const pushed =
    engine.name === 'docker'
      ? await dockerPush(engine, reference, signal)
      : await podmanPush(engine, reference, signal);
  const manifest = await fetchManifest(engine, `${withoutTag(reference)}@${pushed}`, signal);
  const digest = checkedDigest(reference, manifest, pushed);
  if (id !== undefined && ![digest, manifestSchema.parse(JSON.parse(manifest)).config.digest].includes(id))
    throw new Error(
      `${reference}: names another image than the one that was built: something else has taken the tag`,
    );
  return { digest, manifest };
}

async function dockerPush(engine: Engine, reference: string, signal?: AbortSignal): Promise<string> {
  const said = await ask(engine, ['push', reference], `${reference}: cannot be pushed`, { signal });
  const digest = pushedDigest(said.toString('utf8'));
  if (digest !== undefined) return digest;
  throw new Error(
    `${reference}: docker pushed it and did not say its digest: ${lastLines(said.toString('utf8'), 3)}`,
  );
}

async function podmanPush(engine: Engine, reference: string, signal?: AbortSignal): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-push-'));
  try {
    const file = join(folder, 'digest');
    const args = ['push', ...podmanTls(reference), `--digestfile=${file}`, reference];
    await ask(engine, args, `${reference}: cannot be pushed`, { signal });
    return (await readFile(file, 'utf8')).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function podmanTls(reference: string): readonly string[] {
  return isLoopback(reference) ? ['--tls-verify=false'] : [];
}

/** In what docker printed, which ends with `tag: digest: sha256:… size: 1234`. */
export function pushedDigest(said: string): string | undefined {
  return /: digest: (sha256:[0-9a-f]{64}) size: \d+\s*$/.exec(said)?.[1];
}

/** @returns the SHA-256 of the manifest's bytes, which must be the one that the engine told */
export function checkedDigest(reference: string, manifest: string, pushed: string): string {
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  if (digest !== pushed)
    throw new Error(`${reference}: pushed as ${pushed}, and the registry has ${digest} there: push again`);
  const parsed = manifestSchema.safeParse(JSON.parse(manifest));
  const mediaType = parsed.data?.mediaType ?? IMAGE_MANIFESTS[0] ?? '';
  if (!parsed.success || !IMAGE_MANIFESTS.includes(mediaType))
    throw new Error(
      `${reference}: must be the manifest of one image, because an index breaks the registry's scan; got ${manifest.slice(0, 200)}`,
    );
  return digest;
}

/** By the engine's own credentials. */
async function fetchManifest(engine: Engine, image: string, signal?: AbortSignal): Promise<string> {
  const sentence = `${image}: its manifest cannot be fetched back`;
  if (engine.name === 'docker') {
    return (
      await ask(engine, ['buildx', 'imagetools', 'inspect', '--raw', image], sentence, { signal })
    ).toString('utf8');
  }
  const args = ['inspect', '--raw', ...podmanTls(image), `docker://${image}`];
  return (await ask(engine, args, sentence, { file: 'skopeo', signal })).toString('utf8');
}

/** A host's port has a colon too. */
function withoutTag(reference: string): string {
  return reference.replace(/:[^:/]+$/, '');
}
