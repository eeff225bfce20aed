/** What a load test promises, and how k6 is told. Imports nothing: k6 and Node both read it. */

/**
 * One service level objective. k6 calls a threshold on no samples met, so an objective always says how many it takes to
 * mean anything, and of which counter.
 */
export interface Slo {
  /** In a few words, such as `response time, p95`. */
  readonly name: string;
  /** A k6 metric, with its tags: `http_req_duration{expected_response:true}`. */
  readonly metric: string;
  readonly statistic: 'p(95)' | 'p(99)' | 'rate';
  readonly bound: 'at most' | 'at least';
  /** Milliseconds, or a share from 0 to 1. */
  readonly limit: number;
  readonly unit: 'ms' | 'share';
  readonly samples: SampleCount;
}

export interface SampleCount {
  /** A k6 counter that goes up with each sample of the objective's metric. */
  readonly metric: string;
  readonly atLeast: number;
}

/** What a profile leaves for the verdict, beside k6's own data. */
export interface SummaryFile {
  readonly profile: string;
  readonly slos: readonly Slo[];
  /** The `data` of k6's handleSummary. */
  readonly data: unknown;
}

/** Iterations that k6 could not start in time: then the load was not the one that was asked for. */
export const DROPPED = { metric: 'dropped_iterations', threshold: 'count==0' } as const;

export function sloThreshold({ statistic, bound, limit }: Slo): string {
  return `${statistic}${bound === 'at most' ? '<=' : '>='}${limit}`;
}

export function samplesThreshold({ atLeast }: SampleCount): string {
  return `count>=${atLeast}`;
}

/** k6's `thresholds`: every objective, its sample count, and no dropped iteration. */
export function thresholdsOf(slos: readonly Slo[]): Record<string, string[]> {
  const thresholds: Record<string, string[]> = { [DROPPED.metric]: [DROPPED.threshold] };
  const add = (metric: string, threshold: string): void => {
    const known = (thresholds[metric] ??= []);
    if (!known.includes(threshold)) known.push(threshold);
  };
  for (const slo of slos) {
    add(slo.metric, sloThreshold(slo));
    add(slo.samples.metric, samplesThreshold(slo.samples));
  }
  return thresholds;
}
