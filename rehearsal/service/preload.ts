import Module from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

import type * as Fastify from 'fastify';

/**
 * Loaded into the service by `NODE_OPTIONS=--require`, so that its own files stay as they were built:
 * - `REHEARSAL_WORK_MS`: what every request costs besides its query, health checks excepted;
 * - `REHEARSAL_STOP=close`: SIGTERM calls Fastify's `close()` at once, as Fastify has it by default.
 */
const workMs = Number(process.env['REHEARSAL_WORK_MS'] ?? 0);
const closesAtOnce = process.env['REHEARSAL_STOP'] === 'close';

type Loader = { _load(request: string, ...rest: unknown[]): unknown };
const loader = Module as unknown as Loader;
const load = loader._load;
loader._load = function (this: unknown, request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  return request === 'fastify' ? withWork(loaded as typeof Fastify) : loaded;
};

function withWork(original: typeof Fastify): object {
  const fastify = (options: Fastify.FastifyServerOptions): Fastify.FastifyInstance => {
    const app = original.fastify(
      closesAtOnce ? { ...options, return503OnClosing: true } : options,
    ) as Fastify.FastifyInstance;
    app.addHook('preHandler', async ({ routeOptions: { url } }) => {
      if (url !== '/livez' && url !== '/readyz') await sleep(workMs);
    });
    if (closesAtOnce) closeOnSigterm(app);
    return app;
  };
  return { ...original, fastify };
}

function closeOnSigterm(app: Fastify.FastifyInstance): void {
  const { on } = process;
  on.call(process, 'SIGTERM', () => void app.close().then(() => process.exit(0)));
  // The service's own handler is not to run beside it.
  process.on = function (this: NodeJS.Process, event: string, listener: (...args: never[]) => void) {
    return event === 'SIGTERM' ? this : Reflect.apply(on, this, [event, listener]);
  } as typeof process.on;
}
