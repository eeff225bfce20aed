import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { CannotStart, isAlive, run } from '../workflows-src/terraform/process';

/** The Python environment that holds the emulator, k6 and act, inside the checkout. */
export interface PythonEnvironment {
  readonly python: string;
  readonly k6: string;
}

export interface PythonOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The checkout's `.fairlead`. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Told once before the long part, when there is anything to install. */
  readonly onInstall?: () => void;
}

/** What one environment is made of. */
export interface PythonPackages {
  /** Of the folder in `.fairlead`. */
  readonly name: string;
  /** Absolute, with hashes. */
  readonly requirements: string;
  /** What they are for, as a sentence names it. */
  readonly whose: string;
  /** While pip unpacks. */
  readonly needsMiB: number;
}

const EMULATOR: PythonPackages = {
  name: 'venv',
  requirements: join(__dirname, 'emulator', 'requirements.txt'),
  whose: 'AWS emulator',
  // Measured: 375 MB installed, and as much again while pip unpacks.
  needsMiB: 800,
};

/** The environment of the emulator: see `installed`. */
export async function pythonEnvironment(options: PythonOptions): Promise<PythonEnvironment> {
  const bin = await installed(EMULATOR, options);
  return { python: join(bin, 'python'), k6: join(bin, 'k6') };
}

/**
 * Makes an environment from hash-pinned requirements, or finds it made. One that was left half made is made anew.
 * @returns the folder of its programs
 * @throws Error saying what to do, when there is no fitting Python, no room, or the packages cannot be installed
 */
export async function installed(packages: PythonPackages, options: PythonOptions): Promise<string> {
  const { env, folder, signal } = options;
  const venv = join(folder, packages.name);
  const bin = join(venv, 'bin');
  const base = await findPython(packages, env, signal);
  const wanted = createHash('sha256')
    .update(readFileSync(packages.requirements))
    .update(base.version)
    .digest('hex');
  const stamp = join(venv, 'fairlead-requirements');
  const isMade = (): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isMade()) return bin;

  await mkdir(folder, { recursive: true });
  const unlock = await soleInstaller(join(folder, `${packages.name}.lock`), signal);
  try {
    // Somebody else may have made it while we waited.
    if (!isMade()) await install(packages, options, base.file, venv);
    await writeFile(stamp, wanted);
  } finally {
    await unlock();
  }
  return bin;
}

async function install(
  { requirements, whose, needsMiB }: PythonPackages,
  options: PythonOptions,
  base: string,
  venv: string,
): Promise<void> {
  options.onInstall?.();
  await rm(venv, { recursive: true, force: true });
  const { bavail, bsize } = await statfs(options.folder);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free < needsMiB) {
    throw new Error(
      `${options.folder} has ${free} MiB free, and the Python environment of the ${whose} needs ${needsMiB}: make room on that disk, then run again.`,
    );
  }
  await must(
    base,
    ['-m', 'venv', venv],
    options,
    'Python cannot make a virtual environment. On Debian: apt-get install python3-venv',
  );
  await must(
    join(venv, 'bin', 'python'),
    [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-input',
      '--require-hashes',
      '--only-binary=:all:',
      '-r',
      requirements,
    ],
    options,
    `The Python packages of the ${whose} cannot be installed. Is the package index reachable, and is there room on the disk?`,
  );
}

/**
 * Waits until no other process installs, and then keeps others waiting: `npm start` and `npm test` may begin together.
 * @returns what lets the next one in
 */
export async function soleInstaller(lock: string, signal?: AbortSignal): Promise<() => Promise<void>> {
  for (;;) {
    signal?.throwIfAborted();
    // Linked, not written, into place: whoever reads it finds a whole number in it.
    const mine = `${lock}.${process.pid}`;
    try {
      await writeFile(mine, String(process.pid));
      await link(mine, lock);
      return () => rm(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      await rm(mine, { force: true });
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => process.pid));
    if (!isAlive(holder)) await rm(lock, { force: true });
    await sleep(300);
  }
}

async function must(
  file: string,
  args: readonly string[],
  { env, signal }: PythonOptions,
  sentence: string,
): Promise<void> {
  const { code, stderr, stdout } = await run(file, args, { env, signal, graceMs: 2000 });
  if (code === 0) return;
  const said = `${stdout.toString('utf8')}\n${stderr}`.trim().split('\n').slice(-3).join('\n  ');
  throw new Error(`${sentence}\n  ${said}`);
}

async function findPython(
  { whose }: PythonPackages,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<{ file: string; version: string }> {
  const seen: string[] = [];
  for (const file of ['python3', 'python']) {
    try {
      const { code, stdout } = await run(
        file,
        ['-c', 'import sys; print(".".join(map(str, sys.version_info[:3])))'],
        { env, signal },
      );
      const version = stdout.toString('utf8').trim();
      const [major = 0, minor = 0] = version.split('.').map(Number);
      if (code === 0 && (major > 3 || (major === 3 && minor >= 10))) return { file, version };
      seen.push(`${file} is ${version || 'broken'}`);
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      seen.push(`${file} is not on the PATH`);
    }
  }
  throw new Error(
    `The ${whose} needs Python 3.10 or newer: ${seen.join(', ')}. Install it (https://www.python.org/downloads; on Debian: apt-get install python3 python3-venv), then run again.`,
  );
}
