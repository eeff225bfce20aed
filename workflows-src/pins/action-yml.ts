import { parse } from 'yaml';
import * as z from 'zod';

import type { Interface, PinInput } from './pin-file';

/**
 * The inputs and outputs that an `action.yml` declares. A stranger wrote it: what is not as GitHub documents it is refused.
 * @param where for messages, such as `actions/checkout@v7.0.1/action.yml`
 * @throws Error naming the place in the file
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
 */
export function readActionYml(text: string, where: string): Interface {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new Error(`${where}: is no YAML: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  const { data, error } = metadata.safeParse(document);
  if (error) {
    const { path, message } = error.issues[0] as z.core.$ZodIssue;
    throw new Error(`${where}: ${path.join('.') || 'it'}: ${message}`);
  }
  return {
    inputs: Object.fromEntries(
      Object.entries(data.inputs ?? {}).map(([name, input]) => [name, asInput(input)]),
    ),
    outputs: Object.fromEntries(
      Object.keys(data.outputs ?? {})
        .sort()
        .map((name) => [name, {}]),
    ),
  };
}

function asInput(input: z.infer<typeof declared>): PinInput {
  const { required, default: given } = input ?? {};
  return {
    ...((required === true || required === 'true') && { required: true as const }),
    // `default:` with nothing behind it is none.
    ...(given !== undefined && given !== null && { default: given }),
  };
}

/** Names as `with:` and expressions have them. */
const name = z.string().regex(/^[A-Za-z_][\w-]*$/);
const declared = z
  .looseObject({
    required: z.union([z.boolean(), z.enum(['true', 'false'])]).nullish(),
    default: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  })
  .nullable();
const metadata = z.looseObject({
  runs: z.looseObject({ using: z.string() }),
  inputs: z.record(name, declared).nullish(),
  outputs: z.record(name, z.unknown()).nullish(),
});
