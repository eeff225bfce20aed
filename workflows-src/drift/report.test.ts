import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ChangeSet } from '../changes/change-set';
import { readPlan } from '../changes/read-plan';
import type { DriftResult } from '../comment/render-drift';
import { readReport, REPORT_BYTES, reportOf, writeReport, type StackReport } from './report';

const FACTS = {
  environment: 'dev',
  commit: 'a'.repeat(40),
  checkedAt: new Date('2026-11-25T05:17:00Z'),
  stacks: ['dev-queues', 'dev-other'],
};

const changes = (fixture = 'drift-normal'): ChangeSet =>
  readPlan(readFileSync(join(__dirname, `../changes/fixtures/${fixture}.json`)), 'dev-queues');
const planned = (set = changes()): DriftResult => ({ stack: 'dev-queues', status: 'planned', changes: set });
const fails = (diagnostics: string, differs?: ChangeSet['drift']): DriftResult => ({
  stack: 'dev-queues',
  status: 'failed',
  diagnostics,
  ...(differs && { differs }),
});
const report = (result: DriftResult): StackReport => reportOf([result], FACTS).results[0]!;

it('says of each stack how it is', () => {
  expect(report(planned())).toMatchObject({ status: 'drifted', drifted: 2, pending: 1 });
  expect(report(planned(changes('no-changes')))).toMatchObject({ status: 'clean', digest: '', body: '' });
  expect(report(planned(changes('first-apply')))).toMatchObject({
    status: 'not-applied',
    pending: 15,
    body: '',
  });
  expect(report({ stack: 'dev-queues', status: 'deferred', reason: 'x' }).status).toBe('not-applied');
  expect(report(fails('Error: x'))).toMatchObject({ status: 'failed', drifted: 0 });
});

it('is read as it was written, with the last apply where it is known', () => {
  const applied = new Map([['dev-queues', { commit: 'b'.repeat(40), at: new Date('2026-11-24T09:00:00Z') }]]);
  const written = reportOf([planned()], { ...FACTS, applied });
  expect(readReport(writeReport(written), 'drift-dev.json')).toEqual(written);
  expect(written.results[0]?.applied).toEqual({ commit: 'b'.repeat(40), at: '2026-11-24T09:00:00.000Z' });
  expect(written.results[0]?.body).toContain(
    'The last apply was of `bbbbbbbbbbbb`, on 2026-11-24 at 09:00 UTC.',
  );
});

describe('the digest of a drift', () => {
  const base = changes();
  const digest = (set: Partial<ChangeSet>): string => report(planned({ ...base, ...set })).digest;
  const [update, gone] = base.drift as [ChangeSet['drift'][0], ChangeSet['drift'][0]];

  it('is the same whatever else changes: order, the configuration, what is settled, time and commit', () => {
    const same = digest({});
    expect(same).toMatch(/^[\w-]{22}$/);
    expect(digest({ drift: [gone, update] })).toBe(same);
    expect(digest({ changes: [], settled: base.drift, risks: [] })).toBe(same);
    const later = { ...FACTS, commit: 'c'.repeat(40), checkedAt: new Date(0) };
    expect(reportOf([planned()], later).results[0]?.digest).toBe(same);
  });

  it.each<[string, ChangeSet['drift']]>([
    ['one more', [...base.drift, { ...gone, address: 'a.b' }]],
    ['one less', [gone]],
    ['another address', [{ ...update, address: 'a.b' }, gone]],
    ['another action', [{ ...update, action: 'delete' }, gone]],
    ['another attribute', [{ ...update, attributes: update.attributes.slice(1) }, gone]],
    [
      'another value',
      [{ ...update, attributes: update.attributes.map((one) => ({ ...one, after: '7' })) }, gone],
    ],
  ])('is another one with %s', (_, drift) => {
    expect(digest({ drift })).not.toBe(digest({}));
  });
});

describe('the digest of an error', () => {
  const AWS =
    'Error: reading SQS Queue: operation error SQS: GetQueueAttributes, https response error StatusCode: 403, RequestID: 4b1d2c3e-0000-4111-8222-abcdefabcdef, AccessDenied';

  it('is the same for ids of requests, times, numbers and another order', () => {
    const again = AWS.replace('4b1d2c3e-0000', 'abcdefab-feed');
    expect(report(fails(`${AWS}\nError: b`)).digest).toBe(report(fails(`Error: b\n${again}`)).digest);
    expect(report(fails('locked since 2026-11-25T05:17:00Z by 12')).digest).toBe(
      report(fails('locked since 2026-11-26T05:19:00Z by 8')).digest,
    );
  });

  it('is another one for another error, and for other drift beside it', () => {
    expect(report(fails('Error: a')).digest).not.toBe(report(fails('Error: b')).digest);
    expect(report(fails('Error: a')).digest).not.toBe(report(fails('Error: a', changes().drift)).digest);
  });
});

describe('a file that is no report', () => {
  const good = reportOf([planned()], FACTS);
  const [result] = good.results;
  it.each<[string, unknown, string]>([
    ['no JSON', 'garbage', "f.json: not JSON; write it again with 'npm run drift -- <environment> --report'"],
    ['nothing', null, 'f.json: not a drift report: Invalid input: expected object, received null'],
    [
      'another version',
      { ...good, version: 2 },
      'f.json: not a drift report: version: Invalid input: expected 1',
    ],
    [
      'a commit that is none',
      { ...good, commit: 'main' },
      'f.json: not a drift report: commit: Invalid string',
    ],
    [
      'a time that is none',
      { ...good, checkedAt: 'now' },
      'f.json: not a drift report: checkedAt: Invalid ISO',
    ],
    [
      'a name that acts',
      { ...good, results: [{ ...result, stack: 'x --> @octocat' }] },
      'f.json: not a drift report: results.0.stack: Invalid string',
    ],
    [
      'a body too long',
      { ...good, results: [{ ...result, body: '…'.repeat(20_001) }] },
      'f.json: not a drift report: results.0.body: more than 60000 bytes',
    ],
  ])('is refused: %s', (_, content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    expect(() => readReport(text, 'f.json')).toThrow(message);
  });

  it('is refused for its size before it is parsed', () => {
    expect(() => readReport(' '.repeat(REPORT_BYTES + 1), 'f.json')).toThrow(
      'f.json: a drift report has at most 8388608 bytes, got 8388609',
    );
  });
});
