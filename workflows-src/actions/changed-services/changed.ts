import { inputPathspecs } from '../../image/inputs';
import type { Git } from './git';

/** What each service's image is made from at a commit, as git's pathspecs: what its Dockerfile.dockerignore lets the build have. */
export type ImageInputs = ReadonlyMap<string, readonly string[]>;

/** @throws Error naming a service that does not say it, or not as it must */
export async function imageInputs(git: Git, services: readonly string[], at: string): Promise<ImageInputs> {
  const entries = services.map(async (service): Promise<[string, readonly string[]]> => {
    const file = `services/${service}/Dockerfile.dockerignore`;
    const text = await git.fileAt(at, file);
    if (text === undefined) throw new Error(`${file}: is missing at ${at}; it says what the build gets`);
    return [service, inputPathspecs(service, text)];
  });
  return new Map(await Promise.all(entries));
}

/**
 * Which services have to be built, in the order given: all, where there is nothing to compare with.
 * @param before where the branch stood; not in the checkout after a force push, and zeros for a new branch
 */
export async function changedServices(
  git: Git,
  inputs: ImageInputs,
  before: string,
  after: string,
): Promise<{ readonly services: readonly string[]; readonly isCompared: boolean }> {
  for (const [name, sha] of [
    ['before', before],
    ['after', after],
  ] as const) {
    if (!/^[0-9a-f]{40}$/.test(sha))
      throw new Error(`${name}: got '${sha}'; valid: a commit, 40 hexadecimal digits`);
  }
  if (/^0+$/.test(before) || !(await git.hasCommit(before)))
    return { services: [...inputs.keys()], isCompared: false };
  const changed = await Promise.all(
    [...inputs].map(async ([service, paths]) =>
      (await git.hasChanged(before, after, paths)) ? [service] : [],
    ),
  );
  return { services: changed.flat(), isCompared: true };
}

/**
 * The tag of each service's image: the commit on the branch that changed its inputs last, so that every later commit finds
 * the same image.
 * @throws Error for a service whose inputs no commit has touched
 */
export async function imageTags(
  git: Git,
  inputs: ImageInputs,
  at: string,
): Promise<Readonly<Record<string, string>>> {
  const tags = [...inputs].map(async ([service, paths]) => {
    const commit = await git.lastChange(at, paths);
    if (!/^[0-9a-f]{40}$/.test(commit))
      throw new Error(
        `services/${service}: no commit up to ${at} has touched it; check out the whole history (fetch-depth: 0)`,
      );
    return [service, commit] as const;
  });
  return Object.fromEntries(await Promise.all(tags));
}
