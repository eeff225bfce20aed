import { Examined } from './examined';
import { SECRET } from './test-change';

function examined(values: object): Examined {
  return new Examined({
    address: 'a.b',
    mode: 'managed',
    type: 'a',
    action: 'update',
    reason: '',
    replacePaths: [],
    importing: false,
    values: {
      before: {},
      after: {},
      afterUnknown: {},
      beforeSensitive: {},
      afterSensitive: {},
      replacePaths: [],
      ...values,
    },
  });
}

const nested = { options: [{ token: SECRET, size: 3 }] };

test('a value is read on the side that is asked for', () => {
  const change = examined({ before: { size: 1 }, after: { size: 2 } });
  expect([change.before('size'), change.after('size')]).toEqual([1, 2]);
});

test('what is not there, or only inherited, reads as undefined', () => {
  const change = examined({ before: { list: [] } });
  expect(['list[0].name', 'constructor', 'list.length', 'a.b.c'].map((path) => change.before(path))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ['itself, before', { beforeSensitive: { options: [{ token: true }] } }],
  ['itself, after', { afterSensitive: { options: [{ token: true }] } }],
  ['the block that it lies in', { beforeSensitive: { options: [true] } }],
  ['the list that it lies in', { afterSensitive: { options: true } }],
  ['the whole resource', { beforeSensitive: true }],
])('a value is not read when %s is sensitive', (_, marks) => {
  const change = examined({ before: nested, after: nested, ...marks });
  expect([change.before('options[0].token'), change.after('options[0].token')]).toEqual([
    undefined,
    undefined,
  ]);
  expect(JSON.stringify([change.before('options'), change.after('options')])).not.toContain(SECRET);
});

test('of a list with something sensitive in it, the rest is read', () => {
  const change = examined({ before: nested, beforeSensitive: { options: [{ token: true }] } });
  expect(change.before('options')).toEqual([{ token: undefined, size: 3 }]);
});

test('a mark on one element of a list holds for the others, because elements move', () => {
  const change = examined({
    before: { options: [{ token: 'a' }, { token: SECRET }] },
    after: { options: [{ token: SECRET }, { token: 'a' }] },
    beforeSensitive: { options: [{}, { token: true }] },
    afterSensitive: { options: [{}, {}] },
  });
  expect(change.after('options[0].token')).toBeUndefined();
  expect(change.after('options')).toEqual([{ token: undefined }, { token: undefined }]);
});

test.each([
  ['itself', { size: true }],
  ['the whole resource', true],
])('a value is in doubt and reads as undefined when %s is not known yet', (_, afterUnknown) => {
  const change = examined({ before: { size: 1 }, after: { size: 2 }, afterUnknown });
  expect([change.after('size'), change.doubt('size')]).toEqual([undefined, 'unknown']);
});

test('a list is in doubt when something in it is not known yet', () => {
  expect(
    examined({ after: { cidrs: ['10.0.0.0/8', null] }, afterUnknown: { cidrs: [false, true] } }).doubt(
      'cidrs',
    ),
  ).toBe('unknown');
});

test('a sensitive value is in doubt only when it changes', () => {
  const marks = { beforeSensitive: { size: true } };
  expect(examined({ before: { size: 1 }, after: { size: 2 }, ...marks }).doubt('size')).toBe('hidden');
  expect(examined({ before: { size: 1 }, after: { size: 1 }, ...marks }).doubt('size')).toBeUndefined();
});

test('that a sensitive value is set or differs is told, for that is not the secret', () => {
  const change = examined({ before: { key: SECRET }, after: { key: '' }, beforeSensitive: true });
  expect([change.wasSet('key'), change.isSet('key'), change.differs('key')]).toEqual([true, false, true]);
});

test('null, nothing and empty do not differ', () => {
  expect(examined({ before: { key: null }, after: { key: '' } }).differs('key')).toBe(false);
});
