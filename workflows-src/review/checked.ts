import * as z from 'zod';

/** Schemas of what files and artifacts have in common, and how such a file is read. */

/** Longer than anything that we write. */
export const text = z.string().max(1_000_000);
/** As CDKTF stacks are named, and safe as a file name. */
export const stackId = z.string().regex(/^[A-Za-z0-9][\w-]{0,99}$/, 'is not the name of a stack');
export const commit = z.string().regex(/^[0-9a-f]{40}$/, 'is not a commit (40 hexadecimal digits)');

/**
 * Parses JSON and checks it.
 * @param name of the file, for errors
 * @param what it should be, for errors
 * @throws Error `<name>: …` that names the first field that is wrong, and never repeats a value
 */
export function checked<T extends z.ZodType>(
  schema: T,
  bytes: Uint8Array,
  name: string,
  maxBytes: number,
  what: string,
): z.output<T> {
  if (bytes.byteLength > maxBytes)
    throw new Error(`${name}: ${bytes.byteLength} bytes are more than ${what} has (${maxBytes} at most)`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new Error(`${name}: is not JSON; it should be ${what}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'the whole';
  throw new Error(`${name}: ${where}: ${issue?.message}; it should be ${what}`);
}
