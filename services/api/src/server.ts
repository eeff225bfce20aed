import { buildApp } from './app';
import { readConfig } from './config';
import { openDatabase, type Database } from './database';
import { stopGracefully, type Lifecycle } from './lifecycle';
import { createLogger, writeLine } from './logging';
import { embeddedMetrics, METRICS_SECONDS, POOL_LOOK_SECONDS, type Metrics } from './metrics';
import { migrate, MIGRATIONS_FOLDER, readMigrations } from './migrations';
import { LONGEST_REQUEST_SECONDS } from './timings';

/** Starts the service; ends by SIGTERM or SIGINT with exit code 0 when every request was answered. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger(config.logLevel);
  const lifecycle: Lifecycle = { draining: false };
  const database = await openDatabase(config.database, (error) =>
    log.warn({ err: error }, 'connection lost'),
  );
  if (config.migrateOnStart) {
    log.info({ applied: await migrate(database, readMigrations(MIGRATIONS_FOLDER)) }, 'schema is up to date');
  }
  const { docs, metricsNamespace } = config;
  const metrics = metricsNamespace === undefined ? undefined : embeddedMetrics(metricsNamespace, writeLine);
  const app = buildApp({ database, lifecycle, log, docs, ...(metrics && { metrics }) });
  if (metrics) keepWriting(metrics, database);

  const hurry = new AbortController();
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return hurry.abort();
    stopping = true;
    const { drainSeconds } = config;
    const close = (): Promise<void> => app.close();
    const stopped = await stopGracefully({
      lifecycle,
      close,
      drainSeconds,
      closeSeconds: LONGEST_REQUEST_SECONDS,
      log,
      hurry: hurry.signal,
    });
    if (stopped) await database.close();
    metrics?.flush();
    process.exit(stopped ? 0 : 1);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());

  const { host, port } = config;
  await app
    .listen({ port, host, listenTextResolver: (address) => `listening at ${address}` })
    .catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? new Error(`PORT: ${port} on ${host} is taken; set another`) : error;
    });
}

function keepWriting(metrics: Metrics, { load }: Database): void {
  setInterval(() => metrics.flush(), METRICS_SECONDS * 1_000).unref();
  if (load) setInterval(() => metrics.pool(load()), POOL_LOOK_SECONDS * 1_000).unref();
}

main().catch((error: unknown) => {
  createLogger('fatal').fatal({ err: error }, error instanceof Error ? error.message : 'could not start');
  process.exit(1);
});
