import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { SynthesizedStack } from '../graph/synthesized';
import { serviceOf } from '../release/release';
import type { Applied, StateStore } from './state-store';
import type { Workspace } from './workspace';

export interface ApplyNow {
  readonly commit: string;
  readonly at: Date;
  /** What is recorded of the apply before. */
  readonly before: Applied | undefined;
  readonly changed: boolean;
  /** Of what it read from, as it was when it was planned. */
  readonly reads: Readonly<Record<string, string>>;
}

/** What is recorded of a stack that was just applied. */
export async function appliedNow(
  { images, released }: Pick<Workspace, 'images' | 'released'>,
  stack: SynthesizedStack,
  { commit, at, before, changed, reads }: ApplyNow,
): Promise<Applied> {
  const of = serviceOf(stack);
  const image = of?.part === 'tasks' ? (images.get(of.service) ?? (await released?.(of.service))) : undefined;
  return {
    commit,
    at: at.toISOString(),
    configuration: configurationDigest(stack),
    revision: changed ? randomUUID() : (before?.revision ?? randomUUID()),
    reads,
    ...(image !== undefined && { image }),
  };
}

/**
 * The revisions of what a stack reads from. Those that are not recorded, or are being applied, are left out: nothing can be
 * said to be as it was then.
 * @param known among them those that it reads from
 */
export async function revisionsRead(
  store: Pick<StateStore, 'applied'>,
  { reads }: Pick<SynthesizedStack, 'reads'>,
  known: readonly SynthesizedStack[],
): Promise<Readonly<Record<string, string>>> {
  const upstreams = known.filter(({ id }) => reads.includes(id));
  const records = await Promise.all(
    upstreams.map(async (upstream) => [upstream.id, await store.applied(upstream)] as const),
  );
  return Object.fromEntries(
    records.flatMap(([id, { applied, running }]) =>
      running === undefined && applied?.revision !== undefined ? [[id, applied.revision] as const] : [],
    ),
  );
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
