import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ConfigError } from './check-config';

/**
 * Loads `services/<name>/service.ts` of every service, by name, unchecked: `checkConfig` does that.
 * A folder without the file is not a service.
 * @throws ConfigError for a file that cannot be loaded or exports no descriptor
 */
export function loadServiceDescriptors(servicesFolder: string): Record<string, unknown> {
  const names = readdirSync(servicesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(servicesFolder, entry.name, 'service.ts')))
    .map(({ name }) => name)
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      const file = join(servicesFolder, name, 'service.ts');
      let module: { default?: unknown };
      try {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- which services there are is known at run time only
        module = require(file) as { default?: unknown };
      } catch (error) {
        throw new ConfigError([`${file}: cannot be loaded: ${(error as Error).message}`]);
      }
      if (module.default === undefined)
        throw new ConfigError([
          `${file}: got no default export; valid: export default { … }, the service descriptor`,
        ]);
      return [name, module.default];
    }),
  );
}
