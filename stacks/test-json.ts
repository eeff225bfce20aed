import { TerraformStack, Testing } from 'cdktf';
import type { Construct } from 'constructs';

/** For tests: what Terraform is given, parsed from what the app writes. */
export interface StackJson {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
  readonly data: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
  readonly output: Readonly<Record<string, { readonly value: unknown }>>;
  readonly variable: Readonly<Record<string, Resource>>;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads any depth of any resource, and fails where it is wrong
export type Resource = Readonly<Record<string, any>>;

/** One construct alone, in a stack of its own. */
export function constructJson(build: (scope: Construct) => unknown): StackJson {
  // Named, or cdktf makes a temporary folder and leaves it; nothing is written there.
  const stack = new TerraformStack(Testing.app({ outdir: 'cdktf.out' }), 'stack');
  build(stack);
  return JSON.parse(Testing.synth(stack)) as StackJson;
}

/** Resources of one type, without cdktf's own notes. */
export function all(stack: StackJson, type: string): Resource[] {
  return Object.values(stack.resource[type] ?? {}).map(({ '//': _notes, ...resource }) => resource);
}

/** The resource of a type of which there is one. */
export function only(stack: StackJson, type: string): Resource {
  const found = all(stack, type);
  if (found.length !== 1 || !found[0]) throw new Error(`expected one ${type}, found ${found.length}`);
  return found[0];
}

/** @param address `type.id` */
export function at(stack: StackJson, address: string): Resource {
  const [type = '', id = ''] = address.split('.');
  const resource = stack.resource[type]?.[id];
  if (!resource)
    throw new Error(
      `no ${address}; of that type there are ${Object.keys(stack.resource[type] ?? {}).join(', ')}`,
    );
  return resource;
}
