import { readReport, type CheckovReport, type CheckovResult } from './checkov';
import type { Skip } from './skips';
import { judge } from './verdict';

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
): readonly string[] => judge(report, skips, stacks).complaints;

test('a scan without failures, of enough, with a skip that the stacks gave a reason for, passes', () => {
  expect(judge(reported(), [skip], STACKS)).toEqual({
    failed: 0,
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
