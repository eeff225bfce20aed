/** Files outside a service's folder that its image is made of: the build's context is the repository. */
const SHARED_FILES = ['package.json', 'package-lock.json', '.npmrc', '.dockerignore'];

/**
 * Which services have to be built, in the order given.
 * @param files paths that changed, as git prints them; undefined when that cannot be known, then it is all services
 */
export function changedServices(services: readonly string[], files: readonly string[] | undefined): string[] {
  if (!files || files.some((file) => SHARED_FILES.includes(file))) return [...services];
  return services.filter((service) => files.some((file) => file.startsWith(`services/${service}/`)));
}

/** The two things asked of git. */
export interface Git {
  hasCommit(sha: string): Promise<boolean>;
  /** Paths that differ between two commits. */
  changedFiles(before: string, after: string): Promise<readonly string[]>;
}

/**
 * @param before where the branch stood; not in the checkout after a force push, and zeros for a new branch
 * @returns undefined when there is nothing to compare with
 */
export async function filesOf(
  git: Git,
  before: string,
  after: string,
): Promise<readonly string[] | undefined> {
  for (const [name, sha] of [
    ['before', before],
    ['after', after],
  ] as const) {
    if (!/^[0-9a-f]{40}$/.test(sha))
      throw new Error(`${name}: got '${sha}'; valid: a commit, 40 hexadecimal digits`);
  }
  if (/^0+$/.test(before) || !(await git.hasCommit(before))) return undefined;
  return git.changedFiles(before, after);
}
