import { readLastApplied, readReviews, type Reviews } from './reviews';

const COMMIT = 'a'.repeat(40);
const PULL = {
  number: 7,
  headSha: COMMIT,
  stacks: ['dev-network'],
  results: [
    { format: 1, commit: COMMIT, result: { stack: 'dev-network', status: 'failed', diagnostics: 'x' } },
  ],
} as const;
const REVIEWS: Reviews = {
  format: 1,
  environment: 'dev',
  commit: COMMIT,
  pullRequests: [PULL, { number: 8, headSha: COMMIT, stacks: [], problem: 'it was deleted', results: [] }],
  newer: { 'dev-data': COMMIT },
};
const read = (reviews: unknown): Reviews => readReviews(Buffer.from(JSON.stringify(reviews)), 'reviews.json');

test('reviews are read as they were written', () => {
  expect(read(REVIEWS)).toEqual(REVIEWS);
});

test.each<[string, unknown, string]>([
  ['another format', { ...REVIEWS, format: '1' }, 'reviews.json: format: Invalid input'],
  ['no environment', { ...REVIEWS, environment: '' }, 'environment: is not the name'],
  ['a commit that is none', { ...REVIEWS, commit: 'main' }, 'commit: is not a commit'],
  [
    'a pull request without a number',
    { ...REVIEWS, pullRequests: [{ ...PULL, number: 0 }] },
    'pullRequests.0.number: ',
  ],
  [
    'a stack that is a path',
    { ...REVIEWS, pullRequests: [{ ...PULL, stacks: ['../x'] }] },
    'pullRequests.0.stacks.0: ',
  ],
  [
    'a result that is wrong',
    { ...REVIEWS, pullRequests: [{ ...PULL, results: [{ ...PULL.results[0], format: 3 }] }] },
    'pullRequests.0.results.0.format: Invalid input: expected 1',
  ],
  [
    'a newer commit that is none',
    { ...REVIEWS, newer: { 'dev-data': 'x' } },
    'newer.dev-data: is not a commit',
  ],
  ['a newer stack that is none', { ...REVIEWS, newer: { '': COMMIT } }, 'newer'],
  ['a key too many', { ...REVIEWS, approved: true }, 'the whole: Unrecognized key: "approved"'],
])('fails when they have %s', (_what, reviews, message) => {
  expect(() => read(reviews)).toThrow(message);
  expect(() => read(reviews)).toThrow('; it should be the reviews that the find-reviews action wrote');
});

test('the commits that were last applied are one a stack, or null', () => {
  const last = (value: unknown): unknown => readLastApplied(Buffer.from(JSON.stringify(value)), 'last.json');
  expect(last({ 'dev-network': COMMIT, 'dev-data': null })).toEqual({
    'dev-network': COMMIT,
    'dev-data': null,
  });
  expect(last({})).toEqual({});
  expect(() => last({ 'dev-network': 'HEAD' })).toThrow('last.json: dev-network: is not a commit');
  expect(() => last({ '../x': COMMIT })).toThrow('last.json: ../x: ');
  expect(() => last([])).toThrow(
    'last.json: the whole: Invalid input: expected record, received array; it should be what `npm run apply -- <environment> --last-applied` wrote',
  );
});
