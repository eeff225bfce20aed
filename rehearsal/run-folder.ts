import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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
    const made = new RunFolder(path);
    await made.giveTo(process.pid);
    return made;
  }

  /** As long as that process lives, the folder stays. */
  public async giveTo(pid: number): Promise<void> {
    await writeFile(join(this.path, 'owner'), String(pid));
  }

  public async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function ownerLives(folder: string): Promise<boolean> {
  const file = join(folder, 'owner');
  if (!existsSync(file)) return false;
  const pid = Number(await readFile(file, 'utf8'));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
