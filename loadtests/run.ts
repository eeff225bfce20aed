import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { judge, type Verdict } from './verdict';

export { describeVerdict, type Outcome, type SloResult, type Verdict } from './verdict';

export interface LoadTest {
  /** The k6 binary. */
  readonly k6: string;
  /** The service's URL. */
  readonly target: string;
  /** The name of a file in `profiles`, such as `smoke`. */
  readonly profile: string;
  /** Receives `summary.json` and `k6.log`; made when it is not there. */
  readonly folder: string;
  /** Settings of the profile, such as `RATE`. @default its own */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the run, which is then inconclusive. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Called with each line that k6 logs. @default nobody is */
  readonly onLine?: (line: string) => void;
  /** Where profiles are. @default this package's */
  readonly profilesFolder?: string;
}

export const PROFILES_FOLDER = join(__dirname, 'profiles');

/** From the polite end of a run to the other one. */
const KILL_AFTER_MILLISECONDS = 5_000;

/** Enough to show the cause; every iteration may log one. */
const ERRORS_KEPT = 20;

/**
 * Runs k6 and judges what it measured. Resolves when the process is gone, whatever became of it.
 * @throws Error when there is no such profile
 */
export async function runLoadTest(test: LoadTest): Promise<Verdict> {
  const { k6, target, profile, signal, onLine, profilesFolder = PROFILES_FOLDER } = test;
  const profiles = await profileNames(profilesFolder);
  if (!profiles.includes(profile)) {
    throw new Error(`${profile}: there is no such load profile; there are ${profiles.join(', ')}`);
  }
  const folder = resolve(test.folder);
  const summaryFile = join(folder, 'summary.json');
  await mkdir(folder, { recursive: true });
  // The one of an earlier run would be taken for this one's.
  await rm(summaryFile, { force: true });

  const settings = { ...test.env, TARGET: target, SUMMARY_FILE: summaryFile };
  const args = [
    ...['run', '--quiet', '--no-color', '--no-usage-report', '--log-format', 'json', '--address', ''],
    // The profile sees what it is given here, and nothing that happens to be set.
    '--include-system-env-vars=false',
    ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    join(profilesFolder, `${profile}.ts`),
  ];
  const { exitCode, errors } = await runK6(k6, args, join(folder, 'k6.log'), signal, onLine);
  const summary = await readFile(summaryFile, 'utf8').catch(() => undefined);
  return judge({ profile, target, exitCode, errors, ...(summary === undefined ? {} : { summary }) });
}

export async function profileNames(folder: string = PROFILES_FOLDER): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

async function runK6(
  k6: string,
  args: readonly string[],
  logFile: string,
  signal: AbortSignal | undefined,
  onLine: LoadTest['onLine'],
): Promise<{ exitCode: number; errors: string[] }> {
  if (signal?.aborted) return { exitCode: -1, errors: ['stopped before it started'] };
  const errors: string[] = [];
  const log = createWriteStream(logFile);
  const child = spawn(k6, args, { env: environmentFor(process.env), stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (raw) => {
      const { text, isError } = readLogLine(raw);
      log.write(`${text}\n`);
      if (isError && errors.length < ERRORS_KEPT) errors.push(text);
      onLine?.(text);
    });
  }

  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGINT');
    killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MILLISECONDS);
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { exitCode: code ?? -1, errors };
  } catch (error) {
    return { exitCode: -1, errors: [`${k6} could not be started: ${(error as Error).message}`] };
  } finally {
    signal?.removeEventListener('abort', stop);
    clearTimeout(killer);
    log.end();
  }
}

/** Without `K6_…`: a `K6_NO_THRESHOLDS` or `K6_DURATION` that happens to be set would change what is judged. */
function environmentFor(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('K6_')));
}

/** k6 logs JSON objects; what it prints besides is taken as it is. */
function readLogLine(raw: string): { text: string; isError: boolean } {
  try {
    const { level, msg, error } = JSON.parse(raw) as Record<string, unknown>;
    if (typeof level !== 'string' || typeof msg !== 'string') return { text: raw, isError: false };
    const text = (typeof error === 'string' && error !== '' ? `${msg}: ${error}` : msg)
      .replace(/\s+/g, ' ')
      .trim();
    return { text, isError: level === 'error' || level === 'fatal' };
  } catch {
    return { text: raw, isError: false };
  }
}
