import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Where providers come from. Terraform's registry as a rule; where it cannot be reached, a directory named
 * `registry.terraform.io` in the places where people put mirrors
 * (https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories).
 */
export interface ProviderSource {
  /** To add to terraform's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A sentence for the person watching. */
  readonly said: string;
}

const REGISTRY = 'registry.terraform.io';
const REACH_TIMEOUT_MS = 4000;

export interface ProviderSourceOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Holds our CLI configuration and the plugin cache; made when missing. */
  readonly cacheFolder: string;
  /** @default the usual roots of mirrors */
  readonly roots?: readonly string[];
  /** @default asks the registry's service discovery, 4 s at most */
  readonly registryAnswers?: () => Promise<boolean>;
}

/**
 * In this order: the user's own CLI configuration (`TF_CLI_CONFIG_FILE`, or `~/.terraformrc` where it says how providers
 * are installed) untouched; `FAIRLEAD_PROVIDER_MIRROR`; the
 * registry with a plugin cache; a mirror under the usual roots.
 * @throws Error when FAIRLEAD_PROVIDER_MIRROR has no `registry.terraform.io`, or when there is neither registry nor mirror
 */
export async function providerSource(options: ProviderSourceOptions): Promise<ProviderSource> {
  const { env, cacheFolder, registryAnswers = askRegistry } = options;
  if (env.TF_CLI_CONFIG_FILE && existsSync(env.TF_CLI_CONFIG_FILE)) {
    return { env: {}, said: `Providers come as TF_CLI_CONFIG_FILE says (${env.TF_CLI_CONFIG_FILE}).` };
  }
  const home = env.HOME ?? homedir();
  const own = [join(home, '.terraformrc'), join(home, '.tofurc')].find(
    (file) => existsSync(file) && readFileSync(file, 'utf8').includes('provider_installation'),
  );
  if (own !== undefined && !env.FAIRLEAD_PROVIDER_MIRROR)
    return { env: {}, said: `Providers come as ${own} says.` };
  const named = env.FAIRLEAD_PROVIDER_MIRROR;
  if (named) {
    const found = await findMirror([named]);
    if (!found)
      throw new Error(
        `FAIRLEAD_PROVIDER_MIRROR is ${named}, but there is no directory named ${REGISTRY} in it. Point it at the mirror, or unset it.`,
      );
    return useMirror(
      found,
      cacheFolder,
      `Providers come from the mirror ${found} (FAIRLEAD_PROVIDER_MIRROR).`,
    );
  }
  const cache = env.TF_PLUGIN_CACHE_DIR || join(cacheFolder, 'plugin-cache');
  // Node does not ask through a proxy as terraform does, and a full cache needs no answer.
  const behindProxy = Boolean(env.HTTPS_PROXY ?? env.https_proxy);
  if (behindProxy || existsSync(join(cache, REGISTRY)) || (await registryAnswers())) {
    await mkdir(cache, { recursive: true });
    return {
      env: { TF_PLUGIN_CACHE_DIR: cache },
      said: `Providers come from ${REGISTRY}, kept in ${cache}.`,
    };
  }
  const roots = options.roots ?? [
    join(home, '.terraform.d', 'plugins'),
    '/usr/local/share',
    '/usr/share',
    '/opt',
  ];
  const found = await findMirror(roots);
  if (!found) {
    throw new Error(
      `${REGISTRY} cannot be reached, and no directory named ${REGISTRY} lies under ${roots.join(', ')}. ` +
        `Connect to the internet, or make a mirror where it is reachable (terraform providers mirror DIR) and set FAIRLEAD_PROVIDER_MIRROR=DIR.`,
    );
  }
  return useMirror(
    found,
    cacheFolder,
    `${REGISTRY} cannot be reached: providers come from the mirror ${found}.`,
  );
}

async function askRegistry(): Promise<boolean> {
  try {
    const answer = await fetch(`https://${REGISTRY}/.well-known/terraform.json`, {
      signal: AbortSignal.timeout(REACH_TIMEOUT_MS),
    });
    return answer.ok;
  } catch {
    // Any failure to reach it means the same: look for a mirror.
    return false;
  }
}

async function useMirror(mirror: string, cacheFolder: string, said: string): Promise<ProviderSource> {
  await mkdir(cacheFolder, { recursive: true });
  const file = join(cacheFolder, 'mirror.tfrc');
  await writeFile(
    file,
    [
      'disable_checkpoint = true',
      'provider_installation {',
      `  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }`,
      '}',
      '',
    ].join('\n'),
  );
  return { env: { TF_CLI_CONFIG_FILE: file }, said };
}

/** A few levels are enough for every layout in use, and keep a large /usr/share quick. */
const MIRROR_DEPTH = 4;

/** The directory that holds `registry.terraform.io`: breadth first, so that the nearest one wins. */
async function findMirror(roots: readonly string[]): Promise<string | undefined> {
  let level = [...roots];
  for (let depth = 0; depth <= MIRROR_DEPTH && level.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
        if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(error.code ?? '')) return [];
        throw error;
      });
      if (entries.some((entry) => entry.name === REGISTRY && (entry.isDirectory() || entry.isSymbolicLink())))
        return folder;
      if (folder.endsWith(REGISTRY)) return dirname(folder);
      below.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name)));
    }
    level = below;
  }
  return undefined;
}
