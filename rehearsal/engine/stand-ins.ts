import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ask, type Engine, lastLines } from '../../workflows-src/image/engine';
import { run } from '../../workflows-src/terraform/process';

/**
 * Base images for a machine on which no registry answers, made from Debian's packages and npm's: what the `FROM` lines of our
 * Dockerfiles name, near enough to build on and to run. Nothing that was built on one is pushed anywhere but to this machine.
 */
export interface StandInOptions {
  /** Where packages and root file systems are kept. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** What Node needs to run: the packages of gcr.io/distroless/cc, and the time zones and names that are in its base. */
const RUNTIME = [
  'base-files',
  'ca-certificates',
  'gcc-12-base',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'netbase',
  'tzdata',
];
/** A shell and the commands that a build runs, with the libraries that those need. */
const BUILD = [
  'coreutils',
  'dash',
  'findutils',
  'libacl1',
  'libattr1',
  'libgmp10',
  'libpcre2-8-0',
  'libselinux1',
];
/** Of the Node version that the Dockerfile names there is npm's package of the program, without npm. */
const NPM = '11.6.0';

interface Recipe {
  readonly packages: readonly string[];
  readonly node?: string;
  /** As the real image has it. */
  readonly changes: readonly string[];
}

/** @throws Error for a base image that there is no recipe for */
export function recipeOf(from: string): Recipe {
  const path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const certificates = 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt';
  const node = /^node:(\d+\.\d+\.\d+)-bookworm-slim@/.exec(from)?.[1];
  if (node !== undefined)
    return {
      packages: [...RUNTIME, ...BUILD],
      node,
      changes: [path, `ENV NODE_VERSION=${node}`, 'CMD ["node"]'],
    };
  if (/^gcr\.io\/distroless\/cc-debian12:nonroot@/.test(from))
    return { packages: RUNTIME, changes: [path, certificates, 'USER 65532', 'WORKDIR /home/nonroot'] };
  throw new Error(
    `${from}: no registry has it in reach, and rehearsal/engine/stand-ins.ts knows no stand-in for it: add a recipe there`,
  );
}

/** The images that a Dockerfile builds on, as its `FROM` lines name them, without its own stages. */
export function baseImages(dockerfile: string): readonly string[] {
  const lines = [...dockerfile.matchAll(/^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/gim)];
  const stages = new Set(lines.map(([, , stage]) => stage));
  return [...new Set(lines.flatMap(([, image = '']) => (stages.has(image) ? [] : [image])))];
}

/**
 * Makes one, and has the engine know it by that name.
 * @throws Error with what failed; nothing half-made is left
 */
export async function makeStandIn(
  engine: Engine,
  from: string,
  name: string,
  options: StandInOptions,
): Promise<void> {
  const { packages, node, changes } = recipeOf(from);
  const { folder, signal } = options;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'making-'));
  try {
    const root = join(work, 'root');
    await mergedUsr(root);
    for (const file of await debianPackages(packages, work, options)) {
      await must('dpkg-deb', ['--extract', file, root], options);
      const control = await must('dpkg-deb', ['--field', file], options);
      const [, of = ''] = /^Package: (\S+)$/m.exec(control) ?? [];
      // As distroless lists its packages.
      await writeFile(join(root, 'var/lib/dpkg/status.d', of), control);
    }
    await finish(root);
    if (node !== undefined) await nodeAndNpm(node, root, work, options);
    const tar = join(work, 'root.tar');
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    await must('tar', ['-C', root, ...same, '-cf', tar, '.'], options);
    const args = ['import', ...changes.map((change) => `--change=${change}`), tar, name];
    await ask(engine, args, `${from}: its stand-in cannot be imported`, { signal });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** /bin and its like are links into /usr, as in every Debian since 12. */
async function mergedUsr(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  await mkdir(join(root, 'var/lib/dpkg/status.d'), { recursive: true });
}

/** What the packages' own scripts would have done, which are not run. */
async function finish(root: string): Promise<void> {
  const certificates = join(root, 'usr/share/ca-certificates/mozilla');
  const all = await Promise.all(
    (await readdir(certificates)).sort().map((name) => readFile(join(certificates, name), 'utf8')),
  );
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), all.join(''));
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n');
  await mkdir(join(root, 'home/nonroot'), { recursive: true });
  for (const waste of ['usr/share/doc', 'usr/share/man', 'usr/share/locale'])
    await rm(join(root, waste), { recursive: true, force: true });
  if ((await readdir(join(root, 'usr/bin'))).includes('dash')) {
    await rm(join(root, 'usr/bin/sh'), { force: true });
    await symlink('dash', join(root, 'usr/bin/sh'));
  }
}

/** Downloads packages of this machine's Debian with lists of its own: the system's are left as they are. */
async function debianPackages(
  names: readonly string[],
  work: string,
  options: StandInOptions,
): Promise<readonly string[]> {
  const lists = join(options.folder, 'apt-lists');
  const downloads = join(work, 'debs');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(downloads);
  const own = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${join(options.folder, 'apt-cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  const download = ['apt-get', ...own, '-qq', 'download', ...names] as const;
  // Lists of before do, as long as the archive still has what they name.
  const { code } = await run(download[0], download.slice(1), { ...options, cwd: downloads, graceMs: 2000 });
  if (code !== 0) {
    await must('apt-get', [...own, '-qq', 'update'], options);
    await must(download[0], download.slice(1), options, downloads);
  }
  return (await readdir(downloads)).sort().map((name) => join(downloads, name));
}

async function nodeAndNpm(
  version: string,
  root: string,
  work: string,
  options: StandInOptions,
): Promise<void> {
  const program = `node-linux-${process.arch}@${version}`;
  const packed = join(work, 'packed');
  await mkdir(packed);
  await must('npm', ['pack', '--silent', '--pack-destination', packed, program, `npm@${NPM}`], options, work);
  const npm = join(root, 'usr/local/lib/node_modules/npm');
  await mkdir(npm, { recursive: true });
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  await must('tar', ['-xzf', join(packed, `npm-${NPM}.tgz`), '-C', npm, '--strip-components=1'], options);
  await must(
    'tar',
    ['-xzf', join(packed, `node-linux-${process.arch}-${version}.tgz`), '-C', work, 'package/bin/node'],
    options,
  );
  await rename(join(work, 'package/bin/node'), join(root, 'usr/local/bin/node'));
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
}

async function must(
  file: string,
  args: readonly string[],
  { env, signal }: StandInOptions,
  cwd?: string,
): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, {
    env,
    signal,
    graceMs: 2000,
    ...(cwd !== undefined && { cwd }),
  });
  if (code === 0) return stdout.toString('utf8');
  throw new Error(`a base image cannot be made: ${file} failed (exit ${code})\n  ${lastLines(stderr, 4)}`);
}
