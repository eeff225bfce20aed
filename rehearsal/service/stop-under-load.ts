import { setTimeout as sleep } from 'node:timers/promises';

import { Balancer } from './balancer';
import { ready, type Instance, type Launch } from './instance';
import { load, tally, type Outcome } from './load';

export interface StopOptions {
  readonly launch: Launch;
  readonly folder: string;
  readonly databaseUrl: string;
  /** Of a request that is answered 200. */
  readonly path: string;
  /** What every request takes. */
  readonly workMs: number;
  readonly requests: number;
  /** The service's own way to stop, or `close()` at once on SIGTERM. */
  readonly stop: 'its own' | 'close';
}

export interface StopReport {
  readonly sent: number;
  readonly lost: readonly Outcome[];
  /** Statuses and errors of all. */
  readonly tally: Readonly<Record<string, number>>;
  readonly exitCode: number;
  /** From the last response of the instance that was stopped to its end. */
  readonly secondsToExit: number;
  /** Responses of each instance, the stopped one first, its replacement last. */
  readonly answered: readonly number[];
  /** The longest that a request was sent after it was due. */
  readonly lateMs: number;
}

export const PER_SECOND = 200;
/** Of the load's time, when the signal comes. */
const SIGNAL_AT = 0.3;

/** Two instances behind a balancer, under load; one gets SIGTERM, and a third takes its place. */
export async function stopUnderLoad(options: StopOptions): Promise<StopReport> {
  const { launch, folder, databaseUrl, path, workMs, requests, stop } = options;
  const env = {
    DATABASE_URL: databaseUrl,
    REHEARSAL_WORK_MS: String(workMs),
    ...(stop === 'close' && { REHEARSAL_STOP: 'close' }),
  };
  const instances: Instance[] = [];
  const started = async (name: string): Promise<Instance> => {
    const instance = await launch({ name, folder, env, preload: true });
    instances.push(instance);
    await ready(instance);
    return instance;
  };
  const balancer = await Balancer.start({ readinessPath: '/readyz', checkEveryMs: 1_000, idleSeconds: 60 });
  try {
    const leaving = await started('leaving');
    const staying = await started('staying');
    const targets = [leaving, staying].map(({ name, port }) => balancer.add(name, port));
    await Promise.all(targets.map((target) => balancer.healthy(target)));

    const { port } = balancer;
    const traffic = load({ port, path, perSecond: PER_SECOND, requests, timeoutMs: 20_000 });
    await sleep((SIGNAL_AT * requests * 1_000) / PER_SECOND);
    await leaving.terminate();
    const replacement = await started('replacement');
    targets.push(balancer.add(replacement.name, replacement.port));

    const outcomes = await traffic;
    const { code, at } = await leaving.exited;
    return {
      sent: outcomes.length,
      lost: outcomes.filter(({ status }) => status !== 200),
      tally: tally(outcomes),
      exitCode: code,
      secondsToExit: (at - (targets[0]?.lastAnswer ?? NaN)) / 1_000,
      answered: targets.map(({ answered }) => answered),
      lateMs: Math.max(...outcomes.map(({ lateMs }) => lateMs)),
    };
  } finally {
    await balancer.stop();
    await Promise.all(instances.map((instance) => instance.remove()));
  }
}

/** `4000 sent, 0 lost {"200":4000}; …` */
export function describeStop(report: StopReport): string {
  const { sent, lost, tally: counts, exitCode, secondsToExit, answered, lateMs } = report;
  return `${sent} sent, ${lost.length} lost ${JSON.stringify(counts)}; answered ${answered.join(' + ')}; exit ${exitCode} ${secondsToExit.toFixed(1)} s after its last answer; sent at most ${lateMs.toFixed(0)} ms late`;
}
