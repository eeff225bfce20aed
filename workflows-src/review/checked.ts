import * as z from 'zod';

import { visible } from '../changes/visible-text';

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
 * @throws Error `<name>: …` that names the first field that is wrong, and never repeats a value; names cannot act
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
  const parsed = parse(schema, json);
  if (parsed === undefined) throw new Error(`${name}: is nested deeper than ${what}`);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = named(issue?.path.join('.') ?? '') || 'the whole';
  throw new Error(`${name}: ${where}: ${named(issue?.message ?? '')}; it should be ${what}`);
}

/** @returns undefined when the value is nested so deep that checking it exhausts the stack */
function parse<T extends z.ZodType>(schema: T, json: unknown): z.ZodSafeParseResult<z.output<T>> | undefined {
  try {
    return schema.safeParse(json);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Keys of the file stand in paths and messages: whoever wrote it has chosen them. */
function named(text: string): string {
  return visible(text.length > MOST_NAMED ? `${text.slice(0, MOST_NAMED)}…` : text);
}

const MOST_NAMED = 200;
