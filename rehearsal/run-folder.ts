import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isAlive } from '../workflows-src/terraform/process';

/** Measured: 40 MiB of plans, states and logs in a whole rehearsal. */
const NEEDS_MIB = 100;

/** Where one rehearsal keeps what it synthesizes, plans and logs: a folder that goes when its owner does. */
export class RunFolder {
  private constructor(public readonly path: string) {}

  /**
   * Makes one, and removes those that a killed rehearsal left.
   * @param folder the checkout's `.fairlead`
   * @throws Error when the disk is full
   */
  public static async create(folder: string): Promise<RunFolder> {
    const all = join(folder, 'rehearsal');
    await mkdir(all, { recursive: true });
    for (const name of await readdir(all)) {
      const other = join(all, name);
      if (!(await ownerLives(other))) await rm(other, { recursive: true, force: true });
    }
    const { bavail, bsize } = await statfs(all);
    const free = Math.floor((bavail * bsize) / 2 ** 20);
    if (free < NEEDS_MIB)
      throw new Error(
        `${all} has ${free} MiB free, and a rehearsal needs ${NEEDS_MIB}: make room on that disk, then run again.`,
      );
    const path = join(all, `run-${process.pid}`);
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { mode: 0o700 });
    return new RunFolder(path);
  }

  /** As long as that process lives, the folder stays; before, as long as the one in its name. */
  public async giveTo(pid: number): Promise<void> {
    await writeFile(join(this.path, 'owner'), String(pid));
  }

  /** Moves its logs to where the next failure replaces them. @returns that place */
  public async keepLogs(): Promise<string> {
    const kept = join(this.path, '..', '..', 'last-failure');
    await rm(kept, { recursive: true, force: true });
    await mkdir(kept);
    for (const name of await readdir(this.path)) {
      if (name.endsWith('.log')) await rename(join(this.path, name), join(kept, name));
    }
    return kept;
  }

  public async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function ownerLives(folder: string): Promise<boolean> {
  const file = join(folder, 'owner');
  const pid = Number(existsSync(file) ? await readFile(file, 'utf8') : /run-(\d+)$/.exec(folder)?.[1]);
  return Number.isInteger(pid) && pid > 0 && isAlive(pid);
}
