import { cpSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { buildSync } from 'esbuild';

import { run } from '../../workflows-src/terraform/process';
import {
  buildService,
  launchProcess,
  launchScript,
  migrate,
  ready,
  SERVICE,
  type Instance,
  type Launch,
} from '../service/instance';
import { Postgres } from '../postgres';
import { scratchFolder } from '../scratch';

const ROOT = join(__dirname, '../..');
const BARE = join(__dirname, 'service-bare.ts');
const DATABASE = 'bench';

const STARTS = 7;
const READY_SECONDS = 1;
const ROUNDS = 5;
const SECONDS = 8;
const CONNECTIONS = 32;
const SHARE = 0.8;
const MODULES_MB = 30;

/** The service as it is shipped: its start, its reads beside those of bare Fastify and pg, the size of its packages. */
export async function benchService(print: (line: string) => void): Promise<void> {
  const scratch = scratchFolder();
  const postgres = await Postgres.start();
  try {
    await buildService();
    const databaseUrl = await postgres.create(DATABASE);
    if ((await migrate(databaseUrl)).code !== 0) throw new Error(`${DATABASE}: cannot be migrated`);
    const env = { DATABASE_URL: databaseUrl, NODE_ENV: 'production' };
    const bare = launchBare(scratch.path);
    const missed = [
      await starts(bare, scratch.path, env, print),
      await reads(bare, scratch.path, env, await someShipment(postgres), print),
      await packages(scratch.path, print),
    ].filter((bar) => bar !== undefined);
    if (missed.length > 0) throw new Error(`missed: ${missed.join('; ')}`);
  } finally {
    await postgres.stop();
    await scratch.remove();
  }
}

type Env = Readonly<Record<string, string>>;
/** The bar that was missed, if it was. */
type Verdict = string | undefined;

/** `service-bare.ts`, as a file of JavaScript as the service is one. */
function launchBare(folder: string): Launch {
  const script = join(folder, 'bare.js');
  buildSync({
    entryPoints: [BARE],
    outfile: script,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
  });
  const launch = launchScript(script, folder);
  const env = { NODE_PATH: join(ROOT, 'node_modules') };
  return (options) => launch({ ...options, env: { ...options.env, ...env } });
}

async function starts(
  bare: Launch,
  folder: string,
  env: Env,
  print: (line: string) => void,
): Promise<Verdict> {
  const seconds = { service: [] as number[], bare: [] as number[] };
  for (let round = 0; round <= STARTS; round += 1) {
    for (const name of ['service', 'bare'] as const) {
      const began = performance.now();
      const instance = await (name === 'bare' ? bare : launchProcess)({ name, folder, env });
      try {
        await ready(instance);
        // The first fills the caches of the disk.
        if (round > 0) seconds[name].push((performance.now() - began) / 1_000);
      } finally {
        await instance.remove();
      }
    }
  }
  print(`From spawn to 200 on /readyz, ${STARTS} starts in turn`);
  print(`  bare fastify and pg                      ${described(seconds.bare, 2, 's')}`);
  print(
    `  the service                              ${described(seconds.service, 2, 's')}  at most ${READY_SECONDS} s`,
  );
  return median(seconds.service) <= READY_SECONDS ? undefined : 'ready in time';
}

async function reads(
  bare: Launch,
  folder: string,
  env: Env,
  id: string,
  print: (line: string) => void,
): Promise<Verdict> {
  const contenders: { readonly name: string; readonly instance: Instance; readonly rates: number[] }[] = [];
  try {
    for (const name of ['service', 'bare'] as const) {
      const instance = await (name === 'bare' ? bare : launchProcess)({ name, folder, env });
      contenders.push({ name, instance, rates: [] });
      await ready(instance);
    }
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const { instance, rates } of contenders) {
        const rate = await requestsPerSecond(`http://127.0.0.1:${instance.port}/shipments/${id}`);
        // The first is for the compiler.
        if (round > 0) rates.push(rate);
      }
    }
  } finally {
    for (const { instance } of contenders) await instance.remove();
  }
  const [service = [], floor = []] = contenders.map(({ rates }) => rates);
  const share = median(service) / median(floor);
  print(`GET /shipments/:id, ${ROUNDS} rounds in turn, ${CONNECTIONS} connections, ${SECONDS} s each`);
  print(`  bare fastify and pg                      ${described(floor, 0, 'requests/s')}`);
  print(`  the service                              ${described(service, 0, 'requests/s')}`);
  print(
    `  share                                    ${(100 * share).toFixed(0)} %  at least ${100 * SHARE} %`,
  );
  return share >= SHARE ? undefined : 'share of bare fastify';
}

/** By wrk, which takes least of the two cores. @throws Error when it is missing, or an answer was no 2xx */
async function requestsPerSecond(url: string): Promise<number> {
  const { code, stdout, stderr } = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, url]).catch(
    (error: unknown) => {
      throw new Error('wrk is needed; on Debian: apt-get install wrk', { cause: error });
    },
  );
  const said = stdout.toString('utf8');
  const rate = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(said)?.[1]);
  if (code !== 0 || Number.isNaN(rate) || /Non-2xx|Socket errors/.test(said))
    throw new Error(`wrk (exit ${code}): ${said}${stderr}`);
  return rate;
}

async function packages(folder: string, print: (line: string) => void): Promise<Verdict> {
  const copy = join(folder, 'production');
  mkdirSync(join(copy, 'services/api'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc', 'services/api/package.json'])
    cpSync(join(ROOT, file), join(copy, file));
  const args = ['ci', '--omit=dev', '--workspace', 'services/api', '--no-audit', '--no-fund'];
  const { code, stderr } = await run('npm', args, { cwd: copy, env: process.env });
  if (code !== 0) throw new Error(`npm ci failed (exit ${code}): ${stderr}`);
  const megabytes = (bytesIn(join(copy, 'node_modules')) + bytesIn(join(copy, 'services/api'))) / 1e6;
  print(`npm ci --omit=dev -w ${SERVICE.slice(ROOT.length + 1)}`);
  print(`  node_modules                             ${megabytes.toFixed(1)} MB  at most ${MODULES_MB} MB`);
  return megabytes <= MODULES_MB ? undefined : 'size of node_modules';
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

async function someShipment(postgres: Postgres): Promise<string> {
  const [id] = await postgres.query(
    DATABASE,
    "insert into shipments (container, origin, destination, weight_kg) values ('MSKU1234565', 'NLRTM', 'SGSIN', 21000) returning id",
  );
  if (id === undefined) throw new Error(`${DATABASE}: the insert returned no row`);
  return id;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function described(values: readonly number[], digits: number, unit: string): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  );
  return `median ${middle} ${unit}  (${least}–${most})`;
}
