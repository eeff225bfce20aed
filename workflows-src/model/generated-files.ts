import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a generator would write, by path below the root, with `/` between folders. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

export interface Difference {
  readonly path: string;
  readonly is: 'missing' | 'stale' | 'no longer generated';
}

/**
 * Compares byte for byte.
 * @param found paths of files that this generator wrote once; those not in `files` are left over
 */
export function differences(root: string, files: Files, found: readonly string[]): Difference[] {
  const written = [...files].flatMap(([path, content]): Difference[] => {
    const file = join(root, path);
    if (!existsSync(file)) return [{ path, is: 'missing' }];
    return readFileSync(file).equals(Buffer.from(content)) ? [] : [{ path, is: 'stale' }];
  });
  const left = found
    .filter((path) => !files.has(path))
    .map((path): Difference => ({ path, is: 'no longer generated' }));
  return [...written, ...left];
}

/** Makes the folder what `files` says. */
export function mend(root: string, files: Files, found: readonly Difference[]): void {
  for (const { path } of found) {
    const file = join(root, path);
    const content = files.get(path);
    if (content === undefined) {
      rmSync(file);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** The line that both generators print for a difference under `--check`. */
export function explain({ path, is }: Difference, command: string): string {
  return `${path} is ${is}: run '${command}' and commit the result`;
}
