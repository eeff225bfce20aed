import { zipSync, type Zippable } from 'fflate';

import { sha256, unpacked } from './artifact';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const all = (): boolean => true;
const namesIn = (zip: Uint8Array): string[] => [...unpacked(zip, 'plan-dev', all).keys()];

/** The central directory's header of the first file, where its sizes are claimed. */
function patched(zip: Uint8Array, change: (buffer: Buffer, header: number) => void): Uint8Array {
  const buffer = Buffer.from(zip);
  change(buffer, buffer.indexOf(new Uint8Array([0x50, 0x4b, 0x01, 0x02])));
  return new Uint8Array(buffer);
}

const COMPRESSED_SIZE = 20;
const ORIGINAL_SIZE = 24;
/** Of the record at the end: how many files there are. */
const ENTRIES = 10;

test('an artifact is its files by name', () => {
  const zip = zipSync({ 'a.json': bytes('one'), 'b.json': [bytes('two'), { level: 0 }] });
  const files = unpacked(zip, 'plan-dev', all);
  expect([...files].map(([name, content]) => [name, Buffer.from(content).toString()])).toEqual([
    ['a.json', 'one'],
    ['b.json', 'two'],
  ]);
});

test('an empty one has no files', () => {
  expect(namesIn(zipSync({}))).toEqual([]);
});

test('only wanted files are unpacked', () => {
  const zip = zipSync({ 'a.json': bytes('one'), 'a.html': bytes('two') });
  expect([...unpacked(zip, 'plan-dev', (name) => name.endsWith('.json')).keys()]).toEqual(['a.json']);
});

test.each([
  '../a.json',
  '/etc/a.json',
  'folder/a.json',
  'folder\\a.json',
  'C:a.json',
  '.json',
  '..json',
  'a\n.json',
  'a\0.json',
  '\u202ea.json',
  'a b.json',
  '',
])('a file named %j is none of ours and left in the artifact', (name) => {
  expect(namesIn(zipSync({ [name]: bytes('x'), 'b.json': bytes('y') }))).toEqual(['b.json']);
});

test('a file named as what JavaScript treats in a way of its own does no harm', () => {
  const zip = patched(zipSync({ abcdefghi: bytes('x'), 'b.json': bytes('y') }), (buffer) => {
    for (let at = buffer.indexOf('abcdefghi'); at >= 0; at = buffer.indexOf('abcdefghi'))
      buffer.write('__proto__', at);
  });
  expect(namesIn(zip)).toEqual(['b.json']);
  expect(({} as Record<number, unknown>)[0]).toBeUndefined();
});

test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array()],
  ['a text', bytes('<html>not found</html>')],
  ['a long text', bytes('x'.repeat(200_000))],
  ['the beginning of one', zipSync({ 'a.json': bytes('one') }).slice(0, 40)],
  [
    'one whose content is broken',
    patched(zipSync({ 'a.json': bytes('one'.repeat(100)) }), (zip) => zip.fill(0xff, 36, 44)),
  ],
])('fails when it is no zip file but %s', (_what, zip) => {
  expect(() => unpacked(zip, 'plan-dev', all)).toThrow(/^the artifact plan-dev cannot be unpacked: /);
});

describe('fails, before it takes the memory, when', () => {
  const TOO_MUCH = 'the artifact plan-dev cannot be unpacked: it unpacks to more than any of ours has';
  const zeros = new Uint8Array(1024 * 1024);

  test('files are too many', () => {
    const files = (count: number): Zippable =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`${at}.json`, [bytes('x'), { level: 0 }]]),
      );
    expect(namesIn(zipSync(files(1_000)))).toHaveLength(1_000);
    expect(() => namesIn(zipSync(files(1_001)))).toThrow(TOO_MUCH);
  });

  test('a small one unpacks to very much', () => {
    const bomb = zipSync({ 'a.json': zeros, 'b.json': zeros });
    expect(bomb.length).toBeLessThan(5_000);
    expect(namesIn(bomb)).toHaveLength(2);
    const claim = patched(bomb, (zip, header) =>
      zip.writeUInt32LE(513 * 1024 * 1024, header + ORIGINAL_SIZE),
    );
    expect(() => namesIn(claim)).toThrow(TOO_MUCH);
  });

  test('its directory has no end', () => {
    const few = zipSync({ 'a.json': bytes('x') });
    const claim = patched(few, (zip) => zip.writeUInt16LE(65_535, zip.length - 22 + ENTRIES - 2));
    expect(() => namesIn(claim)).toThrow(TOO_MUCH);
  });

  test('a stored file is larger than it claims, again and again', () => {
    const stored = zipSync({ 'a.json': [zeros, { level: 0 }] });
    const header = Buffer.from(stored).indexOf(new Uint8Array([0x50, 0x4b, 0x01, 0x02]));
    const entry = Buffer.from(stored.subarray(header, stored.length - 22));
    entry.writeUInt32LE(0, ORIGINAL_SIZE);
    expect(entry.readUInt32LE(COMPRESSED_SIZE)).toBe(zeros.length);
    const end = Buffer.from(stored.subarray(stored.length - 22));
    end.writeUInt16LE(600, ENTRIES - 2);
    end.writeUInt16LE(600, ENTRIES);
    const entries = Array.from({ length: 600 }, (_, at) => {
      const one = Buffer.from(entry);
      one.write(`${at}`.padStart(1, '0').slice(0, 1), 46);
      return one;
    });
    const overlapping = Buffer.concat([stored.subarray(0, header), ...entries, end]);
    expect(() => namesIn(new Uint8Array(overlapping))).toThrow(TOO_MUCH);
  });
});

test('a file that unpacks to more than it claims is cut, whose digest tells', () => {
  const zip = zipSync({ 'a.json': bytes('one'.repeat(100_000)) });
  const lying = patched(zip, (buffer, header) => buffer.writeUInt32LE(3, header + ORIGINAL_SIZE));
  expect(unpacked(lying, 'plan-dev', all).get('a.json')).toHaveLength(3);
});

test('the digest of a file is SHA-256', () => {
  // https://www.di-mgt.com.au/sha_testvectors.html
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256(bytes('abc'))).toBe(sha256('abc'));
});
