import { visible, withoutAnsi } from './visible-text';

test('what can be seen stays, in any script', () => {
  expect(visible('aws_x.y["日本語 ключ é 👍"]')).toBe('aws_x.y["日本語 ключ é 👍"]');
});

test.each([
  ['a\nb\r\t', 'a\\u{a}b\\u{d}\\u{9}'],
  ['\u001b[31m', '\\u{1b}[31m'],
  ['a\u202eb\u2066c\u200d\ufeff', 'a\\u{202e}b\\u{2066}c\\u{200d}\\u{feff}'],
  ['a\u00a0b\u3164', 'a\\u{a0}b\\u{3164}'],
  ['\ud800', '\\u{d800}'],
  ['\u{e0041}', '\\u{e0041}'],
])('what cannot be seen is written out: %j', (text, written) => {
  expect(visible(text)).toBe(written);
});

test('what GitHub’s runner takes for a command is broken', () => {
  expect(visible('::error::x')).toBe('\\u{3a}:error::x');
  expect(visible('  ::error::x')).toBe('  \\u{3a}:error::x');
  expect(visible('x ##[error]y')).toBe('x ##\\u{5b}error]y');
  expect(visible('a::b')).toBe('a::b');
});

test('an IPv6 network is no command, and stays as everybody knows it', () => {
  for (const network of ['::/0', '::1', '::1/128', '::ffff:0:0/96']) expect(visible(network)).toBe(network);
  for (const command of ['::', '::add::', '::add::1', '::/0 ::error::x', '::1\n::error::x'])
    expect(visible(command)).toMatch(/^\\u\{3a\}:/);
});

test('terminal colours and titles go without a trace', () => {
  expect(withoutAnsi('\u001b[1m\u001b[38;5;9mError\u001b[0m \u001b]0;title\u0007x')).toBe('Error x');
});
