/* eslint-disable @typescript-eslint/no-require-imports -- a command is loaded when it is called; import() would be native ESM */
import { type CommandIo, UsageError } from './io';

interface Command {
  readonly does: string;
  load(): (argv: readonly string[], io: CommandIo) => number | Promise<number>;
}

/** Loaded when called, so that a quick command does not pay for the others. */
const commands: Readonly<Record<string, Command>> = {
  plan: {
    does: 'plans an environment and prints the summary a pull request gets',
    load: () => (require('./plan') as typeof import('./plan')).planCommand,
  },
  affected: {
    does: 'names the stacks that differ from another commit, and how, without credentials',
    load: () => (require('./affected') as typeof import('./affected')).affectedCommand,
  },
  apply: {
    does: 'plans under the lock and applies, along the graph',
    load: () => (require('./apply') as typeof import('./apply')).applyCommand,
  },
  release: {
    does: 'releases an image by hand, as a merge does',
    load: () => (require('./release') as typeof import('./release')).releaseCommand,
  },
  rollback: {
    does: 'puts a service back to an image that ran before',
    load: () => (require('./rollback') as typeof import('./rollback')).rollbackCommand,
  },
  drift: {
    does: 'reports what was changed behind Terraform’s back',
    load: () => (require('./drift') as typeof import('./drift')).driftCommand,
  },
  render: {
    does: 'turns plan JSON files into the Markdown comment',
    load: () => (require('./render') as typeof import('./render')).renderCommand,
  },
  bootstrap: {
    does: 'creates the state bucket, GitHub’s identity and the roles of an account',
    load: () => (require('./bootstrap') as typeof import('./bootstrap')).bootstrapCommand,
  },
  image: {
    does: 'builds the image of a service, tests it as a container, pushes it',
    load: () => (require('./image') as typeof import('./image')).imageCommand,
  },
  loadtest: {
    does: 'runs a k6 profile and gives a verdict',
    load: () => (require('./loadtest') as typeof import('./loadtest')).loadtestCommand,
  },
  costs: {
    does: 'writes what each environment costs a month while nobody uses it',
    load: () => (require('./costs') as typeof import('./costs')).costsCommand,
  },
  pins: {
    does: 'lists, updates and checks the commits of third-party actions',
    load: () => (require('./pins') as typeof import('./pins')).pinsCommand,
  },
  doctor: {
    does: 'says which tools are missing, what is still a placeholder, and what it all costs',
    load: () => (require('./doctor') as typeof import('./doctor')).doctorCommand,
  },
};

const HELP = [
  'usage: fairlead <command> [options]      (or: npm run <command> -- [options])',
  '',
  ...Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(10)} ${does}`),
  '',
  'Each has --help. Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted; others are in the command’s own help.',
  '',
].join('\n');

/** @returns the exit code */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    io.out(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    io.err(`fairlead: there is no command '${name}'; there are ${Object.keys(commands).join(', ')}\n`);
    return 2;
  }
  try {
    return await command.load()(rest, io);
  } catch (error) {
    if (io.signal?.aborted) {
      io.err(`\nfairlead ${name}: interrupted\n`);
      return 130;
    }
    const message = error instanceof Error ? error.message : String(error);
    io.err(`fairlead ${name}: ${message}\n`);
    if (!(error instanceof UsageError) && !isParseArgsError(error)) return 1;
    io.err(`See fairlead ${name} --help.\n`);
    return 2;
  }
}

/** Thrown by node:util's parseArgs for unknown and malformed options. */
export function isParseArgsError(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException | undefined)?.code).startsWith('ERR_PARSE_ARGS');
}

/** Aborts on the first SIGINT, SIGTERM or SIGHUP; the second ends the process at once, and its children with it. */
function abortOnSignals(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error(`interrupted by ${name}`));
    });
  }
  return controller;
}

/** The process's own: what a command is given when it is run from a shell. */
export function processIo(): CommandIo {
  const abort = abortOnSignals();
  // Whoever read our output has gone (`| head`, a closed terminal), or the disk is full. Dying of it at once would kill an
  // apply in the middle; but nobody may take for done what could not be said.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      abort.abort(new Error(`the output cannot be written any more (${error.message})`));
      process.on('exit', () => (process.exitCode ||= 1));
    });
  }
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    ...(process.stderr.isTTY && process.env.CI === undefined && { errColumns: process.stderr.columns }),
    signal: abort.signal,
  };
}

if (require.main === module) {
  void main(process.argv.slice(2), processIo()).then((code) => {
    process.exitCode = code;
  });
}
