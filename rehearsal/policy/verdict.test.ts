import { config, type EnvironmentConfig } from '../../stacks/config';
import { readReport, type CheckovReport, type CheckovResult } from './checkov';
import { ephemeralVariant } from './ephemeral';
import type { Skip } from './skips';
import { type Bar, described, failsByNature, fromNothing, judge, oneFromNothing, standing } from './verdict';

const result = (id: string, change: Partial<CheckovResult> = {}): CheckovResult => ({
  check_id: id,
  check_name: 'Ensure it',
  stack: 'dev-network',
  resource: 'aws_vpc.vpc',
  ...change,
});
const skip: Skip = { id: 'CKV_AWS_144', type: 'aws_s3_bucket', name: 'state', reason: 'One region' };
const skipped = result('CKV_AWS_144', { stack: 'bootstrap', resource: 'aws_s3_bucket.state' });
const STACKS = ['bootstrap', 'dev-network'];

/** A scan that passes, but for what is said. */
const reported = (
  change: Partial<CheckovReport['results']> = {},
  code = 0,
  resources = 301,
): CheckovReport => ({
  code,
  summary: { resource_count: resources, checkov_version: '3.3.30' },
  results: {
    passed_checks: Array.from({ length: 109 }, (_, index) => result(`CKV_AWS_${1000 + index}`)),
    failed_checks: [],
    skipped_checks: [skipped],
    parsing_errors: [],
    ...change,
  },
});
const complaints = (
  report: CheckovReport,
  skips: readonly Skip[] = [skip],
  stacks = STACKS,
  bar: Bar = fromNothing(config),
): readonly string[] => judge(report, skips, stacks, bar).complaints;

const [trial] = Object.values(ephemeralVariant({ config, services: {} }).config.environments) as [
  EnvironmentConfig,
];
const SIX = ['CKV_AWS_2', 'CKV_AWS_103', 'CKV2_AWS_20', 'CKV_AWS_150', 'CKV_AWS_293', 'CKV_AWS_157'];

test('a scan without failures, of enough, with a skip that the stacks gave a reason for, passes', () => {
  expect(judge(reported(), [skip], STACKS, fromNothing(config))).toEqual({
    failed: 0,
    byNature: [],
    skipped: ['CKV_AWS_144'],
    evaluated: 110,
    resources: 301,
    complaints: [],
  });
});

test('a failure is named with stack, address and id, and where to mend it', () => {
  expect(complaints(reported({ failed_checks: [result('CKV_AWS_2')] }, 1))).toEqual([
    'dev-network: aws_vpc.vpc: CKV_AWS_2 failed (Ensure it): mend the construct that makes it',
  ]);
});

test('a sixth check is not skipped without a decision', () => {
  const other = { ...skip, id: 'CKV_AWS_18' };
  const report = reported({ skipped_checks: [skipped, { ...skipped, check_id: 'CKV_AWS_18' }] });
  expect(complaints(report, [skip, other])).toEqual([
    expect.stringMatching(
      /^bootstrap: aws_s3_bucket\.state: CKV_AWS_18 is skipped and not among CKV_AWS_144, /,
    ),
  ]);
});

test('a skip that hides nothing is taken away', () => {
  expect(complaints(reported(), [skip, { ...skip, name: 'gone' }])).toEqual([
    expect.stringMatching(/^aws_s3_bucket\.gone: the skip of CKV_AWS_144 hides nothing any more/),
  ]);
});

test('a skip with nothing to hide in plans from nothing stays, and hides something once the environment stands', () => {
  const ofGroup = { ...skip, id: 'CKV_AWS_260', type: 'aws_security_group', name: 'balancer' };
  expect(complaints(reported(), [skip, ofGroup])).toEqual([]);
  expect(complaints(reported(), [skip, ofGroup], STACKS, standing(config))).toEqual([
    expect.stringMatching(/^aws_security_group\.balancer: the skip of CKV_AWS_260 hides nothing any more/),
  ]);
});

test('the subject of GitHub is skipped in no scan but that of an environment that stands', () => {
  const subject = { id: 'CKV_AWS_393', type: 'aws_iam_role', name: 'dev-plan', reason: 'Ids' };
  const report = reported({
    skipped_checks: [
      skipped,
      result('CKV_AWS_393', { stack: 'bootstrap', resource: 'aws_iam_role.dev-plan' }),
    ],
  });
  expect(complaints(report, [skip, subject], STACKS, standing(config))).toEqual([]);
  expect(complaints(report, [skip, subject])).toEqual([
    expect.stringMatching(/^bootstrap: aws_iam_role\.dev-plan: CKV_AWS_393 is skipped and not among /),
  ]);
});

test('the environments that ship fail nothing by what they are, an ephemeral one six checks', () => {
  for (const settings of Object.values(config.environments)) expect(failsByNature(settings)).toEqual([]);
  expect(failsByNature(trial)).toEqual(SIX);
  expect(failsByNature({ ...trial, database: 'none' })).toEqual(SIX.slice(0, 4));
});

test('an ephemeral environment must fail what it fails by what it is, and nothing else; no other environment may', () => {
  const bar = oneFromNothing({ environments: { dev: trial, prod: config.environments.prod! } });
  const failing = (...failed: CheckovResult[]): CheckovReport => reported({ failed_checks: failed }, 1);
  const six = SIX.map((id) => result(id));
  const report = failing(...six);
  expect(complaints(report, [skip], STACKS, bar)).toEqual([]);
  expect(described(report, judge(report, [skip], STACKS, bar))).toBe(
    'checkov 3.3.30: 0 failed, 6 by what an ephemeral environment is (CKV2_AWS_20, CKV_AWS_103, CKV_AWS_150, CKV_AWS_157, ' +
      'CKV_AWS_2, CKV_AWS_293), 1 checks skipped (CKV_AWS_144), 116 checks evaluated, 301 resources.',
  );
  expect(complaints(failing(...six, result('CKV_AWS_18')), [skip], STACKS, bar)).toEqual([
    expect.stringMatching(/^dev-network: aws_vpc\.vpc: CKV_AWS_18 failed/),
  ]);
  expect(
    complaints(failing(...six, result(SIX[0]!, { stack: 'prod-platform' })), [skip], STACKS, bar),
  ).toEqual([expect.stringMatching(/^prod-platform: aws_vpc\.vpc: CKV_AWS_2 failed/)]);
  expect(complaints(failing(...six.slice(1)), [skip], STACKS, bar)).toEqual([
    expect.stringMatching(/^dev: CKV_AWS_2 does not fail, though it is ephemeral/),
  ]);
});

test('a scan that saw too little proves nothing', () => {
  expect(complaints(reported({}, 0, 300))).toEqual([
    expect.stringMatching(/^only 300 resources were looked at/),
  ]);
  const [, ...fewer] = reported().results.passed_checks;
  expect(complaints(reported({ passed_checks: fewer }))).toEqual([
    expect.stringMatching(/^only 109 checks were evaluated, 110 at least/),
  ]);
});

test('every stack must be in it, and every plan readable', () => {
  expect(complaints(reported(), [skip], [...STACKS, 'dev-data'])).toEqual([
    expect.stringMatching(/^dev-data: nothing of it was evaluated/),
  ]);
  expect(complaints(reported({ parsing_errors: ['/dev-data.json'] }))).toEqual([
    '/dev-data.json: checkov cannot read this plan: look at it by hand',
  ]);
});

test('an exit code that the report does not explain is no pass', () => {
  expect(complaints(reported({}, 2))).toEqual([
    'checkov ended with 2 and reported no failure: run it by hand',
  ]);
  const report = reported({ failed_checks: SIX.map((id) => result(id)) }, 0);
  expect(complaints(report, [skip], STACKS, oneFromNothing({ environments: { dev: trial } }))).toEqual([
    'checkov ended with 0 and reported failures that must be: run it by hand',
  ]);
});

test.each([
  ['no report', 'Traceback', 'checkov gave no report (exit 1): ModuleNotFoundError'],
  [
    'the report of an empty scan',
    '{"passed": 0, "failed": 0}',
    "checkov's report is not as expected: results:",
  ],
])('%s is an error, not a pass', (_, stdout, message) => {
  expect(() => readReport(1, stdout, 'ModuleNotFoundError\n')).toThrow(message);
});
