import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { COMMENT_BYTES } from '../comment/markdown';
import { renderRelease } from '../comment/render-release';
import { readSynthesized, type SynthesizedStack } from '../graph/synthesized';
import { type ApplyResult, applyReviewed, imagesOnly } from '../operations/apply-reviewed';
import { configurationDigest } from '../operations/applied';
import { checkedOutCommit } from '../operations/commit';
import { type AppliedRecord, StateStore } from '../operations/state-store';
import { initialize, type Workspace } from '../operations/workspace';
import { rollbackTarget } from '../release/pointer';
import { serviceOf } from '../release/release';
import { isWhole } from '../review/apply-report';
import { withSynthesized } from './base';
import { type CommandIo, UsageError } from './io';
import { releaseStore } from './release-store';
import { releaseOf, runOf } from './releases';
import { openWorkspace } from './workspace';

const HELP = `usage: npm run rollback -- <environment> <service> [previous|sha256:<digest>] [options]

Puts a service back to an image that was released in the environment before: previous (the default) is the last other one, so
a second rollback goes forth again. A digest that was never released there, or whose attestation does not hold, is refused.
The two stacks of the service are those that were applied last, whatever was merged since, and nothing but the image changes
in them. The database is left as it is: migrations are not undone, which is why they must suit the release before, too.

  --trusted-roots <file>  what \`gh attestation trusted-root\` prints
  --summary <file>        also appends what became of it there, as Markdown
  --ledger                only lists what was released, the newest first
  --help

Needs GITHUB_TOKEN (gh auth token) and GITHUB_REPOSITORY=<owner>/<repository> to find the attestation, and k6.
Exit codes: 0 rolled back; 1 refused, or a step failed, which is named; 2 called wrongly; 130 interrupted.
`;

export async function rollbackCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      'trusted-roots': { type: 'string' },
      ledger: { type: 'boolean' },
      summary: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const [environment, service, wanted = 'previous', ...more] = positionals;
  if (more.length > 0 || !/^(previous|sha256:[0-9a-f]{64})$/.test(wanted))
    throw new UsageError(
      `got ${[wanted, ...more].map((one) => `'${one}'`).join(' ')}; valid: previous, or sha256:<64 hexadecimal digits>`,
    );
  const workspace = await openWorkspace(io, { environment });
  const services = workspace.stacks.flatMap((stack) => {
    const of = serviceOf(stack);
    return of?.part === 'service' ? [of.service] : [];
  });
  if (service === undefined || !services.includes(service))
    throw new UsageError(`name a service of ${environment}: ${services.join(', ') || 'it has none'}`);
  const store = releaseStore(io, environment!, workspace.stacks);
  const ledger = await store.ledger(service);
  if (values.ledger) {
    for (const { pointer, version } of [...ledger].reverse())
      io.out(
        `${version}\t${pointer.at}\t${pointer.by}\t${pointer.image}\t${pointer.commit}\t${pointer.run ?? ''}\n`,
      );
    return 0;
  }
  const mine = workspace.stacks.filter((stack) => serviceOf(stack)?.service === service);
  const target = rollbackTarget(ledger, wanted, await deployedImage(workspace, mine));
  if ('refused' in target) throw new Error(`${environment} ${service}: ${target.refused}`);
  const head = await checkedOutCommit(io.cwd, io.env, io.signal);
  const states = new StateStore(io.env, io.signal);
  const run = runOf(io.env);
  const release = releaseOf(io, workspace, store, {
    environment: environment!,
    service,
    image: target.to.image,
    trustedRoots: values['trusted-roots'],
    pointer: { commit: target.to.commit, by: 'rollback', ...(run !== undefined && { run }) },
    previous: ledger.at(-1)?.pointer.image,
    migrates: false,
  });
  const result = await asLastApplied(io, states, mine, head, (stacks, commit) =>
    applyReviewed(workspace, stacks, {
      rule: { commit, newer: {}, coverage: imagesOnly },
      known: workspace.stacks,
      store: states,
      releases: [release],
      ...(run !== undefined && { run }),
    }),
  );
  workspace.board.close();
  const said = `${renderRelease(environment!, result, COMMENT_BYTES)}\nThe database was left as it is: migrations are not undone.\n`;
  io.out(said);
  if (values.summary !== undefined) appendFileSync(resolve(io.cwd, values.summary), said);
  io.signal?.throwIfAborted();
  return isWhole(result) ? 0 : 1;
}

/** As the tasks stack's state has it; undefined where that has none. */
async function deployedImage(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
): Promise<string | undefined> {
  const tasks = stacks.find((stack) => serviceOf(stack)?.part === 'tasks');
  if (tasks === undefined) return undefined;
  await initialize(workspace, tasks);
  const { deployed_image: image } = await workspace.terraform.outputs(tasks.folder);
  return typeof image === 'string' ? image : undefined;
}

/** Stacks as the commit has them that was applied to them last: what was merged since is no part of a rollback. */
async function asLastApplied(
  io: CommandIo,
  states: StateStore,
  stacks: readonly SynthesizedStack[],
  head: string | undefined,
  work: (stacks: readonly SynthesizedStack[], commit: string) => Promise<ApplyResult>,
): Promise<ApplyResult> {
  const records = await Promise.all(stacks.map((stack) => states.applied(stack)));
  const commits = [...new Set(records.flatMap(({ applied }) => (applied ? [applied.commit] : [])))];
  for (const commit of commits) {
    if (commit === head && isAsRecorded(stacks, records)) return work(stacks, commit);
    if (commit === head) continue;
    const result = await withSynthesized(
      io,
      commit,
      async (outdir) => {
        const all = readSynthesized(outdir);
        const then = stacks.flatMap(({ id }) => all.filter((stack) => stack.id === id));
        return isAsRecorded(then, records) ? work(then, commit) : undefined;
      },
      WORKTREES,
    );
    if (result !== undefined) return result;
  }
  throw new Error(
    `${stacks.map(({ id }) => id).join(' and ')}: no commit has both as they were applied last (${commits.join(', ') || 'none is recorded'}): run the apply that stopped in between again, or release by hand (npm run release)`,
  );
}

/** In the checkout: what terraform leaves there when it is killed is not in a folder that goes by itself. */
const WORKTREES = join('.fairlead', 'rollback');

/** Whether these are the stacks of the records, in the order of those. */
function isAsRecorded(stacks: readonly SynthesizedStack[], records: readonly AppliedRecord[]): boolean {
  return (
    stacks.length === records.length &&
    stacks.every((stack, index) => {
      const { configuration } = records[index]?.applied ?? {};
      return configuration === undefined || configuration === configurationDigest(stack);
    })
  );
}
