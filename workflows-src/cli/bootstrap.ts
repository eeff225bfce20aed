import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { renderSummary } from '../comment/render';
import { bootstrap } from '../operations/bootstrap';
import { type CommandIo, UsageError } from './io';
import { openWorkspace } from './workspace';

const HELP = `usage: npm run bootstrap -- <environment>

Creates, in the account of the environment, what everything else needs: the state bucket with its key, GitHub's OIDC
provider, and the roles of the pipeline. Once per account, with an administrator's credentials. Safe to run again: it
changes only what the configuration changed, and goes on where a run was cut off.

Exit codes: 0 done; 1 failed; 2 called wrongly; 130 interrupted.
`;

export async function bootstrapCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  if (positionals.length > 1)
    throw new UsageError(`one environment at a time, got ${positionals.join(', ')}`);
  const workspace = await openWorkspace(io, { environment: positionals[0] });
  const stack = workspace.bootstrap;
  const { migrated } = await bootstrap(workspace, stack, {
    localState: join(io.cwd, '.fairlead', 'bootstrap', `${stack.stateBucket}.tfstate`),
    env: io.env,
    onPlan: (changes) =>
      workspace.board.say(`${renderSummary([{ stack: stack.id, status: 'planned', changes }])}\n`),
  });
  workspace.board.close();
  io.out(
    migrated
      ? `${stack.id} stands, and its state lies in s3://${stack.stateBucket}/${stack.id}.\n`
      : `${stack.id} is as configured; its state lies in s3://${stack.stateBucket}/${stack.id}.\n`,
  );
  return 0;
}
