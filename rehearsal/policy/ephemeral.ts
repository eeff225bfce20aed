import { rehearsedSettings, type RehearsedSettings } from '../settings';

export interface Configured extends RehearsedSettings {
  /** Whether a stack, by its id, is to be scanned. @default all are */
  readonly scanned?: (id: string) => boolean;
}

/**
 * The first environment, under its name, as it would be for a first try: without domain and protection, its database in one
 * zone. The stacks that serve all environments are left out: they are as they were.
 */
export function ephemeralVariant(given: RehearsedSettings): Configured {
  const [name = ''] = Object.keys(given.config.environments);
  return {
    ...rehearsedSettings(given, name, { ephemeral: true, oneInstance: true }),
    scanned: (id) => id.startsWith(`${name}-`),
  };
}
