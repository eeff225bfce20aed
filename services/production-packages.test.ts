import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';

/** What of `package-lock.json` is used here, by the folder that a package is installed in. */
interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}
interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const root = resolve(__dirname, '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
const services = readdirSync(__dirname).filter((name) => existsSync(join(__dirname, name, 'package.json')));

/** As Node finds it: beside the package that asks, or in a folder above. */
function folderOf(name: string, from: string): string | undefined {
  const here = posix.join(from, 'node_modules', name);
  if (packages[here]) return here;
  return from === '' ? undefined : folderOf(name, from.replace(/(^|\/)[^/]*$/, ''));
}

function reachedFrom(start: string, alsoForDevelopment: boolean): Set<string> {
  const reached = new Set([start]);
  for (const from of reached) {
    const { dependencies, optionalDependencies, devDependencies } = packages[from] ?? {};
    const asks = {
      ...dependencies,
      ...optionalDependencies,
      ...(alsoForDevelopment && from === start && devDependencies),
    };
    for (const name of Object.keys(asks)) {
      const folder = folderOf(name, from);
      if (folder !== undefined) reached.add(folder);
    }
  }
  return reached;
}

/**
 * `npm ci --omit=dev --workspace …` takes a service's development packages, too, when anything else in the repository has
 * them for production. Then the root's package.json should have that among its devDependencies.
 */
test.each(services)('the image of %s gets no package that only its development needs', (service) => {
  const needed = reachedFrom(`services/${service}`, false);
  const installed = [...reachedFrom(`services/${service}`, true)].filter(
    (folder) => !packages[folder]?.dev && !packages[folder]?.devOptional,
  );
  expect(needed.size).toBeGreaterThan(1);
  expect(installed.filter((folder) => !needed.has(folder))).toEqual([]);
});
