import type { Action } from '../change-set';
import { RULES } from '.';
import { HOLDS_NOTHING } from './holds-nothing';
import { CATEGORIES, SEVERITIES } from './risk';
import { risks, SECRET, told } from './test-change';

const UNKNOWN_TYPE = 'acme_reactor';
const NOT_KNOWN = {
  rule: 'type-not-known',
  category: 'unknown',
  severity: 'medium',
  address: 'acme_reactor.it',
};

test.each<[Action, string]>([
  ['delete', 'it is destroyed'],
  ['delete-then-create', 'it is replaced'],
  ['create-then-delete', 'it is replaced'],
])('a type that is in no table is told as not known by %s', (action, fate) => {
  expect(risks({ type: UNKNOWN_TYPE, action })).toEqual([
    {
      ...NOT_KNOWN,
      sentence: `Its type is not known here: ${fate}, and what is lost or stops with it has to be judged by whoever knows it.`,
    },
  ]);
});

test('so is a leftover of such a type', () => {
  expect(told({ type: UNKNOWN_TYPE, action: 'delete', deposed: 'abcd1234' })).toEqual([
    'type-not-known (medium): Its type is not known here: it is destroyed, as a leftover, and what is lost or stops with it has to be judged by whoever knows it.',
  ]);
});

test.each<Action>([
  'create',
  'update',
  'read',
  'no-op',
  'forget',
  'create-then-forget',
  'forget-then-create',
])('nothing is told of such a type by %s, as nothing of it is destroyed', (action) => {
  expect(risks({ type: UNKNOWN_TYPE, action })).toEqual([]);
});

test.each(['data', 'ephemeral'] as const)('nothing is told of what is %s', (mode) => {
  expect(risks({ type: UNKNOWN_TYPE, mode, action: 'delete' })).toEqual([]);
  expect(risks({ type: 'aws_db_instance', mode, action: 'delete' })).toEqual([]);
});

test.each([...HOLDS_NOTHING].filter((type) => !RULES.some(({ types }) => types.includes(type))))(
  'the end of %s is no risk',
  (type) => {
    expect(risks({ type, action: 'delete' })).toEqual([]);
    expect(risks({ type, action: 'delete-then-create' })).toEqual([]);
  },
);

test('what is destroyed is known of every type that a rule speaks of', () => {
  const judged = new Set(RULES.filter(({ at }) => at.includes('gone')).flatMap(({ types }) => types));
  const spokenOf = new Set(RULES.flatMap(({ types }) => types));
  expect([...spokenOf].filter((type) => !judged.has(type) && !HOLDS_NOTHING.has(type))).toEqual([]);
});

test('a replacement is told for what it destroys and for how the new one is set up', () => {
  expect(
    told({
      type: 'aws_ebs_volume',
      action: 'create-then-delete',
      before: { encrypted: true },
      after: { encrypted: false },
    }),
  ).toEqual([
    'volume-destroyed (critical): The volume is replaced: once the new one stands, the old one is destroyed with everything on it.',
    'unencrypted-storage (high): What is stored is no longer encrypted: who gets at the disk or a copy of it can read it.',
  ]);
});

test.each(['', 'tainted', 'replace_by_request', 'replace_by_triggers', 'replace_because_cannot_update'])(
  'why it is replaced (%s) does not matter',
  (reason) => {
    expect(told({ type: 'aws_efs_file_system', action: 'delete-then-create', reason })).toEqual([
      'file-system-destroyed (critical): The file system is replaced: the old one is destroyed with every file on it.',
    ]);
  },
);

test('settings that come to the same are told once', () => {
  const blocks = (value: boolean) => ({ block_public_acls: value, block_public_policy: value });
  expect(
    told({ type: 'aws_s3_bucket_public_access_block', before: blocks(true), after: blocks(false) }),
  ).toEqual([
    'public-access-allowed (high): A block of public access goes: an ACL or a policy can open the bucket to everybody.',
  ]);
});

test('a sentence is one line that acts on nothing, whatever the plan holds', () => {
  const [risk] = risks({
    type: 'aws_lb_listener',
    before: { ssl_policy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' },
    after: { ssl_policy: `evil\n::error::\u202e\u001b[31m${'x'.repeat(500)}` },
  });
  expect(risk?.sentence).toMatch(
    /^It cannot be told here whether older versions of TLS stay refused: evil\\u\{a\}::error::\\u\{202e\}\\u\{1b\}\[31mx+… is not known\.$/,
  );
  expect(risk?.sentence.length).toBeLessThan(300);
});

test.each<Action>(['create', 'update', 'delete', 'delete-then-create', 'create-then-delete', 'forget'])(
  'by %s, no rule of any type lets a sensitive value into a sentence, nor fails on one',
  (action) => {
    const secrets = new Proxy(
      {},
      {
        get: (_, key) => (typeof key === 'string' ? SECRET : undefined),
        getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: SECRET }),
        ownKeys: () => ['policy'],
      },
    );
    for (const type of new Set(RULES.flatMap(({ types }) => types))) {
      const found = risks({ type, action, before: secrets, after: secrets, beforeSensitive: true });
      const wrong = found.filter(
        ({ category, severity, sentence }) =>
          !CATEGORIES.includes(category) ||
          !SEVERITIES.includes(severity) ||
          !/^[A-Z][^\n]*\.$/.test(sentence) ||
          sentence.includes(SECRET),
      );
      if (wrong.length > 0) throw new Error(JSON.stringify(wrong));
    }
  },
);

test.each<Action>(['create', 'update', 'delete', 'delete-then-create', 'create-then-forget'])(
  'by %s, no rule fails on values of a shape that nobody expects',
  (action) => {
    const strange: readonly unknown[] = [
      null,
      undefined,
      'text',
      7,
      [],
      [null],
      [[]],
      { policy: 7, rule: [7], ingress: 'x' },
    ];
    const judgeAll = (): void => {
      for (const type of new Set(RULES.flatMap(({ types }) => types))) {
        for (const value of strange) {
          risks({ type, action, before: value, after: value, afterUnknown: value });
          risks({ type, action, before: {}, after: value, beforeSensitive: value });
        }
      }
    };
    expect(judgeAll).not.toThrow();
  },
);
