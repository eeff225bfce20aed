import type { PoolLoad } from './database';

/** Written this often: one document for each group of dimensions that something happened in. */
export const METRICS_SECONDS = 60;
/** The pool is looked at this often, and each look is one value. */
export const POOL_LOOK_SECONDS = 1;
/** Values that a metric may have in one document. */
const MAX_VALUES = 100;

/** Where metrics go: numbers in, and every minute lines out. */
export interface Metrics {
  request(method: string, route: string | undefined, status: number, milliseconds: number): void;
  /** What `/readyz` answered. */
  readiness(ready: boolean): void;
  pool(load: PoolLoad): void;
  /** Writes what came in since the last time, and forgets it. */
  flush(): void;
}

interface MetricDefinition {
  readonly Name: string;
  readonly Unit: 'Count' | 'Milliseconds';
}

/**
 * Metrics in CloudWatch's embedded metric format: JSON lines beside the log, which CloudWatch Logs turns into metrics; no
 * agent, no call, nothing on a request's way but two additions.
 * Specification: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * `Requests` counts by route and status class; `Duration` is by route, of up to 100 requests a minute drawn evenly, and the
 * slowest of all; `PoolInUse` and `PoolWaiting`, each second; `Ready`, 1 or 0 for each answer of `/readyz`.
 * @param write takes a line with its end
 */
export function embeddedMetrics(
  namespace: string,
  write: (line: string) => void,
  now: () => number = Date.now,
): Metrics {
  let requests = new Map<string, { route: string; statusClass: string; count: number }>();
  let durations = new Map<string, Sample>();
  let inUse = new Sample();
  let waiting = new Sample();
  let ready = new Sample();

  const document = (
    dimensions: Readonly<Record<string, string>>,
    metrics: readonly (readonly [MetricDefinition, number | readonly number[]])[],
  ): void => {
    const directive = {
      Namespace: namespace,
      Dimensions: [Object.keys(dimensions)],
      Metrics: metrics.map(([definition]) => definition),
    };
    const values = Object.fromEntries(metrics.map(([{ Name }, value]) => [Name, value]));
    const _aws = { Timestamp: now(), CloudWatchMetrics: [directive] };
    write(`${JSON.stringify({ _aws, ...dimensions, ...values })}\n`);
  };

  return {
    request: (method, path, status, milliseconds) => {
      // A path that no route has is the caller's invention, and would be a metric of its own each time.
      const route = path === undefined ? 'unknown' : `${method} ${path}`;
      const statusClass = `${Math.floor(status / 100)}xx`;
      const key = `${route} ${statusClass}`;
      const counter = requests.get(key) ?? { route, statusClass, count: 0 };
      counter.count += 1;
      requests.set(key, counter);
      const sample = durations.get(route) ?? new Sample();
      sample.add(Math.round(milliseconds * 10) / 10);
      durations.set(route, sample);
    },
    readiness: (isReady) => ready.add(isReady ? 1 : 0),
    pool: (load) => {
      inUse.add(load.inUse);
      waiting.add(load.waiting);
    },
    flush: () => {
      for (const { route, statusClass, count } of requests.values()) {
        document({ Route: route, StatusClass: statusClass }, [[{ Name: 'Requests', Unit: 'Count' }, count]]);
      }
      for (const [route, sample] of durations) {
        document({ Route: route }, [[{ Name: 'Duration', Unit: 'Milliseconds' }, sample.values]]);
      }
      const gauges: readonly (readonly [string, Sample])[] = [
        ['PoolInUse', inUse],
        ['PoolWaiting', waiting],
        ['Ready', ready],
      ];
      const seen = gauges.filter(([, { values }]) => values.length > 0);
      if (seen.length > 0) {
        document(
          {},
          seen.map(([Name, { values }]) => [{ Name, Unit: 'Count' }, values]),
        );
      }
      requests = new Map();
      durations = new Map();
      [inUse, waiting, ready] = [new Sample(), new Sample(), new Sample()];
    },
  };
}

/** At most 100 of any number of values, each as likely as the next (reservoir sampling), and the largest for certain. */
class Sample {
  private readonly kept: number[] = [];
  private count = 0;
  private largest = -Infinity;

  public add(value: number): void {
    this.count += 1;
    this.largest = Math.max(this.largest, value);
    if (this.kept.length < MAX_VALUES) {
      this.kept.push(value);
      return;
    }
    const place = Math.floor(Math.random() * this.count);
    if (place < MAX_VALUES) this.kept[place] = value;
  }

  public get values(): readonly number[] {
    if (this.kept.length === 0 || this.kept.includes(this.largest)) return this.kept;
    return [...this.kept.slice(1), this.largest];
  }
}
