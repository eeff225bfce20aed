import { ledgerDigest, ledgerOf } from '../changes/ledger';
import type { Plan } from '../changes/planned-change';
import { readPlan } from '../changes/read-plan';
import { coverageOf } from './coverage';
import { UNBUILT, type ResultFile } from './result-file';
import type { ReviewedPullRequest } from './reviews';

const COMMIT = 'a'.repeat(40);
const NO_ONE: ReadonlySet<string> = new Set();

interface Change {
  readonly address?: string;
  readonly actions?: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
}

function plan(changes: readonly Change[], more: object = {}, stack = 'dev-network'): Plan {
  const resources = changes.map(({ address = 'aws_x.a', actions = ['update'], before, after }) => ({
    address,
    mode: actions[0] === 'read' ? 'data' : 'managed',
    type: 'aws_x',
    change: {
      actions,
      before: before ?? (actions[0] === 'create' || actions[0] === 'read' ? null : { id: 'x-1', size: 1 }),
      after: actions.join() === 'delete' ? null : (after ?? { id: 'x-1', size: 2 }),
    },
  }));
  return readPlan(JSON.stringify({ format_version: '1.2', resource_changes: resources, ...more }), stack);
}

const UPDATE = plan([{}]);
const OTHER = plan([{ after: { id: 'x-1', size: 3 } }]);
const NOTHING = plan([]);

const planned = (of: Plan, images: readonly string[] = []): ResultFile => ({
  format: 1,
  commit: COMMIT,
  result: { stack: of.stack, status: 'planned', changes: of },
  ledger: ledgerOf(of, { images }),
});
const deferred = (stack = 'dev-network'): ResultFile => ({
  format: 1,
  commit: COMMIT,
  result: { stack, status: 'deferred', reason: 'never applied' },
});
const pull = (
  results: readonly ResultFile[],
  more: Partial<ReviewedPullRequest> = {},
): ReviewedPullRequest => ({
  number: 7,
  headSha: COMMIT,
  stacks: ['dev-network'],
  results,
  ...more,
});

test('a plan that does nothing needs no review', () => {
  expect(coverageOf(NOTHING, [], NO_ONE, {})).toEqual({ isCovered: true, by: 'nothing to do' });
});

test('a plan that only changes an output does something', () => {
  const output = { output_changes: { url: { actions: ['update'], before: 'a', after: 'b' } } };
  expect(coverageOf(plan([], output), [], NO_ONE, {})).toMatchObject({ isCovered: false });
});

test('a plan is covered that was reviewed, in whichever pull request', () => {
  const both = [pull([planned(OTHER)]), pull([planned(UPDATE)], { number: 8 })];
  expect(coverageOf(UPDATE, both, NO_ONE, {})).toEqual({ isCovered: true, by: 'reviewed' });
});

test('it takes all of it: what one pull request has and another has make a whole', () => {
  const two = plan([{}, { address: 'aws_x.b' }]);
  const halves = [pull([planned(UPDATE)]), pull([planned(plan([{ address: 'aws_x.b' }]))])];
  expect(coverageOf(two, halves, NO_ONE, {})).toEqual({ isCovered: true, by: 'reviewed' });
  expect(coverageOf(two, halves.slice(0, 1), NO_ONE, {})).toMatchObject({
    mismatches: [{ address: 'aws_x.b', sentence: 'is updated, which no reviewed plan has' }],
  });
});

test('a plan is not covered that does something else, and what differs is said', () => {
  expect(coverageOf(OTHER, [pull([planned(UPDATE)])], NO_ONE, {})).toEqual({
    isCovered: false,
    mismatches: [{ address: 'aws_x.a', sentence: 'size becomes something else than was reviewed' }],
    problems: [],
    digest: ledgerDigest(ledgerOf(OTHER)),
  });
});

test('the plan of another stack covers nothing', () => {
  const other = planned(plan([{}], {}, 'dev-data'));
  expect(coverageOf(UPDATE, [pull([other])], NO_ONE, {})).toMatchObject({ isCovered: false });
});

test('a pull request whose merge was applied to the stack already counts no more', () => {
  const before = pull([planned(UPDATE)], { stacks: ['dev-data'], problem: 'it expired' });
  expect(coverageOf(UPDATE, [before], NO_ONE, {})).toMatchObject({ isCovered: false, problems: [] });
});

test('why a review does not count is said of those that count for the stack', () => {
  const pulls = [
    pull([], { number: 7, problem: 'it expired. Plan again.' }),
    pull([], { number: 8, problem: 'it comes from a fork', stacks: ['dev-data'] }),
    pull([planned(OTHER)], { number: 9 }),
  ];
  expect(coverageOf(UPDATE, pulls, NO_ONE, {})).toMatchObject({
    problems: ['Pull request #7: it expired. Plan again.'],
  });
});

test('a person approves exactly one plan by its digest', () => {
  const { digest } = coverageOf(UPDATE, [], NO_ONE, {}) as { digest: string };
  expect(digest).toMatch(/^[0-9a-f]{32}$/);
  expect(coverageOf(UPDATE, [], new Set(['0'.repeat(32), digest]), {})).toEqual({
    isCovered: true,
    by: 'approved by digest',
  });
  expect(coverageOf(OTHER, [], new Set([digest]), {})).toMatchObject({ isCovered: false });
  const elsewhere = plan([{}], {}, 'dev-data');
  expect(coverageOf(elsewhere, [], new Set([digest]), {})).toMatchObject({ isCovered: false });
});

describe('a stack that could not be planned at its review', () => {
  const create: Change = { address: 'aws_x.new', actions: ['create'], after: { size: 1 } };
  const read: Change = { address: 'data.aws_x.a', actions: ['read'], after: { size: 1 } };
  const output = { output_changes: { url: { actions: ['create'], before: null, after: 'b' } } };

  test('is covered where it only creates', () => {
    const creates = plan([create, read], output);
    expect(coverageOf(creates, [pull([deferred()])], NO_ONE, {})).toEqual({
      isCovered: true,
      by: 'creates only',
    });
  });

  test.each<[string, Plan]>([
    ['updates', plan([create, {}])],
    ['destroys', plan([create, { actions: ['delete'] }])],
    ['replaces', plan([{ actions: ['create', 'delete'] }])],
    ['forgets', plan([create, { actions: ['forget'] }])],
    [
      'changes an output',
      plan([create], { output_changes: { a: { actions: ['update'], before: 1, after: 2 } } }),
    ],
    ['invokes an action', plan([create], { action_invocations: [{ address: 'action.x.y' }] })],
  ])('is not covered where it %s', (_what, touches) => {
    expect(coverageOf(touches, [pull([deferred()])], NO_ONE, {})).toMatchObject({ isCovered: false });
  });

  test('is not covered by what was put off of another stack, or of a pull request that counts no more', () => {
    const creates = plan([create]);
    for (const other of [pull([deferred('dev-data')]), pull([deferred()], { stacks: [] }), pull([])])
      expect(coverageOf(creates, [other], NO_ONE, {})).toMatchObject({ isCovered: false });
  });
});

describe('a release, whose image is built from the merge', () => {
  const REPOSITORY = '111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/api';
  const DEPLOYED = `${REPOSITORY}@sha256:${'1'.repeat(64)}`;
  const BUILT = `${REPOSITORY}@sha256:${'2'.repeat(64)}`;
  const NOT_BUILT = `${REPOSITORY}@${UNBUILT}`;
  const release = (image: string, memory = 512): Plan =>
    plan([
      {
        actions: ['delete', 'create'],
        before: { id: 'x-1', definitions: JSON.stringify([{ image: DEPLOYED, memory: 512 }]) },
        after: { definitions: JSON.stringify([{ image, memory }]) },
      },
    ]);
  const reviewed = [pull([planned(release(NOT_BUILT), [NOT_BUILT, DEPLOYED])])];
  const images = [BUILT, DEPLOYED];

  test('is covered by the review of the image that was not built yet', () => {
    expect(coverageOf(release(BUILT), reviewed, NO_ONE, { images })).toEqual({
      isCovered: true,
      by: 'reviewed',
    });
  });

  test('is not covered where anything else changes too', () => {
    expect(coverageOf(release(BUILT, 1024), reviewed, NO_ONE, { images })).toMatchObject({
      mismatches: [{ sentence: 'definitions becomes something else than was reviewed' }],
    });
  });

  test('is not covered where it deploys an image that is neither', () => {
    const third = `${REPOSITORY}@sha256:${'3'.repeat(64)}`;
    expect(coverageOf(release(third), reviewed, NO_ONE, { images })).toMatchObject({ isCovered: false });
    const elsewhere = BUILT.replace('shop/api', 'evil/api');
    expect(coverageOf(release(elsewhere), reviewed, NO_ONE, { images })).toMatchObject({ isCovered: false });
  });
});
