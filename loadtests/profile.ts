import type { Options } from 'k6/options';
import { thresholdsOf, type Slo, type SummaryFile } from './slo.ts';

/** A load that arrives at a steady rate, whatever the service makes of it: a slow service gets no fewer requests. */
export interface ArrivalRateProfile {
  /** The name of its file. */
  readonly name: string;
  readonly journeysPerSecond: number;
  readonly seconds: number;
  /**
   * How long one journey may take before the next have no user left to make them and are dropped; drops fail the run,
   * since a stall that stops the load hides itself.
   */
  readonly longestJourneySeconds: number;
  readonly slos: readonly [Slo, ...Slo[]];
}

export interface K6Profile {
  readonly options: Options;
  readonly handleSummary: (data: unknown) => Record<string, string>;
}

/** What a k6 script of this profile exports, beside its journey. */
export function arrivalRate(profile: ArrivalRateProfile): K6Profile {
  return {
    options: {
      scenarios: {
        [profile.name]: {
          executor: 'constant-arrival-rate',
          rate: profile.journeysPerSecond,
          timeUnit: '1s',
          duration: `${profile.seconds}s`,
          preAllocatedVUs: Math.ceil(profile.journeysPerSecond * profile.longestJourneySeconds),
          gracefulStop: `${profile.longestJourneySeconds}s`,
        },
      },
      thresholds: thresholdsOf(profile.slos),
      summaryTrendStats: ['avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'max', 'count'],
      userAgent: `fairlead-loadtest/${profile.name}`,
    },
    handleSummary: (data) => {
      const summary: SummaryFile = { profile: profile.name, slos: profile.slos, data };
      return { [__ENV['SUMMARY_FILE'] ?? 'stdout']: JSON.stringify(summary, null, 2) };
    },
  };
}

/** A whole number from 1 on, given with `-e NAME=…`. */
export function setting(name: string, byDefault: number): number {
  const given = __ENV[name];
  if (given === undefined) return byDefault;
  if (!/^[1-9][0-9]{0,5}$/.test(given))
    throw new Error(`${name} must be a whole number from 1 on, got "${given}"`);
  return Number(given);
}
