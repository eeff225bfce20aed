import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

import { ask, call, type Engine, lastLines } from './engine';

export interface ContainerRequest {
  readonly image: string;
  /** Options of the engine's `run`, before the image. */
  readonly options: readonly string[];
  /** @default the image's own */
  readonly command?: readonly string[];
  /** Ends the start; `stop` and `remove` are not cut short by it. */
  readonly signal?: AbortSignal | undefined;
}

export interface Ended {
  readonly code: number;
  readonly seconds: number;
}

/** Those that run: whatever way this process goes, they go with it. */
const running = new Map<string, Engine>();
process.on('exit', () => {
  for (const [name, { name: file, env }] of running)
    spawnSync(file, ['rm', '--force', name], { env, stdio: 'ignore' });
});

/** A container in the background, removed by whoever started it. */
export class Container {
  private constructor(
    private readonly engine: Engine,
    private readonly name: string,
  ) {}

  /** @throws Error with what the engine said; nothing is left of it then */
  public static async start(
    engine: Engine,
    { image, options, command = [], signal }: ContainerRequest,
  ): Promise<Container> {
    const name = `fairlead-${process.pid}-${randomBytes(4).toString('hex')}`;
    const container = new Container(engine, name);
    running.set(name, engine);
    try {
      const args = ['run', '--detach', `--name=${name}`, ...options, image, ...command];
      await ask(engine, args, `${image}: its container cannot be started`, { signal });
      return container;
    } catch (error) {
      await container.remove();
      throw error;
    }
  }

  /** Runs a program in it, whatever its exit code. */
  public exec(command: readonly string[], signal?: AbortSignal): ReturnType<typeof call> {
    return call(this.engine, ['exec', this.name, ...command], { signal });
  }

  public async isRunning(signal?: AbortSignal): Promise<boolean> {
    const args = ['container', 'inspect', '--format={{.State.Running}}', this.name];
    const said = await ask(this.engine, args, `${this.name}: cannot be inspected`, { signal });
    return said.toString('utf8').trim() === 'true';
  }

  /** The paths that differ from the image, as the engine lists them. */
  public async changes(signal?: AbortSignal): Promise<readonly string[]> {
    const said = await ask(
      this.engine,
      ['diff', this.name],
      `${this.name}: cannot be compared with its image`,
      { signal },
    );
    return said
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(2));
  }

  /** All that it wrote to stdout and stderr. */
  public async log(signal?: AbortSignal): Promise<string> {
    const { stdout, stderr } = await call(this.engine, ['logs', this.name], { signal });
    return `${stdout.toString('utf8')}${stderr}`;
  }

  /** How it ended, or undefined when it did not within that time. */
  public async waited(seconds: number, signal?: AbortSignal): Promise<Ended | undefined> {
    const began = Date.now();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), seconds * 1000);
    const either = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
    try {
      const said = await ask(this.engine, ['wait', this.name], `${this.name}: cannot be waited for`, {
        signal: either,
      });
      return { code: Number(said.toString('utf8').trim()), seconds: (Date.now() - began) / 1000 };
    } catch (error) {
      signal?.throwIfAborted();
      if (limit.signal.aborted) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** One SIGTERM, as ECS sends it, and the end within that time; undefined when there was none. */
  public async stop(seconds: number, signal?: AbortSignal): Promise<Ended | undefined> {
    await ask(this.engine, ['kill', '--signal=TERM', this.name], `${this.name}: cannot be sent SIGTERM`, {
      signal,
    });
    return this.waited(seconds, signal);
  }

  /** Ends it by force if it runs, and leaves nothing of it. */
  public async remove(): Promise<void> {
    const { code, stderr } = await call(this.engine, ['rm', '--force', '--volumes', this.name]);
    running.delete(this.name);
    if (code !== 0 && !/no such container|no container with/i.test(stderr))
      throw new Error(`the container ${this.name} cannot be removed: ${lastLines(stderr, 3)}`);
  }
}
