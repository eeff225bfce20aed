import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { CannotStart, run } from '../../workflows-src/terraform/process';
import { installed } from '../python';

/** Programs, by their paths. */
export interface Linters {
  readonly actionlint: string;
  readonly hadolint: string;
  readonly shellcheck: string;
  readonly zizmor: string;
}

const ROOT = join(__dirname, '../..');
const REQUIREMENTS = join(ROOT, '.ci', 'requirements.txt');
const ACTIONLINT = '1.7.12';

/**
 * The linters at their pinned versions, in `.fairlead`; those that are not there yet are fetched.
 * @throws Error saying what to do, when there is no fitting Python or Go, or the packages cannot be had
 */
export async function findLinters(env: NodeJS.ProcessEnv): Promise<Linters> {
  const folder = join(ROOT, '.fairlead');
  const bin = await installed(
    { name: 'linters', requirements: REQUIREMENTS, whose: 'linters', needsMiB: 150 },
    { env, folder },
  );
  const [hadolint, shellcheck, zizmor] = ['hadolint', 'shellcheck', 'zizmor'].map((name) =>
    join(bin, name),
  ) as [string, string, string];
  return {
    actionlint: await actionlintIn(join(folder, `actionlint-${ACTIONLINT}`), env),
    hadolint,
    shellcheck,
    zizmor,
  };
}

/** Go compares what it fetches with its public log of checksums. */
async function actionlintIn(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = join(folder, 'actionlint');
  if (existsSync(file)) return file;
  const from = `github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT}`;
  try {
    const { code, stderr } = await run('go', ['install', from], { env: { ...env, GOBIN: folder } });
    if (code !== 0) throw new Error(`go install ${from}: exit ${code}\n${stderr.trim()}`);
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    throw new Error(
      `actionlint is built by Go, which is not on the PATH: install it (https://go.dev/dl), then run again`,
      {
        cause: error,
      },
    );
  }
  return file;
}
