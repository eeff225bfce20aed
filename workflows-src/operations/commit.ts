import { CannotStart, run } from '../terraform/process';

/**
 * The commit that is checked out in a folder, forty hexadecimal digits; in a workflow the one that the run is for.
 * @returns undefined where there is no git, or no commit
 */
export async function checkedOutCommit(
  folder: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const given = env.GITHUB_SHA;
  if (given !== undefined && COMMIT.test(given)) return given;
  const answer = await run('git', ['rev-parse', '--verify', 'HEAD'], { cwd: folder, env, signal }).catch(
    (error: unknown) => {
      if (error instanceof CannotStart) return undefined;
      throw error;
    },
  );
  const said = answer?.stdout.toString('utf8').trim() ?? '';
  return answer?.code === 0 && COMMIT.test(said) ? said : undefined;
}

const COMMIT = /^[0-9a-f]{40}$/;
