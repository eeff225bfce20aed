import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { commandBundle } from '../../workflows-src/build';
import { run } from '../../workflows-src/terraform/process';
import { describe, measure, median, type Measured } from './measure';
import { creates, policyUpdates } from './plans';

const ROUNDS = 5;
const ROOT = join(__dirname, '../..');

/** What no Node program that looks at all of a plan can be faster than: read it, parse it, count the actions. */
const FLOOR = `
const plan = JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
const counts = {};
for (const { change } of plan.resource_changes) counts[change.actions] = (counts[change.actions] ?? 0) + 1;
process.stdout.write(JSON.stringify(counts));
`;

/** Says on stderr how much memory the process took at most. */
const MEMORY = `process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)));`;

/** The plan comment, as a whole process, beside the floor, on plans of growing size. */
export async function benchRender(print: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  try {
    const bundle = (await commandBundle(ROOT)).get('dist/fairlead.js');
    if (bundle === undefined) throw new Error('the bundle has no dist/fairlead.js');
    const cli = write('fairlead.js', bundle);
    const floor = write('floor.js', FLOOR);
    const memory = write('memory.js', MEMORY);
    const plans: readonly (readonly [string, string])[] = [
      ...[100, 1_000, 10_000, 50_000].map((count) => [`${count} creates`, creates(count)] as const),
      ['1000 policies updated', policyUpdates(1_000)],
    ];
    print(`The plan comment, whole processes, ${ROUNDS} rounds`);
    const ours = new Map<string, Measured>();
    for (const [name, json] of plans) {
      const plan = write('plan.json', json);
      const [least, own] = await measure(
        [
          { name: `${name}: floor`, file: process.execPath, args: [floor, plan], cwd: folder },
          { name: `${name}: render`, file: process.execPath, args: [cli, 'render', plan], cwd: folder },
        ],
        ROUNDS,
      );
      const taken = async (args: readonly string[]): Promise<string> => {
        const { stderr } = await run(process.execPath, ['-r', memory, ...args], {
          cwd: folder,
          env: process.env,
        });
        return `${Math.round(Number(stderr) / 1024)} MiB`;
      };
      print(`${describe(least!)}  ${await taken([floor, plan])}`);
      print(`${describe(own!)}  ${await taken([cli, 'render', plan])}`);
      ours.set(name, own!);
    }
    const growth =
      Math.log(median(ours.get('50000 creates')!) / median(ours.get('1000 creates')!)) / Math.log(50);
    print(`  growth from 1,000 to 50,000: exponent ${growth.toFixed(2)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
