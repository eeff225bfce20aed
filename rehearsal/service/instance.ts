import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { transformSync } from 'esbuild';

import { run } from '../../workflows-src/terraform/process';
import { freePort } from '../free-port';
import { endWhenGone, whenGone } from '../when-gone';

export const SERVICE = join(__dirname, '../../services/api');
const READY_MS = 20_000;

/** The service's files, as they are shipped. @throws Error with what the build said */
export async function buildService(): Promise<void> {
  const { code, stderr } = await run('npm', ['run', '--silent', 'build'], { cwd: SERVICE, env: process.env });
  if (code !== 0) throw new Error(`${SERVICE}: its build failed (exit ${code})\n${stderr.trim()}`);
}

/** A running service. */
export interface Instance {
  readonly name: string;
  readonly port: number;
  /** As `SIGTERM` from ECS. */
  terminate(): Promise<void>;
  /** Its exit code, and when it had ended by `performance.now()`. */
  readonly exited: Promise<{ readonly code: number; readonly at: number }>;
  /** All that it has logged. */
  log(): Promise<string>;
  /** Ends it by force, if it has not ended. */
  remove(): Promise<void>;
}

export interface InstanceOptions {
  readonly name: string;
  /** For its log and its preload. */
  readonly folder: string;
  /** Its own variables, besides where to listen. */
  readonly env: Readonly<Record<string, string>>;
  /** Loads `preload.ts` into it. @default false */
  readonly preload?: boolean;
}

/** Starts one, in whatever shape. It need not be ready yet. */
export type Launch = (options: InstanceOptions) => Promise<Instance>;

/** `node dist/server.js`. */
export const launchProcess: Launch = launchScript('dist/server.js', SERVICE);

/** `node <script>`, started in that folder. */
export function launchScript(script: string, cwd: string): Launch {
  return async ({ name, folder, env, preload = false }) => {
    const port = await freePort();
    const file = join(folder, `${name}.log`);
    const output = openSync(file, 'w');
    const child = spawn(process.execPath, [script], {
      cwd,
      env: {
        PATH: process.env.PATH,
        NODE_OPTIONS: preload ? `--require ${preloadIn(folder)}` : '',
        HOST: '127.0.0.1',
        PORT: String(port),
        ...env,
      },
      detached: true,
      stdio: ['ignore', output, output],
    });
    const ended = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => {
      guard.release();
      if (typeof code === 'number') return { code, at: performance.now() };
      throw new Error(`${name} was ended by ${signal}`);
    });
    // Whoever is interested awaits it; a process that is removed by force is no unhandled failure.
    ended.catch(() => undefined);
    await once(child, 'spawn');
    const guard = endWhenGone(child.pid as number);
    return {
      name,
      port,
      terminate: async () => void child.kill('SIGTERM'),
      exited: ended,
      log: async () => readFileSync(file, 'utf8'),
      remove: async () => {
        child.kill('SIGKILL');
        await ended.catch(() => undefined);
      },
    };
  };
}

/** The image in a container that may do nothing but serve: no capability, no writable root, not root. */
export function launchContainer(image: string): Launch {
  return async ({ name, folder, env, preload = false }) => {
    const port = await freePort();
    const container = `fairlead-${process.pid}-${name}-${port}`;
    const all: Record<string, string> = { HOST: '127.0.0.1', PORT: String(port), ...env };
    if (preload) all['NODE_OPTIONS'] = '--enable-source-maps --require /rehearsal/preload.js';
    await podman([
      'run',
      '--detach',
      `--name=${container}`,
      '--network=host',
      '--read-only',
      '--tmpfs=/tmp:rw,size=16m',
      '--user=10001:10001',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      '--memory=256m',
      '--pids-limit=100',
      '--no-healthcheck',
      ...(preload ? [`--volume=${preloadIn(folder)}:/rehearsal/preload.js:ro`] : []),
      ...Object.entries(all).map(([key, value]) => `--env=${key}=${value}`),
      image,
    ]);
    const guard = whenGone('podman', 'rm', '--force', '--time=0', container);
    const exited = podman(['wait', container]).then((code) => ({
      code: Number(code),
      at: performance.now(),
    }));
    exited.catch(() => undefined);
    return {
      name,
      port,
      terminate: async () => void (await podman(['kill', '--signal=TERM', container])),
      exited,
      log: () => podman(['logs', container]),
      remove: () => guard.now(),
    };
  };
}

/** Until its readiness path answers 200. @throws Error with the end of its log */
export async function ready({ name, port, exited, log }: Instance): Promise<void> {
  const deadline = performance.now() + READY_MS;
  let ended = false;
  exited.then(
    () => (ended = true),
    () => (ended = true),
  );
  while (performance.now() < deadline && !ended) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, {
      signal: AbortSignal.timeout(1_000),
    }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(20);
  }
  const said = (await log()).trim().split('\n').slice(-5).join('\n  ');
  throw new Error(`${name} did not become ready\n  ${said}`);
}

/** Runs `node dist/migrate.js`. */
export function migrate(databaseUrl: string): ReturnType<typeof run> {
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl };
  return run(process.execPath, ['dist/migrate.js'], { cwd: SERVICE, env });
}

/** `preload.ts` as Node and the container's user can read it. */
function preloadIn(folder: string): string {
  const file = join(folder, 'preload.js');
  const source = readFileSync(join(__dirname, 'preload.ts'), 'utf8');
  writeFileSync(file, transformSync(source, { loader: 'ts', format: 'cjs', target: 'node20' }).code, {
    mode: 0o644,
  });
  return file;
}

async function podman(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run('podman', args, { env: process.env });
  if (code !== 0) throw new Error(`podman ${args[0]} failed (exit ${code}): ${stderr.trim()}`);
  return stdout.toString('utf8').trim();
}
