import { environmentNamed, type Services } from '../stacks/check-config';
import type { Config, ServiceDescriptor } from '../stacks/config';

export interface RehearsedSettings {
  readonly config: Config;
  readonly services: Services;
}

/** What is left out of an environment, or turned off in it. */
export interface Variant {
  /** Plain HTTP, no protection, forced deletes. @default as configured */
  readonly ephemeral?: boolean;
  /** One database instance, in one zone. @default as configured */
  readonly oneInstance?: boolean;
  /** `false` leaves the database out, and what services say of it. @default as configured */
  readonly database?: boolean;
}

/**
 * The configuration as the rehearsal runs it: the one environment, with the registry in its account, because the emulator
 * is one account. Everything else is as configured, but for what the variant says.
 * @throws Error naming the environments there are
 */
export function rehearsedSettings(
  { config, services }: RehearsedSettings,
  environment: string,
  { ephemeral = false, oneInstance = false, database = true }: Variant = {},
): RehearsedSettings {
  const settings = environmentNamed(config, environment);
  return {
    config: {
      ...config,
      registry: { account: settings.account, region: settings.region },
      environments: {
        [environment]: {
          ...settings,
          ...(ephemeral && ({ domain: 'ephemeral', protection: false } as const)),
          ...(oneInstance &&
            settings.database !== 'none' && { database: { ...settings.database, multiAz: false } }),
          ...(!database && ({ database: 'none' } as const)),
        },
      },
    },
    services: database ? services : mapServices(services, withoutDatabase),
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
