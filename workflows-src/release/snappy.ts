/**
 * Decompresses one block of Snappy, the form in which GitHub's storage has attestations. Our own, because the decoder that
 * npm has (snappyjs) never returns from some inputs.
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 * @throws Error when it is no such block, or has more than `maxBytes` when decompressed
 */
export function unsnap(block: Uint8Array, maxBytes: number): Uint8Array {
  let at = 0;
  const next = (bytes: number): number => {
    if (at + bytes > block.length) throw new Error('it breaks off');
    let value = 0;
    for (let index = 0; index < bytes; index += 1) value += (block[at + index] as number) * 256 ** index;
    at += bytes;
    return value;
  };

  let length = 0;
  for (let shift = 0; ; shift += 7) {
    if (shift > 28) throw new Error('its length is no number');
    const byte = next(1);
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > maxBytes) throw new Error(`it has ${length} bytes, at most ${maxBytes} are read`);

  const out = new Uint8Array(length);
  let filled = 0;
  const room = (bytes: number): void => {
    if (filled + bytes > length) throw new Error('it is longer than it says');
  };
  while (at < block.length) {
    const tag = next(1);
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const size = (short < 60 ? short : next(short - 59)) + 1;
      if (at + size > block.length) throw new Error('it breaks off');
      room(size);
      out.set(block.subarray(at, at + size), filled);
      at += size;
      filled += size;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const size = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = isShort ? (tag >> 5) * 256 + next(1) : next((tag & 3) === 2 ? 2 : 4);
    if (offset === 0 || offset > filled) throw new Error('it refers to what is not there');
    room(size);
    // Byte by byte: a copy may reach into what it writes.
    for (const end = filled + size; filled < end; filled += 1) out[filled] = out[filled - offset] as number;
  }
  if (filled < length) throw new Error('it breaks off');
  return out;
}
