/** Files outside a service's folder that its image is made of: the build's context is the repository. */
const SHARED_FILES = ['package.json', 'package-lock.json', '.npmrc', '.dockerignore'];

/** Files in a service's folder that no image is made of: what the platform knows of it, texts and tests. */
const NOT_IN_IMAGE = /^(?:service\.ts|.*\.md|.*\.test\.ts)$/;

/** Whether the image of a service is made of that file. */
function isInput(service: string, file: string): boolean {
  const folder = `services/${service}/`;
  if (SHARED_FILES.includes(file)) return true;
  return file.startsWith(folder) && !NOT_IN_IMAGE.test(file.slice(folder.length));
}

/** What git is asked about the inputs of a service's image. */
export function inputPaths(service: string): readonly string[] {
  const folder = `services/${service}`;
  return [
    ...SHARED_FILES,
    folder,
    `:(exclude)${folder}/service.ts`,
    `:(exclude,glob)${folder}/**/*.md`,
    `:(exclude,glob)${folder}/**/*.test.ts`,
  ];
}

/**
 * Which services have to be built, in the order given.
 * @param files paths that changed, as git prints them; undefined when that cannot be known, then it is all services
 */
export function changedServices(services: readonly string[], files: readonly string[] | undefined): string[] {
  if (!files) return [...services];
  return services.filter((service) => files.some((file) => isInput(service, file)));
}

/**
 * The tag of each service's image: the commit on the branch that changed its inputs last, so that every later commit finds
 * the same image.
 * @throws Error for a service whose inputs no commit has touched
 */
export async function imageTags(
  git: Git,
  services: readonly string[],
  at: string,
): Promise<Readonly<Record<string, string>>> {
  const tags = services.map(async (service) => {
    const commit = await git.lastChange(at, inputPaths(service));
    if (!/^[0-9a-f]{40}$/.test(commit))
      throw new Error(
        `services/${service}: no commit up to ${at} has touched it; check out the whole history (fetch-depth: 0)`,
      );
    return [service, commit] as const;
  });
  return Object.fromEntries(await Promise.all(tags));
}

/** What is asked of git. */
export interface Git {
  hasCommit(sha: string): Promise<boolean>;
  /** Paths that differ between two commits. */
  changedFiles(before: string, after: string): Promise<readonly string[]>;
  /** The last commit up to `at` that changed one of the paths, merges as one; empty for none. */
  lastChange(at: string, paths: readonly string[]): Promise<string>;
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
