import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { whenGone } from './when-gone';

/** A folder that goes with us. */
export interface Scratch {
  readonly path: string;
  remove(): Promise<void>;
}

export function scratchFolder(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-'));
  const guard = whenGone('rm', '-rf', '--', path);
  return { path, remove: () => guard.now() };
}
