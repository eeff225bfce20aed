import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { processIo } from '../../workflows-src/cli/main';
import { prepareEngine } from './prepare';

/**
 * Prepares the container engine for this checkout, and prints what a shell must export to use it as the rehearsal does:
 * eval "$(npm run --silent engine)". Exit code 1 where there is none.
 */
async function main(): Promise<number> {
  const root = join(__dirname, '../..');
  const io = processIo();
  const prepared = await prepareEngine({
    env: io.env,
    root,
    services: readdirSync(join(root, 'services')),
    signal: io.signal,
    say: (line) => io.err(`${line}\n`),
  });
  if ('missing' in prepared) {
    io.err(`${prepared.missing}\n`);
    return 1;
  }
  for (const [name, value] of Object.entries(prepared.engine.env))
    if (io.env[name] !== value) io.out(`export ${name}='${String(value).replaceAll("'", "'\\''")}'\n`);
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
