import { performance } from 'node:perf_hooks';

import { run } from '../../workflows-src/terraform/process';

/** A whole process that is measured. */
export interface Contender {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The exit code that it is to have. @default 0 */
  readonly code?: number;
}

export interface Measured {
  readonly name: string;
  /** Seconds, sorted. */
  readonly seconds: readonly number[];
}

/**
 * Runs the contenders in turn (A B A B …), so that a noisy machine is noisy for all of them. A first round, which fills the
 * caches, is not counted.
 * @throws Error when one of them fails
 */
export async function measure(
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly Measured[]> {
  const seconds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, file, args, cwd, env, code: expected = 0 } of contenders) {
      const began = performance.now();
      const { code, stderr } = await run(file, args, { cwd, env: { ...process.env, ...env } });
      if (code !== expected) throw new Error(`${name} failed (exit ${code}): ${stderr}`);
      if (round > 0) seconds.get(name)?.push((performance.now() - began) / 1000);
    }
  }
  return [...seconds].map(([name, times]) => ({ name, seconds: times.sort((a, b) => a - b) }));
}

export function median({ seconds }: Measured): number {
  return at(seconds, 0.5);
}

/** `name   median 0.12 s  (0.11–0.14)` */
export function describe(measured: Measured, width = 40): string {
  const { name, seconds } = measured;
  const times = [median(measured), at(seconds, 0), at(seconds, 1)].map((time) => time.toFixed(2));
  return `  ${name.padEnd(width)} median ${times[0]} s  (${times[1]}–${times[2]})`;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
}
