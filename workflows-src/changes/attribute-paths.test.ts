import { changedPaths, pathText, visiblePath } from './attribute-paths';

const changed = (before: unknown, after: unknown, ...marks: unknown[]): string[] =>
  changedPaths(before, after, marks).map(pathText);

test('a path is written as in Terraform, with quotes around keys that are no names', () => {
  expect(pathText(['ingress', 0, 'cidr_blocks'])).toBe('ingress[0].cidr_blocks');
  expect(pathText(['tags', 'cost.center', '"'])).toBe('tags["cost.center"]["\\""]');
});

test('differences are named as deep as names go, in order', () => {
  expect(changed({ b: { y: 1, x: 1 }, a: 1, same: [1] }, { b: { y: 2, x: 2 }, a: 2, same: [1] })).toEqual([
    'a',
    'b.x',
    'b.y',
  ]);
});

test('a block is gone into; of a list only the name is told', () => {
  expect(changed({ block: [{ on: true }] }, { block: [{ on: false }] })).toEqual(['block[0].on']);
  expect(changed({ list: [1, 2] }, { list: [2, 1] })).toEqual(['list']);
  expect(changed({ list: [1] }, { list: [1, 2] })).toEqual(['list']);
});

test('keys that come and go differ; absent, null and empty do not', () => {
  expect(changed({ tags: { a: '1' } }, { tags: { b: '1' } })).toEqual(['tags.a', 'tags.b']);
  expect(changed({ a: null, b: '', c: {}, d: [] }, { b: null, c: null, e: '' })).toEqual([]);
  expect(changed({ a: null, b: 0, c: [''] }, { a: false, b: null, c: [] })).toEqual(['a', 'b', 'c']);
});

test('a key that is named like an inherited property is a key', () => {
  expect(changed(JSON.parse('{"__proto__":1,"constructor":1}'), {})).toEqual(['__proto__', 'constructor']);
});

test('nothing inside a sensitive value is named, whichever side marks it', () => {
  expect(changed({ input: { key: 1 } }, { input: { key: 2 } }, { input: true }, {})).toEqual(['input']);
  expect(changed({ input: { key: 1 } }, { input: { key: 2 } }, {}, { input: true })).toEqual(['input']);
  expect(visiblePath(['input', 'key'], [{}, { input: true }])).toEqual(['input']);
  expect(visiblePath(['input', 0, 'key'], [{ input: [{ other: true }] }])).toEqual(['input', 0, 'key']);
});

test('values nested without end are named and do not exhaust the stack', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as unknown;
  const other = JSON.parse(`${'{"a":'.repeat(5000)}2${'}'.repeat(5000)}`) as unknown;
  expect(changed(deep, other)).toHaveLength(1);
});
