import type { JsonObject } from '../json';
import { compare, covers, mayOverlap } from './policy-comparison';

const allow = (more: object): JsonObject => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: '*',
  ...more,
});
const deny = (more: object): JsonObject => ({ ...allow(more), Effect: 'Deny' });

/** What is newly allowed, as `actions on resources by principals`. */
const allowed = (before: readonly JsonObject[], after: readonly JsonObject[]) =>
  compare(before, after)!.allowed.map(
    ({ actions, resources, principals, byCondition }) =>
      `${actions.join(' ')} on ${resources.join(' ')} by ${principals.map(({ name }) => name).join(' ')}${byCondition ? ' (condition)' : ''}`,
  );

test.each([
  ['*', 'anything', true],
  ['s3:*', 's3:GetObject', true],
  ['s3:Get*', 's3:GetObject', true],
  ['s3:Get*', 's3:Get*', true],
  ['s3:*', 's3:Get*', true],
  ['s3:Get*', 's3:*', false],
  ['s3:GetObject', 's3:Get*', false],
  ['s3:GetObjec?', 's3:GetObject', true],
  ['s3:GetObjec?', 's3:GetObjec*', false],
  ['*a*b', 'xaxxb', true],
  ['*a*b', 'xaxxbc', false],
  ['a*', '', false],
])('%s covers %s: %s', (pattern, wanted, expected) => {
  expect(covers(pattern, wanted)).toBe(expected);
});

test('a pattern that is made to take long covers nothing, soon', () => {
  expect(covers('*a'.repeat(5000), `${'ab'.repeat(50_000)}c`)).toBe(false);
});

test.each([
  ['s3:Get*', 's3:GetObject', true],
  ['s3:Get*', 's3:*Object', true],
  ['s3:Get*', 's3:Put*', false],
  ['s3:GetObject', 's3:PutObject', false],
])('%s and %s may overlap: %s', (a, b, expected) => {
  expect([mayOverlap(a, b), mayOverlap(b, a)]).toEqual([expected, expected]);
});

test.each<[string, readonly JsonObject[], readonly JsonObject[]]>([
  ['the same', [allow({})], [allow({})]],
  [
    'another order of statements',
    [allow({ Sid: 'a' }), allow({ Sid: 'b', Action: 'sqs:*' })],
    [allow({ Sid: 'b', Action: 'sqs:*' }), allow({ Sid: 'a' })],
  ],
  ['a list of one rather than a text', [allow({ Action: ['s3:GetObject'] })], [allow({})]],
  ['another order of actions', [allow({ Action: ['a:b', 'c:d'] })], [allow({ Action: ['c:d', 'a:b'] })]],
  ['another case of an action', [allow({ Action: 'S3:getobject' })], [allow({})]],
  ['another name of the statement', [allow({ Sid: 'a' })], [allow({ Sid: 'b' })]],
  ['a part of what a wildcard allowed', [allow({ Action: 's3:*' })], [allow({})]],
  ['one resource of all', [allow({})], [allow({ Resource: 'arn:aws:s3:::files/*' })]],
  [
    'two statements rather than one',
    [allow({ Action: ['a:b', 'c:d'] })],
    [allow({ Action: 'a:b' }), allow({ Action: 'c:d' })],
  ],
  [
    'one statement rather than two',
    [allow({ Action: 'a:b' }), allow({ Action: 'c:d' })],
    [allow({ Action: ['a:b', 'c:d'] })],
  ],
  ['less', [allow({ Action: ['a:b', 'c:d'] })], [allow({ Action: 'a:b' })]],
  ['a condition more', [allow({})], [allow({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } })]],
  [
    'a value of a condition less',
    [allow({ Condition: { StringEquals: { k: ['a', 'b'] } } })],
    [allow({ Condition: { StringEquals: { k: 'a' } } })],
  ],
  [
    'a narrower pattern in a condition',
    [allow({ Condition: { StringLike: { k: 'a*' } } })],
    [allow({ Condition: { StringLike: { K: 'ab*' } } })],
  ],
  [
    'a value more of a condition that excludes',
    [allow({ Condition: { StringNotEquals: { k: 'a' } } })],
    [allow({ Condition: { StringNotEquals: { k: ['a', 'b'] } } })],
  ],
  [
    'an account by its number',
    [allow({ Principal: { AWS: '111111111111' } })],
    [allow({ Principal: { AWS: 'arn:aws:iam::111111111111:root' } })],
  ],
  ['everybody, spelled otherwise', [allow({ Principal: '*' })], [allow({ Principal: { AWS: '*' } })]],
  [
    'somebody of everybody',
    [allow({ Principal: '*' })],
    [allow({ Principal: { AWS: 'arn:aws:iam::111111111111:role/a' } })],
  ],
  [
    'everything but more',
    [allow({ NotAction: 'iam:*', Action: undefined })],
    [allow({ NotAction: ['iam:*', 'sts:*'], Action: undefined })],
  ],
  ['an action that was not excluded', [allow({ NotAction: 'iam:*', Action: undefined })], [allow({})]],
  [
    'everything but something of everything',
    [allow({ Action: '*' })],
    [allow({ NotAction: 'iam:*', Action: undefined })],
  ],
  ['a denial more', [allow({})], [allow({}), deny({ Action: 's3:PutObject' })]],
])('%s allows nothing new', (_, before, after) => {
  expect(compare(before, after)).toEqual({ allowed: [], denials: [] });
});

test.each<[string, readonly JsonObject[], readonly JsonObject[], readonly string[]]>([
  [
    'an action',
    [allow({})],
    [allow({ Action: ['s3:GetObject', 's3:PutObject'] })],
    ['s3:PutObject on * by '],
  ],
  ['a wildcard', [allow({})], [allow({ Action: 's3:Get*' })], ['s3:Get* on * by ']],
  ['a resource', [allow({ Resource: 'a' })], [allow({ Resource: ['a', 'b'] })], ['s3:GetObject on b by ']],
  ['a statement', [allow({})], [allow({}), allow({ Action: 'sqs:*' })], ['sqs:* on * by ']],
  [
    'an action on the resource of another statement',
    [allow({ Action: 'a:b', Resource: 'x' }), allow({ Action: 'c:d', Resource: 'y' })],
    [allow({ Action: ['a:b', 'c:d'], Resource: ['x', 'y'] })],
    ['a:b c:d on y x by '],
  ],
  [
    'a condition that goes',
    [allow({ Condition: { Bool: { k: 'true' } } })],
    [allow({})],
    ['s3:GetObject on * by  (condition)'],
  ],
  [
    'a value of a condition',
    [allow({ Condition: { StringEquals: { k: 'a' } } })],
    [allow({ Condition: { StringEquals: { k: ['a', 'b'] } } })],
    ['s3:GetObject on * by  (condition)'],
  ],
  [
    'a value less of a condition that excludes',
    [allow({ Condition: { StringNotEquals: { k: ['a', 'b'] } } })],
    [allow({ Condition: { StringNotEquals: { k: 'a' } } })],
    ['s3:GetObject on * by  (condition)'],
  ],
  [
    'a weaker operator',
    [allow({ Condition: { StringEquals: { k: 'a' } } })],
    [allow({ Condition: { StringEqualsIfExists: { k: 'a' } } })],
    ['s3:GetObject on * by  (condition)'],
  ],
  [
    'a higher limit',
    [allow({ Condition: { NumericLessThan: { k: '5' } } })],
    [allow({ Condition: { NumericLessThan: { k: ['5', '10'] } } })],
    ['s3:GetObject on * by  (condition)'],
  ],
  [
    'a principal',
    [allow({ Principal: { AWS: 'arn:aws:iam::111111111111:role/a' } })],
    [allow({ Principal: { AWS: ['arn:aws:iam::111111111111:role/a', 'arn:aws:iam::222222222222:root'] } })],
    ['s3:GetObject on * by arn:aws:iam::222222222222:root'],
  ],
  [
    'everybody',
    [allow({ Principal: { AWS: 'arn:aws:iam::111111111111:role/a' } })],
    [allow({ Principal: '*' })],
    ['s3:GetObject on * by *'],
  ],
  [
    'everybody but one',
    [allow({ Principal: { AWS: 'arn:aws:iam::111111111111:role/a' } })],
    [allow({ NotPrincipal: { AWS: 'arn:aws:iam::111111111111:role/b' } })],
    ['s3:GetObject on * by *'],
  ],
  [
    'everything but less',
    [allow({ NotAction: ['iam:*', 'sts:*'], Action: undefined })],
    [allow({ NotAction: 'iam:*', Action: undefined })],
    ['everything but iam:* on * by '],
  ],
  [
    'everything but some resources',
    [allow({ Resource: 'a' })],
    [allow({ NotResource: 'a', Resource: undefined })],
    ['s3:GetObject on everything but a by '],
  ],
  [
    'an action that was excluded',
    [allow({ NotAction: 'iam:*', Action: undefined })],
    [allow({ Action: 'iam:PassRole' })],
    ['iam:PassRole on * by '],
  ],
  [
    'an action that may have been excluded',
    [allow({ NotAction: '*:Put*', Action: undefined })],
    [allow({ Action: 's3:*Object' })],
    ['s3:*Object on * by '],
  ],
])('%s more is allowed', (_, before, after, expected) => {
  expect(allowed(before, after)).toEqual(expected);
});

const denials = (before: readonly JsonObject[], after: readonly JsonObject[]) =>
  compare(before, after)!.denials.map(
    ({ actions, resources, byCondition }) =>
      `${actions.join(' ')} on ${resources.join(' ')}${byCondition ? ' (condition)' : ''}`,
  );

test.each<[string, readonly JsonObject[], readonly JsonObject[], readonly string[]]>([
  ['a denial that goes', [deny({})], [], ['s3:GetObject on *']],
  ['a denial of less', [deny({ Action: ['a:b', 'c:d'] })], [deny({ Action: 'a:b' })], ['c:d on *']],
  [
    'a denial that gets a condition',
    [deny({})],
    [deny({ Condition: { Bool: { k: 'true' } } })],
    ['s3:GetObject on * (condition)'],
  ],
  ['a denial of more', [deny({})], [deny({ Action: 's3:*' })], []],
  ['a denial that loses its condition', [deny({ Condition: { Bool: { k: 'true' } } })], [deny({})], []],
  ['another allowance', [deny({})], [deny({}), allow({})], []],
])('%s', (_, before, after, expected) => {
  expect(denials(before, after)).toEqual(expected);
});

test('a statement without an effect, which AWS refuses, hides no other', () => {
  expect(denials([{ Action: '*' }, deny({})], [])).toEqual(['s3:GetObject on *']);
});

test('policies that take too long to compare are not compared', () => {
  const large = (suffix: string) =>
    Array.from({ length: 500 }, (_, index) =>
      allow({
        Action: Array.from({ length: 30 }, (__, action) => `s3:${index}*${action}${suffix}`),
        Resource: Array.from({ length: 30 }, (__, resource) => `arn:${index}*${resource}${suffix}`),
      }),
    );
  expect(compare(large('a'), large('b'))).toBeUndefined();
});
