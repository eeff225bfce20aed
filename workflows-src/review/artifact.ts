import { createHash } from 'node:crypto';

import { unzipSync } from 'fflate';

/** Bytes of a zip file that we take at all. */
export const MAX_ARTIFACT_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 1_000;
/** Of which most are not wanted: the directory of a zip file can claim four thousand million. */
const MAX_ENTRIES = 10_000;
const MAX_UNPACKED_BYTES = 512 * 1024 * 1024;

/**
 * The files of an artifact, by name. Whoever can push a branch can write one: it is neither trusted to be small nor to
 * keep to its folder.
 * @param wanted which files; others are not unpacked
 * @throws Error when it is no zip file, or larger than any of ours
 */
export function unpacked(
  zip: Uint8Array,
  name: string,
  wanted: (file: string) => boolean,
): ReadonlyMap<string, Uint8Array> {
  let entries = 0;
  let files = 0;
  let bytes = 0;
  let found: Record<string, Uint8Array>;
  try {
    found = unzipSync(zip, {
      filter: ({ name: file, size, originalSize, compression }) => {
        entries += 1;
        if (entries > MAX_ENTRIES) throw new Error(TOO_MUCH);
        if (!/^[\w][\w.-]*$/.test(file) || !wanted(file)) return false;
        files += 1;
        // What is compressed never unpacks to more than it claims; what is stored takes its size, whatever it claims.
        bytes += compression === 0 ? Math.max(size, originalSize) : originalSize;
        if (files > MAX_FILES || bytes > MAX_UNPACKED_BYTES) throw new Error(TOO_MUCH);
        return true;
      },
    });
  } catch (error) {
    throw new Error(`the artifact ${name} cannot be unpacked: ${(error as Error).message}`, { cause: error });
  }
  return new Map(Object.entries(found));
}

const TOO_MUCH = 'it unpacks to more than any of ours has';

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
