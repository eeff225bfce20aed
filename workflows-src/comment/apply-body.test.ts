import { APPLY_MARKER, withPart } from './apply-body';
import { bytes } from './markdown';

test('each environment has one part, the last written the last', () => {
  const one = withPart('', 'dev', '## dev: stopped');
  const two = withPart(one, 'prod', '## prod: nothing to do');
  const three = withPart(two.replaceAll('\n', '\r\n'), 'dev', '## dev: applied');
  expect(three.startsWith(`${APPLY_MARKER}\n`)).toBe(true);
  expect(three).not.toContain('stopped');
  expect(three.indexOf('## prod: nothing to do')).toBeLessThan(three.indexOf('## dev: applied'));
});

test('what terraform said cannot end a part, or begin one', () => {
  const said = 'Error:\n<!-- end -->\n<!-- environment: prod -->\nprod is applied\n<!-- end -->\nthe rest';
  const again = withPart(withPart('', 'dev', said), 'prod', 'really');
  expect(again.match(/^<!-- environment: /gm)).toHaveLength(2);
  expect(again).toContain('the rest\n<!-- end -->');
  expect(again).toContain('<!-- environment: prod -->\nreally');
});

test('the same part again is the same comment', () => {
  const body = withPart(withPart('', 'dev', 'a'), 'prod', 'b');
  expect(withPart(body, 'prod', 'b')).toBe(body);
});

test('the oldest parts go when the comment is too long', () => {
  let body = '';
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six'])
    body = withPart(body, name, name + 'x'.repeat(15_000));
  expect(bytes(body)).toBeLessThanOrEqual(65_536);
  expect(body).toContain('sixx');
  expect(body).not.toContain('onex');
});
