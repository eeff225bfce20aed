import { isWhole, readApplyReport, type ApplyReport } from './apply-report';

const LOCK = { id: '1-2', who: 'me@there', operation: 'OperationTypeApply', created: '2026-01-01' };
const REPORT: ApplyReport = {
  format: 1,
  environment: 'dev',
  commit: 'a'.repeat(40),
  releases: [],
  pullRequests: [7, 8],
  stacks: [
    { stack: 'a', outcome: 'applied', did: '1 to add', by: 'reviewed' },
    { stack: 'b', outcome: 'unchanged' },
    {
      stack: 'c',
      outcome: 'not reviewed',
      mismatches: [{ address: 'aws_x.a', sentence: 'is created, which no reviewed plan has' }],
      problems: ['Pull request #7: it expired'],
      digest: '0'.repeat(32),
    },
    { stack: 'd', outcome: 'failed', message: 'Error: no' },
    { stack: 'e', outcome: 'failed', message: 'locked', unlock: { lock: LOCK, run: 'https://x' } },
    { stack: 'f', outcome: 'failed', message: 'locked', unlock: { lock: LOCK } },
    { stack: 'g', outcome: 'not begun', because: 'd failed' },
  ],
};
const read = (report: unknown): ApplyReport =>
  readApplyReport(Buffer.from(JSON.stringify(report)), 'report.json');
const withStack = (stack: unknown): unknown => ({ ...REPORT, stacks: [stack] });

test('a report is read as it was written, with every outcome', () => {
  expect(read(REPORT)).toEqual(REPORT);
});

test.each<[unknown, string]>([
  [{ ...REPORT, format: 0 }, 'report.json: format: Invalid input'],
  [{ ...REPORT, environment: '../dev' }, 'environment: is not the name'],
  [{ ...REPORT, commit: '' }, 'commit: is not a commit'],
  [{ ...REPORT, pullRequests: [-1] }, 'pullRequests.0: Too small'],
  [withStack({ stack: 'a', outcome: 'perhaps' }), 'stacks.0.outcome: Invalid discriminator'],
  [withStack({ stack: 'a/b', outcome: 'unchanged' }), 'stacks.0.stack: is not the name'],
  [withStack({ stack: 'a', outcome: 'unchanged', did: 'x' }), 'stacks.0: Unrecognized key: "did"'],
  [withStack({ stack: 'a', outcome: 'applied', did: 'x' }), 'stacks.0.by: Invalid input'],
  [withStack({ ...REPORT.stacks[2], digest: 'approve' }), 'stacks.0.digest: Invalid string'],
  [withStack({ ...REPORT.stacks[4], unlock: { lock: { id: 1 } } }), 'stacks.0.unlock.lock.id: '],
])('fails for a report such as %j', (report, message) => {
  expect(() => read(report)).toThrow(message);
  expect(() => read(report)).toThrow('; it should be a report of `npm run apply`');
});

test('an environment is as its commit has it when every stack was applied or needed nothing', () => {
  expect(isWhole({ ...REPORT, stacks: [] })).toBe(true);
  expect(isWhole({ ...REPORT, stacks: REPORT.stacks.slice(0, 2) })).toBe(true);
  for (const one of REPORT.stacks.slice(2))
    expect(isWhole({ ...REPORT, stacks: [REPORT.stacks[0]!, one] })).toBe(false);
});
