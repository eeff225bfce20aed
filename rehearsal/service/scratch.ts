import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { whenGone } from './when-gone';

/** A folder that goes with us. */
export interface Scratch {
  readonly path: string;
  remove(): Promise<void>;
}

export function scratchFolder(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-service-'));
  const guard = whenGone('rm', '-rf', '--', path);
  return { path, remove: () => guard.now() };
}

/** One that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
