import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { config } from '../../stacks/config';
import type { SynthesizedStack } from '../../workflows-src/graph/synthesized';
import { scanStanding } from './standing';

test('fails when a stack that stands has no second plan to scan, before anything is scanned', async () => {
  const plans = mkdtempSync(join(tmpdir(), 'fairlead-plans-'));
  try {
    writeFileSync(join(plans, 'dev-network.json'), '{}');
    const stacks = ['bootstrap', 'dev-network'].map((id) => ({ id }) as SynthesizedStack);
    await expect(
      scanStanding({ plans, stacks, config }, { python: 'none', env: {}, folder: plans }),
    ).rejects.toThrow('there is no second plan of bootstrap to scan');
  } finally {
    rmSync(plans, { recursive: true });
  }
});
