import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { Container } from '../../workflows-src/image/container';
import type { Engine } from '../../workflows-src/image/engine';
import { endWithUs } from '../../workflows-src/terraform/process';
import { freePort } from '../free-port';

const IMAGE = 'docker.io/library/registry:2.8.3';
const START_MS = 20_000;

/** A container registry on loopback, which forgets everything when it stops. */
export class Registry {
  private constructor(
    /** Such as `127.0.0.1:40125`, which references begin with. */
    public readonly host: string,
    private readonly end: () => Promise<void>,
  ) {}

  /**
   * Debian's docker-registry where it is on the PATH, else the image `registry` by the engine.
   * @throws Error with what it said when it does not start
   */
  public static async start(engine: Engine, signal?: AbortSignal): Promise<Registry> {
    return (await Registry.program(engine.env)) ?? (await Registry.container(engine, signal));
  }

  public stop(): Promise<void> {
    return this.end();
  }

  private static async program(env: NodeJS.ProcessEnv): Promise<Registry | undefined> {
    const program = onPath('docker-registry', env);
    if (program === undefined || onPath('setpriv', env) === undefined) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-registry-'));
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    const config = join(folder, 'config.yml');
    await mkdir(join(folder, 'data'));
    await writeFile(
      config,
      JSON.stringify({
        version: 0.1,
        log: { level: 'info', formatter: 'json' },
        storage: { filesystem: { rootdirectory: join(folder, 'data') } },
        http: { addr: '127.0.0.1:0', secret: 'of nobody' },
      }),
    );
    // Dies with this process, however that ends: a killed test leaves nobody to stop it.
    const args = ['--pdeathsig=KILL', program, 'serve', config];
    const child = spawn('setpriv', args, { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const release = endWithUs(child.pid);
    const failed = once(child, 'error').then(([error]) => error as Error);
    const answer = await Promise.race([listening(child), failed]);
    if (typeof answer === 'string') {
      const end = async (): Promise<void> => {
        if (child.exitCode === null && child.signalCode === null) {
          child.kill('SIGTERM');
          await once(child, 'exit');
        }
        release();
        await remove();
      };
      return new Registry(answer, end);
    }
    child.kill('SIGKILL');
    release();
    await remove();
    throw new Error(`docker-registry does not start: ${answer.message}`);
  }

  /** Podman's own network needs programs that are often not there; docker's works everywhere. */
  private static async container(engine: Engine, signal?: AbortSignal): Promise<Registry> {
    const host = `127.0.0.1:${await freePort()}`;
    const options =
      engine.name === 'docker'
        ? [`--publish=${host}:5000`]
        : ['--network=host', `--env=REGISTRY_HTTP_ADDR=${host}`];
    const container = await Container.start(engine, { image: IMAGE, options, signal });
    try {
      await answers(host, signal);
      return new Registry(host, () => container.remove());
    } catch (error) {
      await container.remove();
      throw error;
    }
  }
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const files = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return files.find((file) => existsSync(file));
}

/** @returns its host, once it listens */
async function listening(child: ChildProcess): Promise<string | Error> {
  if (!child.stderr) return new Error('it has no output');
  let said = '';
  const lines = createInterface({ input: child.stderr });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
  try {
    for await (const line of lines) {
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (host !== undefined) return host;
      said = line;
    }
    return new Error(said || 'it said nothing');
  } finally {
    clearTimeout(timer);
    lines.close();
    // What it says later nobody reads; a full pipe would stop it.
    child.stderr.resume();
  }
}

async function answers(host: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await fetch(`http://${host}/v2/`, { signal: AbortSignal.timeout(1000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    if (Date.now() > deadline)
      throw new Error(`the registry does not answer on ${host} after ${START_MS / 1000} s`);
    await sleep(100);
  }
}
