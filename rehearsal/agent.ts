import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import * as z from 'zod';

import { ask, call, type Engine, isLoopback, needEngine } from '../workflows-src/image/engine';
import { confinement, variables } from '../workflows-src/image/smoke-test';

/**
 * The program that the emulator's ECS agent has do the running (emulator/agent.py): with a container engine, confined as the
 * task definition says, on this machine's network. Reads one document from stdin.
 */

/** What an instance is to the containers on it: in the environment as REHEARSAL_AGENT_SETTINGS. */
export interface AgentSettings {
  /** Where it remembers which containers it runs. */
  readonly folder: string;
  /** The registry of task definitions, and where it is really. */
  readonly registry: { readonly name: string; readonly at: string };
  /** By `<cluster>/<service>`: where the service listens. */
  readonly ports: Readonly<Record<string, number>>;
  /** In place of all that a container is told of its database, by cluster. */
  readonly databases: Readonly<Record<string, string>>;
}

const settingsSchema = z.strictObject({
  folder: z.string(),
  registry: z.strictObject({ name: z.string(), at: z.string() }),
  ports: z.record(z.string(), z.int()),
  databases: z.record(z.string(), z.string()),
});

const startSchema = z.object({
  run: z.enum(['task', 'service']),
  /** Of a task its id; of a service its own name. */
  name: z.string().regex(/^[\w-]+$/),
  cluster: z.string().regex(/^[\w-]+$/),
  container: z.looseObject({
    name: z.string(),
    image: z.string(),
    command: z.array(z.string()).default([]),
    environment: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    memory: z.number().default(512),
    cpu: z.number().default(256),
    stopTimeout: z.number().default(30),
    readinessPath: z.string().default('/readyz'),
  }),
});
type Document = z.infer<typeof startSchema>;
const documentSchema = z.discriminatedUnion('run', [startSchema, z.object({ run: z.literal('stop') })]);

const READY_SECONDS = 20;

/** @returns the exit code */
async function main(): Promise<number> {
  const settings = settingsSchema.parse(JSON.parse(process.env['REHEARSAL_AGENT_SETTINGS'] ?? 'null'));
  const document = documentSchema.parse(JSON.parse(readFileSync(0, 'utf8')));
  const engine = await needEngine(process.env);
  if (document.run === 'stop') return stop(engine, settings);
  return document.run === 'task' ? runTask(engine, document, settings) : deploy(engine, document, settings);
}

/** Its log becomes ours, its exit code too. */
async function runTask(engine: Engine, document: Document, settings: AgentSettings): Promise<number> {
  const name = `fairlead-task-${document.name}`;
  // ECS stops a task that it is told to stop, and so does whoever ends the emulator.
  process.once('SIGTERM', () => void call(engine, ['rm', '--force', name]));
  const { code, stdout, stderr } = await call(engine, [
    'run',
    '--rm',
    // What it pulls is not what the container says.
    '--quiet',
    `--name=${name}`,
    ...optionsOf(engine, document, settings),
    imageOf(document, settings),
    ...document.container.command,
  ]);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return code;
}

/** The emulator ends, and what it ran with it. */
async function stop(engine: Engine, { ports }: AgentSettings): Promise<number> {
  // Nobody is served any more: there is nothing to wait for.
  const atOnce = engine.name === 'podman' ? ['--time=0'] : [];
  for (const service of Object.keys(ports))
    await call(engine, ['rm', '--force', ...atOnce, `fairlead-service-${service.replace('/', '-')}`]);
  return 0;
}

/** What runs where, so that the one before can be put back. */
interface Running {
  readonly document: Document;
}

/**
 * Puts the new container in the place of the one before: there is one port, so one after the other.
 * @returns 0 when it is ready; otherwise the one before runs again
 */
async function deploy(engine: Engine, document: Document, settings: AgentSettings): Promise<number> {
  const memory = join(settings.folder, `${document.cluster}-${document.name}.json`);
  const before = existsSync(memory) ? (JSON.parse(readFileSync(memory, 'utf8')) as Running) : undefined;
  if (await starts(engine, document, settings)) {
    writeFileSync(memory, JSON.stringify({ document } satisfies Running));
    return 0;
  }
  if (before === undefined) {
    await remove(engine, document);
    rmSync(memory, { force: true });
  } else if (!(await starts(engine, before.document, settings)))
    process.stderr.write(`${before.document.container.image} does not start again\n`);
  return 1;
}

async function starts(engine: Engine, document: Document, settings: AgentSettings): Promise<boolean> {
  const { container } = document;
  await remove(engine, document);
  const port = settings.ports[`${document.cluster}/${document.name}`];
  if (port === undefined) throw new Error(`no port is set for ${document.cluster}/${document.name}`);
  const named = `--name=${nameOf(document)}`;
  const image = imageOf(document, settings);
  const options = optionsOf(engine, document, settings, { PORT: String(port) });
  await ask(
    engine,
    ['run', '--detach', '--quiet', named, ...options, image, ...container.command],
    `${image}: cannot be started`,
  );
  const deadline = Date.now() + READY_SECONDS * 1000;
  while (Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}${container.readinessPath}`, {
      signal: AbortSignal.timeout(1000),
    }).catch(() => undefined);
    if (answer?.ok) return true;
    const { stdout } = await call(engine, [
      'container',
      'inspect',
      '--format={{.State.Running}}',
      nameOf(document),
    ]);
    if (stdout.toString('utf8').trim() !== 'true') break;
    await sleep(100);
  }
  const { stdout, stderr } = await call(engine, ['logs', '--tail=10', nameOf(document)]);
  process.stderr.write(`${image} does not get ready:\n${stdout.toString('utf8')}${stderr}`);
  return false;
}

async function remove(engine: Engine, document: Document): Promise<void> {
  await call(engine, ['stop', `--time=${document.container.stopTimeout}`, nameOf(document)]);
  await call(engine, ['rm', '--force', nameOf(document)]);
}

function nameOf({ cluster, name }: Document): string {
  return `fairlead-service-${cluster}-${name}`;
}

function imageOf({ container }: Document, { registry }: AgentSettings): string {
  return container.image.replace(`${registry.name}/`, `${registry.at}/`);
}

/** Its environment is that of the task definition, but for where its database is. */
function optionsOf(
  engine: Engine,
  { container, cluster }: Document,
  { databases, registry }: AgentSettings,
  more: Readonly<Record<string, string>> = {},
): readonly string[] {
  const database = databases[cluster];
  const given = container.environment.filter(({ name }) => !name.startsWith('DATABASE_'));
  return [
    '--network=host',
    // Docker knows by itself that a registry on loopback has no TLS.
    ...(engine.name === 'podman' && isLoopback(`${registry.at}/`) ? ['--tls-verify=false'] : []),
    ...confinement({ cpu: container.cpu, memoryMiB: container.memory }),
    ...variables({
      ...Object.fromEntries(given.map(({ name, value }) => [name, value])),
      ...(database !== undefined && { DATABASE_URL: database }),
      HOST: '127.0.0.1',
      ...more,
    }),
  ];
}

void main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 70;
  },
);
