import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Loads `services/<name>/service.ts` of every service, by name, unchecked: `checkConfig` does that.
 * A folder without the file is not a service.
 */
export function loadServiceDescriptors(servicesFolder: string): Record<string, unknown> {
  const names = readdirSync(servicesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(servicesFolder, entry.name, 'service.ts')))
    .map(({ name }) => name)
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      const file = join(servicesFolder, name, 'service.ts');
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- which services there are is known at run time only
      const module = require(file) as { default?: unknown };
      if (module.default === undefined)
        throw new Error(`${file}: has no default export; export default the service descriptor`);
      return [name, module.default];
    }),
  );
}
