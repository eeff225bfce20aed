import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

import { endWithUs, run } from '../workflows-src/terraform/process';
import { freePort } from './free-port';

const READY_MS = 30_000;
const DEBIAN = '/usr/lib/postgresql';

/**
 * The folder of PostgreSQL's programs, of whichever version is installed: those that are on the PATH, or where Debian keeps
 * them. @returns undefined where there is none
 */
export function findPostgres(env: NodeJS.ProcessEnv): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
  ];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

/** A PostgreSQL of its own on loopback, which forgets everything when it stops. */
export class LocalPostgres {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    public readonly url: string,
  ) {}

  /**
   * @param programs what `findPostgres` found
   * @throws Error with what it said when it does not start
   */
  public static async start(
    programs: string,
    { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
  ): Promise<LocalPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-postgres-'));
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const prefix = await asAnybodyButRoot(folder, { env, signal });
      const data = join(folder, 'data');
      const [file = '', ...args] = [
        ...prefix,
        join(programs, 'initdb'),
        '-D',
        data,
        '-A',
        'trust',
        '-U',
        'postgres',
        '-N',
      ];
      const { code, stderr } = await run(file, args, { cwd: folder, env, signal, graceMs: 1000 });
      if (code !== 0) throw new Error(`PostgreSQL cannot make a database: ${stderr.trim()}`);
      const port = await freePort();
      const settings = [
        'listen_addresses=127.0.0.1',
        'unix_socket_directories=',
        'fsync=off',
        'logging_collector=off',
      ];
      // However this process ends, the server ends with it; elsewhere than on Linux it is stopped in order, or lives on.
      const watched =
        process.platform === 'linux' ? ['setpriv', ...prefix.slice(1), '--pdeathsig=INT'] : prefix;
      const [server = '', ...given] = [
        ...watched,
        join(programs, 'postgres'),
        '-D',
        data,
        '-p',
        String(port),
        ...settings.flatMap((setting) => ['-c', setting]),
      ];
      const child = spawn(server, given, {
        cwd: folder,
        env: { ...env, LC_ALL: 'C' },
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.once('exit', endWithUs(child.pid));
      await ready(child);
      return new LocalPostgres(child, folder, `postgres://postgres@127.0.0.1:${port}/postgres`);
    } catch (error) {
      await remove();
      throw error;
    }
  }

  public async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      // Its fast shutdown: whoever is connected is cut off.
      this.child.kill('SIGINT');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root; Debian's package has made a user for it. */
async function asAnybodyButRoot(
  folder: string,
  options: { env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const { code, stderr } = await run('chown', ['postgres', folder], options);
  if (code !== 0)
    throw new Error(`PostgreSQL does not run as root, and there is no user postgres: ${stderr.trim()}`);
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'];
}

async function ready(child: ChildProcess): Promise<void> {
  if (!child.stderr) throw new Error('PostgreSQL has no output');
  const lines = createInterface({ input: child.stderr });
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  let said = '';
  try {
    for await (const line of lines) {
      if (line.includes('ready to accept connections')) return;
      said = line;
    }
  } finally {
    clearTimeout(timer);
    lines.close();
    // What it says later nobody reads; a full pipe would stop it.
    child.stderr.resume();
  }
  throw new Error(`PostgreSQL does not start: ${said}`);
}
