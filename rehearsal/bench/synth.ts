import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, measure } from './measure';

const ROUNDS = 5;
const ROOT = join(__dirname, '../..');

/** `npm run synth` beside the cdktf CLI that it stands in for. */
export async function benchSynth(print: (line: string) => void): Promise<void> {
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const shared = { cwd: ROOT, env: { CDKTF_OUTDIR: outdir, CHECKPOINT_DISABLE: '1', CI: '1' } };
  try {
    const measured = await measure(
      [
        { ...shared, name: 'npm run synth', file: 'npm', args: ['run', '--silent', 'synth'] },
        { ...shared, name: 'npx cdktf synth', file: 'npx', args: ['cdktf', 'synth', '--output', outdir] },
        {
          ...shared,
          name: 'floor: node, tsx and cdktf loaded',
          file: process.execPath,
          args: ['-r', 'tsx/cjs', '-e', "require('cdktf')"],
        },
      ],
      ROUNDS,
    );
    print(`Synthesis of all stacks of both environments, ${ROUNDS} rounds`);
    for (const one of measured) print(describe(one));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
