import * as z from 'zod';
import { DROPPED, samplesThreshold, sloThreshold, type Slo } from './slo';

/**
 * - `passed`: every objective was met, on enough samples, under the load that was asked for
 * - `failed`: an objective was missed, on enough samples
 * - `inconclusive`: nothing was missed, but too little was measured to say that all was met
 * - `broken`: the test did not work, and says nothing about its target
 */
export type Outcome = 'passed' | 'failed' | 'inconclusive' | 'broken';

export interface Verdict {
  readonly outcome: Outcome;
  readonly profile: string;
  readonly target: string;
  /** Requests made. */
  readonly samples: number;
  /** Iterations that k6 could not start in time. */
  readonly dropped: number;
  readonly seconds: number;
  readonly slos: readonly SloResult[];
  /** One sentence. */
  readonly reason: string;
  /** Of k6; -1 when it was ended by a signal or never started. */
  readonly exitCode: number;
}

export interface SloResult extends Pick<Slo, 'name' | 'bound' | 'limit' | 'unit'> {
  /** @default null: nothing was measured */
  readonly value: number | null;
  /** Met, and on enough samples. */
  readonly ok: boolean;
  readonly samples: number;
  readonly samplesNeeded: number;
}

export interface Run {
  readonly profile: string;
  readonly target: string;
  readonly exitCode: number;
  /** The text of the summary file. @default k6 left none */
  readonly summary?: string;
  /** What k6 logged as errors, oldest first. */
  readonly errors: readonly string[];
}

/** k6's exit codes that are not decided by thresholds. https://pkg.go.dev/go.k6.io/k6/errext/exitcodes */
const EXIT_CODES: Readonly<Record<number, { readonly outcome: Outcome; readonly meaning: string }>> = {
  97: { outcome: 'broken', meaning: 'the cloud run failed' },
  98: { outcome: 'broken', meaning: 'the progress of the cloud run could not be read' },
  100: { outcome: 'broken', meaning: "the script's setup took too long" },
  101: { outcome: 'broken', meaning: "the script's teardown took too long" },
  104: {
    outcome: 'broken',
    meaning: 'the options are not valid, or a threshold names a metric that does not exist',
  },
  105: { outcome: 'inconclusive', meaning: 'the run was stopped from outside' },
  106: { outcome: 'broken', meaning: "k6's own server could not start" },
  107: { outcome: 'broken', meaning: 'the script or its setup threw' },
  108: { outcome: 'inconclusive', meaning: 'the script stopped the run' },
  109: { outcome: 'broken', meaning: 'k6 crashed' },
  110: { outcome: 'failed', meaning: 'the script marked the run as failed' },
};

const THRESHOLDS_MET = 0;
const THRESHOLDS_CROSSED = 99;

const sloSchema = z.object({
  name: z.string().min(1).max(100),
  metric: z.string(),
  statistic: z.enum(['p(95)', 'p(99)', 'rate']),
  bound: z.enum(['at most', 'at least']),
  limit: z.number(),
  unit: z.enum(['ms', 'share']),
  samples: z.object({ metric: z.string(), atLeast: z.number().int().positive() }),
});

const summarySchema = z.object({
  profile: z.string(),
  slos: z.array(sloSchema).min(1),
  data: z.object({
    state: z.object({ testRunDurationMs: z.number() }),
    metrics: z.record(
      z.string(),
      z.object({
        values: z.record(z.string(), z.number().nullable()),
        thresholds: z.record(z.string(), z.object({ ok: z.boolean() })).optional(),
      }),
    ),
  }),
});

type Summary = z.infer<typeof summarySchema>;

/** Decides what a run of k6 says. Never `passed` on an exit code alone: the summary has to bear it out. */
export function judge(run: Run): Verdict {
  const { profile, target, exitCode } = run;
  const nothing = { profile, target, exitCode, samples: 0, dropped: 0, seconds: 0, slos: [] };
  const byExitCode = EXIT_CODES[exitCode];
  if (exitCode !== THRESHOLDS_MET && exitCode !== THRESHOLDS_CROSSED) {
    const meaning =
      byExitCode?.meaning ?? (exitCode < 0 ? 'k6 did not end by itself' : `k6 ended with ${exitCode}`);
    return {
      ...nothing,
      outcome: byExitCode?.outcome ?? 'broken',
      reason: withFirstError(meaning, run.errors),
    };
  }
  const summary = readSummary(run);
  if (typeof summary === 'string')
    return { ...nothing, outcome: 'broken', reason: withFirstError(summary, run.errors) };

  const slos = summary.slos.map((slo) => resultOf(slo, summary));
  const samples = valueOf(summary, 'http_reqs', 'count') ?? 0;
  const dropped = valueOf(summary, DROPPED.metric, 'count') ?? 0;
  const seconds = summary.data.state.testRunDurationMs / 1_000;
  return { ...nothing, samples, dropped, seconds, slos, ...decide(run, summary, slos, samples, dropped) };
}

function decide(
  { exitCode, errors }: Run,
  summary: Summary,
  slos: readonly SloResult[],
  samples: number,
  dropped: number,
): Pick<Verdict, 'outcome' | 'reason'> {
  const enough = slos.filter((slo) => slo.samples >= slo.samplesNeeded);
  const missed = enough.filter(({ ok }) => !ok);
  const thin = slos.filter((slo) => slo.samples < slo.samplesNeeded);
  const allMet = missed.length === 0 && thin.length === 0 && dropped === 0;
  if (samples === 0) {
    return { outcome: 'broken', reason: withFirstError('no request was made', errors) };
  }
  if (allMet !== (exitCode === THRESHOLDS_MET)) {
    const crossed = Object.entries(summary.data.metrics).flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).flatMap(([threshold, { ok }]) => (ok ? [] : [`${metric}: ${threshold}`])),
    );
    const says = crossed.length === 0 ? 'no threshold crossed' : `crossed ${crossed.join(', ')}`;
    return { outcome: 'broken', reason: `k6 ended with ${exitCode}, but its summary says ${says}` };
  }
  if (missed.length > 0) return { outcome: 'failed', reason: `missed: ${namesOf(missed)}` };
  const doubts = [
    ...(thin.length > 0 ? [`too few samples for ${namesOf(thin)}`] : []),
    ...(dropped > 0
      ? [`${dropped} iterations were not started in time, so the load was not the one asked for`]
      : []),
  ];
  if (doubts.length > 0)
    return { outcome: 'inconclusive', reason: withFirstError(doubts.join('; '), errors) };
  return { outcome: 'passed', reason: 'every objective was met' };
}

function resultOf(slo: Slo, summary: Summary): SloResult {
  const { name, bound, limit, unit, metric, statistic } = slo;
  const samples = valueOf(summary, slo.samples.metric, 'count') ?? 0;
  const met =
    isMet(summary, metric, sloThreshold(slo)) &&
    isMet(summary, slo.samples.metric, samplesThreshold(slo.samples));
  const value = samples === 0 ? null : valueOf(summary, metric, statistic);
  return {
    name,
    bound,
    limit,
    unit,
    value,
    ok: met && value !== null,
    samples,
    samplesNeeded: slo.samples.atLeast,
  };
}

function isMet(summary: Summary, metric: string, threshold: string): boolean {
  return summary.data.metrics[metric]?.thresholds?.[threshold]?.ok === true;
}

function valueOf(summary: Summary, metric: string, statistic: string): number | null {
  return summary.data.metrics[metric]?.values[statistic] ?? null;
}

/** The summary, or what is wrong with it. */
function readSummary({ summary, profile }: Run): Summary | string {
  if (summary === undefined) return 'k6 left no summary: the script must export handleSummary of its profile';
  let json: unknown;
  try {
    json = JSON.parse(summary);
  } catch {
    return "k6's summary is not JSON";
  }
  const parsed = summarySchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `k6's summary is not as expected at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`;
  }
  if (parsed.data.profile !== profile)
    return `the summary is of the profile ${parsed.data.profile}, not of ${profile}`;
  return parsed.data;
}

function withFirstError(reason: string, errors: readonly string[]): string {
  return errors[0] === undefined ? reason : `${reason}; k6 says: ${errors[0]}`;
}

function namesOf(slos: readonly SloResult[]): string {
  return slos.map(({ name }) => name).join(' · ');
}

const MARKS: Readonly<Record<Outcome, string>> = { passed: '✓', failed: '✗', inconclusive: '?', broken: '!' };

/** A few aligned lines for a terminal, the last without a line end. */
export function describeVerdict(verdict: Verdict): string {
  const { outcome, profile, target, samples, seconds, slos, reason } = verdict;
  const measured = samples > 0 ? `: ${samples} requests in ${seconds.toFixed(1)} s` : '';
  const rows = slos.map((slo) => [
    slo.ok ? '✓' : slo.samples < slo.samplesNeeded ? '?' : '✗',
    slo.name,
    slo.value === null ? '—' : format(slo.value, slo.unit),
    `${slo.bound} ${format(slo.limit, slo.unit)}`,
    `${slo.samples} samples (needs ${slo.samplesNeeded})`,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return [
    `${MARKS[outcome]} ${outcome}: ${reason}`,
    `  ${profile} against ${target}${measured}`,
    ...rows.map((row) =>
      `  ${row.map((cell, column) => (column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd(),
    ),
  ].join('\n');
}

function format(value: number, unit: Slo['unit']): string {
  return unit === 'ms'
    ? `${value.toFixed(value < 10 ? 1 : 0)} ms`
    : `${(value * 100).toFixed(2).replace(/\.?0+$/, '')} %`;
}
