import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import * as z from 'zod';

import type { Emulator } from './emulator';

export interface Searched {
  /** The names of the secrets whose values were searched for. */
  readonly secrets: readonly string[];
  readonly files: number;
  /** Of those files, the versions of objects in S3. */
  readonly objectVersions: number;
}

/** There they lie as `<bucket>/<key>@<version>`. */
const OBJECTS = 's3';
/** 700 MB of other people's programs. */
const PROVIDERS = join('.terraform', 'providers');

/**
 * Searches a folder, and every version of every object in S3, for the value of every secret in Secrets Manager.
 * @param folder holds the object versions meanwhile, in its `s3`
 * @throws Error naming the places where one was found; when there is no secret or no object, so nothing was searched
 */
export async function mustHoldNoSecret(
  emulator: Pick<Emulator, 'aws'>,
  folder: string,
  signal?: AbortSignal,
): Promise<Searched> {
  const secrets = secretValues.parse(await emulator.aws('secret-values', {}, signal));
  if (secrets.length === 0)
    throw new Error('Secrets Manager holds no secret: there is nothing to search for');
  const objects = join(folder, OBJECTS);
  await mkdir(objects, { recursive: true });
  try {
    const { saved } = savedVersions.parse(
      await emulator.aws('save-object-versions', { folder: objects }, signal),
    );
    if (saved === 0) throw new Error('S3 holds no object: there is no state to search');
    const files = await filesOf(folder);
    const places = (await Promise.all(files.map((file) => placesIn(file, folder, secrets)))).flat();
    if (places.length > 0) throw new Error(`a secret is where it must not be:\n  ${places.join('\n  ')}`);
    return { secrets: secrets.map(({ name }) => name), files: files.length, objectVersions: saved };
  } finally {
    await rm(objects, { recursive: true });
  }
}

const secretValues = z.array(z.object({ name: z.string(), values: z.array(z.string().min(8)).min(1) }));
const savedVersions = z.object({ saved: z.number() });

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${sep}${PROVIDERS}${sep}`));
}

async function placesIn(
  file: string,
  folder: string,
  secrets: z.output<typeof secretValues>,
): Promise<readonly string[]> {
  const bytes = await readFile(file);
  return secrets
    .filter(({ values }) => values.some((value) => spellings(value).some((text) => bytes.includes(text))))
    .map(({ name }) => `${relative(folder, file)}: ${name}`);
}

/** How a text may stand in a file: as it is, within a JSON string, within something longer in base64. */
export function spellings(text: string): readonly string[] {
  const inBase64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    // Whole groups of three bytes only, and none of the characters that the bytes before have a share in.
    return bytes
      .subarray(0, bytes.length - (bytes.length % 3))
      .toString('base64')
      .slice([0, 2, 3][before]);
  });
  return [...new Set([text, JSON.stringify(text).slice(1, -1), ...inBase64])];
}
