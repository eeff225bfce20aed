import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { renderSummary } from '../comment/render';
import { planStacks } from '../operations/plan';
import type { CommandIo } from './io';
import { chosen, openWorkspace } from './workspace';

const HELP = `usage: npm run plan -- <environment> [stack…] [options]

Synthesizes, plans the environment's stacks (or those named) without taking their locks, and prints the summary that a pull
request gets. Needs AWS credentials that may read.

  --image <service>=<repository>@sha256:<digest>   plan with this image; default: the one that is deployed
  --markdown <file>                                also write the summary there
  --help

Exit codes: 0 planned, with or without changes; 1 a stack could not be planned; 2 called wrongly; 130 interrupted.
`;

export async function planCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      image: { type: 'string', multiple: true },
      markdown: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const [environment, ...names] = positionals;
  const workspace = await openWorkspace(io, { environment, images: values.image ?? [] });
  const all = [workspace.bootstrap, ...workspace.stacks];
  const results = await planStacks(workspace, chosen(all, environment ?? '', names), all);
  workspace.board.close();
  const markdown = renderSummary(results);
  if (values.markdown !== undefined) await writeFile(resolve(io.cwd, values.markdown), markdown);
  io.out(markdown);
  return results.some(({ status }) => status === 'failed') ? 1 : 0;
}
