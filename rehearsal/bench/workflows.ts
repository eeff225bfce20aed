import { join } from 'node:path';

import { describe, measure, median } from './measure';

const ROUNDS = 7;
const ROOT = join(__dirname, '../..');
/** Seconds in which all workflows and actions are generated. */
const BAR = 2;

/** `npm run workflows`, beside a process that does nothing but load what it runs on. @throws Error when it misses its bar */
export async function benchWorkflows(print: (line: string) => void): Promise<void> {
  const shared = { cwd: ROOT };
  const measured = await measure(
    [
      { ...shared, name: 'npm run workflows', file: 'npm', args: ['run', '--silent', 'workflows'] },
      {
        ...shared,
        name: 'the same without npm',
        file: process.execPath,
        args: ['-r', 'tsx/cjs', 'workflows-src/generate.ts'],
      },
      {
        ...shared,
        name: 'floor: node, tsx, yaml and zod loaded',
        file: process.execPath,
        args: ['-r', 'tsx/cjs', '-e', "require('yaml'); require('zod')"],
      },
    ],
    ROUNDS,
  );
  print(`All workflows and actions, ${ROUNDS} rounds`);
  for (const one of measured) print(describe(one));
  const [whole] = measured;
  if (whole && median(whole) > BAR)
    throw new Error(`npm run workflows: got ${median(whole).toFixed(2)} s; valid: up to ${BAR} s`);
}
