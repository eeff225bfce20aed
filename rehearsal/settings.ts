import type { Services } from '../stacks/check-config';
import type { Config, EnvironmentConfig, ServiceDescriptor } from '../stacks/config';

export interface RehearsedSettings {
  readonly config: Config;
  readonly services: Services;
}

/** A domain needs a hosted zone, and what is protected cannot be destroyed at the end. */
const EPHEMERAL = { domain: 'ephemeral', protection: false } as const;

/**
 * The configuration as the rehearsal runs it: the one environment, with the registry in its account, because the emulator
 * is one account; one that is not ephemeral as if it were, with one database instance. Everything else is as configured.
 * @param fast leaves the database out: its provider waits take longer than all else together
 */
export function rehearsedSettings(
  { config, services }: RehearsedSettings,
  environment: string,
  fast: boolean,
): RehearsedSettings {
  const settings = config.environments[environment] as EnvironmentConfig;
  const thrownAway = asEphemeral(settings);
  return {
    config: {
      ...config,
      registry: { account: settings.account, region: settings.region },
      environments: { [environment]: fast ? { ...thrownAway, database: 'none' } : thrownAway },
    },
    services: fast ? mapServices(services, withoutDatabase) : services,
  };
}

function asEphemeral(settings: EnvironmentConfig): EnvironmentConfig {
  const { domain, database } = settings;
  if (domain === 'ephemeral') return settings;
  return {
    ...settings,
    ...EPHEMERAL,
    database: database === 'none' ? database : { ...database, multiAz: false },
  };
}

function withoutDatabase({ migrate: _, ...descriptor }: ServiceDescriptor): ServiceDescriptor {
  return { ...descriptor, database: false };
}

/** A pull request's worth of change: one number in one file. */
export interface Edit extends RehearsedSettings {
  readonly file: string;
  readonly field: string;
  readonly from: number;
  readonly to: number;
}

/** Lets the first service scale a little further. */
export function edited({ config, services }: RehearsedSettings, environment: string): Edit {
  const [service, descriptor] = Object.entries(services)[0] ?? [];
  if (service === undefined || !descriptor)
    throw new Error('services/ has no service: the rehearsal needs one to change');
  const own = descriptor.environments?.[environment]?.tasks;
  const tasks = own ?? descriptor.tasks;
  const raised = { ...tasks, max: tasks.max + 2 };
  const changed: ServiceDescriptor = own
    ? { ...descriptor, environments: { ...descriptor.environments, [environment]: { tasks: raised } } }
    : { ...descriptor, tasks: raised };
  return {
    config,
    services: { ...services, [service]: changed },
    file: `services/${service}/service.ts`,
    field: own ? `environments.${environment}.tasks.max` : 'tasks.max',
    from: tasks.max,
    to: raised.max,
  };
}

function mapServices(
  services: Services,
  change: (descriptor: ServiceDescriptor) => ServiceDescriptor,
): Services {
  return Object.fromEntries(Object.entries(services).map(([name, descriptor]) => [name, change(descriptor)]));
}
