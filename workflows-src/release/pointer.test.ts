import { type LedgerEntry, readPointer, type ReleasePointer, rollbackTarget } from './pointer';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const pointer = (letter: string, by: ReleasePointer['by'] = 'release'): ReleasePointer => ({
  format: 1,
  image: `registry.example/shop/api@${digest(letter)}`,
  commit: letter.repeat(40),
  at: '2026-11-01T12:00:00.000Z',
  by,
});
const ledger = (...letters: string[]): LedgerEntry[] =>
  letters.map((letter, index) => ({ version: index + 1, pointer: pointer(letter) }));

describe('a rollback', () => {
  it.each<[string, string[], string, string]>([
    ['to previous goes to the release before', ['a', 'b'], 'previous', 'a'],
    ['to previous passes over releases of the image that runs', ['a', 'b', 'b'], 'previous', 'a'],
    ['to previous goes forth again the second time', ['a', 'b', 'a'], 'previous', 'b'],
    ['to a digest goes to any release that the ledger has', ['a', 'b', 'c'], digest('a'), 'a'],
  ])('%s', (_what, released, wanted, expected) => {
    expect(rollbackTarget(ledger(...released), wanted)).toEqual({ to: pointer(expected) });
  });

  it.each<[string, string[], string, string]>([
    ['where nothing was released', [], 'previous', 'nothing was released here yet'],
    [
      'where one image alone was released',
      ['a', 'a'],
      'previous',
      'is the only image that was ever released here',
    ],
    ['to the image that runs', ['a', 'b'], digest('b'), 'is the image that runs already'],
    [
      'to a digest that was never released, naming those that were',
      ['a', 'b'],
      digest('c'),
      `was never released here; the last that were are ${digest('b')}, ${digest('a')}`,
    ],
  ])('is refused %s', (_what, released, wanted, message) => {
    expect(rollbackTarget(ledger(...released), wanted)).toEqual({
      refused: expect.stringContaining(message),
    });
  });
});

it('a rollback to previous undoes a release that was cut off before it was recorded', () => {
  const cutOff = pointer('c').image;
  expect(rollbackTarget(ledger('a', 'b'), 'previous', cutOff)).toEqual({ to: pointer('b') });
  expect(rollbackTarget(ledger('a', 'b'), digest('b'), cutOff)).toEqual({ to: pointer('b') });
});

describe('the pointer', () => {
  it('is read as it was written', () => {
    const written = { ...pointer('a', 'rollback'), run: 'https://github.com/acme/shop/actions/runs/1' };
    expect(readPointer(JSON.stringify(written), '/shop/dev/release/api')).toEqual(written);
  });

  it.each<[string, unknown, RegExp]>([
    ['is no JSON', 'nonsense', /is not JSON/],
    [
      'names a tag',
      { ...pointer('a'), image: 'registry.example/shop/api:latest' },
      /image: .*<repository>@sha256:<digest>/,
    ],
    ['has a commit that is none', { ...pointer('a'), commit: 'main' }, /commit: is not a commit/],
    ['has more than a release writes', { ...pointer('a'), more: 1 }, /more/],
  ])('fails where it %s, naming the parameter', (_what, value, message) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const read = (): unknown => readPointer(text, '/shop/dev/release/api');
    expect(read).toThrow('SSM parameter /shop/dev/release/api');
    expect(read).toThrow(message);
  });
});
