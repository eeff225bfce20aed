import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';

import { Masking } from '../changes/masking';
import type { Plan } from '../changes/planned-change';
import { readPlan } from '../changes/read-plan';
import { visible } from '../changes/visible-text';
import { withoutValues } from '../changes/without-values';
import { renderPage } from '../comment/page';
import { renderSummary, type StackResult } from '../comment/render';
import { UsageError, type CommandIo } from './io';
import { writeWhole } from './write-whole';

const HELP = `usage: npm run render -- plan.json [more.json…] [options]

Prints plans as the Markdown summary that a pull request gets. Each file is the output of
\`terraform show -json <plan file>\`; its stack is named after it, without ".json". A file named - is standard input, as the
stack "stdin". Values that may be secret are masked: what the plan marks as sensitive, what stands under a secret's name,
environment variables of containers, user data, and what is equal to a secret in this process's environment.

  --format <markdown|json>   json: the change sets without any value, for programs; default: markdown
  --full <file>              also writes everything, whatever its length, as one HTML page
  --help

Exit codes: 0 printed; 1 a file cannot be read, is not a plan, or cannot be written; 2 called wrongly.
`;

/**
 * @param argv what follows the command's name
 * @param stdin asked for when a file is `-`
 * @returns the exit code
 * @throws UsageError, or parseArgs's own error
 */
export async function renderCommand(
  argv: readonly string[],
  io: CommandIo,
  stdin: () => Readable = () => process.stdin,
): Promise<number> {
  const { values, positionals: files } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'markdown' },
      full: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const { format, full } = values;
  if (format !== 'markdown' && format !== 'json')
    throw new UsageError(`--format must be markdown or json, got '${format}'`);
  if (files.length === 0) throw new UsageError('name at least one plan file');
  const stacks = files.map((file) => (file === STDIN ? 'stdin' : basename(file).replace(/\.json$/, '')));
  const twice = stacks.find((stack, index) => stacks.indexOf(stack) !== index);
  if (twice !== undefined) throw new UsageError(`two files would both be the stack '${twice}': rename one`);

  const read = async (file: string): Promise<Buffer> =>
    file === STDIN
      ? Buffer.concat((await stdin().toArray({ signal: io.signal })) as Buffer[])
      : readFileSync(resolve(io.cwd, file));
  const { plans, problems } = await readAll(files, stacks, read, Masking.secretsOf(io.env));
  io.signal?.throwIfAborted();
  if (problems.length > 0) {
    io.err(`${problems.join('\n')}\n`);
    return 1;
  }
  const results = plans.map((changes): StackResult => ({ stack: changes.stack, status: 'planned', changes }));
  if (full !== undefined) writeWhole(resolve(io.cwd, full), renderPage(results));
  io.out(format === 'json' ? `${JSON.stringify(plans.map(withoutValues))}\n` : renderSummary(results));
  return 0;
}

const STDIN = '-';

async function readAll(
  files: readonly string[],
  stacks: readonly string[],
  read: (file: string) => Promise<Buffer>,
  secrets: readonly string[],
): Promise<{ readonly plans: readonly Plan[]; readonly problems: readonly string[] }> {
  const plans: Plan[] = [];
  const problems: string[] = [];
  for (const [index, file] of files.entries()) {
    const stack = stacks[index]!;
    try {
      plans.push(readPlan(await read(file), stack, secrets));
    } catch (error) {
      const { message } = error as Error;
      problems.push(
        visible(message.startsWith(`${stack}: `) ? message : `${stack}: cannot be read: ${message}`),
      );
    }
  }
  return { plans, problems };
}
