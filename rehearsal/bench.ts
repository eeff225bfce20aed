import { cpus, tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { run } from '../workflows-src/terraform/process';

/**
 * `npm run bench`: whole processes, in turn (A B A B …) so that a noisy machine is noisy for all of them, medians quoted.
 */
const ROUNDS = 5;
const ROOT = join(__dirname, '..');

interface Contender {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

async function main(): Promise<void> {
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const env = { ...process.env, CDKTF_OUTDIR: outdir, CHECKPOINT_DISABLE: '1', CI: '1' };
  const contenders: readonly Contender[] = [
    { name: 'npm run synth', file: 'npm', args: ['run', '--silent', 'synth'] },
    { name: 'npx cdktf synth', file: 'npx', args: ['cdktf', 'synth', '--output', outdir] },
    {
      name: 'floor: node, tsx and cdktf loaded',
      file: process.execPath,
      args: ['-r', 'tsx/cjs', '-e', "require('cdktf')"],
    },
  ];
  const seconds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const { name, file, args } of contenders) {
        const began = performance.now();
        const { code, stderr } = await run(file, args, { cwd: ROOT, env });
        if (code !== 0) throw new Error(`${name} failed (exit ${code}): ${stderr}`);
        // The first round fills the caches.
        if (round > 0) seconds.get(name)?.push((performance.now() - began) / 1000);
      }
    }
  } finally {
    rmSync(outdir, { recursive: true });
  }
  process.stdout.write(
    `Synthesis of all stacks of both environments, whole processes, ${ROUNDS} rounds, ${cpus().length} cores\n`,
  );
  for (const [name, times] of seconds) {
    const sorted = [...times].sort((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.round(share * (sorted.length - 1))] ?? NaN).toFixed(2);
    process.stdout.write(`  ${name.padEnd(36)} median ${at(0.5)} s  (${at(0)}–${at(1)})\n`);
  }
}

void main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
