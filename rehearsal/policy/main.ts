import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { checkConfig } from '../../stacks/check-config';
import { config as givenConfig, type Config } from '../../stacks/config';
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
import { RunFolder } from '../run-folder';
import { checkovPython, scan, type ScanOptions } from './checkov';
import { type Configured, ephemeralVariant } from './ephemeral';
import { configurationOf, NOBODY, planFromNothing } from './plans';
import { skipsOf } from './skips';
import { type Bar, described, fromNothing, judge, oneFromNothing } from './verdict';

const HELP = `usage: npm run policy

Scans what every stack of every environment would create with checkov: synthesizes into a folder of its own, plans from nothing
without AWS, emulator or state, scans all plans in one run, and demands that nothing fails, that nothing is skipped but what
the stacks say with a reason, and that enough was evaluated. An environment as it would be if it were ephemeral is scanned too:
it must fail the checks that it fails by what it is, and no other. About a minute and a half on two cores.

Needs Terraform 1.11+ (or OpenTofu 1.10+, TERRAFORM_BINARY_NAME=tofu) and Python 3.10+; checkov is installed into .fairlead.
Exit codes: 0 it passes; 1 it does not; 2 called wrongly; 130 interrupted.
`;

/** What is scanned in one run. */
interface Scope {
  readonly name: string;
  readonly stacks: readonly SynthesizedStack[];
  /** Holds the plan of each stack as `<stack id>.json`. */
  readonly folder: string;
  readonly bar: Bar;
}

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
  const given = checkConfig(givenConfig, loadServiceDescriptors(join(ROOT, 'services')));
  const binary = await findTerraform(env, signal);
  const providers = await providerSource({ env, cacheFolder: join(ROOT, '.fairlead') });
  const python = await checkovPython({
    env,
    folder: join(ROOT, '.fairlead'),
    signal,
    say: (line) => io.out(`${line}\n`),
  });

  const scopes = [
    scopeOf('As configured', given, join(folder, 'configured'), fromNothing),
    scopeOf('If it were ephemeral', ephemeralVariant(given), join(folder, 'ephemeral'), oneFromNothing),
  ];
  const count = scopes.reduce((sum, { stacks }) => sum + stacks.length, 0);
  let planned = 0;
  const terraform = new Terraform(
    binary,
    { ...withoutAws(env), ...providers.env, ...NOBODY },
    signal,
    GRACE_MS,
  );
  for (const { stacks, folder: outdir } of scopes) {
    const plans = await planFromNothing(terraform, stacks, {
      signal,
      valueOf: ({ id }, variable) => {
        const service = Object.keys(given.services).find((name) => id.endsWith(`-tasks-${name}`));
        if (variable !== 'image' || service === undefined)
          throw new Error(
            `${id} has a variable '${variable}' that no value is known for: give it one in rehearsal/policy/main.ts`,
          );
        return `${repositoryUrl(given.config, service)}@sha256:${'0'.repeat(64)}`;
      },
      onPlanned: (id) => io.out(`planned ${++planned} of ${count}: ${id}\n`),
    });
    for (const [id, plan] of plans) writeFileSync(join(outdir, `${id}.json`), JSON.stringify(plan));
  }

  // Together, because each is busy on one core; settled, because nothing may run any more when the folder is removed.
  const ends = await Promise.allSettled(scopes.map((scope) => judged(scope, { python, env, signal })));
  const scans = ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
  for (const { said } of scans) io.out(`${said}\n`);
  const complaints = scans.flatMap((one) => one.complaints);
  if (complaints.length === 0) return 0;
  io.err(`${complaints.map((complaint) => `- ${complaint}`).join('\n')}\n`);
  return 1;
}

/** Synthesizes into the folder. */
function scopeOf(
  name: string,
  { config, services, scanned = () => true }: Configured,
  folder: string,
  barOf: (config: Config) => Bar,
): Scope {
  synthesize(config, services, folder);
  const stacks = readSynthesized(folder).filter(({ id }) => scanned(id));
  return { name, stacks, folder, bar: barOf(config) };
}

async function judged(
  { name, stacks, folder, bar }: Scope,
  options: Omit<ScanOptions, 'folder'>,
): Promise<{ readonly said: string; readonly complaints: readonly string[] }> {
  const skips = stacks.flatMap((stack) => skipsOf(configurationOf(stack)));
  const ids = stacks.map(({ id }) => id);
  const files = ids.map((id) => join(folder, `${id}.json`));
  const report = await scan(files, skips, { ...options, folder });
  const verdict = judge(report, skips, ids, bar);
  return {
    said: `${name}: ${described(report, verdict)}`,
    complaints: verdict.complaints.map((complaint) => `${name}: ${complaint}`),
  };
}

void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});
