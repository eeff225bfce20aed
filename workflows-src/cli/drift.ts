import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { renderDrift } from '../comment/render-drift';
import { reportOf, writeReport } from '../drift/report';
import { checkedOutCommit } from '../operations/commit';
import { checkDrift } from '../operations/drift';
import { StateStore } from '../operations/state-store';
import type { SynthesizedStack } from '../graph/synthesized';
import type { CommandIo } from './io';
import { chosen, openWorkspace } from './workspace';
import { writeWhole } from './write-whole';

const HELP = `usage: npm run drift -- <environment> [stack…] [options]

Compares the state of the environment's stacks (or those named) with what AWS really has, and with the configuration: what was
changed outside of Terraform, apart from what was never applied. Two plans a stack, refresh-only and normal; changes nothing
and takes no lock. Needs AWS credentials that may read.

  --report <file>   also write what was found there, as JSON: what the issues of drift are made of
  --help

Exit codes: 0 no drift; 1 a stack could not be planned; 2 called wrongly; 3 there is drift; 130 interrupted. With 0, 1 and 3
the summary is printed and the report is written, unless it cannot be, which is 1 too.
`;

export async function driftCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { report: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const [environment = '', ...names] = positionals;
  const commit = values.report === undefined ? undefined : await comparedCommit(io);
  const workspace = await openWorkspace(io, { environment: positionals[0] });
  const all = [workspace.bootstrap, ...workspace.stacks];
  const checkedAt = new Date();
  const results = await checkDrift(workspace, chosen(all, environment, names), all);
  workspace.board.close();
  if (values.report !== undefined && commit !== undefined) {
    const stacks = all.map(({ id }) => id);
    const applied = await lastApplies(new StateStore(io.env, io.signal), all);
    const report = reportOf(results, { environment, commit, checkedAt, stacks, applied });
    writeWhole(resolve(io.cwd, values.report), writeReport(report));
  }
  io.out(renderDrift(results));
  if (results.some(({ status }) => status === 'failed')) return 1;
  return results.some((result) => result.status === 'planned' && result.changes.drift.length > 0) ? 3 : 0;
}

/** Says what has repaired a drift that is gone. */
async function lastApplies(
  store: StateStore,
  stacks: readonly SynthesizedStack[],
): Promise<ReadonlyMap<string, { readonly commit: string; readonly at: Date }>> {
  const records = await Promise.all(
    stacks.map(async (stack) => [stack.id, await store.applied(stack)] as const),
  );
  return new Map(
    records.flatMap(([id, { applied }]) =>
      applied ? [[id, { commit: applied.commit, at: new Date(applied.at) }]] : [],
    ),
  );
}

async function comparedCommit(io: CommandIo): Promise<string> {
  const commit = await checkedOutCommit(io.cwd, io.env, io.signal);
  if (commit !== undefined) return commit;
  throw new Error(`--report says which commit was compared with, and ${io.cwd} has none checked out by git`);
}
