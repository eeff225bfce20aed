import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { renderPage } from '../comment/page';
import { renderSummary } from '../comment/render';
import { checkedOutCommit } from '../operations/commit';
import { planAll, type PlanScope, type StackPlan } from '../operations/plan';
import { resultFileName, resultFileText, UNBUILT } from '../review/result-file';
import { config } from '../../stacks/config';
import { repositoryUrl } from '../../stacks/names';
import { compareWithBase, configurationOf, type Compared } from './base';
import { type CommandIo, UsageError } from './io';
import { chosen, openWorkspace, type OpenWorkspace } from './workspace';
import { writeWhole } from './write-whole';

const HELP = `usage: npm run plan -- <environment> [stack…] [options]

Synthesizes, plans the environment's stacks (or those named) without taking their locks, and prints the summary that a pull
request gets. Needs AWS credentials that may read.

  --base <commit>     plan only the stacks that differ from where this checkout left <commit>, such as origin/main; a service
                      whose files differ is planned with a new image, which is not built yet
  --results <folder>  also write there, for the comment and the apply, one file a stack, and everything as an HTML page
  --image <service>=<repository>@sha256:<digest>   plan with this image; default: the one that is deployed
  --help

Exit codes: 0 planned, with or without changes; 1 a stack could not be planned; 2 called wrongly; 130 interrupted.
`;

export async function planCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      base: { type: 'string' },
      results: { type: 'string' },
      image: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const [environment = '', ...names] = positionals;
  const workspace = await openWorkspace(io, { environment, images: values.image ?? [] });
  const all = [workspace.bootstrap, ...workspace.stacks];
  const compared =
    values.base === undefined ? undefined : await compareWithBase(io, values.base, workspace.outdir);
  const stacks = chosen(all, environment, names).filter(
    ({ id }) => compared === undefined || compared.affected.stacks.includes(id),
  );
  const plans = await planAll(withNewImages(workspace, compared), stacks, scopeOf(all, compared));
  workspace.board.close();
  const results = plans.map(({ result }) => result);
  if (values.results !== undefined) {
    const commit = await checkedOutCommit(io.cwd, io.env, io.signal);
    if (commit === undefined)
      throw new UsageError('--results: this is no git checkout, so they would be of no commit');
    writeResults(resolve(io.cwd, values.results), plans, {
      commit,
      ...(compared && { base: compared.base }),
    });
    writeWhole(join(resolve(io.cwd, values.results), `plan-${environment}.html`), renderPage(results));
  }
  io.out(renderSummary(results));
  return results.some(({ status }) => status === 'failed') ? 1 : 0;
}

/** A service that the merge will build gets an image that does not exist yet, unless one was given. */
function withNewImages(workspace: OpenWorkspace, compared: Compared | undefined): OpenWorkspace {
  const built = (compared?.builds ?? []).map((service): readonly [string, string] => [
    service,
    `${repositoryUrl(config, service)}@${UNBUILT}`,
  ]);
  return { ...workspace, images: new Map([...built, ...workspace.images]) };
}

function scopeOf(known: OpenWorkspace['stacks'], compared: Compared | undefined): PlanScope {
  const before = (compared?.before ?? []).map((files) => [files.stack.id, configurationOf(files)] as const);
  return { known, base: new Map(before) };
}

function writeResults(
  folder: string,
  plans: readonly StackPlan[],
  where: { readonly commit: string; readonly base?: string },
): void {
  mkdirSync(folder, { recursive: true });
  for (const { result, ledger } of plans) {
    const text = resultFileText({ format: 1, ...where, result, ...(ledger && { ledger }) });
    writeWhole(join(folder, resultFileName(result.stack)), text);
  }
}
