import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isSubset, ledgerDigest, ledgerOf, type Ledger, type LedgerOptions } from './ledger';
import type { Plan } from './planned-change';
import { readPlan } from './read-plan';

interface Parts {
  readonly actions?: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly unknown?: unknown;
  readonly sensitive?: unknown;
  readonly address?: string;
  readonly replacePaths?: readonly unknown[];
  readonly more?: object;
  readonly importing?: object;
}

/** A plan with one change: by default a queue whose delay goes from 1 to 2. */
function plan(parts: Parts = {}, outputs: object = {}): Plan {
  const {
    actions = ['update'],
    before = actions[0] === 'create' ? null : { id: 'q-1', delay: 1, name: 'jobs' },
    after = actions[0] === 'delete' ? null : { id: 'q-1', delay: 2, name: 'jobs' },
    unknown = {},
    sensitive = {},
    address = 'aws_sqs_queue.jobs',
    replacePaths,
    more,
    importing,
  } = parts;
  const change = {
    actions,
    before,
    after,
    after_unknown: unknown,
    before_sensitive: sensitive,
    after_sensitive: sensitive,
    ...(replacePaths && { replace_paths: replacePaths }),
    ...(importing && { importing }),
  };
  const json = {
    format_version: '1.2',
    planned_values: {},
    resource_changes: [{ address, mode: 'managed', type: 'aws_sqs_queue', ...more, change }],
    output_changes: outputs,
  };
  return readPlan(JSON.stringify(json), 'dev');
}

const said = (now: Plan, then: readonly Plan[], options: LedgerOptions = {}): string[] =>
  isSubset(
    now,
    then.map((one) => ledgerOf(one, options)),
    options,
  ).map(({ address, sentence }) => `${address}: ${sentence}`);

const create = (after: unknown, unknown: unknown = { id: true }): Plan =>
  plan({ actions: ['create'], after, unknown });

describe('a plan is covered', () => {
  const names = [
    'every-action',
    'sensitive',
    'hostile',
    'outputs',
    'iam-widened',
    'task-new-image',
    'forgotten',
  ];
  test.each(names)('by its own ledger, also after that went through JSON (%s)', (name) => {
    const real = readPlan(readFileSync(join(__dirname, 'fixtures', `${name}.json`)), name);
    const ledger = JSON.parse(JSON.stringify(ledgerOf(real))) as Ledger;
    expect(ledger.entries.length).toBeGreaterThan(0);
    expect(isSubset(real, [ledger])).toEqual([]);
    expect(isSubset(real, [])).toHaveLength(ledger.entries.length);
  });

  test('by one of several ledgers', () => {
    expect(said(plan(), [plan({ address: 'aws_sqs_queue.other' }), plan()])).toEqual([]);
  });

  test('when what was not known is known now', () => {
    const then = create(
      { name: 'jobs', rules: [{ port: 1 }] },
      { id: true, arn: true, rules: [{ group: true }] },
    );
    expect(said(create({ name: 'jobs', arn: 'x', rules: [{ port: 1, group: 'g' }] }), [then])).toEqual([]);
    expect(
      said(create({ name: 'jobs', rules: [{ port: 1 }] }, { id: true, rules: [{ group: true }] }), [then]),
    ).toEqual([]);
  });

  test('when a set is in another order, once its elements are known', () => {
    const then = create(
      { rules: [{ port: 1 }, { port: 2, group: 'a' }] },
      { id: true, rules: [{ group: true }, {}] },
    );
    expect(
      said(
        create({
          rules: [
            { port: 2, group: 'a' },
            { port: 1, group: 'b' },
          ],
        }),
        [then],
      ),
    ).toEqual([]);
    expect(
      said(
        create({
          rules: [
            { port: 2, group: 'a' },
            { port: 9, group: 'b' },
          ],
        }),
        [then],
      ),
    ).toEqual(['aws_sqs_queue.jobs: rules becomes something else than was reviewed']);
  });

  test('when an apply that failed has done a part of it', () => {
    const then = plan({ before: { id: 'q', a: 1, b: 1 }, after: { id: 'q', a: 2, b: 2 } });
    expect(said(plan({ before: { id: 'q', a: 2, b: 1 }, after: { id: 'q', a: 2, b: 2 } }), [then])).toEqual(
      [],
    );
  });

  test('when an apply that failed has left what it created tainted', () => {
    const then = create({ name: 'jobs', delay: 2, key: null });
    const tainted = (delay: number, key: string | null = null): Plan =>
      plan({
        actions: ['delete', 'create'],
        // As it is read where the call that made it was cut off: what was not set has come out empty.
        before: { id: 'q-9', name: 'jobs', delay: 1, key: '', tags: {} },
        after: { name: 'jobs', delay, key },
        unknown: { id: true },
        more: { action_reason: 'replace_because_tainted' },
      });
    expect(said(tainted(2), [then])).toEqual([]);
    expect(said(tainted(3), [then])).toEqual([
      'aws_sqs_queue.jobs: delay becomes something else than was reviewed',
    ]);
    expect(said(tainted(2, 'k'), [then])).toEqual([
      'aws_sqs_queue.jobs: key changes too, which was not reviewed',
    ]);
  });

  test('when null and absent are told apart by nothing else', () => {
    expect(said(create({ name: 'jobs', x: null }), [create({ name: 'jobs' })])).toEqual([]);
  });
});

describe('a plan is not covered, and it is said why', () => {
  test.each<[string, Plan, Plan, string]>([
    [
      'no ledger has the address',
      plan({ address: 'a.b' }),
      plan(),
      'a.b: is updated, which no reviewed plan has',
    ],
    [
      'the action is another one',
      plan({ actions: ['delete', 'create'] }),
      plan(),
      'aws_sqs_queue.jobs: is destroyed and created anew; reviewed was that it is updated',
    ],
    [
      'an attribute changes too',
      plan({ after: { id: 'q-1', delay: 2, name: 'other' } }),
      plan(),
      'aws_sqs_queue.jobs: name changes too, which was not reviewed',
    ],
    [
      'an attribute becomes something else',
      plan({ after: { id: 'q-1', delay: 3, name: 'jobs' } }),
      plan(),
      'aws_sqs_queue.jobs: delay becomes something else than was reviewed',
    ],
    [
      'somebody changed it in between',
      plan({ before: { id: 'q-1', delay: 9, name: 'jobs' } }),
      plan(),
      'aws_sqs_queue.jobs: delay is not what it was at the review: somebody has changed it since',
    ],
    [
      'it is another object',
      plan({ before: { id: 'q-2', delay: 1, name: 'jobs' }, after: { id: 'q-2', delay: 2, name: 'jobs' } }),
      plan(),
      'aws_sqs_queue.jobs: is another object than at the review: somebody has replaced it since',
    ],
    [
      'another object would be destroyed',
      plan({ actions: ['delete'], before: { id: 'q-2' } }),
      plan({ actions: ['delete'] }),
      'aws_sqs_queue.jobs: is another object than at the review: somebody has replaced it since',
    ],
    [
      'it is replaced because of something else too',
      plan({ actions: ['delete', 'create'], replacePaths: [['name'], ['delay']] }),
      plan({ actions: ['delete', 'create'], replacePaths: [['name']] }),
      'aws_sqs_queue.jobs: is replaced because of delay too, which was not reviewed',
    ],
    [
      'something else is imported',
      plan({ importing: { id: 'q-2' } }),
      plan({ importing: { id: 'q-1' } }),
      'aws_sqs_queue.jobs: imports something else than was reviewed',
    ],
    [
      'it moves from elsewhere',
      plan({ more: { previous_address: 'a.old' } }),
      plan({ more: { previous_address: 'a.older' } }),
      'aws_sqs_queue.jobs: moves from a.old; reviewed was from a.older',
    ],
    [
      'of what is created, an attribute is another one, or one comes',
      create({ name: 'jobs', delay: 3, fifo: true }),
      create({ name: 'jobs', delay: 2 }),
      'aws_sqs_queue.jobs: fifo changes too, which was not reviewed; delay becomes something else than was reviewed',
    ],
    [
      'what was known is not known any more',
      create({ name: 'jobs' }, { id: true, delay: true }),
      create({ name: 'jobs', delay: 2 }),
      'aws_sqs_queue.jobs: delay becomes something else than was reviewed',
    ],
    [
      'a part that was reviewed is left out',
      plan({ before: { id: 'q', a: 1, b: 1 }, after: { id: 'q', a: 1, b: 2 } }),
      plan({ before: { id: 'q', a: 1, b: 1 }, after: { id: 'q', a: 2, b: 2 } }),
      'aws_sqs_queue.jobs: a becomes something else than was reviewed',
    ],
    [
      'an element of a list comes',
      create({ rules: [{ port: 1, group: 'a' }, { port: 2 }] }),
      create({ rules: [{ port: 1 }] }, { id: true, rules: [{ group: true }] }),
      'aws_sqs_queue.jobs: rules becomes something else than was reviewed',
    ],
    [
      'a new value was known and is not known any more',
      plan({ after: { id: 'q-1', name: 'jobs' }, unknown: { delay: true } }),
      plan(),
      'aws_sqs_queue.jobs: delay becomes something else than was reviewed',
    ],
    [
      'an element of a list goes',
      create({ rules: [{ port: 1, group: 'a' }] }),
      create({ rules: [{ port: 1 }, { port: 2 }] }, { id: true, rules: [{ group: true }, {}] }),
      'aws_sqs_queue.jobs: rules becomes something else than was reviewed',
    ],
    [
      'one reviewed element of a list would have to stand for two',
      create({
        rules: [
          { port: 1, group: 'a' },
          { port: 1, group: 'b' },
        ],
      }),
      create({ rules: [{ port: 1 }, { port: 2 }] }, { id: true, rules: [{ group: true }, {}] }),
      'aws_sqs_queue.jobs: rules becomes something else than was reviewed',
    ],
  ])('%s', (_, now, then, sentence) => {
    expect(said(now, [then])).toEqual([sentence]);
  });

  test('more than five attributes are counted', () => {
    const of = (n: number): object => Object.fromEntries('abcdefgh'.split('').map((name) => [name, n]));
    expect(said(plan({ before: of(1), after: of(2) }), [plan({ before: of(1), after: of(3) })])[0]).toMatch(
      /^aws_sqs_queue\.jobs: a becomes .*; e becomes something else than was reviewed; 3 more attributes differ$/,
    );
  });

  test('an output changes that was not reviewed, or becomes another', () => {
    const output = (after: string): object => ({ url: { actions: ['update'], before: 'a', after } });
    expect(said(plan({}, output('b')), [plan()])).toEqual([
      'output.url: is updated, which no reviewed plan has',
    ]);
    expect(said(plan({}, output('b')), [plan({}, output('c'))])).toEqual([
      'output.url: url becomes something else than was reviewed',
    ]);
    expect(said(plan({}, output('b')), [plan({}, output('b'))])).toEqual([]);
  });

  test('the ledger is that of another stack', () => {
    expect(isSubset(plan(), [{ ...ledgerOf(plan()), stack: 'prod' }])).toHaveLength(1);
  });

  test('the leftover that would go is another one than was reviewed', () => {
    const leftover = (deposed: string): Plan => plan({ actions: ['delete'], more: { deposed } });
    expect(said(leftover('c0ffee01'), [leftover('c0ffee02')])).toEqual([
      'aws_sqs_queue.jobs: is destroyed, which no reviewed plan has',
    ]);
    expect(said(leftover('c0ffee01'), [leftover('c0ffee01')])).toEqual([]);
  });

  test('two ledgers each cover a half of one change', () => {
    const half = (a: number, b: number): Plan => plan({ before: { a: 1, b: 1 }, after: { a, b } });
    expect(said(half(2, 2), [half(2, 1), half(1, 2)])).toEqual([
      'aws_sqs_queue.jobs: a changes too, which was not reviewed',
    ]);
  });
});

describe('values that are hidden', () => {
  const secret = (value: string): Plan =>
    plan({ before: { id: 'q', v: 'CANARY-0' }, after: { id: 'q', v: value }, sensitive: { v: true } });
  const container = (value: string): Plan =>
    plan({
      before: { id: 'q' },
      after: { id: 'q', c: JSON.stringify([{ environment: [{ name: 'A', value }] }]) },
    });

  test.each([
    ['marked as sensitive', secret],
    ['of a container environment', container],
    ["of a secret's name", (value: string) => create({ password: value })],
  ])('are a constant without a key, and told apart with one: %s', (_, of) => {
    expect(said(of('CANARY-1'), [of('CANARY-2')])).toEqual([]);
    expect(said(of('CANARY-1'), [of('CANARY-2')], { key: 'k' })).toEqual([
      expect.stringMatching(/^aws_sqs_queue\.jobs: \w+ becomes something else than was reviewed$/),
    ]);
    expect(said(of('CANARY-1'), [of('CANARY-1')], { key: 'k' })).toEqual([]);
  });

  test('give the same ledger whatever they are, and another one for another key', () => {
    expect(ledgerOf(secret('CANARY-1'))).toEqual(ledgerOf(secret('CANARY-2')));
    expect(ledgerOf(secret('CANARY-1'), { key: 'a' })).not.toEqual(
      ledgerOf(secret('CANARY-1'), { key: 'b' }),
    );
  });

  test('and those that are not stand in no ledger as they are', () => {
    for (const options of [{}, { key: 'k' }]) {
      const text = JSON.stringify(
        [secret('CANARY-1'), container('CANARY-1'), create({ name: 'CANARY-name' })].map((one) =>
          ledgerOf(one, options),
        ),
      );
      expect(text).not.toContain('CANARY');
    }
  });
});

test('the digest is that of the entries, whatever the order in the plan', () => {
  expect(ledgerDigest(ledgerOf(plan()))).toMatch(/^[0-9a-f]{32}$/);
  expect(ledgerDigest(ledgerOf(plan()))).toBe(ledgerDigest(ledgerOf(plan())));
  expect(ledgerDigest(ledgerOf(plan()))).not.toBe(ledgerDigest(ledgerOf(create({ name: 'jobs' }))));
  const json = JSON.parse(readFileSync(join(__dirname, 'fixtures/every-action.json'), 'utf8')) as {
    resource_changes: unknown[];
  };
  const turned = { ...json, resource_changes: [...json.resource_changes].reverse() };
  const of = (value: unknown): string => ledgerDigest(ledgerOf(readPlan(JSON.stringify(value), 'dev')));
  expect(of(turned)).toBe(of(json));
});
