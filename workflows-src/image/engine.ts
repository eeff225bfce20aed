import { CannotStart, run, type RunResult } from '../terraform/process';

/** What builds, runs and pushes images: docker or podman, with the environment that it is called with. */
export interface Engine {
  readonly name: 'docker' | 'podman';
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
}

export const ENGINE_VARIABLE = 'FAIRLEAD_CONTAINER_ENGINE';
const ENGINES = ['docker', 'podman'] as const;

/**
 * docker when its daemon answers, else podman; the variable FAIRLEAD_CONTAINER_ENGINE chooses one.
 * @returns undefined where neither is
 * @throws Error when the one that was chosen is not there, or the variable names another
 */
export async function findEngine(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Engine | undefined> {
  const chosen = env[ENGINE_VARIABLE] || undefined;
  const candidates = chosen === undefined ? ENGINES : ENGINES.filter((name) => name === chosen);
  if (candidates.length === 0)
    throw new Error(`${ENGINE_VARIABLE}: must be ${ENGINES.join(' or ')}, got '${chosen}'`);
  const why: string[] = [];
  for (const name of candidates) {
    const answer = await versionOf(name, env, signal);
    if ('version' in answer) return { name, version: answer.version, env };
    why.push(answer.why);
  }
  if (chosen !== undefined) throw new Error(`${ENGINE_VARIABLE}=${chosen}: ${why.join('; ')}`);
  return undefined;
}

/** @throws Error that says how to get one, where there is none */
export async function needEngine(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Engine> {
  const engine = await findEngine(env, signal);
  if (engine) return engine;
  throw new Error(
    'no container engine: start docker (its daemon does not answer), or install podman and skopeo. On Debian: apt-get install podman skopeo',
  );
}

/** Docker's client is there without its daemon too, so it is the server that is asked. */
async function versionOf(
  name: Engine['name'],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<{ version: string } | { why: string }> {
  const format = name === 'docker' ? '{{.Server.Version}}' : '{{.Client.Version}}';
  try {
    const { code, stdout, stderr } = await run(name, ['version', '--format', format], {
      env,
      signal,
      graceMs: 1000,
    });
    const version = stdout.toString('utf8').trim();
    if (code === 0 && version !== '') return { version };
    return { why: `${name} does not answer: ${lastLines(stderr, 1)}` };
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    return { why: `${name} is not on the PATH` };
  }
}

export interface CallOptions {
  /** A program beside the engine, such as podman's skopeo. @default the engine itself */
  readonly file?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Calls the engine, whatever its exit code. */
export function call(engine: Engine, args: readonly string[], options: CallOptions = {}): Promise<RunResult> {
  const { env, file = engine.name, ...others } = options;
  return run(file, args, { ...others, env: { ...engine.env, ...env }, graceMs: 5000 });
}

/**
 * Calls the engine for what it prints.
 * @throws Error: the sentence, the exit code and the end of what it said
 */
export async function ask(
  engine: Engine,
  args: readonly string[],
  sentence: string,
  options: CallOptions = {},
): Promise<Buffer> {
  const { file = engine.name } = options;
  const { code, stdout, stderr } = await call(engine, args, options).catch((error: unknown) => {
    if (!(error instanceof CannotStart)) throw error;
    throw new Error(`${sentence}: ${file} is not on the PATH; install it`, { cause: error });
  });
  if (code === 0) return stdout;
  throw new Error(`${sentence} (${file} ${args[0]}, exit ${code}):\n  ${lastLines(stderr, 12)}`);
}

export function lastLines(text: string, count: number): string {
  return text.trim().split('\n').slice(-count).join('\n  ');
}

/** Where a registry is only on this machine, it speaks plain HTTP. Docker knows that by itself. */
export function isLoopback(reference: string): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?\//.test(reference);
}
