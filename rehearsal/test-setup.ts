import { join } from 'node:path';

import { pythonEnvironment } from './python';

/** Before all tests: the emulator, k6 and act, once, so that tests which need them find them. */
export default async function setup(): Promise<void> {
  try {
    await pythonEnvironment({
      env: process.env,
      folder: join(__dirname, '..', '.fairlead'),
      onInstall: () =>
        process.stderr.write(
          'Installing the emulator (moto), k6 and act into .fairlead/venv, once; about half a minute.\n',
        ),
    });
  } catch (error) {
    // In CI a missing tool is a failure; elsewhere the tests that need it say that they were not run.
    if (process.env.CI) throw error;
    process.stderr.write(
      `\nTESTS WITH THE EMULATOR, k6 AND act ARE NOT RUN: ${(error as Error).message}\n\n`,
    );
  }
}
