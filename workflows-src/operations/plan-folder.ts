import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAlive } from '../terraform/process';

/** A terraform that outlives us reads its plan when it begins: after this time it has. */
const READ_BY_THEN_MS = 60_000;

let folder: string | undefined;

/**
 * The folder of this process's plan files, which nobody else may read; so two commands at a time cannot apply each other's
 * plans. It goes with this process. Of one that was killed outright, the next process removes it.
 */
export function planFolder(): string {
  if (folder === undefined) {
    removeLeftFolders(tmpdir());
    const made = mkdtempSync(join(tmpdir(), `fairlead-plans-${process.pid}-`));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/** Removes what processes of this user left there that are no more. @param now epoch milliseconds. @default the clock's */
export function removeLeftFolders(parent: string, now: number = Date.now()): void {
  for (const name of readdirSync(parent)) {
    const pid = /^fairlead-plans-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, name);
    // Gone by now: another command has removed it.
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry === undefined || entry.uid !== process.getuid?.() || now - entry.mtimeMs < READ_BY_THEN_MS)
      continue;
    rmSync(path, { recursive: true, force: true });
  }
}
