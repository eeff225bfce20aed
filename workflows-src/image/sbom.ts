import { PackageURL } from 'packageurl-js';
import * as z from 'zod';

import { ask, type Engine } from './engine';

/** What lies in an image, as its own node has found it. */
export interface Inventory {
  readonly node: string;
  readonly system: { readonly id: string; readonly version: string };
  readonly debian: readonly DebianPackage[];
  readonly npm: readonly NpmPackage[];
}

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** As its package.json has it; empty where it has none. */
  readonly license: string;
}

const inventorySchema: z.ZodType<Inventory> = z.object({
  node: z.string().regex(/^\d+\.\d+\.\d+/),
  system: z.object({ id: z.string().min(1), version: z.string() }),
  debian: z.array(z.object({ name: z.string(), version: z.string(), architecture: z.string() })).min(1),
  npm: z.array(z.object({ name: z.string(), version: z.string(), license: z.string() })),
});

/** Debian's packages are in one list, or in distroless images in a file each; npm's wherever there is a node_modules. */
const TAKE_INVENTORY = `
const fs = require('node:fs'), path = require('node:path');
const read = (file) => { try { return fs.readFileSync(file, 'utf8'); } catch (error) { if (error.code === 'ENOENT') return ''; throw error; } };
const list = (folder) => { try { return fs.readdirSync(folder, { withFileTypes: true }); } catch (error) { if (['ENOENT', 'EACCES'].includes(error.code)) return []; throw error; } };
const field = (text, name) => new RegExp('^' + name + ': *(.*)$', 'm').exec(text)?.[1].trim() ?? '';
const each = list('/var/lib/dpkg/status.d').filter(({ name }) => !name.endsWith('.md5sums')).map(({ name }) => read('/var/lib/dpkg/status.d/' + name));
const debian = [...read('/var/lib/dpkg/status').split('\\n\\n'), ...each].filter((text) => field(text, 'Package') !== '')
  .map((text) => ({ name: field(text, 'Package'), version: field(text, 'Version'), architecture: field(text, 'Architecture') }));
const npm = [];
const packages = (folder) => {
  for (const entry of list(folder)) {
    if (!entry.isDirectory()) continue;
    const at = path.join(folder, entry.name);
    if (entry.name.startsWith('@')) { packages(at); continue; }
    const text = read(at + '/package.json');
    const { name, version, license } = text === '' ? {} : JSON.parse(text);
    if (name && version) npm.push({ name, version, license: typeof license === 'string' ? license : license?.type ?? '' });
    packages(at + '/node_modules');
  }
};
const search = (folder) => {
  for (const entry of list(folder)) {
    if (!entry.isDirectory()) continue;
    const at = path.join(folder, entry.name);
    if (['/proc', '/sys', '/dev'].includes(at)) continue;
    if (entry.name === 'node_modules') packages(at); else search(at);
  }
};
search('/');
const os = read('/etc/os-release').replaceAll('"', '').replaceAll('=', ': ');
console.log(JSON.stringify({ node: process.version.slice(1), system: { id: field(os, 'ID'), version: field(os, 'VERSION_ID') }, debian, npm }));`;

/** @throws Error when the image's node cannot be run, or finds no package of the system */
export async function takeInventory(engine: Engine, image: string, signal?: AbortSignal): Promise<Inventory> {
  const args = [
    'run',
    '--rm',
    '--network=none',
    '--read-only',
    '--cap-drop=ALL',
    '--entrypoint=node',
    image,
    '-e',
    TAKE_INVENTORY,
  ];
  const said = await ask(engine, args, `${image}: what is in it cannot be listed`, { signal });
  return inventorySchema.parse(JSON.parse(said.toString('utf8')));
}

/** https://cyclonedx.org/docs/1.6/json */
interface Component {
  readonly type: 'library' | 'platform';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly 'bom-ref': string;
  readonly licenses?: readonly { readonly license: { readonly name: string } }[];
}

/**
 * The software bill of materials in CycloneDX's JSON. The same image gives the same bytes: it has no time and no serial number.
 * @param image the name and the digest that it has in the registry or the engine
 */
export function cycloneDx(
  inventory: Inventory,
  image: { readonly name: string; readonly digest: string },
): string {
  const { system, debian, npm, node } = inventory;
  const distro = `${system.id}-${system.version}`;
  const all = [
    component('platform', new PackageURL('generic', null, 'node', node, null, null)),
    ...debian.map(({ name, version, architecture }) =>
      component(
        'library',
        new PackageURL('deb', system.id, name, version, { arch: architecture, distro }, null),
      ),
    ),
    ...npm.map(({ name, version, license }) => {
      const [, scope, own = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
      return component('library', new PackageURL('npm', scope ?? null, own, version, null, null), license);
    }),
  ];
  const components = [...new Map(all.map((one) => [one.purl, one])).values()].sort((a, b) =>
    a.purl < b.purl ? -1 : 1,
  );
  return `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: {
        component: { type: 'container', name: image.name, version: image.digest, 'bom-ref': image.digest },
      },
      components,
    },
    null,
    2,
  )}\n`;
}

function component(type: Component['type'], purl: PackageURL, license = ''): Component {
  const text = purl.toString();
  const { namespace, name, version } = purl;
  return {
    type,
    name: type === 'library' && purl.type === 'npm' && namespace ? `${namespace}/${name}` : name,
    version: version ?? '',
    purl: text,
    'bom-ref': text,
    ...(license !== '' && { licenses: [{ license: { name: license } }] }),
  };
}
