import { parseArgs } from 'node:util';

import { COMMENT_BYTES } from '../comment/markdown';
import { renderRelease } from '../comment/render-release';
import { type ApplyRule, applyReviewed } from '../operations/apply-reviewed';
import { checkedOutCommit } from '../operations/commit';
import { StateStore } from '../operations/state-store';
import { serviceOf } from '../release/release';
import { isWhole } from '../review/apply-report';
import { type CommandIo, UsageError } from './io';
import { releaseStore } from './release-store';
import { releaseOf, runOf } from './releases';
import { openWorkspace } from './workspace';

const HELP = `usage: npm run release -- <environment> --image <service>=<repository>@sha256:<digest> [options]

Releases one image by hand, as a merge does: verifies its attestation, applies the service's tasks stack, runs its migration
and waits for it, applies its service stack and waits until it is steady, puts the smoke test's load on the environment, and
records the image. The two stacks are applied as this checkout has them, reviewed or not. When a step fails, the image that
ran before is put back.

  --image <service>=…     the image
  --trusted-roots <file>  what \`gh attestation trusted-root\` prints
  --help

Needs GITHUB_TOKEN (gh auth token) and GITHUB_REPOSITORY=<owner>/<repository> to find the attestation, and k6.
Exit codes: 0 released; 1 a step failed, which is named; 2 called wrongly; 130 interrupted.
`;

export async function releaseCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      image: { type: 'string', multiple: true },
      'trusted-roots': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const [environment, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`one environment is released to, got ${positionals.join(', ')}`);
  if (values.image?.length !== 1)
    throw new UsageError('--image: give one, as <service>=<repository>@sha256:<digest>');
  const workspace = await openWorkspace(io, { environment, images: values.image });
  const commit = await checkedOutCommit(io.cwd, io.env, io.signal);
  if (commit === undefined) throw new UsageError('this is no git checkout: a release is of a commit');
  const [[service, image] = ['', '']] = workspace.images;
  const store = releaseStore(io, environment!, workspace.stacks);
  const run = runOf(io.env);
  const release = releaseOf(io, workspace, store, {
    environment: environment!,
    service,
    image,
    trustedRoots: values['trusted-roots'],
    pointer: { commit, by: 'release', ...(run !== undefined && { run }) },
    previous: (await store.current(service))?.image,
    migrates: true,
  });
  const result = await applyReviewed(
    workspace,
    workspace.stacks.filter((stack) => serviceOf(stack)?.service === service),
    {
      rule: byHand(commit),
      store: new StateStore(io.env, io.signal),
      releases: [release],
      ...(run && { run }),
    },
  );
  workspace.board.close();
  io.out(renderRelease(environment!, result, COMMENT_BYTES));
  io.signal?.throwIfAborted();
  return isWhole(result) ? 0 : 1;
}

/** Whoever has the credentials and calls it has decided. */
function byHand(commit: string): ApplyRule {
  return { commit, newer: {}, coverage: () => ({ isCovered: true, by: 'by hand' }) };
}
