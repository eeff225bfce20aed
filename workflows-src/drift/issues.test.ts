import { Uncertain } from '../github/github';
import { InMemoryIssues } from './in-memory-issues';
import { decide } from './issues';
import type { DriftReport, StackReport } from './report';
import { logOf, resultOf, summaryOf, SUMMARY_BYTES, writeIssues, type Outcome } from './write-issues';

const BOT = 'github-actions[bot]';
const COMMIT = 'a'.repeat(40);
const APPLIED = 'b'.repeat(40);

const clean = (stack = 'dev-network'): StackReport => ({
  stack,
  status: 'clean',
  digest: '',
  drifted: 0,
  pending: 0,
  body: '',
});
const drifted = (digest = 'one', stack = 'dev-network'): StackReport => ({
  ...clean(stack),
  status: 'drifted',
  digest,
  drifted: 1,
  body: `drift ${digest}`,
});
const failed = (digest = 'error', stack = 'dev-network'): StackReport => ({
  ...clean(stack),
  status: 'failed',
  digest,
  body: `error ${digest}`,
});

/** Days pass: each run is a day after the one before. */
class Days {
  public readonly github = new InMemoryIssues(BOT, new Date('2026-11-01T05:17:00Z'));
  public limit = 5;

  public async run(
    results: readonly StackReport[],
    stacks: readonly string[] = results.map(({ stack }) => stack),
    environment = 'dev',
  ): Promise<Outcome & { readonly writes: readonly string[] }> {
    this.github.now = new Date(this.github.now.getTime() + 24 * 3600 * 1000);
    const report: DriftReport = {
      version: 1,
      environment,
      commit: COMMIT,
      checkedAt: this.github.now.toISOString(),
      stacks: [...stacks],
      results: [...results],
    };
    const before = this.github.writes.length;
    const decision = decide(await this.github.issues('drift'), [report], { author: BOT, limit: this.limit });
    const written = await writeIssues(this.github, decision, BOT);
    return { written, decision, problems: [], writes: this.github.writes.slice(before) };
  }

  public comments(issue: number): string[] {
    return (this.github.said.get(issue) ?? []).map(({ body }) => body);
  }
}

describe('the issue of a stack', () => {
  let days: Days;
  beforeEach(() => (days = new Days()));

  it('is opened when it drifts, with one write', async () => {
    const { writes } = await days.run([drifted()]);
    expect(writes).toEqual(['create drift']);
    expect(days.github.all).toMatchObject([
      {
        title: 'Drift in dev-network: 1 resource',
        body: [
          '<!-- fairlead: drift dev-network -->',
          '<!-- fairlead: environment dev, digest one, since 2026-11-02T05:17:00.000Z -->',
          '',
          'drift one',
        ].join('\n'),
      },
    ]);
  });

  it('is not written while the drift is the same, whatever GitHub did to its line ends', async () => {
    await days.run([drifted()]);
    const [issue] = days.github.all;
    days.github.all[0] = { ...issue!, body: issue!.body.replaceAll('\n', '\r\n') };
    const { writes, decision } = await days.run([{ ...drifted(), body: 'said in other words', pending: 3 }]);
    expect(writes).toEqual([]);
    expect(decision.unchanged).toEqual([{ topic: 'drift', stack: 'dev-network', issue: 1 }]);
  });

  it('is written anew when the drift changes, and nothing else is', async () => {
    await days.run([drifted()]);
    const { writes } = await days.run([{ ...drifted('two'), drifted: 2 }]);
    expect(writes).toEqual(['update #1 title,body']);
    expect(days.github.all).toMatchObject([{ state: 'open', title: 'Drift in dev-network: 2 resources' }]);
    expect(days.github.all[0]?.body).toContain('drift two');
  });

  it('is written anew when somebody has edited its hidden state away', async () => {
    const { github } = days;
    github.add({ body: '<!-- fairlead: drift dev-network -->\nmy notes' });
    expect((await days.run([drifted()])).writes).toEqual(['update #1 title,body']);
    expect((await days.run([drifted()])).writes).toEqual([]);
  });

  it('is closed with a word when it is clean, and then left', async () => {
    await days.run([drifted()]);
    const { writes } = await days.run([clean()]);
    expect(writes).toEqual(['comment #1', 'update #1 state,completed']);
    expect(days.github.all[0]?.state).toBe('closed');
    expect(days.comments(1)).toEqual([
      'Nothing of `dev-network` differs from its configuration any more: it was put right outside of Fairlead, or drifted back. Checked on 2026-11-03 at 05:17 UTC against `aaaaaaaaaaaa`.',
    ]);
    expect((await days.run([clean()])).writes).toEqual([]);
  });

  it('is closed naming the apply that repaired it: one after the drift was found', async () => {
    const applied = (at: string): StackReport => ({ ...clean(), applied: { commit: APPLIED, at } });
    await days.run([drifted()]);
    // Somebody's comment meanwhile updates the issue, and does not hide the apply.
    await days.github.updateIssue(1, {});
    await days.run([applied('2026-11-02T09:00:00Z')]);
    expect(days.comments(1)[0]).toContain(
      'an apply of `bbbbbbbbbbbb` on 2026-11-02 at 09:00 UTC has put it right.',
    );
    await days.run([drifted()]);
    await days.run([applied('2026-11-02T09:00:00Z')]);
    expect(days.comments(1)[1]).toContain('put right outside of Fairlead, or drifted back.');
  });

  it('is reopened when it drifts again: the newest, with what it now has to say', async () => {
    await days.run([drifted()]);
    await days.run([clean()]);
    const { writes } = await days.run([drifted('again')]);
    expect(writes).toEqual(['update #1 title,body,state,reopened']);
    expect(days.github.all).toMatchObject([{ state: 'open' }]);
    expect(days.github.all[0]?.body).toContain('drift again');

    days.github.add({ state: 'closed', body: days.github.all[0]!.body });
    days.github.all[0] = { ...days.github.all[0]!, state: 'closed' };
    expect((await days.run([drifted()])).writes).toEqual(['update #2 title,body,state,reopened']);
  });

  it('of a plan error is another one, which leaves that of the drift alone and closes by itself', async () => {
    await days.run([drifted()]);
    expect((await days.run([failed()])).writes).toEqual(['create drift']);
    expect(days.github.all).toMatchObject([
      { state: 'open', title: 'Drift in dev-network: 1 resource' },
      { state: 'open', title: 'dev-network cannot be planned' },
    ]);
    expect((await days.run([failed()])).writes).toEqual([]);
    expect((await days.run([failed('other')])).writes).toEqual(['update #2 title,body']);
    expect((await days.run([drifted()])).writes).toEqual(['comment #2', 'update #2 state,completed']);
    expect(days.comments(2)).toEqual([
      '`dev-network` can be planned again. Checked on 2026-11-06 at 05:17 UTC against `aaaaaaaaaaaa`.',
    ]);
    expect(days.github.all.map(({ state }) => state)).toEqual(['open', 'closed']);
    expect((await days.run([failed()])).writes).toEqual(['update #2 title,body,state,reopened']);
  });

  it('of a removed stack is closed as not planned with a word, once its environment was checked', async () => {
    await days.run([drifted('one', 'dev-old'), failed('one', 'dev-older')], ['dev-old', 'dev-older']);
    expect((await days.run([], ['prod-network'], 'prod')).writes).toEqual([]);
    const { writes } = await days.run([clean()]);
    expect(writes).toEqual([
      'comment #2',
      'update #2 state,not_planned',
      'comment #1',
      'update #1 state,not_planned',
    ]);
    expect(days.comments(1)[0]).toMatch(/^`dev-old` is not among the stacks of `dev` any more/);
  });

  it('stays as it is when the stack was not looked at, or is not applied', async () => {
    await days.run([drifted(), failed('one', 'dev-data')]);
    const all = ['dev-network', 'dev-data'];
    expect((await days.run([], all)).writes).toEqual([]);
    const nothing = all.map((stack): StackReport => ({ ...clean(stack), status: 'not-applied' }));
    expect((await days.run(nothing)).writes).toEqual([]);
  });
});

describe('issues', () => {
  it('are opened up to a limit; the next runs open those that are left', async () => {
    const days = new Days();
    days.limit = 2;
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => drifted('one', `dev-${name}`));
    const first = await days.run(all);
    expect(first.writes).toEqual(['create drift', 'create drift']);
    expect(first.decision.postponed.map(({ stack }) => stack)).toEqual(['dev-c', 'dev-d', 'dev-e']);
    expect(resultOf(first)).toBe('2 written, 3 left for the next run');
    expect((await days.run(all)).writes).toHaveLength(2);
    expect((await days.run(all)).writes).toHaveLength(1);
    expect(resultOf(await days.run(all))).toBe('5 unchanged');
    expect(days.github.all).toHaveLength(5);
  });

  it('of persons are never touched, whatever they say', async () => {
    const days = new Days();
    await days.run([drifted()]);
    const copy = days.github.all.pop()!;
    for (const author of ['octocat', undefined]) days.github.add({ ...copy, number: 7, author });
    days.github.add({ number: 8, body: `Look:\n${copy.body}` });
    days.github.add({ number: 9, body: '<!-- fairlead: other dev-network -->' });
    const foreign = [...days.github.all];

    expect((await days.run([clean()])).writes).toEqual([]);
    expect((await days.run([], [])).writes).toEqual([]);
    expect((await days.run([drifted('two')])).writes).toEqual(['create drift']);
    expect(days.github.all.slice(0, foreign.length)).toEqual(foreign);
  });

  it('of a stack that two environments share are one', () => {
    const report = (environment: string, result: StackReport): DriftReport => ({
      version: 1,
      environment,
      commit: COMMIT,
      checkedAt: '2026-11-01T05:17:00.000Z',
      stacks: ['registry'],
      results: [result],
    });
    const reports = [report('dev', drifted('one', 'registry')), report('test', drifted('one', 'registry'))];
    expect(decide([], reports, { author: BOT, limit: 5 }).actions).toMatchObject([
      { does: 'open', stack: 'registry' },
    ]);
  });

  it('are looked for before they are created again, where nobody knows whether they were', async () => {
    const days = new Days();
    const error = new Uncertain('502');
    days.github.failing.push({ call: 'create', error, done: true });
    expect((await days.run([drifted()])).written).toEqual([
      { topic: 'drift', stack: 'dev-network', does: 'open', issue: 1 },
    ]);
    expect(days.github.all).toHaveLength(1);

    days.github.failing.push({ call: 'create', error });
    const { writes } = await days.run([drifted(), drifted('one', 'dev-data')]);
    expect(writes).toEqual(['create drift', 'create drift']);
    expect(days.github.all).toHaveLength(2);
  });

  it('get their last word once, where nobody knows whether it was said', async () => {
    const days = new Days();
    await days.run([drifted()]);
    days.github.failing.push({ call: 'comment', error: new Uncertain('502'), done: true });
    expect((await days.run([clean()])).writes).toEqual(['comment #1', 'update #1 state,completed']);
    expect(days.comments(1)).toHaveLength(1);

    await days.run([drifted()]);
    days.github.failing.push({ call: 'comment', error: new Uncertain('502') });
    expect((await days.run([clean()])).writes).toEqual([
      'comment #1',
      'comment #1',
      'update #1 state,completed',
    ]);
    expect(days.comments(1)).toHaveLength(2);
  });

  it('that cannot be written keep back no others, and are said', async () => {
    const days = new Days();
    days.github.failing.push({ call: 'create', error: new Error('403 @octocat\n::error::x') });
    const outcome = await days.run([drifted(), drifted('one', 'dev-data')]);
    expect(resultOf(outcome)).toBe('1 written, 1 failed');
    expect(summaryOf({ ...outcome, problems: ['drift-prod.json: not there'] })).toBe(
      [
        '## Drift issues: 1 written, 1 failed, 1 report not read',
        '',
        '- **not read**: `drift-prod.json: not there`',
        '- `dev-network`: drift, **not opened**: `403 @octocat\\u{a}::error::x`',
        '- `dev-data`: drift, opened #1',
        '',
      ].join('\n'),
    );
    expect(logOf(outcome)).toEqual([
      'dev-network: drift, not opened: 403 @octocat\\u{a}::error::x',
      'dev-data: drift, opened #1',
    ]);
  });

  it('are counted alone in a summary that GitHub would drop for its size', () => {
    const postponed = Array.from({ length: 20_000 }, (_, at) => ({
      topic: 'drift' as const,
      stack: `dev-${at}`,
    }));
    const decision = { actions: [], unchanged: [], postponed };
    const summary = summaryOf({ written: [], decision, problems: [] });
    expect(summary).toBe('## Drift issues: 20000 left for the next run\n');
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(SUMMARY_BYTES);
  });
});
