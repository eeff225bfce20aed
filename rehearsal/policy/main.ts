import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { checkConfig } from '../../stacks/check-config';
import { config as givenConfig } from '../../stacks/config';
import { synthesize } from '../../stacks/main';
import { repositoryUrl } from '../../stacks/names';
import { loadServiceDescriptors } from '../../stacks/services';
import type { CommandIo } from '../../workflows-src/cli/io';
import { isParseArgsError, processIo } from '../../workflows-src/cli/main';
import { readSynthesized, type SynthesizedStack } from '../../workflows-src/graph/synthesized';
import { findTerraform } from '../../workflows-src/terraform/binary';
import { providerSource } from '../../workflows-src/terraform/provider-mirror';
import { Terraform } from '../../workflows-src/terraform/terraform';
import { withoutAws } from '../emulator';
import { installed } from '../python';
import { RunFolder } from '../run-folder';
import { CHECKOV, scan } from './checkov';
import { NOBODY, planFromNothing } from './plans';
import { skipsOf } from './skips';
import { judge } from './verdict';

const HELP = `usage: npm run policy

Scans what every stack of every environment would create with checkov: synthesizes into a folder of its own, plans from nothing
without AWS, emulator or state, scans all plans in one run, and demands that nothing fails, that nothing is skipped but what
the stacks say with a reason, and that enough was evaluated. About a minute on two cores.

Needs Terraform 1.11+ (or OpenTofu 1.10+, TERRAFORM_BINARY_NAME=tofu) and Python 3.10+; checkov is installed into .fairlead.
Exit codes: 0 it passes; 1 it does not; 2 called wrongly; 130 interrupted.
`;

const ROOT = join(__dirname, '../..');
/** These plans lose nothing of worth when they are killed. */
const GRACE_MS = 2000;

async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const { values } = parseArgs({ args: [...argv], options: { help: { type: 'boolean', default: false } } });
    if (values.help) {
      io.out(HELP);
      return 0;
    }
    const folder = await RunFolder.create(join(ROOT, '.fairlead'));
    try {
      return await policy(folder.path, io);
    } finally {
      await folder.remove();
    }
  } catch (error) {
    if (io.signal?.aborted) {
      io.err('\nInterrupted; nothing is left behind.\n');
      return 130;
    }
    const usage = isParseArgsError(error);
    io.err(`policy: ${error instanceof Error ? error.message : String(error)}\n`);
    if (usage) io.err('See npm run policy -- --help.\n');
    return usage ? 2 : 1;
  }
}

async function policy(folder: string, io: CommandIo): Promise<number> {
  const { env, signal } = io;
  const { config, services } = checkConfig(givenConfig, loadServiceDescriptors(join(ROOT, 'services')));
  const binary = await findTerraform(env, signal);
  const providers = await providerSource({ env, cacheFolder: join(ROOT, '.fairlead') });
  const bin = await installed(CHECKOV, {
    env,
    folder: join(ROOT, '.fairlead'),
    signal,
    onInstall: () =>
      io.out('Installing checkov from hash-pinned packages into .fairlead, once; about a minute.\n'),
  });

  const outdir = join(folder, 'cdktf.out');
  synthesize(config, services, outdir);
  const stacks = readSynthesized(outdir);
  const skips = stacks.flatMap((stack) => skipsOf(configurationOf(stack)));
  let count = 0;
  const plans = await planFromNothing(
    new Terraform(binary, { ...withoutAws(env), ...providers.env, ...NOBODY }, signal, GRACE_MS),
    stacks,
    {
      signal,
      valueOf: ({ id }, variable) => {
        const service = Object.keys(services).find((name) => id.endsWith(`-tasks-${name}`));
        if (variable !== 'image' || service === undefined)
          throw new Error(
            `${id} has a variable '${variable}' that no value is known for: give it one in rehearsal/policy/main.ts`,
          );
        return `${repositoryUrl(config, service)}@sha256:${'0'.repeat(64)}`;
      },
      onPlanned: (id) => io.out(`planned ${++count} of ${stacks.length}: ${id}\n`),
    },
  );
  const report = await scan(plans, skips, { python: join(bin, 'python'), env, signal, folder });
  const { failed, skipped, evaluated, resources, complaints } = judge(
    report,
    skips,
    stacks.map(({ id }) => id),
  );
  io.out(
    [
      `checkov ${report.summary.checkov_version}: ${failed} failed, ${skipped.length} checks skipped (${skipped.join(', ')}), ` +
        `${evaluated} checks evaluated, ${resources} resources.`,
      '',
    ].join('\n'),
  );
  if (complaints.length === 0) return 0;
  io.err(`${complaints.map((complaint) => `- ${complaint}`).join('\n')}\n`);
  return 1;
}

function configurationOf({ folder }: SynthesizedStack): unknown {
  return JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8'));
}

void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});
