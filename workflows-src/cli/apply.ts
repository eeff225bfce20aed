import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { visible } from '../changes/visible-text';
import { renderApply, unlockCommand } from '../comment/render-apply';
import { COMMENT_BYTES } from '../comment/markdown';
import { applyStacks } from '../operations/apply';
import { appliedNow, revisionsRead } from '../operations/applied';
import { applyReviewed, type Unlock, unlockOf } from '../operations/apply-reviewed';
import { checkedOutCommit } from '../operations/commit';
import { changesAnything, messageOf } from '../operations/plan';
import { StateStore } from '../operations/state-store';
import type { Release } from '../release/release';
import { type ApplyReport, isWhole } from '../review/apply-report';
import { coverageOf } from '../review/coverage';
import { readReviews } from '../review/reviews';
import type { SynthesizedStack } from '../graph/synthesized';
import { type CommandIo, UsageError } from './io';
import { releaseStore } from './release-store';
import { releaseOf, type ReleaseOptions, runOf } from './releases';
import { chosen, openWorkspace, type OpenWorkspace } from './workspace';
import { writeWhole } from './write-whole';

const HELP = `usage: npm run apply -- <environment> [stack…] [options]

Synthesizes, then plans each of the environment's stacks (or those named) with its lock and applies that very plan, which
terraform refuses when the state has changed in between; along the graph, several at a time. A stack whose dependency failed is left alone; running again goes on from there. The bootstrap
stack is not among them: it takes an administrator (npm run bootstrap).

  --image <service>=<repository>@sha256:<digest>   with --reviews: release this image on the way (by hand: npm run release);
                         default: every service keeps the image that was released last
  --trusted-roots <file> with --image: what \`gh attestation trusted-root\` prints, to verify its attestation
  --reviews <file>       apply only what was reviewed: all stacks are planned first, and if anything was not, none is applied
  --everything           with --reviews: plan also what is configured as it was last applied, which is left alone otherwise
  --approve <digest>     with --reviews: also apply the plan with this digest, which a stopped run has printed
  --report <file>        with --reviews: write what became of each stack there
  --last-applied <file>  do nothing but write there, as JSON, the commit that was last applied to each stack
  --help

Ctrl-C and SIGTERM let terraform end in order: it finishes or gives up what it is at, writes the state, gives the lock back.
A second one ends this command at once and leaves terraform doing so; its process is named, and it can be waited for. A
lock that is there nevertheless is never taken off: the command that does it is printed.

Exit codes: 0 every stack is as configured; 1 some stack is not; 2 called wrongly; 130 interrupted.
`;

export async function applyCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      image: { type: 'string', multiple: true },
      reviews: { type: 'string' },
      'trusted-roots': { type: 'string' },
      everything: { type: 'boolean' },
      approve: { type: 'string', multiple: true },
      report: { type: 'string' },
      'last-applied': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const withReviews = ['approve', 'report', 'image', 'everything'] as const;
  const misplaced = withReviews.find((name) => values.reviews === undefined && values[name] !== undefined);
  if (misplaced !== undefined) throw new UsageError(`--${misplaced} goes with --reviews`);
  const approved = approvedDigests(values.approve ?? []);
  const [environment = '', ...names] = positionals;
  const workspace = await openWorkspace(io, { environment, images: values.image ?? [] });
  const stacks = chosen(workspace.stacks, environment, names);
  const store = new StateStore(io.env, io.signal);
  if (values['last-applied'] !== undefined)
    return writeLastApplied(resolve(io.cwd, values['last-applied']), stacks, store);
  const commit = await checkedOutCommit(io.cwd, io.env, io.signal);
  if (values.reviews === undefined) return applyUnreviewed(io, workspace, stacks, store, commit);

  const file = resolve(io.cwd, values.reviews);
  const reviews = readReviews(readFileSync(file), file);
  if (reviews.environment !== environment || reviews.commit !== commit)
    throw new Error(
      `${file}: is of ${reviews.environment} at ${reviews.commit}; this is ${environment} at ${commit ?? 'no commit'}`,
    );
  const run = runOf(io.env);
  const result = await applyReviewed(workspace, stacks, {
    rule: {
      commit,
      newer: reviews.newer,
      coverage: (plan, images) => coverageOf(plan, reviews.pullRequests, approved, { images }),
    },
    store,
    releases: await releasesIn(io, workspace, environment, {
      trustedRoots: values['trusted-roots'],
      pointer: { commit, by: 'release', ...(run !== undefined && { run }) },
    }),
    everything: values.everything ?? false,
    known: workspace.stacks,
    ...(run !== undefined && { run }),
  });
  workspace.board.close();
  const pullRequests = reviews.pullRequests.map(({ number }) => number);
  const report: ApplyReport = { format: 1, environment, commit, pullRequests, ...result };
  if (values.report !== undefined) writeWhole(resolve(io.cwd, values.report), `${JSON.stringify(report)}\n`);
  io.out(renderApply(report, undefined, COMMENT_BYTES));
  io.signal?.throwIfAborted();
  return isWhole(report) ? 0 : 1;
}

async function applyUnreviewed(
  io: CommandIo,
  workspace: OpenWorkspace,
  stacks: readonly SynthesizedStack[],
  store: StateStore,
  commit: string | undefined,
): Promise<number> {
  const reads = new Map<string, Readonly<Record<string, string>>>();
  if (commit !== undefined) {
    for (const stack of stacks) reads.set(stack.id, await revisionsRead(store, stack, workspace.stacks));
    // Those that do not end well are not what was recorded of them before.
    const running = { commit, at: new Date().toISOString() };
    for (const stack of stacks) await store.writeApplied(stack, { ...(await store.applied(stack)), running });
  }
  const outcomes = await applyStacks(workspace, stacks);
  workspace.board.close();
  let code = 0;
  for (const [id, outcome] of outcomes) {
    if (outcome.state === 'done') continue;
    code = 1;
    const stack = stacks.find((one) => one.id === id);
    io.err(
      `\n${id}: ${outcome.state === 'failed' ? messageOf(outcome.error) : `not applied, because ${outcome.because}`}\n`,
    );
    // Terraform gives its lock back when it ends in order, whatever it ended with.
    if (stack && outcome.state === 'failed' && !io.signal?.aborted) await sayLock(io, stack, store);
  }
  io.signal?.throwIfAborted();
  if (commit !== undefined) {
    // From here on, what is merged later has to have been reviewed.
    const at = new Date();
    const revisions: Record<string, string> = {};
    for (const stack of stacks) {
      const outcome = outcomes.get(stack.id);
      if (outcome?.state !== 'done') continue;
      const applied = await appliedNow(workspace, stack, {
        commit,
        at,
        before: (await store.applied(stack)).applied,
        changed: changesAnything(outcome.result.changes),
        // What this run applied first was read as this run has left it.
        reads: {
          ...reads.get(stack.id),
          ...Object.fromEntries(
            stack.reads.flatMap((id) => (revisions[id] === undefined ? [] : [[id, revisions[id]]])),
          ),
        },
      });
      if (applied.revision !== undefined) revisions[stack.id] = applied.revision;
      await store.writeApplied(stack, { format: 1, applied });
    }
  }
  if (code !== 0) io.err(`\nWhen that is mended, run it again: what is done stays done.\n`);
  return code;
}

/** Says who holds the stack's lock, if somebody does, and how it is taken off. */
async function sayLock(io: CommandIo, stack: SynthesizedStack, store: StateStore): Promise<void> {
  try {
    const unlock = await unlockOf(store, stack);
    if (unlock) io.err(howToUnlock(stack.id, unlock));
  } catch (unreadable) {
    io.err(`${messageOf(unreadable)}\n`);
  }
}

function howToUnlock(stack: string, { lock, run }: Unlock): string {
  const since = lock.created === '' ? '' : ` since ${lock.created}`;
  const what = lock.operation === '' ? '' : ` (${lock.operation})`;
  const by = run === undefined ? '' : ` The apply that began last and did not end: ${run}.`;
  const held = `${stack} is locked by ${lock.who}${since}${what}.${by} Nobody takes that lock off by itself.`;
  const commands = unlockCommand(stack, lock.id).map((command) => `  ${command}\n`);
  return `\n${visible(held)} When nothing works on it any more:\n${commands.join('')}`;
}

async function writeLastApplied(
  file: string,
  stacks: readonly SynthesizedStack[],
  store: StateStore,
): Promise<number> {
  const records = await Promise.all(
    stacks.map(async (stack) => [stack.id, (await store.applied(stack)).applied?.commit ?? null] as const),
  );
  writeWhole(file, `${JSON.stringify(Object.fromEntries(records))}\n`);
  return 0;
}

/** Several in one value may be separated by commas, as the form on GitHub has one field. */
function approvedDigests(given: readonly string[]): ReadonlySet<string> {
  const digests = given
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const wrong = digests.find((digest) => !/^[0-9a-f]{32}$/.test(digest));
  if (wrong !== undefined)
    throw new UsageError(
      `--approve: got '${wrong}'; valid: the digest that a stopped run printed, 32 hexadecimal digits`,
    );
  return new Set(digests);
}

/** Of the images that were given, those that do not run yet. */
async function releasesIn(
  io: CommandIo,
  workspace: OpenWorkspace,
  environment: string,
  options: Pick<ReleaseOptions, 'trustedRoots' | 'pointer'>,
): Promise<readonly Release[]> {
  if (workspace.images.size === 0) return [];
  const store = releaseStore(io, environment, workspace.stacks);
  const releases = [...workspace.images].map(async ([service, image]) => {
    const previous = (await store.current(service))?.image;
    if (previous === image) return [];
    return [
      releaseOf(io, workspace, store, { ...options, environment, service, image, previous, migrates: true }),
    ];
  });
  return (await Promise.all(releases)).flat();
}
