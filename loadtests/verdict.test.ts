import { thresholdsOf, type Slo } from './slo';
import { describeVerdict, judge, type Run } from './verdict';

const slos: Slo[] = [
  {
    name: 'response time, p95',
    metric: 'http_req_duration',
    statistic: 'p(95)',
    bound: 'at most',
    limit: 300,
    unit: 'ms',
    samples: { metric: 'http_reqs', atLeast: 100 },
  },
  {
    name: 'checks passed',
    metric: 'checks',
    statistic: 'rate',
    bound: 'at least',
    limit: 0.99,
    unit: 'share',
    samples: { metric: 'journeys_completed', atLeast: 25 },
  },
];

interface Measured {
  readonly requests?: number;
  readonly journeys?: number;
  readonly p95?: number;
  readonly checks?: number;
  readonly dropped?: number;
}

/** What k6 would have left: each threshold judged as k6 does, which calls an objective on no samples met. */
function run(
  { requests = 400, journeys = 100, p95 = 12.34, checks = 1, dropped = 0 }: Measured,
  exitCode: number,
): Run {
  const metrics: Record<
    string,
    { values: Record<string, number>; thresholds: Record<string, { ok: boolean }> }
  > = {
    http_req_duration: { values: { 'p(95)': p95 }, thresholds: {} },
    http_reqs: { values: { count: requests }, thresholds: {} },
    checks: { values: { rate: checks }, thresholds: {} },
    journeys_completed: { values: { count: journeys }, thresholds: {} },
    dropped_iterations: { values: { count: dropped }, thresholds: {} },
  };
  for (const [metric, thresholds] of Object.entries(thresholdsOf(slos))) {
    for (const threshold of thresholds) {
      const [, statistic = '', operator, limit] = /^(.*?)(<=|>=|==)(.*)$/.exec(threshold) ?? [];
      const value = metrics[metric]?.values[statistic] ?? NaN;
      const ok =
        operator === '<='
          ? value <= Number(limit)
          : operator === '>='
            ? value >= Number(limit)
            : value === Number(limit);
      metrics[metric]!.thresholds[threshold] = { ok };
    }
  }
  const summary = JSON.stringify({
    profile: 'smoke',
    slos,
    data: { state: { testRunDurationMs: 10_000 }, metrics },
  });
  return { profile: 'smoke', target: 'https://app.example.com', exitCode, summary, errors: [] };
}

const outcomeOf = (given: Run): string[] => {
  const { outcome, reason } = judge(given);
  return [outcome, reason];
};

test('passed: exit code 0, every objective met on enough samples', () => {
  expect(judge(run({}, 0))).toEqual({
    outcome: 'passed',
    profile: 'smoke',
    target: 'https://app.example.com',
    samples: 400,
    dropped: 0,
    seconds: 10,
    reason: 'every objective was met',
    exitCode: 0,
    slos: [
      {
        name: 'response time, p95',
        bound: 'at most',
        limit: 300,
        unit: 'ms',
        value: 12.34,
        ok: true,
        samples: 400,
        samplesNeeded: 100,
      },
      {
        name: 'checks passed',
        bound: 'at least',
        limit: 0.99,
        unit: 'share',
        value: 1,
        ok: true,
        samples: 100,
        samplesNeeded: 25,
      },
    ],
  });
});

test('failed: an objective missed on enough samples, whatever else is in doubt', () => {
  expect(outcomeOf(run({ p95: 301 }, 99))).toEqual(['failed', 'missed: response time, p95']);
  expect(outcomeOf(run({ p95: 301, journeys: 1, dropped: 7 }, 99))).toEqual([
    'failed',
    'missed: response time, p95',
  ]);
});

test('inconclusive: met, but on too few samples', () => {
  const { outcome, reason, slos: results } = judge(run({ journeys: 24 }, 99));
  expect([outcome, reason]).toEqual(['inconclusive', 'too few samples for checks passed']);
  expect(results.map(({ ok }) => ok)).toEqual([true, false]);
});

test('inconclusive: iterations were dropped, so that a stall may have hidden itself', () => {
  expect(outcomeOf(run({ dropped: 581 }, 99))).toEqual([
    'inconclusive',
    '581 iterations were not started in time, so the load was not the one asked for',
  ]);
});

test('a value that was measured on nothing is not a value', () => {
  const result = judge(run({ journeys: 0, checks: 0 }, 99)).slos[1];
  expect([result?.value, result?.ok]).toEqual([null, false]);
});

test('broken: nothing was measured, whatever the exit code', () => {
  const nothing = { requests: 0, journeys: 0, p95: 0, checks: 0 };
  const errors = ['Error: boom'];
  expect(outcomeOf({ ...run(nothing, 0), errors })).toEqual([
    'broken',
    'no request was made; k6 says: Error: boom',
  ]);
  expect(outcomeOf({ ...run(nothing, 99), errors })).toEqual([
    'broken',
    'no request was made; k6 says: Error: boom',
  ]);
});

test('broken: the exit code and the summary contradict each other', () => {
  expect(outcomeOf(run({ p95: 301 }, 0))).toEqual([
    'broken',
    'k6 ended with 0, but its summary says crossed http_req_duration: p(95)<=300',
  ]);
  expect(outcomeOf(run({}, 99))).toEqual([
    'broken',
    'k6 ended with 99, but its summary says no threshold crossed',
  ]);
});

test('broken: exit code 0, but k6 was told to ignore thresholds', () => {
  const ignored = run({}, 0);
  const summary = JSON.parse(ignored.summary ?? '') as {
    data: { metrics: Record<string, { thresholds?: unknown }> };
  };
  for (const metric of Object.values(summary.data.metrics)) delete metric.thresholds;
  expect(judge({ ...ignored, summary: JSON.stringify(summary) }).outcome).toBe('broken');
});

test.each([
  [97, 'broken', 'the cloud run failed'],
  [104, 'broken', 'the options are not valid, or a threshold names a metric that does not exist'],
  [105, 'inconclusive', 'the run was stopped from outside'],
  [107, 'broken', 'the script or its setup threw'],
  [110, 'failed', 'the script marked the run as failed'],
  [-1, 'broken', 'k6 did not end by itself'],
  [1, 'broken', 'k6 ended with 1'],
])('exit code %d is %s, even with a summary that looks well', (exitCode, outcome, reason) => {
  expect(outcomeOf(run({}, exitCode))).toEqual([outcome, reason]);
});

test.each([
  [undefined, 'k6 left no summary: the script must export handleSummary of its profile'],
  ['', "k6's summary is not JSON"],
  ['[]', "k6's summary is not as expected at its top"],
  [JSON.stringify({ profile: 'smoke', slos: [], data: {} }), "k6's summary is not as expected at slos"],
  [
    run({}, 0).summary?.replace('"profile":"smoke"', '"profile":"soak"'),
    'the summary is of the profile soak, not of smoke',
  ],
  [
    run({}, 0).summary?.replace('"p(95)":12.34', '"p(95)":"12"'),
    "k6's summary is not as expected at data.metrics",
  ],
])('exit code 0 with the summary %j is broken', (summary, reason) => {
  const { summary: _summary, ...rest } = run({}, 0);
  const verdict = judge(summary === undefined ? rest : { ...rest, summary });
  expect(verdict.outcome).toBe('broken');
  expect(verdict.reason).toContain(reason);
});

test('a verdict in a terminal: the outcome, then a line an objective', () => {
  expect(describeVerdict(judge(run({ p95: 1_234.5, journeys: 24 }, 99)))).toBe(
    [
      '✗ failed: missed: response time, p95',
      '  smoke against https://app.example.com: 400 requests in 10.0 s',
      '  ✗  response time, p95  1235 ms  at most 300 ms  400 samples (needs 100)',
      '  ?  checks passed         100 %  at least 99 %   24 samples (needs 25)',
    ].join('\n'),
  );
});
