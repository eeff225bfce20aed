import type { ChangeSet } from '../changes/change-set';
import type { Risk } from '../changes/risks/risk';
import { bytes } from './markdown';
import { headOf, outdated, PLAN_MARKER, planBody, type PlanReport, saysTheSame } from './plan-body';
import type { StackResult } from './render';

const HEAD = 'a'.repeat(40);
const changes = (stack: string, risks: readonly Risk[] = []): ChangeSet => ({
  stack,
  risks,
  formatVersion: '1.2',
  terraformVersion: '1.11.4',
  changes: [],
  unchanged: 1,
  deferred: [],
  invocations: [],
  outputs: [],
  drift: [],
  settled: [],
  checks: [],
  complete: true,
  errored: false,
});
const planned = (stack: string, risks: readonly Risk[] = []): StackResult => ({
  stack,
  status: 'planned',
  changes: changes(stack, risks),
});
const risk = (category: Risk['category'], severity: Risk['severity']): Risk => ({
  rule: 'a-rule',
  category,
  severity,
  address: 'aws_db_instance.it',
  sentence: 'It is gone.',
});
const body = (report: Partial<PlanReport>): ReturnType<typeof planBody> =>
  planBody({ headSha: HEAD, results: [], removed: [], labels: [], meta: {}, ...report });

test('the marker stands first, then the commit', () => {
  const { body: text, verdict } = body({ results: [planned('dev-a')] });
  expect(text.startsWith(`${PLAN_MARKER}\n<!-- head: ${HEAD} -->\n`)).toBe(true);
  expect(headOf(text.replaceAll('\n', '\r\n'))).toBe(HEAD);
  expect(verdict).toBe('success');
});

test.each<[string, StackResult]>([
  ['failed', { stack: 'dev-a', status: 'failed', diagnostics: 'Error: no' }],
  ['left no plan', { stack: 'dev-a', status: 'missing' }],
  [
    'has a part of a plan',
    { stack: 'dev-a', status: 'planned', changes: { ...changes('dev-a'), errored: true } },
  ],
])('the verdict is bad when a stack %s', (_, result) => {
  expect(body({ results: [planned('dev-b'), result] }).verdict).toBe('failure');
});

test('a deferred stack is no failure', () => {
  expect(body({ results: [{ stack: 'dev-a', status: 'deferred', reason: 'Not yet.' }] }).verdict).toBe(
    'success',
  );
});

test('a loss of data needs the label, and says which', () => {
  const results = [planned('dev-data', [risk('data-loss', 'critical')])];
  const blocked = body({ results, labels: ['bug'] });
  expect(blocked).toMatchObject({
    verdict: 'failure',
    description: expect.stringContaining('data loss is not approved') as string,
  });
  expect(blocked.body).toContain('add the label `data-loss-approved`');
  const approved = body({ results, labels: ['data-loss-approved'] });
  expect(approved.verdict).toBe('success');
  expect(approved.body).toContain('is approved by the label');
});

test.each([risk('data-loss', 'medium'), risk('downtime', 'critical'), risk('unknown', 'medium')])(
  'no label is asked for $severity $category',
  (one) => {
    expect(body({ results: [planned('dev-a', [one])] }).verdict).toBe('success');
  },
);

test('what is not configured any more is named, and that nothing destroys it', () => {
  expect(body({ removed: ['dev-old'] }).body).toContain(
    '1 stack not configured any more: `dev-old`. What it holds stays',
  );
});

test('where the affected stacks are not known, nothing looks like a plan without changes', () => {
  const { body: text, verdict } = body({ results: undefined, meta: { runUrl: 'https://example.org/1' } });
  expect(verdict).toBe('failure');
  expect(text).toContain('the affected stacks are not known');
  expect(text).toContain('[the run](<https://example.org/1>)');
});

test('however many stacks fail, it fits into a comment, and its status into 140 characters', () => {
  const results = Array.from({ length: 400 }, (_, at): StackResult => ({
    stack: `dev-stack-${at}`,
    status: 'failed',
    diagnostics: 'Error: it is broken, and here is why\n'.repeat(50),
  }));
  const { body: text, description } = body({ results, removed: results.map(({ stack }) => stack) });
  expect(bytes(text)).toBeLessThanOrEqual(65_000);
  expect(description.length).toBeLessThanOrEqual(140);
});

test('a comment is marked as outdated once, and by another commit only', () => {
  const { body: text } = body({ results: [planned('dev-a')] });
  expect(outdated(text, HEAD, 'https://example.org/2')).toBe(text);
  const noted = outdated(text, 'b'.repeat(40), 'https://example.org/2');
  expect(noted).toContain('**Outdated**: this is the plan of `aaaaaaa`.');
  expect(headOf(noted)).toBe(HEAD);
  expect(outdated(noted, 'c'.repeat(40), 'https://example.org/3')).toBe(noted);
});

test('two bodies say the same when only their runs differ', () => {
  const of = (run: string, results: readonly StackResult[]): string =>
    body({ results, meta: { commit: HEAD, runUrl: run } }).body;
  const one = of('https://example.org/1', [planned('dev-a')]);
  expect(saysTheSame(one, of('https://example.org/2', [planned('dev-a')]))).toBe(true);
  expect(saysTheSame(one, of('https://example.org/1', [planned('dev-b')]))).toBe(false);
});
