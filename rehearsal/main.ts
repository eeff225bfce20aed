import { parseArgs } from 'node:util';

import { type CommandIo, UsageError } from '../workflows-src/cli/io';
import { isParseArgsError, processIo } from '../workflows-src/cli/main';
import { rehearse, type RehearsalOptions } from './story';

const HELP = `usage: npm start -- [options]

The whole life of an environment on this machine, without an AWS account: bootstrap, first apply, a pull request, drift and
its repair, a load test. Real CDKTF, terraform, AWS provider, S3 state and locks; AWS is an emulator on loopback.

  --fast        without what the provider waits minutes for: the database, and the domain (the environment is ephemeral)
  --keep        leave the emulator up at the end, and say how to use it
  --destroy     destroy everything at the end, and ask AWS what is left
  --policy      checkov over second plans of all that stands, where every value is known: not with --fast
  --env <name>  of stacks/config.ts; default: dev
  --port <n>    of the emulator; default: a free one
  --help

Needs Terraform 1.11+ (or OpenTofu 1.10+, TERRAFORM_BINARY_NAME=tofu) and Python 3.10+.
Exit codes: 0 everything held; 1 something did not; 2 called wrongly; 130 interrupted.
`;

async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options === 'help') {
      io.out(HELP);
      return 0;
    }
    await rehearse(options, io, {
      write: (text) => io.out(text),
      ...(process.stdout.isTTY && io.env.CI === undefined && { columns: process.stdout.columns }),
    });
    return 0;
  } catch (error) {
    const usage = error instanceof UsageError || isParseArgsError(error);
    if (io.signal?.aborted) io.err('\nInterrupted; nothing is left behind.\n');
    else io.err(`\n${sentence(error)}\n${usage ? 'See npm start -- --help.\n' : ''}`);
    if (io.signal?.aborted) return 130;
    return usage ? 2 : 1;
  }
}

function readOptions(argv: readonly string[]): RehearsalOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      fast: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      destroy: { type: 'boolean', default: false },
      policy: { type: 'boolean', default: false },
      env: { type: 'string', default: 'dev' },
      port: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.keep && values.destroy) throw new UsageError('--keep and --destroy exclude each other');
  if (values.policy && values.fast)
    throw new UsageError('--policy and --fast exclude each other: the database is part of what is judged');
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    throw new UsageError(`--port must be a whole number from 1 to 65535, got '${values.port}'`);
  }
  const { fast, keep, destroy, policy, env } = values;
  return { environment: env, fast, keep, destroy, policy, ...(port !== undefined && { port }) };
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC' || /no space left on device/i.test(error.message)) {
    return `The disk that holds .fairlead is full: make room on it, then run again.\n  ${error.message}`;
  }
  return error.message;
}

void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});
