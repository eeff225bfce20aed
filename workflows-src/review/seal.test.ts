import { commentDigest, readSeal, type Seal } from './seal';

const SEAL: Seal = {
  format: 1,
  pullRequest: 7,
  headSha: 'a'.repeat(40),
  comment: { id: 9, digest: 'b'.repeat(64) },
  results: { 'plan-dev/dev-network.json': 'c'.repeat(64) },
};
const read = (seal: unknown): Seal => readSeal(Buffer.from(JSON.stringify(seal)), 'review.json');

test('a seal is read as it was written', () => {
  expect(read(SEAL)).toEqual(SEAL);
});

test.each<[unknown, string]>([
  [{ ...SEAL, format: 2 }, 'review.json: format: Invalid input: expected 1'],
  [{ ...SEAL, pullRequest: 0 }, 'pullRequest: Too small'],
  [{ ...SEAL, pullRequest: '7' }, 'pullRequest: Invalid input'],
  [{ ...SEAL, headSha: 'main' }, 'headSha: is not a commit'],
  [{ ...SEAL, comment: { id: 9 } }, 'comment.digest: Invalid input'],
  [{ ...SEAL, comment: { id: 9.5, digest: SEAL.comment.digest } }, 'comment.id: Invalid input'],
  [{ ...SEAL, results: { 'plan-dev/a.json': 'C'.repeat(64) } }, 'results.plan-dev/a.json: Invalid string'],
  [{ ...SEAL, results: { ['x'.repeat(301)]: 'c'.repeat(64) } }, 'Invalid key in record'],
  [{ ...SEAL, by: 'me' }, 'the whole: Unrecognized key: "by"'],
  ['seal', 'the whole: Invalid input: expected object, received string'],
])('fails for a seal such as %j', (seal, message) => {
  expect(() => read(seal)).toThrow(message);
  expect(() => read(seal)).toThrow('; it should be what the plan-comment action left');
});

test('fails when it is larger than a megabyte', () => {
  expect(() => readSeal(new Uint8Array(1024 * 1024 + 1), 'review.json')).toThrow(
    'review.json: 1048577 bytes',
  );
});

test('a name that JavaScript treats in a way of its own seals nothing', () => {
  const text = JSON.stringify(SEAL).replace('"results":{', `"results":{"__proto__":"${'c'.repeat(64)}",`);
  const { results } = readSeal(Buffer.from(text), 'review.json');
  expect(Object.keys(results)).toEqual(['plan-dev/dev-network.json']);
  expect(Object.getPrototypeOf(results)).toBe(Object.prototype);
});

test('the digest of a comment is of its text, whatever GitHub does to line ends and to blanks at the end', () => {
  const digest = commentDigest('a\n\nb');
  expect(commentDigest('a\r\n\r\nb\r\n')).toBe(digest);
  expect(commentDigest('a\n\nb \n\n')).toBe(digest);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  for (const other of ['a\n\nB', 'a\nb', 'a \n\nb', ' a\n\nb', 'a\n\nb.', ''])
    expect(commentDigest(other)).not.toBe(digest);
});
