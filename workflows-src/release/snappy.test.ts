import { unsnap } from './snappy';

const block = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const text = (hex: string, max = 1_000): string => Buffer.from(unsnap(block(hex), max)).toString('utf8');

describe('a block of Snappy', () => {
  it('is decompressed, with what it refers back to', () => {
    const compressed =
      '3f2c6174746573746174696f6e205a0c006c2c20616e64206f6e6365206d6f72653a206174746573746174696f6e';
    expect(text(compressed)).toBe('attestation attestation attestation, and once more: attestation');
  });

  it('may refer to what it is just writing', () => {
    expect(text('9003046162fe0200fe0200fe0200fe0200fe0200fe0200360200')).toBe('ab'.repeat(200));
  });

  it.each([
    ['in eleven bits', '070461620502', 'abababa'],
    ['in two bytes', '0404616206' + '0200', 'abab'],
    ['in four bytes', '0404616207' + '02000000', 'abab'],
  ])('knows a reference with its distance %s', (_what, hex, expected) => {
    expect(text(hex)).toBe(expected);
  });

  it('knows literals with a length of one byte to four', () => {
    for (const bytes of [1, 2, 3, 4]) {
      const size = Buffer.alloc(bytes);
      size.writeUInt8(59);
      const tag = ((59 + bytes) << 2).toString(16);
      expect(text(`3c${tag}${size.toString('hex')}${'61'.repeat(60)}`)).toBe('a'.repeat(60));
    }
  });

  it('of nothing is nothing', () => {
    expect(text('00')).toBe('');
  });

  it.each([
    ['is empty', '', 'it breaks off'],
    ['has a length without end', 'ffffffffff01', 'its length is no number'],
    ['is larger than is wanted', 'e90700', 'it has 1001 bytes, at most 1000 are read'],
    ['ends before its literal', '050c6162', 'it breaks off'],
    ['ends before its length is reached', '03046162', 'it breaks off'],
    ['goes on after its length', '01046162', 'it is longer than it says'],
    ['refers to before its beginning', '0604616205' + '03', 'it refers to what is not there'],
    ['refers to nowhere', '0604616205' + '00', 'it refers to what is not there'],
    ['has a literal whose length would be negative', '05fcfaffffff61', 'it breaks off'],
  ])('fails when it %s', (_what, hex, message) => {
    expect(() => text(hex)).toThrow(message);
  });
});
