import { pathText, visiblePath } from './attribute-paths';

test('a path is written as in Terraform, with quotes around keys that are no names', () => {
  expect(pathText(['ingress', 0, 'cidr_blocks'])).toBe('ingress[0].cidr_blocks');
  expect(pathText(['tags', 'cost.center', '"'])).toBe('tags["cost.center"]["\\""]');
});

test('a path ends where a value is sensitive, whichever side marks it', () => {
  expect(visiblePath(['input', 'key'], [{}, { input: true }])).toEqual(['input']);
  expect(visiblePath(['input', 'key'], [{ input: true }, {}])).toEqual(['input']);
  expect(visiblePath(['input', 0, 'key'], [{ input: [{ other: true }] }])).toEqual(['input', 0, 'key']);
  expect(visiblePath(['constructor', 'name'], [{}])).toEqual(['constructor', 'name']);
});
