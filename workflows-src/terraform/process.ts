import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** On abort the process gets one SIGINT, its time to finish in order, then its whole group gets SIGKILL. */
  readonly signal?: AbortSignal | undefined;
  /** How long that time is. @default no limit */
  readonly graceMs?: number | undefined;
  /** Each whole line of stdout as it comes. */
  readonly onLine?: (line: string) => void;
  /**
   * Lets it run to its end when this process exits or is killed. Its output goes to files then, because whoever writes to a
   * pipe that nobody reads any more is killed by SIGPIPE. @default it ends with this process
   */
  readonly survives?: boolean | undefined;
  /** With `survives`: called with its process id when this process exits before it. */
  readonly onLeft?: ((pid: number) => void) | undefined;
}

export interface RunResult {
  /** Exit code; 128 + n when it ended by signal n. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The program could not be started at all. */
export class CannotStart extends Error {
  public override readonly name = 'CannotStart';
  public constructor(
    public readonly file: string,
    public readonly errno: string | undefined,
    cause: unknown,
  ) {
    super(`cannot start ${file}: ${errno ?? String(cause)}`, { cause });
  }
}

/** The run was aborted; the program ended, in order or by force, with this result. */
export class Aborted extends Error {
  public override readonly name = 'Aborted';
  public constructor(
    reason: Error,
    public readonly result: RunResult,
  ) {
    super(reason.message, { cause: reason });
  }
}

/**
 * Runs a program to its end.
 *
 * It leads a process group of its own. Otherwise Ctrl-C would reach terraform twice (from the terminal and from us), and
 * terraform takes a second interrupt as "stop now, even if the state is lost".
 * @throws CannotStart; Aborted, or the signal's reason when it was aborted before it began
 */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { signal, graceMs, onLine, survives = false, onLeft } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const files = survives ? { stdout: new NamelessFile(), stderr: new NamelessFile() } : undefined;
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', files?.stdout.fd ?? 'pipe', files?.stderr.fd ?? 'pipe'],
    });
    const { pid } = child;
    const release = survives ? tellWhenLeft(pid, onLeft) : endWithUs(pid);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const decoder = new StringDecoder('utf8');
    let rest = '';
    let killer: NodeJS.Timeout | undefined;

    const stop = (): void => {
      child.kill('SIGINT');
      if (graceMs !== undefined) killer = setTimeout(() => killGroup(pid), graceMs);
    };
    signal?.addEventListener('abort', stop, { once: true });

    const takeStdout = (chunk: Buffer): void => {
      if (!onLine) {
        stdout.push(chunk);
        return;
      }
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    };
    const takeStderr = (chunk: Buffer): void => void stderr.push(chunk);
    child.stdout?.on('data', takeStdout);
    child.stderr?.on('data', takeStderr);
    const poll = files && setInterval(() => files.stdout.readOn(takeStdout), POLL_MS);
    const settle = (): void => {
      signal?.removeEventListener('abort', stop);
      clearTimeout(killer);
      clearInterval(poll);
      release();
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(new CannotStart(file, error.code, error));
    });
    child.once('close', (code, by) => {
      settle();
      // A provider that outlived its terraform is in the same group.
      killGroup(pid);
      files?.stdout.readOn(takeStdout);
      files?.stderr.readOn(takeStderr);
      files?.stdout.close();
      files?.stderr.close();
      if (onLine && rest !== '') onLine(rest);
      const result = {
        code: code ?? 128 + signalNumber(by),
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString('utf8'),
      };
      if (signal?.aborted) reject(new Aborted(asError(signal.reason), result));
      else resolve(result);
    });
  });
}

/** How often output that goes to a file is looked at. */
const POLL_MS = 100;

/** A file that nobody else can open and nobody has to remove: its name goes at once, its bytes with whoever has it open. */
class NamelessFile {
  public readonly fd: number;
  private position = 0;

  public constructor() {
    const name = join(tmpdir(), `fairlead-output-${randomUUID()}`);
    this.fd = openSync(name, 'ax+', 0o600);
    rmSync(name);
  }

  /** Hands on what was written since the last time. */
  public readOn(take: (chunk: Buffer) => void): void {
    for (;;) {
      const chunk = Buffer.alloc(64 * 1024);
      // At a position of ours: the program writes through the same open file.
      const length = readSync(this.fd, chunk, 0, chunk.length, this.position);
      if (length === 0) return;
      this.position += length;
      take(chunk.subarray(0, length));
    }
  }

  public close(): void {
    closeSync(this.fd);
  }
}

/** Groups that were begun and have not ended. */
const alive = new Set<number>();
/** Programs that go on without us, and whom to tell. */
const surviving = new Map<number, (pid: number) => void>();
process.on('exit', () => {
  alive.forEach(killGroup);
  surviving.forEach((tell, pid) => tell(pid));
});

function tellWhenLeft(pid: number | undefined, tell: ((pid: number) => void) | undefined): () => void {
  if (pid === undefined || tell === undefined) return () => undefined;
  surviving.set(pid, tell);
  return () => void surviving.delete(pid);
}

/**
 * Whatever way this process goes, that process group goes with it.
 * @returns what takes it back, once the group has ended or is to stay
 */
export function endWithUs(pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined;
  alive.add(pid);
  return () => void alive.delete(pid);
}

/** Ends a process group that `run` or a detached spawn began; one that is gone already is no error. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether there is such a process, whosever it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signalNumber(name: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
  };
  return (name && numbers[name]) ?? 0;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
