import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { BUILD_OPTIONS_VARIABLE } from '../../workflows-src/image/build';
import { call, type Engine, ENGINE_VARIABLE, findEngine, lastLines } from '../../workflows-src/image/engine';
import { CannotStart, run } from '../../workflows-src/terraform/process';
import { soleInstaller } from '../python';
import { baseImages, makeStandIn, recipeOf } from './stand-ins';

export interface PrepareOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Of the repository. */
  readonly root: string;
  readonly services: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told before what takes long. */
  readonly say?: (line: string) => void;
}

/** An engine with all that our Dockerfiles build on; or the one sentence that says why there is none. */
export type Prepared = { readonly engine: Engine } | { readonly missing: string };

/**
 * Finds the engine and sees that it has the base images: by pulling them, or as stand-ins where no registry answers. What
 * podman needs for that lies in `.fairlead/engine` and is given by environment: nobody's own settings are touched.
 * @throws Error when something fails that should not
 */
export async function prepareEngine(options: PrepareOptions): Promise<Prepared> {
  const { env, root, signal } = options;
  const found = await findEngine(env, signal);
  if (!found) return { missing: 'no container engine answers here (docker, or podman and skopeo)' };
  const folder = join(root, '.fairlead', 'engine');
  await mkdir(folder, { recursive: true });
  const engine =
    found.name === 'podman' && process.getuid?.() === 0 ? await ownStorage(found, folder) : found;
  const unlock = await soleInstaller(join(folder, 'engine.lock'), signal);
  try {
    return await withBaseImages(engine, folder, options);
  } finally {
    await unlock();
  }
}

async function withBaseImages(engine: Engine, folder: string, options: PrepareOptions): Promise<Prepared> {
  const { env, root, services, signal, say } = options;
  const dockerfiles = services
    .map((service) => join(root, 'services', service, 'Dockerfile'))
    .filter((file) => existsSync(file));
  const images = new Set(
    (await Promise.all(dockerfiles.map((file) => readFile(file, 'utf8')))).flatMap(baseImages),
  );
  const contexts: string[] = [];
  for (const from of images) {
    if (await has(engine, from, signal)) continue;
    const name = `localhost/fairlead/stand-in:${createHash('sha256')
      .update(JSON.stringify([from, standInRecipe(from)]))
      .digest('hex')
      .slice(0, 16)}`;
    if (!(await has(engine, name, signal))) {
      say?.(`Pulling ${from.replace(/@.*/, '')}…`);
      const pulled = await call(engine, ['pull', '--quiet', from], { signal });
      if (pulled.code === 0) continue;
      const why = `${from.replace(/@.*/, '')} cannot be pulled: ${lastLines(pulled.stderr, 1)}`;
      if (engine.name === 'docker' || !(await isDebian(env, signal))) return { missing: why };
      say?.(`No registry answers: making a stand-in from packages of Debian and npm, once.`);
      await makeStandIn(engine, from, name, { folder, env, signal });
    }
    contexts.push(`--build-context=${from}=docker-image://${name}`);
  }
  if (contexts.length === 0) return { engine };
  const build = ['--pull=never', ...contexts, ...(await npmSettings(folder, env, signal))];
  return { engine: { ...engine, env: { ...engine.env, [BUILD_OPTIONS_VARIABLE]: build.join('\n') } } };
}

function standInRecipe(from: string): unknown {
  try {
    return recipeOf(from);
  } catch {
    // Said when it is needed: it may well be pulled.
    return undefined;
  }
}

async function has(engine: Engine, image: string, signal?: AbortSignal): Promise<boolean> {
  return (await call(engine, ['image', 'inspect', '--format={{.Id}}', image], { signal })).code === 0;
}

/** Packages are what stand-ins are made from. */
async function isDebian(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<boolean> {
  try {
    for (const file of ['apt-get', 'dpkg-deb']) await run(file, ['--version'], { env, signal });
    return true;
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    return false;
  }
}

/**
 * Root's podman with images, containers and settings of its own, which goes with the checkout. Limits are set low enough for
 * any host, runc and cgroupfs work without systemd, and a chroot is all the isolation that a build of ours needs.
 */
async function ownStorage({ name, version, env }: Engine, folder: string): Promise<Engine> {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  const files = {
    CONTAINERS_STORAGE_CONF: [
      'storage.conf',
      `[storage]\ndriver = "overlay"\ngraphroot = ${JSON.stringify(join(folder, 'storage'))}\nrunroot = "/run/fairlead-${hash}"\n`,
    ],
    CONTAINERS_REGISTRIES_CONF: [
      'registries.conf',
      'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n',
    ],
    CONTAINERS_CONF: [
      'containers.conf',
      '[containers]\ndefault_ulimits = ["nofile=4096:8192", "nproc=4096:4096"]\n\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n',
    ],
  } as const;
  const paths: Record<string, string> = {};
  for (const [variable, [file, content]] of Object.entries(files)) {
    paths[variable] = join(folder, file);
    await writeFile(join(folder, file), content);
  }
  return { name, version, env: { ...env, ...paths, BUILDAH_ISOLATION: 'chroot', [ENGINE_VARIABLE]: name } };
}

/** The machine's registry and authority, for `npm ci` in a build; the file is mounted, and is in no layer. */
async function npmSettings(
  folder: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const setting = async (name: string): Promise<string | undefined> => {
    const { stdout } = await run('npm', ['config', 'get', name], { env, signal });
    const value = stdout.toString('utf8').trim();
    return value === 'null' || value === 'undefined' || value === '' ? undefined : value;
  };
  const registry = await setting('registry');
  const authority = (await setting('cafile')) ?? env.NODE_EXTRA_CA_CERTS;
  const file = join(folder, 'npmrc');
  const inside = '/etc/ssl/certs/fairlead-build.crt';
  await writeFile(
    file,
    `${registry === undefined ? '' : `registry=${registry}\n`}${authority === undefined ? '' : `cafile=${inside}\n`}`,
  );
  return [
    `--volume=${file}:/usr/local/etc/npmrc:ro`,
    ...(authority === undefined ? [] : [`--volume=${authority}:${inside}:ro`]),
  ];
}
