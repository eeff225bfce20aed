import { createHash } from 'node:crypto';

import { checkConfig, type Services } from './check-config';
import type { Config, EnvironmentConfig, ServiceDescriptor } from './config';
import type { DataStack, DataStackProps } from './data';
import { dependenciesOf, given, stacksOf } from './test-app';

/**
 * `prod` differs from `dev` by what config and the descriptors say of it, and by nothing else: a name is part of names. Shown
 * with an app whose environments are called by stand-ins that occur in nothing else. With names put in their place, its JSON
 * must be, byte for byte in every value, what the app writes for environments of these names: for those that ship, and for
 * `dev` with all that is said of `prod` and the other way round. No stack is left out and no difference is let pass.
 */
const SHIPPED = { dev: 'dev', prod: 'prod' } as const;
const SWAPPED = { dev: 'prod', prod: 'dev' } as const;
const STAND_INS = { qza: 'dev', qzb: 'prod' } as const;

/** By name, the environment that its values are taken from. */
type ValuesOf = Readonly<Record<string, 'dev' | 'prod'>>;

interface App {
  readonly stacks: unknown;
  readonly dependencies: unknown;
}

const appWith = (valuesOf: ValuesOf): App => {
  const { config, services } = configuredWith(valuesOf);
  return { stacks: stacksOf(config, services), dependencies: dependenciesOf(config, services) };
};

function configuredWith(valuesOf: ValuesOf): typeof given {
  const called = <T>(values: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(
      Object.entries(valuesOf).flatMap(([name, of]) => (of in values ? [[name, values[of] as T]] : [])),
    );
  const descriptors = Object.entries(given.services).map(
    ([service, descriptor]: [string, ServiceDescriptor]) => [
      service,
      descriptor.environments ? { ...descriptor, environments: called(descriptor.environments) } : descriptor,
    ],
  );
  return checkConfig(
    { ...given.config, environments: called<EnvironmentConfig>(given.config.environments) } satisfies Config,
    Object.fromEntries(descriptors) as Services,
  );
}

/** The app of the stand-ins, with the names of those that have their values in `valuesOf` in their place. */
function renamed(app: App, valuesOf: ValuesOf): App {
  const nameOf = (standIn: string): string => {
    const values = (STAND_INS as ValuesOf)[standIn];
    return Object.keys(valuesOf).find((name) => valuesOf[name] === values)!;
  };
  const named = (text: string): string => text.replace(/qz[ab]/g, nameOf);
  let text = JSON.stringify(app);
  for (const [path, id] of hashedIds(app.stacks))
    if (named(path) !== path) text = text.replaceAll(id, withHashOf(named(path), id));
  return JSON.parse(named(text)) as App;
}

/** The ids that cdktf ends with a hash of where the construct stands, by that place: the only hash that names go into. */
function hashedIds(stacks: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const search = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { path, uniqueId } = value as Readonly<Record<string, unknown>>;
    if (typeof path === 'string' && typeof uniqueId === 'string' && uniqueId === withHashOf(path, uniqueId))
      found.set(path, uniqueId);
    Object.values(value).forEach(search);
  };
  search(stacks);
  return found;
}

/** @param path of the construct, the stack's own id first */
function withHashOf(path: string, id: string): string {
  const parts = path.split('/').slice(1);
  const hashed = parts.filter((part) => part !== 'Default').join('/');
  const hash = createHash('md5').update(hashed).digest('hex').slice(0, 8).toUpperCase();
  return id.replace(/_[0-9A-F]{8}$/, `_${hash}`);
}

/** Where two apps differ, as paths; none when they are the same. */
function differences(one: unknown, other: unknown, path: readonly string[] = []): readonly string[] {
  if (isObject(one) && isObject(other) && Array.isArray(one) === Array.isArray(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
      differences(one[key], other[key], [...path, key]),
    );
  }
  return Object.is(one, other) ? [] : [path.join(' ')];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** What a team may slip into a stack: more of something for one environment, without saying so in config. */
let mockMistake: ((props: DataStackProps) => boolean) | undefined;

jest.mock('./data', () => {
  const { DataStack: Real } = jest.requireActual<{ DataStack: typeof DataStack }>('./data');
  return {
    DataStack: class extends Real {
      public constructor(...[scope, id, props]: ConstructorParameters<typeof DataStack>) {
        super(scope, id, props);
        if (mockMistake?.(props))
          this.addOverride('resource.aws_db_instance.postgres.performance_insights_retention_period', 731);
      }
    },
  };
});

afterEach(() => (mockMistake = undefined));

describe('as they are', () => {
  let standIns: App;
  let shipped: App;
  beforeAll(() => {
    standIns = appWith(STAND_INS);
    shipped = appWith(SHIPPED);
  });

  test('the stand-ins occur in nothing of the app as it ships, so that putting names in their place is exact', () => {
    expect(JSON.stringify(shipped)).not.toMatch(/qz[ab]/);
  });

  test('the app as it ships is that of any other names', () => {
    expect(differences(renamed(standIns, SHIPPED), shipped)).toEqual([]);
  });

  test('dev with all that config and descriptors say of prod is prod under another name, and the other way round', () => {
    const swapped = appWith(SWAPPED);
    expect(differences(swapped, shipped)).not.toEqual([]);
    expect(differences(renamed(standIns, SWAPPED), swapped)).toEqual([]);
  });
});

test.each<readonly [code: string, mistake: (props: DataStackProps) => boolean, differing: readonly string[]]>(
  [
    ["environment === 'prod'", ({ environment }) => environment === 'prod', ['prod']],
    ["environment !== 'dev'", ({ environment }) => environment !== 'dev', ['dev']],
    ["environment.startsWith('p')", ({ environment }) => environment.startsWith('p'), ['prod']],
    [
      'the last environment of config',
      ({ environment, config }) => Object.keys(config.environments).at(-1) === environment,
      ['dev', 'prod'],
    ],
  ],
)('a stack that asks for %s is noticed', (_, mistake, differing) => {
  mockMistake = mistake;
  const [standIns, swapped] = [STAND_INS, SWAPPED].map((valuesOf) => {
    const { config, services } = configuredWith(valuesOf);
    return { stacks: stacksOf(config, services), dependencies: {} };
  });
  const found = differences(renamed(standIns!, SWAPPED), swapped);
  expect(found.filter((path) => path.includes(' resource ')).sort()).toEqual(
    differing.map(
      (name) => `stacks ${name}-data resource aws_db_instance postgres performance_insights_retention_period`,
    ),
  );
});
