import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { SynthesizedStack } from '../graph/synthesized';
import { serviceOf } from '../release/release';
import type { Terraform } from '../terraform/terraform';
import { planFolder } from './plan-folder';

/** What every operation on stacks works with. */
export interface Workspace {
  readonly terraform: Terraform;
  /** The image of a service as `repository@sha256:…`; a service that is not in it keeps the one that was released. */
  readonly images: ReadonlyMap<string, string>;
  /** The image of a service that was released last; undefined when none was. @default the one in its state is taken */
  readonly released?: (service: string) => Promise<string | undefined>;
  /** Told what a stack is at, in a few words, whenever that changes; `end` with the last word of an operation. */
  readonly watch: (stack: string, state: string, end?: 'end') => void;
  readonly signal?: AbortSignal | undefined;
  /** Texts that are shown nowhere, besides what the plans mark as sensitive. @default none */
  readonly secrets?: readonly string[];
  /** How many stacks at a time. @default 4 */
  readonly parallel?: number;
}

/** The stack cannot be planned yet, and why; not an error. */
export class Deferred extends Error {
  public override readonly name = 'Deferred';
}

/** Where the plan of a stack is written. It holds the state in clear text. */
export function planFile({ id }: SynthesizedStack): string {
  return join(planFolder(), `${id}.tfplan`);
}

let lastInit: Promise<unknown> = Promise.resolve();

/**
 * Runs `terraform init` in the stack's folder unless it would do the same again: the provider's 700 MB are hashed each
 * time. One at a time, because the plugin cache is not safe for several
 * (https://developer.hashicorp.com/terraform/cli/config/config-file#provider-plugin-cache).
 */
export async function initialize({ terraform, watch }: Workspace, stack: SynthesizedStack): Promise<void> {
  const mine = lastInit.then(async () => {
    const stamp = join(stack.folder, '.terraform', 'fairlead-init');
    const now = await fingerprint(terraform, stack);
    if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === now && providersAreThere(stack)) return;
    watch(stack.id, 'init');
    await terraform.init(stack.folder);
    await writeFile(stamp, now);
  });
  lastInit = mine.catch(() => undefined);
  await mine;
}

/** Providers are links into a cache or a mirror, which may have gone since. */
function providersAreThere({ folder }: SynthesizedStack): boolean {
  const providers = join(folder, '.terraform', 'providers');
  return (
    existsSync(providers) &&
    readdirSync(providers, { recursive: true, encoding: 'utf8' }).every((name) =>
      existsSync(join(providers, name)),
    )
  );
}

/** Of the configuration that `init` depends on, and of what runs it. */
async function fingerprint({ binary }: Terraform, { folder }: SynthesizedStack): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(binary));
  const files = (await readdir(folder))
    .filter((name) => name === '.terraform.lock.hcl' || name.endsWith('.tf.json'))
    .sort();
  for (const name of files) {
    const text = await readFile(join(folder, name), 'utf8');
    hash
      .update(name)
      .update(
        name.endsWith('.json')
          ? JSON.stringify((JSON.parse(text) as { terraform?: unknown }).terraform ?? null)
          : text,
      );
  }
  return hash.digest('hex');
}

/** Removes a plan file, whether or not it was written. */
export async function removePlan(stack: SynthesizedStack): Promise<void> {
  await rm(planFile(stack), { force: true });
}

export interface Variables {
  readonly variables: Readonly<Record<string, string>>;
  /** The image that is deployed, and the one that takes its place: in a ledger they count as the same. */
  readonly images: readonly string[];
}

/**
 * The values of the stack's input variables. There is one kind: `image`, of the service that a tasks stack is for.
 * @param outputs of the stack as it was last applied. @default terraform is asked
 * @throws Deferred when no image was ever given to the environment; Error for a variable that nothing gives
 */
export async function variablesOf(
  { terraform, images, released }: Workspace,
  stack: SynthesizedStack,
  outputs = () => terraform.outputs(stack.folder),
): Promise<Variables> {
  const [name, ...others] = stack.variables;
  if (name === undefined) return { variables: {}, images: [] };
  const of = serviceOf(stack);
  const service = of?.part === 'tasks' ? of.service : undefined;
  const unknown = name === 'image' && service !== undefined ? others[0] : name;
  if (unknown !== undefined || service === undefined) {
    throw new Error(
      `${stack.id}: nothing gives a value to its variable '${unknown}'; only a tasks stack's 'image' is known`,
    );
  }
  const { deployed_image: deployed } = await outputs();
  const image = images.get(service) ?? (await released?.(service)) ?? deployed;
  if (typeof image !== 'string') {
    throw new Deferred(
      `no image of ${service} was released here yet; give one with --image ${service}=<repository>@sha256:<digest>`,
    );
  }
  return {
    variables: { image },
    images: [...new Set([image, ...(typeof deployed === 'string' ? [deployed] : [])])],
  };
}
