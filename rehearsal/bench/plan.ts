import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

import { readSynthesized, stacksOf, type SynthesizedStack } from '../../workflows-src/graph/synthesized';
import { findTerraform } from '../../workflows-src/terraform/binary';
import { run } from '../../workflows-src/terraform/process';
import { providerSource } from '../../workflows-src/terraform/provider-mirror';
import { withoutAws } from '../emulator';

const ROUNDS = 3;
const ROOT = join(__dirname, '../..');
const APP = join(__dirname, 'app.ts');
const COMMANDS = join(ROOT, 'workflows-src/cli/main.ts');
const ENVIRONMENT = 'dev';

/**
 * All stacks of an environment planned by `npm run plan`, beside one after the other by hand; each from a fresh synthesis,
 * without anything initialized. The environment stands on the emulator, which a rehearsal has filled: minutes by itself. With
 * the variables of one that `npm start -- --keep` has left up, that one is taken.
 */
export async function benchPlan(print: (line: string) => void): Promise<void> {
  print('Planning all stacks of dev; a rehearsal that makes them takes some minutes');
  const rehearsal = await standing();
  // A project of its own, because a rehearsal has no domain and no protection, whatever the configuration says.
  const project = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
    writeFileSync(join(project, 'cdktf.json'), JSON.stringify({ app: `node -r tsx/cjs '${APP}'` }));
    const providers = await providerSource({ env: process.env, cacheFolder: join(ROOT, '.fairlead') });
    const env = { ...withoutAws(process.env), ...rehearsal.env, ...providers.env };
    const terraform = (await findTerraform(process.env)).file;
    const stacks = await fresh(project);
    const image = await deployedImage(terraform, stacks, env);
    // What a rehearsal sets for itself is no difference any more: as on most days, there is nothing to change.
    await timed(...command(project, 'apply'), env);
    const ours: number[] = [];
    const byHand: number[] = [];
    const single = new Map<string, number[]>(stacks.map(({ id }) => [id, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      await fresh(project);
      ours.push(await timed(...command(project, 'plan'), env));
      await fresh(project);
      const began = performance.now();
      for (const stack of stacks)
        single.get(stack.id)?.push(await plannedByHand(terraform, stack, image, env));
      byHand.push((performance.now() - began) / 1000);
    }
    const alone = new Map([...single].map(([id, times]) => [id, median(times)]));
    const path = criticalPath(stacks, alone);
    for (const [id, seconds] of alone) print(`  ${id.padEnd(24)} ${seconds.toFixed(1)} s by itself`);
    print(
      `  one after the other, init and plan    median ${median(byHand).toFixed(1)} s  (${range(byHand)})`,
    );
    print(
      `  npm run plan -- ${ENVIRONMENT}                   median ${median(ours).toFixed(1)} s  (${range(ours)})`,
    );
    print(`  ${(median(byHand) / median(ours)).toFixed(2)} times as fast`);
    print(
      `  critical path ${path.stacks.join(' → ')}: ${path.seconds.toFixed(1)} s; ours takes ${((100 * median(ours)) / path.seconds).toFixed(0)} % of it`,
    );
  } finally {
    rehearsal.stop();
    rmSync(project, { recursive: true, force: true });
  }
}

/** What `npm run plan -- dev` runs, and the like. */
function command(project: string, name: string): [file: string, args: readonly string[], cwd: string] {
  return [process.execPath, ['-r', 'tsx/cjs', COMMANDS, name, ENVIRONMENT], project];
}

interface Standing {
  readonly env: NodeJS.ProcessEnv;
  stop(): void;
}

/** A rehearsal that has ended and left its emulator up. */
async function standing(): Promise<Standing> {
  if (process.env.AWS_ENDPOINT_URL?.startsWith('http://127.0.0.1:'))
    return { env: process.env, stop: () => undefined };
  const child = spawn(process.execPath, ['-r', 'tsx/cjs', join(ROOT, 'rehearsal/main.ts'), '--keep'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const env: NodeJS.ProcessEnv = {};
  let pid: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^\s*export (\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    pid = Number(/^\s*To stop it: kill (\d+)$/.exec(line)?.[1] ?? pid);
  }
  const stop = pid;
  if (stop === undefined)
    throw new Error('the rehearsal did not end well: run `npm start -- --keep` to see why');
  return { env, stop: () => void process.kill(stop) };
}

/** A synthesis in which nothing is initialized. @returns dependencies first */
async function fresh(project: string): Promise<readonly SynthesizedStack[]> {
  const outdir = join(project, 'cdktf.out');
  rmSync(outdir, { recursive: true, force: true });
  await timed(process.execPath, ['-r', 'tsx/cjs', APP], project, { ...process.env, CDKTF_OUTDIR: outdir });
  const { bootstrap, stacks } = stacksOf(readSynthesized(outdir), ENVIRONMENT);
  return [bootstrap, ...stacks];
}

/** What the environment's one service runs. @throws Error when no stack says so */
async function deployedImage(
  terraform: string,
  stacks: readonly SynthesizedStack[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const tasks = stacks.find(({ variables }) => variables.includes('image'));
  if (tasks === undefined) throw new Error(`${ENVIRONMENT} has no stack with an image`);
  await timed(terraform, ['init', '-input=false', '-lockfile=readonly'], tasks.folder, env);
  const { code, stdout, stderr } = await run(terraform, ['output', '-raw', 'deployed_image'], {
    cwd: tasks.folder,
    env,
  });
  if (code !== 0) throw new Error(`${tasks.id} has no deployed image: ${stderr}`);
  return stdout.toString('utf8');
}

async function plannedByHand(
  terraform: string,
  { folder, variables }: SynthesizedStack,
  image: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const init = await timed(terraform, ['init', '-input=false', '-lockfile=readonly'], folder, env);
  const given = variables.includes('image') ? [`-var=image=${image}`] : [];
  return init + (await timed(terraform, ['plan', '-input=false', '-lock=false', ...given], folder, env));
}

/** Seconds. @throws Error when it fails */
async function timed(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const began = performance.now();
  const { code, stdout, stderr } = await run(file, args, { cwd, env });
  if (code !== 0)
    throw new Error(`${file} ${args.join(' ')} failed (exit ${code}): ${stderr}${stdout.toString('utf8')}`);
  return (performance.now() - began) / 1000;
}

/** The longest way through the graph: what no number of cores can be faster than, plan by plan. */
function criticalPath(
  stacks: readonly SynthesizedStack[],
  seconds: ReadonlyMap<string, number>,
): { readonly stacks: readonly string[]; readonly seconds: number } {
  const paths = new Map<string, { stacks: readonly string[]; seconds: number }>();
  for (const { id, dependencies } of stacks) {
    const before = dependencies
      .map((one) => paths.get(one))
      .reduce((a, b) => ((b?.seconds ?? 0) > (a?.seconds ?? 0) ? b : a), undefined);
    paths.set(id, {
      stacks: [...(before?.stacks ?? []), id],
      seconds: (before?.seconds ?? 0) + (seconds.get(id) ?? 0),
    });
  }
  return [...paths.values()].reduce((a, b) => (b.seconds > a.seconds ? b : a), { stacks: [], seconds: 0 });
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

function range(times: readonly number[]): string {
  return `${Math.min(...times).toFixed(1)}–${Math.max(...times).toFixed(1)}`;
}
