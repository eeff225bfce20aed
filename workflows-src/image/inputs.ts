import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CannotStart, run } from '../terraform/process';

/** What an image is made from, and since when it is what it is. */
export interface Inputs {
  /** Of the newest commit that touched one of them. */
  readonly commit: string;
  /** Its time, in seconds since 1970: the time of everything in the image. */
  readonly epoch: number;
  /** Some of them are not committed. */
  readonly dirty: boolean;
}

/**
 * The files that the build of a service gets, as git's pathspecs: from its Dockerfile.dockerignore, which forbids everything
 * and then allows by name, and the two files themselves.
 * @throws Error naming a line that does otherwise
 */
export function inputPathspecs(service: string, dockerignore: string): readonly string[] {
  const file = `services/${service}/Dockerfile.dockerignore`;
  const lines = dockerignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*' || lines.length < 2)
    throw new Error(
      `${file}: must begin with *, and then allow by name what the build gets, got '${lines[0] ?? ''}'`,
    );
  const patterns = lines.slice(1).map((line) => {
    if (line.startsWith('!')) return `:(top,glob)${line.slice(1)}`;
    return `:(top,glob,exclude)${line}`;
  });
  const folders = lines.flatMap((line) => (line.startsWith('!') ? [`:(top,glob)${line.slice(1)}/**`] : []));
  return [`:(top)${file}`, `:(top)services/${service}/Dockerfile`, ...patterns, ...folders];
}

/** Those of a service in a checkout. @throws Error where its Dockerfile.dockerignore is missing, or is none of ours */
export function inputPathspecsIn(root: string, service: string): readonly string[] {
  const file = join(root, 'services', service, 'Dockerfile.dockerignore');
  if (!existsSync(file)) throw new Error(`${file}: is missing; it says what the build gets`);
  return inputPathspecs(service, readFileSync(file, 'utf8'));
}

/**
 * @param root of the repository
 * @throws Error where git cannot say: two builds of one commit must give one image
 */
export async function readInputs(
  root: string,
  service: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<Inputs> {
  const paths = inputPathspecsIn(root, service);
  const git = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run('git', [...args, '--', ...paths], {
      cwd: root,
      env,
      signal,
    }).catch((error: unknown) => {
      if (!(error instanceof CannotStart)) throw error;
      throw new Error('an image is built from a commit, and git is not on the PATH: install it', {
        cause: error,
      });
    });
    if (code !== 0) throw new Error(`${root}: git cannot say which commit the image is of: ${stderr.trim()}`);
    return stdout.toString('utf8').trim();
  };
  const [commit = '', time = ''] = (await git(['log', '-1', '--format=%H %ct'])).split(' ');
  if (!/^[0-9a-f]{40}$/.test(commit) || !/^\d+$/.test(time))
    throw new Error(
      `services/${service}: no commit has what its image is made from: commit it first (git add, git commit)`,
    );
  return { commit, epoch: Number(time), dirty: (await git(['status', '--porcelain'])) !== '' };
}
