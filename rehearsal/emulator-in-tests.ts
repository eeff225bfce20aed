import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkConfig } from '../stacks/check-config';
import { config as givenConfig } from '../stacks/config';
import { synthesize } from '../stacks/main';
import { loadServiceDescriptors } from '../stacks/services';
import { child } from '../workflows-src/changes/json';
import { Emulator, withoutAws } from './emulator';

const ROOT = join(__dirname, '..');

/** That has the emulator's packages, where they could be installed. */
export const python = join(ROOT, '.fairlead', 'venv', 'bin', 'python');

/** Without the emulator these are not run, and the setup has said so; in CI it has failed instead. */
export const emulated = existsSync(python) ? describe : describe.skip;

/**
 * An emulator as the account 111111111111 in eu-west-1, whose log is in the test's own folder.
 * @param env of it besides. @default nothing
 */
export async function startEmulator(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Emulator> {
  return Emulator.start({
    python,
    env: { ...withoutAws(process.env), ...env },
    account: '111111111111',
    region: 'eu-west-1',
    log: join(folder, 'emulator.log'),
    onDeath: (error) => {
      throw error;
    },
  });
}

/** A resource as it is synthesized from the configuration that ships. */
export function synthesizedResource(stack: string, type: string, id: string): unknown {
  const { config, services } = checkConfig(givenConfig, loadServiceDescriptors(join(ROOT, 'services')));
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-synth-'));
  try {
    synthesize(config, services, outdir);
    const text = readFileSync(join(outdir, 'stacks', stack, 'cdk.tf.json'), 'utf8');
    return child(child(child(JSON.parse(text), 'resource'), type), id);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
