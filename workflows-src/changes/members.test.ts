import { members } from './members';

const entries = (text: string): [string, string][] | undefined => {
  const found = members(text);
  return found && [...found];
};

test('each member has its own text, whatever brackets and quotes stand in its texts', () => {
  const value = { a: '}],"b":[', 'k"\\': [{ c: ['\\"', '\\\\'] }, null], n: -1.5e3, t: true, e: {} };
  for (const text of [
    JSON.stringify(value),
    JSON.stringify(value, null, 2),
    ` ${JSON.stringify(value)}\r\n`,
  ]) {
    const read = Object.fromEntries(
      [...members(text)!].map(([name, part]) => [name, JSON.parse(part) as unknown]),
    );
    expect(read).toEqual(value);
  }
  expect(entries(' {\n} ')).toEqual([]);
});

test('the last of two members with one name counts, as in JSON.parse', () => {
  expect(entries('{"a":1,"a":2}')).toEqual([['a', '2']]);
  expect(entries('{"\\u0061":1}')).toEqual([['a', '1']]);
});

test.each([
  '',
  '[]',
  '"a"',
  '{',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":{"b":1}',
  '{"a":"b}',
  '{"a":"\\',
  '{"a":1}x',
  '{"a":1} {}',
  '{a:1}',
  '{"a" 1}',
  '{"a":1 "b":2}',
  '{,}',
])('is undefined for %j', (text) => {
  expect(members(text)).toBeUndefined();
});
