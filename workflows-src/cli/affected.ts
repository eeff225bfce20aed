import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Masking } from '../changes/masking';
import { renderPreview } from '../comment/render-configuration';
import { environmentsOf, stacksOf } from '../graph/synthesized';
import { configurationDiff } from '../review/configuration-diff';
import { compareWithBase, configurationOf, type Compared } from './base';
import { type CommandIo, UsageError } from './io';
import { synthesize } from './workspace';

const HELP = `usage: npm run affected -- --base <commit> [options]

Synthesizes this checkout and the commit where it left <commit>, and prints, as Markdown, which stacks differ and how.
Needs no credentials: pull requests from forks get this in place of a plan.

  --base <commit>          branch, tag or commit to compare with, such as origin/main
  --github-output <file>   also appends the stacks' names there, for later jobs: stacks=["dev-network"] and
                           removed=[…], and for each environment <name>=true or false
  --help

Exit codes: 0 compared; 1 a side cannot be synthesized; 2 called wrongly; 130 interrupted.
`;

export async function affectedCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      base: { type: 'string' },
      'github-output': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  if (values.base === undefined) throw new UsageError('name what to compare with: --base <commit>');
  const outdir = join(io.cwd, 'cdktf.out');
  await synthesize(io, outdir);
  const compared = await compareWithBase(io, values.base, outdir);
  io.out(previewOf(compared, new Masking(Masking.secretsOf(io.env))));
  const output = values['github-output'];
  if (output !== undefined) appendFileSync(output, outputsOf(compared));
  return 0;
}

/** GitHub drops a summary whole above 1,024 KiB. */
const PREVIEW_BYTES = 1_000_000;

function previewOf({ affected, before, after }: Compared, masking: Masking): string {
  const was = new Map(before.map((one) => [one.stack.id, one]));
  const results = affected.stacks.map((id) => ({
    stack: id,
    changes: configurationDiff(
      configurationOf(was.get(id)),
      configurationOf(after.find(({ stack }) => stack.id === id)),
      masking,
    ),
  }));
  return renderPreview(results, affected.removed, PREVIEW_BYTES);
}

/** One `name=value` a line: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter */
function outputsOf({ affected, after }: Compared): string {
  const all = after.map(({ stack }) => stack);
  const lines = environmentsOf(all).map((environment) => {
    const { bootstrap, stacks } = stacksOf(all, environment);
    return `${environment}=${[bootstrap, ...stacks].some(({ id }) => affected.stacks.includes(id))}`;
  });
  return [
    `stacks=${JSON.stringify(affected.stacks)}`,
    `removed=${JSON.stringify(affected.removed)}`,
    ...lines,
    '',
  ].join('\n');
}
