import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { readPlan } from '../changes/read-plan';
import { visible } from '../changes/visible-text';
import { renderSummary, type StackResult } from '../comment/render';
import { UsageError, type CommandIo } from './io';

const HELP = `usage: npm run render -- plan.json [more.json…]

Prints plans as the Markdown summary that a pull request gets. Each file is the output of
\`terraform show -json <plan file>\`; its stack is named after it, without ".json". No value is printed.

Exit codes: 0 printed; 1 a file cannot be read or is not a plan; 2 called wrongly.
`;

/**
 * @param argv what follows the command's name
 * @returns the exit code
 * @throws UsageError, or parseArgs's own error
 */
export async function renderCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals: files } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  if (files.length === 0) throw new UsageError('name at least one plan file');
  const stacks = files.map((file) => basename(file).replace(/\.json$/, ''));
  const twice = stacks.find((stack, index) => stacks.indexOf(stack) !== index);
  if (twice !== undefined) throw new UsageError(`two files would both be the stack '${twice}': rename one`);

  const results: StackResult[] = [];
  const problems: string[] = [];
  for (const [index, file] of files.entries()) {
    const stack = stacks[index]!;
    try {
      results.push({
        stack,
        status: 'planned',
        changes: readPlan(readFileSync(resolve(io.cwd, file)), stack),
      });
    } catch (error) {
      const { message } = error as Error;
      problems.push(
        visible(message.startsWith(`${stack}: `) ? message : `${stack}: cannot be read: ${message}`),
      );
    }
  }
  if (problems.length > 0) {
    io.err(`${problems.join('\n')}\n`);
    return 1;
  }
  io.out(renderSummary(results));
  return 0;
}
