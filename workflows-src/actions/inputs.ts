import * as z from 'zod';

/** An input that is a JSON list of names. @throws Error naming the input */
export function jsonList(name: string, text: string): readonly string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const parsed = names.safeParse(json);
  if (!parsed.success)
    throw new Error(`${name}: got ${JSON.stringify(text.slice(0, 100))}; valid: a JSON list of names`);
  return parsed.data;
}

const names = z.array(z.string().regex(/^[\w-]{1,100}$/)).max(1_000);
