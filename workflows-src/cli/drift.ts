import { parseArgs } from 'node:util';

import { renderDrift } from '../comment/render-drift';
import { planStacks } from '../operations/plan';
import type { CommandIo } from './io';
import { chosen, openWorkspace } from './workspace';

const HELP = `usage: npm run drift -- <environment> [stack…]

Compares the state of the environment's stacks (or those named) with what AWS really has, and with the configuration.
Changes nothing and takes no lock. Needs AWS credentials that may read.

Exit codes: 0 no drift; 1 a stack could not be looked at, or was never applied; 2 called wrongly; 3 there is drift; 130 interrupted.
`;

export async function driftCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const [environment, ...names] = positionals;
  const workspace = await openWorkspace(io, { environment });
  const all = [workspace.bootstrap, ...workspace.stacks];
  const results = await planStacks(workspace, chosen(all, environment ?? '', names), all);
  workspace.board.close();
  io.out(renderDrift(results));
  if (results.some(({ status }) => status !== 'planned')) return 1;
  return results.some((result) => result.status === 'planned' && result.changes.drift.length > 0) ? 3 : 0;
}
