import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { readSynthesized } from '../graph/synthesized';
import type { CostedStack } from './costs';

const stackFile = z.looseObject({
  provider: z.looseObject({ aws: z.tuple([z.looseObject({ region: z.string() })]) }),
  resource: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/**
 * The resources of every stack that CDKTF wrote.
 * @param outdir absolute
 * @throws Error naming the file and what is wrong with it
 */
export function readCostedStacks(outdir: string): readonly CostedStack[] {
  return readSynthesized(outdir).map(({ id, folder }) => {
    const file = join(folder, 'cdk.tf.json');
    const read = stackFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!read.success) {
      const [issue] = read.error.issues;
      throw new Error(`${file}: ${issue?.path.join('.')}: ${issue?.message}; costs need one AWS provider`);
    }
    const { provider, resource } = read.data;
    return { id, region: provider.aws[0].region, resources: resource };
  });
}
