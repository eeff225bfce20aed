import * as z from 'zod';

import type { ServiceDescriptor } from '../../stacks/config';
import { Container } from './container';
import { ask, type Engine, lastLines } from './engine';

/** What of a service's descriptor its container is run by. */
export type ContainerDescriptor = Pick<
  ServiceDescriptor,
  | 'port'
  | 'cpu'
  | 'memoryMiB'
  | 'livenessPath'
  | 'readinessPath'
  | 'stopSeconds'
  | 'database'
  | 'migrate'
  | 'environment'
>;

export interface SmokeTestOptions {
  /** A database that the container reaches; its schema is brought up to date. @default none, and the service says so */
  readonly databaseUrl?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface SmokeTestResult {
  /** From the start of the container to the first 200. */
  readonly readySeconds: number;
  readonly stopSeconds: number;
}

/** An image that a task could not run, with everything that is wrong with it. */
export class SmokeTestFailed extends Error {
  public override readonly name = 'SmokeTestFailed';
  public constructor(
    image: string,
    public readonly problems: readonly string[],
    log: string,
  ) {
    super(
      `${image}: the container smoke test failed:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nThe end of its log:\n  ${lastLines(log, 12) || '(nothing)'}`,
    );
  }
}

/** As the container health check of the task definition: its start period. */
const READY_SECONDS = 30;
/** More than any service of ours needs, less than a fork bomb. */
const PIDS = 256;
/** The user, whatever the image says: as the task definition has it. */
const USER = '10001:10001';
/** What answers nothing, at once: the discard port of the container itself. */
const NO_DATABASE = 'postgres://nobody@127.0.0.1:9/none';

/** What the engine's `run` is given so that a container is held as a task's is, but for network and variables. */
export function confinement({
  cpu,
  memoryMiB,
}: Pick<ContainerDescriptor, 'cpu' | 'memoryMiB'>): readonly string[] {
  return [
    '--read-only',
    '--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m',
    `--user=${USER}`,
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    `--cpu-shares=${cpu}`,
    `--memory=${memoryMiB}m`,
    `--memory-swap=${memoryMiB}m`,
    `--pids-limit=${PIDS}`,
  ];
}

export function variables(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`);
}

/** What a look into the running container tells. */
export interface Sight {
  readonly liveness: number;
  readonly readiness: number;
  /** Whether it listens on every address of its own, as a balancer needs. */
  readonly everywhere: boolean;
  /** Of /proc/<pid>/status, of every process. */
  readonly processes: readonly {
    readonly name: string;
    readonly uids: readonly number[];
    readonly capabilities: string;
    readonly noNewPrivileges: boolean;
  }[];
  /** Where a file could be made. */
  readonly writable: readonly string[];
}

const sight: z.ZodType<Sight> = z.object({
  liveness: z.number(),
  readiness: z.number(),
  everywhere: z.boolean(),
  processes: z.array(
    z.object({
      name: z.string(),
      uids: z.array(z.number()),
      capabilities: z.string(),
      noNewPrivileges: z.boolean(),
    }),
  ),
  writable: z.array(z.string()),
});

/**
 * Run by the image's own node, because it has no shell: waits for liveness, then looks around. 127.0.0.2 is the container
 * itself too, and answers only a server that does not listen on 127.0.0.1 alone.
 */
function lookAround({ port, livenessPath, readinessPath }: ContainerDescriptor): string {
  const given = JSON.stringify({ port, livenessPath, readinessPath, until: READY_SECONDS * 1000 });
  return `
const { port, livenessPath, readinessPath, until } = ${given};
const fs = require('node:fs');
const status = (host, path) => fetch('http://' + host + ':' + port + path, { signal: AbortSignal.timeout(5000) })
  .then((answer) => answer.status, () => 0);
const field = (text, name) => new RegExp('^' + name + ':\\\\s*(.*)$', 'm').exec(text)?.[1] ?? '';
(async () => {
  let liveness = 0;
  while (liveness !== 200 && performance.now() < until) {
    liveness = await status('127.0.0.1', livenessPath);
    if (liveness !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const processes = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => {
    const text = fs.readFileSync('/proc/' + pid + '/status', 'utf8');
    return {
      name: field(text, 'Name'),
      uids: field(text, 'Uid').split(/\\s+/).map(Number),
      capabilities: [field(text, 'CapPrm'), field(text, 'CapEff'), field(text, 'CapBnd')].find((set) => /[^0]/.test(set)) ?? '',
      noNewPrivileges: field(text, 'NoNewPrivs') === '1',
    };
  });
  const writable = ['/', '/etc', '/var', process.cwd(), process.cwd() + '/dist'].filter((folder) => {
    try { fs.writeFileSync(folder + '/fairlead-probe', ''); return true; } catch { return false; }
  });
  const readiness = await status('127.0.0.1', readinessPath);
  const everywhere = (await status('127.0.0.2', livenessPath)) === 200;
  console.log(JSON.stringify({ liveness, readiness, everywhere, processes, writable }));
})();`;
}

/** What is wrong with it, in sentences. */
export function judge(
  { livenessPath, readinessPath }: Pick<ContainerDescriptor, 'livenessPath' | 'readinessPath'>,
  seen: Sight,
  readiness: 200 | 503,
): readonly string[] {
  const said = (status: number): string => (status === 0 ? 'no answer' : String(status));
  const problems: string[] = [];
  if (seen.liveness !== 200)
    problems.push(`${livenessPath}: must answer 200 within ${READY_SECONDS} s, got ${said(seen.liveness)}`);
  else if (!seen.everywhere)
    problems.push(
      `${livenessPath}: answers on 127.0.0.1 alone; it must listen on every address (HOST=0.0.0.0)`,
    );
  if (seen.readiness !== readiness)
    problems.push(
      `${readinessPath}: must answer ${readiness} while ${readiness === 503 ? 'no database is reachable' : 'all it needs is reachable'}, got ${said(seen.readiness)}`,
    );
  for (const { name, uids, capabilities, noNewPrivileges } of seen.processes) {
    if (uids.includes(0))
      problems.push(`the process ${name} must not be root, got user ids ${uids.join(', ')}`);
    if (capabilities !== '')
      problems.push(`the process ${name} must have no capabilities, got ${capabilities}`);
    if (!noNewPrivileges) problems.push(`the process ${name} must not be able to gain privileges`);
  }
  for (const folder of seen.writable)
    problems.push(`${folder} must be read-only, and a file could be made there`);
  return problems;
}

/** Made by the engine itself, in any container. */
const OF_THE_ENGINE =
  /^\/(dev|proc|sys|run|tmp|etc)$|^\/(dev|proc|sys|run)\/|^\/etc\/(hosts|hostname|resolv\.conf|mtab)$|^\/tmp\//;

/** The paths that the service, not the engine, has made, changed or removed. */
export function writtenPaths(changes: readonly string[]): readonly string[] {
  return changes.filter((path) => !OF_THE_ENGINE.test(path));
}

const user = /^(?!0+(:|$))\d+(:(?!0+$)\d+)?$/;

/**
 * Runs that very image as ECS will: read-only root, the task definition's user, no capabilities, its memory. Without a
 * database it has no network at all: liveness must not need one, and readiness must tell.
 * @throws SmokeTestFailed with every problem; Error when the engine fails
 */
export async function smokeTest(
  engine: Engine,
  image: string,
  descriptor: ContainerDescriptor,
  { databaseUrl, signal }: SmokeTestOptions = {},
): Promise<SmokeTestResult> {
  const environment = {
    ...descriptor.environment,
    PORT: String(descriptor.port),
    ...(descriptor.database && { DATABASE_URL: databaseUrl ?? NO_DATABASE }),
  };
  const network = databaseUrl === undefined ? 'none' : 'host';
  const options = [...confinement(descriptor), `--network=${network}`, ...variables(environment)];
  await mustNotBeRoot(engine, image, signal);
  if (databaseUrl !== undefined && descriptor.migrate)
    await migrate(engine, image, descriptor.migrate, options, signal);

  const began = Date.now();
  const container = await Container.start(engine, { image, options, signal });
  try {
    const looked = await container.exec(['node', '-e', lookAround(descriptor)], signal);
    const readySeconds = (Date.now() - began) / 1000;
    const answer = sight.safeParse(json(looked.stdout.toString('utf8')));
    if (!answer.success) {
      const ended = await container.waited(1, signal);
      const problem = ended
        ? `the container ended by itself, exit ${ended.code}`
        : `nothing can be run in it: ${lastLines(looked.stderr, 3)}`;
      throw new SmokeTestFailed(image, [problem], await container.log(signal));
    }
    const readiness = descriptor.database && databaseUrl === undefined ? 503 : 200;
    const problems = [...judge(descriptor, answer.data, readiness)];
    const ended = await container.stop(descriptor.stopSeconds, signal);
    if (!ended) problems.push(`SIGTERM: must end within ${descriptor.stopSeconds} s, and it still runs`);
    else if (ended.code !== 0) problems.push(`SIGTERM: must end with exit 0, got exit ${ended.code}`);
    const written = writtenPaths(await container.changes(signal));
    if (written.length > 0) problems.push(`must write nothing to its root, wrote ${written.join(', ')}`);
    const log = await container.log(signal);
    if (/\bEROFS\b|read-only file system/i.test(log))
      problems.push('tries to write to its read-only root: see its log');
    if (problems.length > 0) throw new SmokeTestFailed(image, problems, log);
    return { readySeconds, stopSeconds: ended?.seconds ?? 0 };
  } finally {
    await container.remove();
  }
}

/** The task definition sets a user too; whoever runs the image elsewhere gets the image's own. */
async function mustNotBeRoot(engine: Engine, image: string, signal?: AbortSignal): Promise<void> {
  const args = ['image', 'inspect', '--format={{.Config.User}}', image];
  const given = (await ask(engine, args, `${image}: cannot be inspected`, { signal }))
    .toString('utf8')
    .trim();
  if (user.test(given)) return;
  const problem = `USER: must be a number other than 0, such as ${USER}, got '${given}'`;
  throw new SmokeTestFailed(image, [problem], '');
}

/** The one-off task before a release. */
export async function migrate(
  engine: Engine,
  image: string,
  command: readonly string[],
  options: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const container = await Container.start(engine, { image, options, command, signal });
  try {
    const ended = await container.waited(MIGRATE_SECONDS, signal);
    if (ended?.code === 0) return;
    const problem = `${command.join(' ')}: must end with exit 0 within ${MIGRATE_SECONDS} s, got ${ended ? `exit ${ended.code}` : 'no end'}`;
    throw new SmokeTestFailed(image, [problem], await container.log(signal));
  } finally {
    await container.remove();
  }
}

const MIGRATE_SECONDS = 60;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
