import { parseArgs } from 'node:util';

import { applyStacks } from '../operations/apply';
import { messageOf } from '../operations/plan';
import type { CommandIo } from './io';
import { chosen, openWorkspace } from './workspace';

const HELP = `usage: npm run apply -- <environment> [stack…] [options]

Synthesizes, then plans each of the environment's stacks (or those named) with its lock and applies that very plan, which
terraform refuses when the state has changed in between; along the graph, several at a time. A stack whose dependency failed is left alone; running again goes on from there. The bootstrap
stack is not among them: it takes an administrator (npm run bootstrap).

  --image <service>=<repository>@sha256:<digest>   deploy this image; default: the one that is deployed
  --help

Exit codes: 0 every stack is as configured; 1 some stack is not; 2 called wrongly; 130 interrupted.
`;

export async function applyCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { image: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const [environment, ...names] = positionals;
  const workspace = await openWorkspace(io, { environment, images: values.image ?? [] });
  const outcomes = await applyStacks(workspace, chosen(workspace.stacks, environment ?? '', names));
  workspace.board.close();
  let code = 0;
  for (const [stack, outcome] of outcomes) {
    if (outcome.state === 'done') continue;
    code = 1;
    io.err(
      `\n${stack}: ${outcome.state === 'failed' ? messageOf(outcome.error) : `not applied, because ${outcome.because}`}\n`,
    );
  }
  io.signal?.throwIfAborted();
  if (code !== 0) io.err(`\nWhen that is mended, run it again: what is done stays done.\n`);
  return code;
}
