import { randomUUID } from 'node:crypto';

import { ledgerOf, type LedgerEntry, type Mismatch } from '../changes/ledger';
import type { Plan } from '../changes/planned-change';

/**
 * What a plan would do besides putting one image in another's place: a new revision of task definitions that differ in the
 * image alone, and services that move to it. A rollback may do that and nothing else.
 * @param images that take each other's place
 * @returns nothing: the plan does only that
 */
export function besidesImages(plan: Plan, images: readonly string[]): readonly Mismatch[] {
  // With a key, masked values are compared too: an environment variable is one.
  const { entries } = ledgerOf(plan, { images, key: randomUUID() });
  const types = new Map(
    plan.changes.map(({ address, type, mode }) => [address, mode === 'data' ? '' : type]),
  );
  return entries.flatMap((entry): Mismatch[] => {
    // An output says what the resources are; it does nothing by itself.
    if (entry.address.startsWith('output.')) return [];
    const sentence = difference(entry, types.get(entry.address) ?? '');
    return sentence === undefined ? [] : [{ address: entry.address, sentence }];
  });
}

const REPLACES: readonly string[] = ['create-then-delete', 'delete-then-create', 'create-then-forget'];

/** What ECS gives a new revision. */
const OF_REVISION: readonly string[] = ['arn', 'arn_without_revision', 'id', 'revision'];

function difference({ action, attributes = {} }: LedgerEntry, type: string): string | undefined {
  const isExpected =
    (type === 'aws_ecs_task_definition' && REPLACES.includes(action)) ||
    (type === 'aws_ecs_service' && action === 'update');
  if (!isExpected) return `would be changed (${action}), and is not what runs an image`;
  const others = Object.entries(attributes)
    .filter(([name, { before, after }]) => {
      if (type === 'aws_ecs_service') return name !== 'task_definition';
      return after === '?' ? !OF_REVISION.includes(name) : before !== after;
    })
    .map(([name]) => name);
  return others.length === 0 ? undefined : `differs in ${others.join(', ')} besides the image`;
}
