import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { run } from '../workflows-src/terraform/process';
import { freePort } from './free-port';
import { scratchFolder, type Scratch } from './scratch';
import { endWhenGone, type Guard } from './when-gone';

const DEBIAN = '/usr/lib/postgresql';
const READY_MS = 20_000;

/**
 * The folder of the server's programs: of the newest version where Debian keeps them, or on the PATH.
 * @returns undefined where there is none
 */
export function findPostgres(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...onPath];
  return folders.find((folder) => existsSync(join(folder, 'initdb')));
}

/** A PostgreSQL server on loopback that may be killed and started again; its data goes with us. */
export class Postgres {
  private server: { readonly child: ChildProcess; readonly guard: Guard } | undefined;

  private constructor(
    private readonly folder: string,
    private readonly scratch: Scratch,
    private readonly owner: Owner,
    public readonly port: number,
  ) {}

  /**
   * @param folder what `findPostgres` found
   * @throws Error when none is installed, or it does not start
   */
  public static async start(folder = findPostgres()): Promise<Postgres> {
    if (folder === undefined)
      throw new Error(
        `there is no PostgreSQL server in ${DEBIAN} nor on the PATH; on Debian: apt-get install postgresql`,
      );
    const owner = await serverOwner();
    const scratch = scratchFolder();
    if (owner.uid !== undefined) chownSync(scratch.path, owner.uid, owner.gid);
    const postgres = new Postgres(folder, scratch, owner, await freePort());
    try {
      await postgres.initialize();
      await postgres.restart();
      return postgres;
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  }

  /** An empty database. @returns its URL */
  public async create(name: string): Promise<string> {
    await this.query('postgres', `create database ${name}`);
    return this.url(name);
  }

  /** Runs a statement. @returns its rows, a line each, their values between `|` */
  public async query(database: string, statement: string): Promise<readonly string[]> {
    const args = ['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-d', this.url(database), '-c', statement];
    const { code, stdout, stderr } = await run(join(this.folder, 'psql'), args);
    if (code !== 0) throw new Error(`${database}: ${stderr.trim()}`);
    return stdout.toString('utf8').split('\n').filter(Boolean);
  }

  /** Takes power away from it: the server and every session end by SIGKILL. */
  public async kill(): Promise<void> {
    const { child, guard } = this.running();
    const sessions = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    for (const pid of sessions) killIfAlive(Number(pid));
    await ended;
    guard.release();
    this.server = undefined;
  }

  /** Starts it on what is on the disk, and waits until it takes connections. */
  public async restart(): Promise<void> {
    const log = openSync(join(this.scratch.path, 'log'), 'a');
    const args = ['-D', this.data(), '-p', String(this.port), '-c', 'listen_addresses=127.0.0.1'];
    const child = spawn(join(this.folder, 'postgres'), [...args, '-c', 'unix_socket_directories='], {
      ...this.owner,
      cwd: this.scratch.path,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await once(child, 'spawn');
    this.server = { child, guard: endWhenGone(child.pid as number) };
    const deadline = performance.now() + READY_MS;
    const isReady = ['-q', '-h', '127.0.0.1', '-p', String(this.port)];
    while ((await run(join(this.folder, 'pg_isready'), isReady)).code !== 0) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`PostgreSQL does not start:\n${this.log()}`);
      await sleep(20);
    }
  }

  public async stop(): Promise<void> {
    if (this.server !== undefined) {
      const { child, guard } = this.server;
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        // Its immediate shutdown: nothing is kept anyway.
        child.kill('SIGQUIT');
        await ended;
      }
      guard.release();
      this.server = undefined;
    }
    await this.scratch.remove();
  }

  private async initialize(): Promise<void> {
    const args = ['-D', this.data(), '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C'];
    mkdirSync(this.data(), { mode: 0o700 });
    if (this.owner.uid !== undefined) chownSync(this.data(), this.owner.uid, this.owner.gid);
    const child = spawn(join(this.folder, 'initdb'), args, {
      ...this.owner,
      cwd: this.scratch.path,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`initdb failed (exit ${code})`);
  }

  private running(): { readonly child: ChildProcess; readonly guard: Guard } {
    if (this.server === undefined) throw new Error('PostgreSQL does not run');
    return this.server;
  }

  /** Of a database; `postgres` is there from the beginning. */
  public url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  private data(): string {
    return join(this.scratch.path, 'data');
  }

  private log(): string {
    return readFileSync(join(this.scratch.path, 'log'), 'utf8').split('\n').slice(-6).join('\n');
  }
}

interface Owner {
  readonly uid?: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: root starts it as the user `postgres`, anybody else as themselves. */
async function serverOwner(): Promise<Owner> {
  if (process.getuid?.() !== 0) return { gid: process.getgid?.() ?? 0 };
  const of = async (what: string): Promise<number> => {
    const { code, stdout, stderr } = await run('id', [what, 'postgres']);
    if (code !== 0) throw new Error(`root needs the user postgres to run the server: ${stderr.trim()}`);
    return Number(stdout.toString('utf8'));
  };
  return { uid: await of('-u'), gid: await of('-g') };
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
