import * as z from 'zod';

import type { Emulator } from './emulator';

/**
 * Restores a snapshot of a database into a new instance, as docs/restore.md does, and removes both again.
 * @returns what the two have in common, in words
 * @throws Error naming what differs and must not, or is the same and must not be
 */
export async function restoreDrill(
  emulator: Pick<Emulator, 'aws'>,
  database: string,
  signal?: AbortSignal,
): Promise<string> {
  const names = { database, restored: `${database}-restored` };
  const { original, restored } = drill.parse(await emulator.aws('restore-drill', names, signal));
  const wrong = Object.entries(original.same).flatMap(([what, value]) => {
    const now = restored.same[what];
    return now === value ? [] : [`its ${what} is ${now}, and was ${value}`];
  });
  if (restored.id === original.id) wrong.push('its id is the one of the old instance');
  if (restored.masterSecret === original.masterSecret)
    wrong.push('its master password is the one of the old instance');
  if (wrong.length > 0)
    throw new Error(
      `${names.restored} is not as ${database}, which it was restored from: ${wrong.join('; ')}`,
    );
  return Object.keys(original.same).join(', ');
}

const instance = z.object({
  id: z.string(),
  masterSecret: z.string(),
  same: z.record(z.string(), z.union([z.string(), z.boolean()])),
});
const drill = z.object({ original: instance, restored: instance });
