import { cpus } from 'node:os';

import { benchActions } from './actions';
import { benchPlan } from './plan';
import { benchRender } from './render';
import { benchService } from './service';
import { benchSynth } from './synth';
import { benchWorkflows } from './workflows';

const HELP = `usage: npm run bench [-- <name>…]

Measures whole processes, in turn, and quotes medians.

  synth    synthesis, beside the cdktf CLI
  render   the plan comment, beside the floor of a Node process that reads, parses and counts
  plan     all stacks of dev on the emulator, beside terraform by hand and the graph's critical path; some ten minutes
  actions  their start beside that of an empty process, and their size; exits 1 when one misses a bar
  workflows  generating all of them; exits 1 when it takes more than 2 s
  service  its start, its reads beside those of bare fastify and pg, the size of its packages; exits 1 when it misses a bar
`;

const benches = {
  synth: benchSynth,
  render: benchRender,
  plan: benchPlan,
  actions: benchActions,
  workflows: benchWorkflows,
  service: benchService,
} as const;

async function main(names: readonly string[]): Promise<number> {
  if (names.includes('--help') || names.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no benchmark ${unknown.join(', ')}\n\n${HELP}`);
    return 2;
  }
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  print(`Node ${process.version}, ${cpus().length} cores`);
  const chosen = names.length === 0 ? Object.keys(benches) : names;
  for (const name of chosen) await benches[name as keyof typeof benches](print);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
