import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { checkConfig } from '../../stacks/check-config';
import { config as givenConfig } from '../../stacks/config';
import { loadServiceDescriptors } from '../../stacks/services';
import { PRICES } from '../costs/prices';
import { readCostedStacks } from '../costs/read';
import { COSTS_FILE, renderCosts } from '../costs/render';
import { costReport, type CostReport } from '../costs/report';
import { differences, explain, mend } from '../model/generated-files';
import type { CommandIo } from './io';
import { synthesize } from './workspace';

const HELP = `usage: npm run costs [-- --check]

Writes ${COSTS_FILE}: what each environment costs a month while nobody uses it, from the synthesized stacks and the dated price
list workflows-src/costs/prices.json, and what other settings would make of it.

  --check   writes nothing; says whether the file is stale or missing
  --help

Exit codes: 0 up to date; 1 it is not (--check), or the stacks cannot be synthesized; 2 called wrongly.
`;

const COMMAND = 'npm run costs';

export async function costsCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const files = new Map([[COSTS_FILE, renderCosts(await currentCosts(io), PRICES)]]);
  const found = differences(io.cwd, files, []);
  if (values.check) {
    for (const difference of found) io.out(`${explain(difference, COMMAND)}\n`);
    return found.length > 0 ? 1 : 0;
  }
  mend(io.cwd, files, found);
  for (const { path } of found) io.out(`wrote ${path}\n`);
  return 0;
}

/**
 * What this project's environments cost as it is now: synthesized apart, so that nothing is written to it.
 * @throws ConfigError; Error with what the app printed
 */
export async function currentCosts(io: CommandIo): Promise<CostReport> {
  const { config } = checkConfig(givenConfig, loadServiceDescriptors(join(io.cwd, 'services')));
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-costs-'));
  try {
    await synthesize(io, outdir);
    return costReport(readCostedStacks(outdir), config, PRICES);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
