import { attributeDiff, resourceDiff } from './attribute-diff';
import type { AttributeChange } from './change-set';
import { Masking } from './masking';
import type { Values } from './planned-change';

const masking = new Masking(['known-sesame-1234']);

function values(before: unknown, after: unknown, more: Partial<Values> = {}): Values {
  return {
    before,
    after,
    afterUnknown: {},
    beforeSensitive: {},
    afterSensitive: {},
    replacePaths: [],
    ...more,
  };
}

const diff = (before: unknown, after: unknown, more: Partial<Values> = {}): readonly AttributeChange[] =>
  attributeDiff(values(before, after, more), masking);

/** `path: before → after`, with what else there is. */
function said(before: unknown, after: unknown, more: Partial<Values> = {}): string[] {
  return diff(before, after, more).map(
    ({ path, kind, before: old, after: now, note, lines, forcesReplacement }) =>
      [`${path}:`, kind, old, now && `→ ${now}`, note, lines?.join('|'), forcesReplacement && '!']
        .filter(Boolean)
        .join(' '),
  );
}

const json = JSON.stringify;

describe('plain values', () => {
  test('what changes is named by its path, in order', () => {
    expect(
      said({ b: { y: 1, x: 'a' }, a: true, same: [1] }, { b: { y: 2, x: 'b' }, a: false, same: [1] }),
    ).toEqual(['a: update true → false', 'b.x: update "a" → "b"', 'b.y: update 1 → 2']);
  });

  test('what comes and what goes', () => {
    expect(said({ tags: { a: '1' }, x: 1 }, { tags: { b: '1' }, x: null })).toEqual([
      'tags.a: remove "1"',
      'tags.b: add → "1"',
      'x: remove 1',
    ]);
  });

  test('another type is an update', () => {
    expect(said({ a: 1, b: [1], c: { d: 1 } }, { a: '1', b: 1, c: [1] })).toEqual([
      'a: update 1 → "1"',
      'b: update [1] → 1',
      'c: update { d = 1 } → [1]',
    ]);
  });

  test('nothing that acts stays in a text or a name', () => {
    expect(said({}, { 'a\u202eb"': 'x\u001b[31m' })).toEqual(['["a\\\\u{202e}b\\""]: add → "x\\u001b[31m"']);
  });

  test('a key that is named like an inherited property is a key', () => {
    expect(said(JSON.parse('{"__proto__":1,"constructor":1}'), {})).toEqual([
      '__proto__: remove 1',
      'constructor: remove 1',
    ]);
  });

  test('values nested without end do not exhaust the stack', () => {
    const deep = (end: string): unknown => JSON.parse(`${'{"a":'.repeat(5000)}${end}${'}'.repeat(5000)}`);
    expect(diff(deep('1'), deep('2'))).toHaveLength(1);
    expect(diff(null, deep('1'))).toHaveLength(1);
    const nested = (end: string): string => `${'['.repeat(20_000)}${end}${']'.repeat(20_000)}`;
    expect(diff(JSON.parse(nested('1')), JSON.parse(nested('2')))).toHaveLength(1);
  });

  test('nor does JSON in a text, and what changes too deep inside is neither the same nor only spelled differently', () => {
    const nested = (end: string): string => `${'['.repeat(20_000)}${end}${']'.repeat(20_000)}`;
    const policy = (end: string): string => `{"Statement":[{"Effect":"Allow","Action":${nested(end)}}]}`;
    for (const text of [nested, policy]) {
      expect(diff({ x: text('1') }, { x: text('2') })).toEqual([
        expect.objectContaining({ kind: 'update', note: 'changes deep inside' }),
      ]);
      expect(diff({}, { x: text('1') })).not.toEqual([]);
    }
  });
});

describe('what is not known yet', () => {
  test('is said, beside what it was', () => {
    expect(said({ arn: 'x' }, {}, { afterUnknown: { arn: true, id: true } })).toEqual([
      'arn: update "x" → (known after apply)',
      'id: add → (known after apply)',
    ]);
  });

  test('may be a part only', () => {
    expect(said({ a: [{ b: 1, c: 1 }] }, { a: [{ c: 1 }] }, { afterUnknown: { a: [{ b: true }] } })).toEqual([
      'a[0].b: update 1 → (known after apply)',
    ]);
    expect(said(null, { a: { c: 1 } }, { afterUnknown: { a: { b: true } } })).toEqual([
      'a: add → { b = (known after apply), c = 1 }',
    ]);
    expect(said(null, { a: ['x'] }, { afterUnknown: { a: [false, true] } })).toEqual([
      'a: add → ["x", (known after apply)]',
    ]);
  });
});

describe('what comes as a whole', () => {
  test('is one line where it is short, and without what is not set', () => {
    expect(
      said(null, { name: 'a', empty: '', none: null, list: [], tags: { b: '1', c: null }, off: false }),
    ).toEqual(['name: add → "a"', 'off: add → false', 'tags: add → { b = "1" }']);
  });

  test('is taken apart where it is long, by what names its parts', () => {
    const long = 'x'.repeat(150);
    expect(
      said(null, {
        rules: [
          { name: 'a', text: long },
          { name: 'b', text: 'y' },
        ],
      }),
    ).toEqual([
      `rules["a"].name: add → "a"`,
      `rules["a"].text: add → "${long}"`,
      'rules["b"]: add → { name = "b", text = "y" }',
    ]);
  });

  test('an empty value that comes alone is said', () => {
    expect(said({ a: null }, { a: [] })).toEqual(['a: add → []']);
    expect(said({ a: '' }, { a: null })).toEqual(['a: remove ""']);
  });
});

describe('spelling', () => {
  const resource = (before: unknown, after: unknown): readonly string[] =>
    resourceDiff(values(before, after), masking).map(({ path }) => path);

  test('null and empty are the same, unless nothing else differs', () => {
    expect(resource({ a: null, b: 1 }, { a: [], b: 2 })).toEqual(['b']);
    expect(resource({ a: null, b: 1 }, { a: [], b: 1 })).toEqual(['a']);
    expect(resource({ a: null, b: 0, c: [''] }, { a: false, b: null, c: [] })).toEqual(['a', 'b', 'c']);
  });
});

describe('lists', () => {
  test('of texts say what comes and goes, and whether the order of the rest changes', () => {
    expect(said({ a: ['x', 'y', 'z'] }, { a: ['z', 'new', 'y'] })).toEqual([
      'a[*]: remove "x"',
      'a[*]: add → "new"',
      'a: update the order of the others changes too',
    ]);
    expect(said({ a: ['x', 'y'] }, { a: ['y', 'x'] })).toEqual(['a: update only the order changes']);
    expect(said({ a: ['x', 'x'] }, { a: ['x'] })).toEqual(['a[*]: remove "x"']);
    expect(said({ a: ['x'] }, { a: ['y'] })).toEqual(['a[0]: update "x" → "y"']);
  });

  test('of objects by what names them', () => {
    expect(
      said(
        {
          rule: [
            { name: 'a', port: 1 },
            { name: 'b', port: 2 },
          ],
        },
        {
          rule: [
            { name: 'c', port: 3 },
            { name: 'a', port: 9 },
          ],
        },
      ),
    ).toEqual([
      'rule["b"]: remove { name = "b", port = 2 }',
      'rule["c"]: add → { name = "c", port = 3 }',
      'rule["a"].port: update 1 → 9',
    ]);
    expect(said({ r: [{ name: 'a' }, { name: 'b' }] }, { r: [{ name: 'b' }, { name: 'a' }] })).toEqual([
      'r: update only the order changes',
    ]);
  });
});

describe('JSON inside of a text', () => {
  const policy = (...statements: object[]): string => json({ Version: '2012-10-17', Statement: statements });
  const read = { Sid: 'Read', Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' };
  const write = { Sid: 'Write', Effect: 'Deny', Action: 's3:PutObject', Resource: '*' };

  test('is compared as JSON', () => {
    expect(said({ a: json({ b: [{ c: 1 }], d: 2 }) }, { a: json({ d: 2, b: [{ c: 3 }] }) })).toEqual([
      'a.b[0].c: update 1 → 3',
    ]);
    expect(said({ a: '{"b": 1, "c": 2}' }, { a: '{"c":2,"b":1}' })).toEqual([
      'a: update the same JSON, written in another way',
    ]);
  });

  test('a policy is compared statement by statement, whatever their order and spelling', () => {
    expect(
      said(
        { p: policy(read, write) },
        { p: policy(write, { ...read, Action: ['s3:ListBucket', 's3:GetObject'] }) },
      ),
    ).toEqual(['p: update the same policy, written in another order or way']);
    const conditions = {
      StringEquals: { 'aws:SourceAccount': '1' },
      Bool: { 'aws:SecureTransport': 'true' },
    };
    const turned = Object.fromEntries(Object.entries(conditions).reverse());
    expect(
      said(
        { p: policy(read, { ...write, Condition: conditions }) },
        { p: policy({ ...write, Condition: turned }, read) },
      ),
    ).toEqual(['p: update the same policy, written in another order or way']);
    expect(said({ p: policy(read, write) }, { p: policy(write, { ...read, Action: 's3:*' }) })).toEqual([
      'p.Statement["Read"].Action[*]: remove "s3:GetObject"',
      'p.Statement["Read"].Action[*]: remove "s3:ListBucket"',
      'p.Statement["Read"].Action[*]: add → "s3:*"',
    ]);
    expect(said({ p: policy(read, write) }, { p: policy(read) })).toEqual([
      'p.Statement["Write"]: remove { Action = ["s3:PutObject"], Effect = "Deny", Resource = ["*"], Sid = "Write" }',
    ]);
  });

  test('containers are compared by name, and their environments by variable, without the values', () => {
    const container = (image: string, level: string): object => ({
      name: 'api',
      image,
      environment: [
        { name: 'LEVEL', value: level },
        { name: 'PORT', value: '8080' },
      ],
      secrets: [{ name: 'DB', valueFrom: `arn:aws:ssm:::parameter/${image}` }],
    });
    expect(
      said(
        { c: json([container('a:1', 'info')]) },
        { c: json([{ name: 'proxy' }, container('a:2', 'debug')]) },
      ),
    ).toEqual([
      'c["proxy"]: add → { name = "proxy" }',
      'c["api"].environment["LEVEL"].value: update → (sensitive, changed)',
      'c["api"].image: update "a:1" → "a:2"',
      'c["api"].secrets["DB"].valueFrom: update "arn:aws:ssm:::parameter/a:1" → "arn:aws:ssm:::parameter/a:2"',
    ]);
  });

  test('that comes as a whole is taken apart too, its secrets masked', () => {
    expect(said(null, { c: json({ user: 'me', password: 'x' }) })).toEqual([
      'c: add → { password = (sensitive), user = "me" }',
    ]);
  });
});

describe('texts of several lines', () => {
  test('are compared line by line, with two lines around a change', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const changed = [...lines.slice(0, 10), 'new', ...lines.slice(11)];
    expect(said({ a: lines.join('\n') }, { a: changed.join('\n') })).toEqual([
      'a: update @ 8 lines without a change| line 8| line 9|-line 10|+new| line 11| line 12|@ 7 lines without a change',
    ]);
  });

  test('that come or go are shown as lines', () => {
    expect(said({ a: null, b: 'x\ny\n' }, { a: 'one\n\ttwo\n', b: null })).toEqual([
      'a: add +one|+\\ttwo',
      'b: remove -x|-y',
    ]);
  });

  test('the line break at the end and the kind of line breaks are told in words', () => {
    expect(said({ a: 'x\ny' }, { a: 'x\nz\n' })).toEqual([
      'a: update the line break at its end comes  x|-y|+z',
    ]);
    expect(said({ a: 'x\ny\n' }, { a: 'x\r\ny\r\n' })).toEqual(['a: update only line breaks change']);
    expect(said({ a: 'x\ny\n' }, { a: 'x\ny' })).toEqual(['a: update the line break at its end goes']);
  });

  test('a line with a secret is hidden, and that only such a line changes is said', () => {
    expect(said({ a: 'run\nexport TOKEN=abcdef1\n' }, { a: 'walk\nexport TOKEN=abcdef1\n' })).toEqual([
      'a: update -run|+walk| (sensitive)',
    ]);
    expect(said({ a: 'run\nexport TOKEN=abcdef1\n' }, { a: 'run\nexport TOKEN=abcdef2\n' })).toEqual([
      'a: update → (sensitive, changed)',
    ]);
  });
});

describe('masking', () => {
  test('a mark hides the value and all that lies inside, on whichever side it stands', () => {
    for (const marks of [{ beforeSensitive: { a: true } }, { afterSensitive: { a: true } }]) {
      expect(said({ a: { k: 'CANARY-1' } }, { a: { k: 'CANARY-2' } }, marks)).toEqual([
        'a: update → (sensitive, changed)',
      ]);
    }
    expect(said({ a: 1 }, { a: 2 }, { afterSensitive: true })).toEqual([': update → (sensitive, changed)']);
    expect(said(null, { a: { b: ['x', 'y'] } }, { afterSensitive: { a: { b: [false, true] } } })).toEqual([
      'a: add → { b = ["x", (sensitive)] }',
    ]);
  });

  test('what comes, goes, stays and is not known yet is said of a sensitive value as of any other', () => {
    const marks = {
      beforeSensitive: { a: true, b: true, c: true, d: true },
      afterSensitive: { a: true, b: true, c: true },
    };
    expect(
      said({ b: 'x', c: 'x', d: 'x' }, { a: 'x', d: 'x' }, { ...marks, afterUnknown: { c: true } }),
    ).toEqual([
      'a: add → (sensitive)',
      'b: remove (sensitive)',
      'c: update (sensitive) → (sensitive, known after apply)',
      'd: update → (sensitive, unchanged) is no longer marked as sensitive',
    ]);
    expect(said({ d: 'x' }, { d: 'x' }, { afterSensitive: { d: true } })).toEqual([
      'd: update → (sensitive, unchanged) becomes sensitive',
    ]);
    expect(
      said({ d: 'x' }, { d: 'x' }, { beforeSensitive: { d: true }, afterSensitive: { d: true } }),
    ).toEqual([]);
  });

  test('an element of a list with a mark inside is not named by what may be marked', () => {
    expect(
      said(
        { r: [{ name: 'CANARY-name', v: 1 }] },
        { r: [{ name: 'CANARY-name', v: 2 }] },
        { beforeSensitive: { r: [{ name: true }] }, afterSensitive: { r: [{ name: true }] } },
      ),
    ).toEqual(['r[0].v: update 1 → 2']);
  });

  test('names, environments and user data hide values by default', () => {
    expect(
      said(
        { password: 'a', user_data: 'a', variables: { LEVEL: 'a' }, token_arn: 'arn:aws:x:a' },
        { password: 'b', user_data: 'b', variables: { LEVEL: 'b' }, token_arn: 'arn:aws:x:b' },
      ),
    ).toEqual([
      'password: update → (sensitive, changed)',
      'token_arn: update "arn:aws:x:a" → "arn:aws:x:b"',
      'user_data: update → (sensitive, changed)',
      'variables.LEVEL: update → (sensitive, changed)',
    ]);
    expect(said({ password: 'a' }, {}, { afterUnknown: { password: true } })).toEqual([
      'password: update (sensitive) → (known after apply)',
    ]);
  });

  test('a text with a known secret is hidden wherever it stands, in keys too', () => {
    expect(said({ a: 'x' }, { a: 'y known-sesame-1234' })).toEqual(['a: update → (sensitive, changed)']);
    expect(said(null, { a: ['known-sesame-1234'] })).toEqual(['a: add → [(sensitive)]']);
    expect(said({ t: {} }, { t: { 'known-sesame-1234': 1 } })[0]).toMatch(
      /^t\["\(sensitive [0-9a-f]{8}\)"\]: add → 1$/,
    );
  });

  test("an output is hidden when its name is a secret's", () => {
    expect(attributeDiff(values('a', 'b'), masking, { name: 'api_token' })).toEqual([
      { path: '', kind: 'update', after: '(sensitive, changed)' },
    ]);
    expect(attributeDiff(values('a', 'b'), masking, { name: 'url' })).toEqual([
      { path: '', kind: 'update', before: '"a"', after: '"b"' },
    ]);
  });
});

describe('what forces a replacement', () => {
  const forcing = (path: (string | number)[], before: unknown, after: unknown): string[] =>
    said(before, after, { replacePaths: [path] });

  test('is marked, at the path, above it and inside of it, and nowhere else', () => {
    expect(forcing(['a'], { a: 1, b: 1 }, { a: 2, b: 2 })).toEqual(['a: update 1 → 2 !', 'b: update 1 → 2']);
    expect(forcing(['a'], { a: { b: 1 } }, { a: { b: 2 } })).toEqual(['a.b: update 1 → 2 !']);
    expect(forcing(['a', 0, 'b'], { a: [{ b: 1, c: 1 }] }, { a: [{ b: 2, c: 2 }] })).toEqual([
      'a[0].b: update 1 → 2 !',
      'a[0].c: update 1 → 2',
    ]);
    expect(forcing(['a', 'b'], {}, { a: { b: 1 } })).toEqual(['a: add → { b = 1 } !']);
  });

  test('is all of a JSON text', () => {
    expect(forcing(['a'], { a: '{"b":1}' }, { a: '{"b":2}' })).toEqual(['a.b: update 1 → 2 !']);
    expect(forcing(['b'], { a: '{"b":1}' }, { a: '{"b":2}' })).toEqual(['a.b: update 1 → 2']);
  });
});
