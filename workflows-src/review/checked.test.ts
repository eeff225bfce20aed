import * as z from 'zod';

import { checked, commit, stackId } from './checked';

const schema = z.strictObject({ name: z.string(), parts: z.record(z.string(), z.int()).exactOptional() });
const read = (text: string, maxBytes = 1_000): unknown =>
  checked(schema, Buffer.from(text), 'a/b.json', maxBytes, 'a thing of ours');

test('a file is what its schema says', () => {
  expect(read('{"name":"é"}')).toEqual({ name: 'é' });
});

test.each([
  ['{"name":1}', 'a/b.json: name: Invalid input: expected string, received number'],
  ['[]', 'a/b.json: the whole: Invalid input: expected object, received array'],
  [
    '{"name":"x","parts":{"secret":"hunter2"}}',
    'a/b.json: parts.secret: Invalid input: expected number, rec',
  ],
  ['{"name":"x","hunter3":1}', 'a/b.json: the whole: Unrecognized key: "hunter3"'],
  ['{name}', 'a/b.json: is not JSON'],
])('fails for %s, naming the field and what it should be', (text, message) => {
  expect(() => read(text)).toThrow(message);
  expect(() => read(text)).toThrow(/; it should be a thing of ours$/);
  expect(() => read(text)).not.toThrow(/hunter2/);
});

test('fails when it is larger than any, before it is read', () => {
  expect(read('{"name":"x"}', 12)).toEqual({ name: 'x' });
  expect(() => read('{"name":"x"}', 11)).toThrow(
    'a/b.json: 12 bytes are more than a thing of ours has (11 at most)',
  );
});

test('what a schema throws by itself is not taken for a mistake of the file', () => {
  const broken = z.string().transform(() => {
    throw new TypeError('ours');
  });
  expect(() => checked(broken, Buffer.from('"x"'), 'f', 100, 'x')).toThrow(new TypeError('ours'));
});

test.each(['dev-network', 'bootstrap-222222222222', 'a', 'A_b', 'x'.repeat(100)])(
  '%s names a stack',
  (name) => {
    expect(stackId.safeParse(name).success).toBe(true);
  },
);

test.each(['', '-a', '_a', '__proto__', '../a', 'a/b', 'a.b', 'a b', 'a\n', 'é', 'x'.repeat(101)])(
  '%j names no stack',
  (name) => {
    expect(stackId.safeParse(name).success).toBe(false);
  },
);

test('a commit is 40 hexadecimal digits in lower case', () => {
  const good = '0123456789abcdef0123456789abcdef01234567';
  const wrong = ['', good.slice(1), `${good}0`, good.toUpperCase(), `${good}\n`, 'HEAD', '-'.repeat(40)];
  expect([good, ...wrong].filter((text) => commit.safeParse(text).success)).toEqual([good]);
});
