import { dirname, join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ServiceDescriptor } from '../stacks/config';
import { buildImage, type BuiltImage } from '../workflows-src/image/build';
import { Container } from '../workflows-src/image/container';
import { ask, call, type Engine, lastLines } from '../workflows-src/image/engine';
import { pushImage, type PushedImage } from '../workflows-src/image/push';
import { confinement, migrate, variables } from '../workflows-src/image/smoke-test';
import { prepareEngine } from './engine/prepare';
import { Registry } from './engine/registry';
import { freePort } from './free-port';
import { findPostgres, Postgres } from './postgres';

const ROOT = join(__dirname, '..');
const READY_MS = 30_000;
/** What PGlite takes beside the service: with 512 in all it is killed while it starts. */
const PGLITE_MIB = 1024;

export interface RealImagesOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly services: readonly string[];
  readonly source: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface RunOptions {
  readonly descriptor: ServiceDescriptor;
  /** Gets what the container has said, when it stops. */
  readonly log: string;
  /** PostgreSQL's programs. @default those that are found; without them the checkout's PGlite is mounted into the container */
  readonly postgres?: string | undefined;
}

/** A service that answers on loopback, until it is stopped. */
export interface RunningService {
  /** Such as `http://127.0.0.1:40124`. */
  readonly url: string;
  /** What it runs on, as a sentence names it. */
  readonly said: string;
  stop(): Promise<void>;
}

/** The images of the services as they would be shipped: built, pushed to a registry on loopback, run by what was pushed. */
export class RealImages {
  private readonly built = new Map<string, BuiltImage>();

  private constructor(
    private readonly engine: Engine,
    private readonly registry: Registry,
    private readonly options: RealImagesOptions,
  ) {}

  /** @returns the one sentence that says why there are none, where no engine or no base image is to be had */
  public static async open(options: RealImagesOptions): Promise<RealImages | string> {
    const prepared = await prepareEngine({ ...options, root: ROOT });
    if ('missing' in prepared) return prepared.missing;
    const { engine } = prepared;
    return new RealImages(engine, await Registry.start(engine, options.signal), options);
  }

  public get said(): string {
    const { name, version } = this.engine;
    return `${name} ${version} builds the images, and a registry on ${this.registry.host} gets them.`;
  }

  /** Builds and pushes one. */
  public async ship(service: string): Promise<PushedImage> {
    const { source, signal } = this.options;
    const tag = `localhost/fairlead/${service}:rehearsal`;
    const image = await buildImage(this.engine, {
      root: ROOT,
      service,
      platform: 'host',
      tag,
      source,
      signal,
    });
    this.built.set(service, image);
    const remote = `${this.registry.host}/${service}:rehearsal`;
    await ask(this.engine, ['tag', tag, remote], `${tag}: cannot be named ${remote}`, { signal });
    try {
      return await pushImage(this.engine, remote, { id: image.id, signal });
    } finally {
      // The name alone: the image has another.
      await call(this.engine, ['rmi', remote]);
    }
  }

  /**
   * Runs one that was shipped, as confined as its task: with a PostgreSQL of its own, which the image's own command migrates;
   * or, where none is installed, with what the service embeds on a laptop.
   */
  public async run(service: string, { descriptor, log, ...given }: RunOptions): Promise<RunningService> {
    const { env, signal } = this.options;
    const image = this.built.get(service);
    if (!image) throw new Error(`${service}: its image was not built`);
    const linux = process.platform === 'linux';
    const programs = 'postgres' in given ? given.postgres : findPostgres(env);
    // Elsewhere containers are in a virtual machine, whose loopback is not ours.
    const postgres =
      linux && descriptor.database && programs !== undefined ? await Postgres.start(programs) : undefined;
    const embeds = descriptor.database && !postgres;
    let container: Container | undefined;
    const stop = async (): Promise<void> => {
      try {
        if (container) await writeFile(log, await container.log());
      } finally {
        await container?.remove();
        await postgres?.stop();
      }
    };
    try {
      const port = await freePort();
      const options = [
        ...confinement({ ...descriptor, memoryMiB: descriptor.memoryMiB + (embeds ? PGLITE_MIB : 0) }),
        ...(linux ? ['--network=host'] : [`--publish=127.0.0.1:${port}:${descriptor.port}`]),
        ...(embeds ? embedded() : []),
        ...variables({
          ...descriptor.environment,
          LOG_LEVEL: 'warn',
          DRAIN_SECONDS: '1',
          ...(linux ? { HOST: '127.0.0.1', PORT: String(port) } : { PORT: String(descriptor.port) }),
          ...(postgres && { DATABASE_URL: postgres.url('postgres') }),
          ...(embeds && { NODE_ENV: 'development' }),
        }),
      ];
      if (postgres && descriptor.migrate)
        await migrate(this.engine, image.id, descriptor.migrate, options, signal);
      container = await Container.start(this.engine, { image: image.id, options, signal });
      const url = `http://127.0.0.1:${port}`;
      await this.ready(container, `${url}${descriptor.readinessPath}`);
      const running = container;
      const database = postgres
        ? ' and a PostgreSQL that it has migrated'
        : embeds
          ? ' and the embedded database'
          : '';
      return {
        url,
        said: `the container of that image, read-only and without root or capabilities${database}`,
        stop: async () => {
          const ended = await running.stop(descriptor.stopSeconds);
          await stop();
          if (ended?.code !== 0)
            throw new Error(
              `${service}: its container must end by SIGTERM with exit 0, got ${ended ? `exit ${ended.code}` : 'no end'}`,
            );
        },
      };
    } catch (error) {
      await stop();
      throw error;
    }
  }

  public async close(): Promise<void> {
    await this.registry.stop();
  }

  private async ready(container: Container, url: string): Promise<void> {
    const { signal } = this.options;
    const deadline = Date.now() + READY_MS;
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      const answer = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
      if (answer?.ok) return;
      if (!(await container.isRunning(signal))) {
        const ended = await container.waited(1, signal);
        throw new Error(
          `its container ended by itself, exit ${ended?.code}:\n  ${lastLines(await container.log(), 5)}`,
        );
      }
      await sleep(100);
    }
    throw new Error(
      `${url} did not answer 200 within ${READY_MS / 1000} s:\n  ${lastLines(await container.log(), 5)}`,
    );
  }
}

/** PGlite, which is no part of the image. */
function embedded(): readonly string[] {
  const folder = join(dirname(require.resolve('@electric-sql/pglite')), '..');
  return [`--volume=${folder}:/app/node_modules/@electric-sql/pglite:ro`];
}
