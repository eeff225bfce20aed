import type { Services } from '../../stacks/check-config';
import type { Config, EnvironmentConfig } from '../../stacks/config';

export interface Configured {
  readonly config: Config;
  readonly services: Services;
  /** Whether a stack, by its id, is to be scanned. @default all are */
  readonly scanned?: (id: string) => boolean;
}

/**
 * The first environment, under its name, as it would be for a first try: without domain and protection, its database in one
 * zone. The stacks that serve all environments are left out: they are as they were.
 */
export function ephemeralVariant({ config, services }: Configured): Configured {
  const [[name, first]] = Object.entries(config.environments) as [[string, EnvironmentConfig]];
  const { database } = first;
  const settings: EnvironmentConfig = {
    ...first,
    domain: 'ephemeral',
    protection: false,
    database: database === 'none' ? database : { ...database, multiAz: false },
  };
  return {
    config: { ...config, environments: { [name]: settings } },
    services,
    scanned: (id) => id.startsWith(`${name}-`),
  };
}
