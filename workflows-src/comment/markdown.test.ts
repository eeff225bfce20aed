import { code, COMMENT_BYTES, fenceOf, prose, some } from './markdown';

test('a comment is shorter than the 65,536 characters that GitHub takes, with room for its marker', () => {
  expect(COMMENT_BYTES).toBe(65_000);
});

test('what ends a code span or a table cell stands in an HTML element, by its character reference', () => {
  expect(code('a.b["c"]')).toBe('`a.b["c"]`');
  expect(code('a|b')).toBe('<code>a&#124;b</code>');
  expect(code('a`b')).toBe('<code>a&#96;b</code>');
});

test('a fence has one backtick more than the longest run inside of it, and three at least', () => {
  expect([['a'], ['a', '``'], ['```', 'a ````` b ```']].map(fenceOf)).toEqual(['```', '```', '``````']);
});

test('what is left out of a list of names is counted exactly', () => {
  expect(some(['a', 'b', 'c'], 3)).toBe('a, b, c');
  expect(some(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});

test('in a sentence, words that GitHub would link or mention are code, and the others are not', () => {
  expect(prose('Asked by (@octocat), see #1: it is kept for 30 days.')).toBe(
    'Asked by (`@octocat`), see `#1`: it is kept for 30 days.',
  );
});
