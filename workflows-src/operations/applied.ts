import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { SynthesizedStack } from '../graph/synthesized';
import { serviceOf } from '../release/release';
import type { Applied } from './state-store';
import type { Workspace } from './workspace';

/** What is recorded of a stack that was just applied. */
export async function appliedNow(
  { images, released }: Pick<Workspace, 'images' | 'released'>,
  stack: SynthesizedStack,
  commit: string,
  at: Date,
): Promise<Applied> {
  const of = serviceOf(stack);
  const image = of?.part === 'tasks' ? (images.get(of.service) ?? (await released?.(of.service))) : undefined;
  return {
    commit,
    at: at.toISOString(),
    configuration: configurationDigest(stack),
    ...(image !== undefined && { image }),
  };
}

/** SHA-256 of all that terraform reads in a stack's folder, variables aside. */
export function configurationDigest({ folder }: Pick<SynthesizedStack, 'folder'>): string {
  const files = readdirSync(folder)
    .filter((name) => name === '.terraform.lock.hcl' || name.endsWith('.tf.json'))
    .sort();
  const hash = createHash('sha256');
  for (const name of files)
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0');
  return hash.digest('hex');
}
