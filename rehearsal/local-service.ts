import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { endWithUs, run } from '../workflows-src/terraform/process';
import { freePort } from './free-port';

export interface LocalServiceOptions {
  /** The service's folder; its package.json has the scripts `build` and `start`. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly readinessPath: string;
  readonly log: string;
  readonly signal?: AbortSignal | undefined;
}

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

/** A service as a process on loopback, with the database it embeds. */
export class LocalService {
  private constructor(
    private readonly child: ChildProcess,
    /** Such as `http://127.0.0.1:40124`. */
    public readonly url: string,
  ) {}

  /** What it runs on, as a sentence names it. */
  public readonly said = 'a process with its embedded database';

  /**
   * Builds it, starts it, waits until it says it is ready.
   * @throws Error with the end of its log when it does not get there
   */
  public static async start({
    folder,
    env,
    readinessPath,
    log,
    signal,
  }: LocalServiceOptions): Promise<LocalService> {
    const built = await run('npm', ['run', '--silent', 'build'], { cwd: folder, env, signal, graceMs: 1000 });
    if (built.code !== 0)
      throw new Error(`${folder}: its build failed (exit ${built.code})\n${built.stderr.trim()}`);
    const port = await freePort();
    const file = openSync(log, 'w');
    const child = spawn(process.execPath, [join(folder, 'dist', 'server.js')], {
      cwd: folder,
      env: { ...env, PORT: String(port), HOST: '127.0.0.1', LOG_LEVEL: 'warn', DRAIN_SECONDS: '1' },
      detached: true,
      stdio: ['ignore', file, file],
    });
    child.once('exit', endWithUs(child.pid));
    const service = new LocalService(child, `http://127.0.0.1:${port}`);
    try {
      await service.ready(readinessPath, signal);
      return service;
    } catch (error) {
      await service.stop();
      const said = (await readFile(log, 'utf8')).trim().split('\n').slice(-3).join('\n  ');
      throw new Error(`${folder} did not become ready: ${(error as Error).message}\n  ${said}`, {
        cause: error,
      });
    }
  }

  /** SIGTERM and a wait for its drain, as ECS does. */
  public async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const killer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(killer);
  }

  private async ready(path: string, signal?: AbortSignal): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline) {
      signal?.throwIfAborted();
      if (this.child.exitCode !== null) throw new Error(`it ended with exit ${this.child.exitCode}`);
      const answer = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(1000) }).catch(
        () => undefined,
      );
      if (answer?.ok) return;
      await sleep(100);
    }
    throw new Error(`${path} did not answer 200 within ${READY_TIMEOUT_MS / 1000} s`);
  }
}
