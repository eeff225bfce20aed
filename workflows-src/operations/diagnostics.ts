import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Masking } from '../changes/masking';
import type { Plan } from '../changes/planned-change';
import { configuredSecrets } from '../changes/secrets';
import type { SynthesizedStack } from '../graph/synthesized';
import type { Workspace } from './workspace';

/**
 * What may be shown of an error. Terraform hides in its own sentences what it knows to be sensitive, but not a secret of the
 * environment, which it does not know, and nothing at all in what a provider says: `creating Log Group (…)`.
 * @param plan of the apply that failed, which marks what is sensitive. @default none: what the configuration marks is hidden
 */
export function shownMessage(
  { secrets = [] }: Pick<Workspace, 'secrets'>,
  stack: Pick<SynthesizedStack, 'folder'>,
  message: string,
  plan?: Pick<Plan, 'masking'>,
): string {
  const known = new Masking([...secrets, ...configuredSecrets(configurationOf(stack))]);
  const lines = known.lines(message);
  const shown = plan && lines ? plan.masking.lines(lines.join('\n')) : lines;
  return shown?.join('\n') ?? 'What terraform said holds a secret, and is not shown.';
}

/** @returns undefined where it cannot be read, which may be what the error says */
function configurationOf({ folder }: Pick<SynthesizedStack, 'folder'>): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
