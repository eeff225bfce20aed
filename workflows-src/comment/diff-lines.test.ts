import type { AttributeChange } from '../changes/change-set';
import { diffLines, IN_A_COMMENT, IN_FULL, shortenBoth } from './diff-lines';

const changes = (...attributes: AttributeChange[]): readonly AttributeChange[] => attributes;

test('a short change is one line, a long one two', () => {
  expect(diffLines('update', changes({ path: 'a', kind: 'update', before: '1', after: '2' }))).toEqual([
    '!     a: 1 → 2',
  ]);
  const [before, after] = [`"${'x'.repeat(60)}"`, `"${'y'.repeat(60)}"`];
  expect(
    diffLines('update', changes({ path: 'a', kind: 'update', before, after, forcesReplacement: true })),
  ).toEqual([`-     a: ${before}`, `+     a: ${after} # forces replacement`]);
});

test('long values that differ in little are told by that little, in one line where it fits', () => {
  const image = (digest: string): string =>
    `"111111111111.dkr.ecr.eu-west-1.amazonaws.com/api@sha256:${digest.repeat(64)}"`;
  const [before, after] = [image('0'), image('0').replace(/0"$/, '1"')];
  expect(diffLines('update', changes({ path: 'image', kind: 'update', before, after }))).toEqual([
    `!     image: …${'0'.repeat(31)}" → …${'0'.repeat(30)}1"`,
  ]);
});

test('what comes, goes, is only told of, and forces', () => {
  expect(
    diffLines(
      'update',
      changes(
        { path: 'a', kind: 'add', after: '1' },
        { path: 'b', kind: 'remove', before: '1', forcesReplacement: true },
        { path: 'c', kind: 'update', note: 'only the order changes' },
        { path: 'd', kind: 'update', after: '(sensitive, unchanged)', note: 'becomes sensitive' },
        { path: 'e', kind: 'update', before: '"x"', after: '(known after apply)' },
      ),
    ),
  ).toEqual([
    '+     a: 1',
    '-     b: 1 # forces replacement',
    '!     c: only the order changes',
    '!     d: (sensitive, unchanged), becomes sensitive',
    '!     e: "x" → (known after apply)',
  ]);
});

test('what a provider fills in is one line, unless that is why the resource is replaced', () => {
  const unknown = (path: string, before?: string): AttributeChange => ({
    path,
    kind: before === undefined ? 'add' : 'update',
    ...(before !== undefined && { before }),
    after: '(known after apply)',
  });
  expect(diffLines('create', [unknown('arn'), unknown('id')])).toEqual(['      known after apply: arn, id']);
  expect(
    diffLines('delete-then-create', [
      unknown('arn', '"a"'),
      { ...unknown('name', '"n"'), forcesReplacement: true },
    ]),
  ).toEqual(['!     name: "n" → (known after apply) # forces replacement', '      known after apply: arn']);
  expect(diffLines('update', [unknown('arn', '"a"')])).toEqual(['!     arn: "a" → (known after apply)']);
  expect(diffLines('create', [unknown('')])).toEqual(['+     (known after apply)']);
  const many = Array.from({ length: 14 }, (_, index) => unknown(`a${index}`));
  expect(diffLines('create', many)[0]).toMatch(/a3 and 10 more$/);
  expect(diffLines('create', many, IN_FULL)[0]).toMatch(/a11, a12, a13$/);
});

test('lines of a text stand below its name', () => {
  const text: AttributeChange = {
    path: 'script',
    kind: 'update',
    lines: ['@ 3 lines without a change', ' same', '-old', '+new'],
    note: 'the line break at its end goes',
  };
  expect(diffLines('update', [text])).toEqual([
    '!     script: the line break at its end goes',
    '@@ 3 lines without a change @@',
    '          same',
    '-         old',
    '+         new',
  ]);
});

test('of what is destroyed only what it is known by, in full all of it', () => {
  const gone = ['arn', 'delay', 'id', 'tags.Name', 'tags.Owner'].map((path): AttributeChange => ({
    path,
    kind: 'remove',
    before: '"x"',
  }));
  expect(diffLines('delete', gone)).toEqual(['-     id: "x"', '-     tags.Name: "x"']);
  expect(diffLines('delete', [{ ...gone[0]!, path: 'name' }, ...gone])).toEqual([
    '-     name: "x"',
    '-     tags.Name: "x"',
  ]);
  expect(diffLines('delete', [gone[0]!])).toEqual(['-     arn: "x"']);
  expect(diffLines('delete', gone, IN_FULL)).toHaveLength(5);
  expect(diffLines('forget', gone)).toEqual([]);
});

test('all tags of a resource are told once', () => {
  const tag = (path: string, after: string): AttributeChange => ({
    path,
    kind: 'update',
    before: '"a"',
    after,
  });
  const same = [tag('tags.Owner', '"b"'), tag('tags_all.Owner', '"b"'), tag('tags_all.Stage', '"c"')];
  expect(diffLines('update', same)).toEqual([
    '!     tags.Owner: "a" → "b"',
    '!     tags_all.Stage: "a" → "c"',
  ]);
  expect(diffLines('create', same)).toEqual(['!     tags.Owner: "a" → "b"']);
  expect(diffLines('update', same, IN_FULL)).toHaveLength(3);
});

test('more lines than are read are counted', () => {
  const many = Array.from({ length: 50 }, (_, index): AttributeChange => ({
    path: `a${index}`,
    kind: 'add',
    after: '1',
  }));
  const lines = diffLines('create', many);
  expect(lines).toHaveLength(IN_A_COMMENT.lines);
  expect(lines.at(-1)).toBe('      … 11 more lines');
  expect(diffLines('create', many.slice(0, 40)).at(-1)).toBe('+     a39: 1');
});

describe('two long values', () => {
  const same = 'same '.repeat(60);

  test('are shortened where they are equal, so that the difference stays', () => {
    const [before, after] = shortenBoth(`${same}old${same}`, `${same}new!${same}`, 200);
    const around = 'same '.repeat(6);
    expect([before, after]).toEqual([`…${around}old${around}…`, `…${around}new!${around}…`]);
  });

  test('that differ at an end keep that end', () => {
    const [before, after] = shortenBoth(`${same}old`, `${same}new`, 200);
    expect([before, after]).toEqual([`…${'same '.repeat(6)}old`, `…${'same '.repeat(6)}new`]);
    expect(shortenBoth(`old${same}`, `new${same}`, 200)[0]).toMatch(/^old.*…$/);
  });

  test('that differ all over are cut, and their length told', () => {
    const [before] = shortenBoth('a'.repeat(500), 'b'.repeat(500), 200);
    expect(before).toBe(`${'a'.repeat(200)}… (500 characters)`);
  });

  test('are not cut within a character', () => {
    for (let length = 30; length < 40; length += 1) {
      const [before, after] = shortenBoth(
        `${'😀'.repeat(length)}x${same}`,
        `${'😀'.repeat(length)}y${same}`,
        20,
      );
      expect(Buffer.from(after).toString()).toBe(after);
      expect(Buffer.from(before).toString()).toBe(before);
    }
  });
});
