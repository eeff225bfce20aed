import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { actions } from '../../workflows-src/actions';
import { run } from '../../workflows-src/terraform/process';
import { describe, measure, median } from './measure';

const ROUNDS = 11;
const ROOT = join(__dirname, '../..');

/** A step waits for it before it does anything. */
const MAX_START_SECONDS = 0.15;
/** Of an empty process: where that takes longer, the machine is busy with something else, and no start can be judged. */
const MAX_FLOOR_SECONDS = 0.075;
const MAX_BYTES = 1_000_000;

/** Says on stderr how much processor time the process took, in milliseconds. */
const PROCESSOR = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write(String((userCPUTime + systemCPUTime) / 1000));
});`;

/**
 * How long each of our actions takes from its process's start until it has read its inputs, beside the floor of an empty
 * Node process: it is given none, and ends by saying which it misses.
 */
export async function benchActions(print: (line: string) => void): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  try {
    const processor = join(cwd, 'processor.js');
    writeFileSync(processor, PROCESSOR);
    const file = process.execPath;
    const bundle = (name: string): string => join(ROOT, '.github/actions', name, 'dist/index.js');
    const contenders = [
      { name: 'node -e 0', file, args: ['-e', '0'], cwd },
      ...Object.keys(actions).map((name) => ({ name, file, args: [bundle(name)], cwd, code: 1 })),
    ];
    print(`The start of our actions, whole processes, ${ROUNDS} rounds`);
    const missed: string[] = [];
    const walls = await measure(contenders, ROUNDS);
    const isBusy = median(walls[0]!) > MAX_FLOOR_SECONDS;
    if (isBusy) print('  an empty process takes that long: this machine is busy, and starts are not judged');
    for (const [index, wall] of walls.entries()) {
      const { name, args } = contenders[index]!;
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const { stderr } = await run(file, ['-r', processor, ...args], { cwd, env: process.env });
        times.push(Number(stderr));
      }
      const taken = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
      const bytes = index === 0 ? 0 : statSync(bundle(name)).size;
      print(
        `${describe(wall, 18)}, of the processor ${Math.round(taken)} ms${bytes > 0 ? `, ${Math.round(bytes / 1000)} KB` : ''}`,
      );
      if (!isBusy && median(wall) > MAX_START_SECONDS)
        missed.push(`${name}: ${median(wall).toFixed(3)} s, the bar is ${MAX_START_SECONDS}`);
      if (bytes > MAX_BYTES) missed.push(`${name}: ${bytes} bytes, the bar is ${MAX_BYTES}`);
    }
    if (missed.length > 0) throw new Error(`missed: ${missed.join('; ')}`);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}
