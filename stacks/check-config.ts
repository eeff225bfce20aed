import * as z from 'zod';

import type { Config, EnvironmentConfig, ServiceDescriptor, TaskCount } from './config';
import { hostsOf, NAME_LIMITS } from './names';

/** All mistakes of a configuration in one message, a line each: `path: got <value>; valid: <what is>`. */
export class ConfigError extends Error {
  public override readonly name = 'ConfigError';
  public constructor(public readonly problems: readonly string[]) {
    super(
      `${problems.length} mistake${problems.length === 1 ? '' : 's'} in the configuration:\n  ${problems.join('\n  ')}`,
    );
  }
}

export type Services = Readonly<Record<string, ServiceDescriptor>>;

/**
 * Checks config and service descriptors together.
 * @param descriptors by service name (its folder), as loaded, unchecked
 * @throws ConfigError naming every mistake
 */
export function checkConfig(
  config: unknown,
  descriptors: Readonly<Record<string, unknown>>,
): { config: Config; services: Services } {
  const problems: string[] = [];
  const failed = new Set<string>();
  const report = (root: string, value: unknown, issues: readonly z.core.$ZodIssue[]): void => {
    for (const { path, got, valid } of issues.flatMap((issue) => explain(issue, value))) {
      const where = [root, ...path].filter((part) => part !== '').join('.');
      failed.add(where);
      problems.push(`${where || 'the configuration'}: got ${got}; valid: ${valid}`);
    }
  };

  const parsed = configSchema.safeParse(config);
  if (!parsed.success) report('', config, parsed.error.issues);
  for (const [name, descriptor] of Object.entries(descriptors)) {
    const root = `services/${name}/service.ts`;
    if (!SERVICE_NAME.test(name))
      problems.push(`${root}: got folder name ${show(name)}; valid: ${SERVICE_NAME_RULE}`);
    const result = serviceSchema.safeParse(descriptor);
    if (!result.success) report(root, descriptor, result.error.issues);
  }

  // Rules between fields run wherever the fields they read are themselves right, so that one call reports everything.
  const sound = (...paths: string[]): boolean =>
    paths.every(
      (path) =>
        ![...failed].some((bad) => bad === path || bad.startsWith(`${path}.`) || path.startsWith(`${bad}.`)),
    );
  const given = config as Config;
  const services = descriptors as Services;
  const environments = environmentEntries(config);
  for (const [name, environment] of environments) {
    const at = `environments.${name}`;
    for (const rule of environmentRules) {
      if (!sound(...rule.reads.map((field) => `${at}.${field}`))) continue;
      const broken = rule.broken(environment);
      if (broken) problems.push(`${at}.${rule.reads[0]}: got ${broken.got}; valid: ${broken.valid}`);
    }
  }
  problems.push(...overlaps(environments.filter(([name]) => sound(`environments.${name}.cidr`))));
  problems.push(...splitAccounts(environments, sound));
  problems.push(...serviceProblems(given, environments, services, sound));

  if (problems.length > 0) throw new ConfigError(problems);
  return { config: given, services };
}

/**
 * @throws Error naming the environments there are
 */
export function environmentNamed(config: Config, name: string): EnvironmentConfig {
  const environment = Object.hasOwn(config.environments, name) ? config.environments[name] : undefined;
  if (environment) return environment;
  throw new Error(
    `unknown environment '${name}': stacks/config.ts has ${Object.keys(config.environments).join(', ')}`,
  );
}

const SERVICE_NAME = /^[a-z][a-z0-9]{1,9}$/;
const SERVICE_NAME_RULE = '2–10 lower-case letters and digits, a letter first';

const text = (pattern: RegExp, valid: string): z.ZodString => z.string(valid).regex(pattern, valid);
const whole = (min: number, max: number, of = ''): z.ZodNumber => {
  const valid = `a whole number from ${min} to ${max}${of}`;
  return z.int(valid).min(min, valid).max(max, valid);
};
const flag = (): z.ZodBoolean => z.boolean('true or false');
const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, values.join(', '));
const object = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `the fields ${Object.keys(shape).join(', ')}`
        : `an object with ${Object.keys(shape).join(', ')}`,
  });

const account = () => text(/^\d{12}$/, 'an AWS account number, 12 digits in quotes');
const region = () => text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region such as eu-west-1');
const path = () => text(/^\/[\w\-./*]*$/, 'a path that starts with /');
const count = object({ min: whole(0, 1000, ' tasks'), max: whole(1, 1000, ' tasks') });
const schedule = z
  .array(
    object({
      at: text(/^cron\(\S+( \S+){5}\)$/, 'a time such as cron(0 19 ? * MON-FRI *)'),
      timezone: text(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/, 'a time zone such as Europe/Berlin'),
      min: whole(0, 1000, ' tasks'),
      max: whole(0, 1000, ' tasks'),
    }),
    'a list of times with their bounds',
  )
  .min(1, 'one time or more');

const environmentSchema = object({
  account: account(),
  region: region(),
  zones: z
    .array(
      text(/^[a-z]{2}(-[a-z]+)+-\d[a-h]$/, 'an availability zone such as eu-west-1a, up to …h'),
      '2 or 3 availability zones',
    )
    .min(2, '2 or 3 availability zones')
    .max(3, '2 or 3 availability zones'),
  cidr: text(/^10\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.0\.0\/16$/, 'a private /16 such as 10.20.0.0/16'),
  nat: choice('none', 'single', 'perZone'),
  domain: z.union(
    [
      z.literal('ephemeral'),
      object({
        name: text(
          // 64: AWS puts it into the certificate as its first name.
          /^(?=.{4,64}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
          'a host name such as app.example.com, of at most 64 characters',
        ),
        hostedZoneId: text(/^Z[A-Z0-9]{8,31}$/, 'a Route 53 hosted zone id such as Z0123456789EXAMPLE'),
      }),
    ],
    { error: () => "'ephemeral', or an object with name, hostedZoneId" },
  ),
  cluster: object({
    architecture: choice('arm64', 'x86_64'),
    instanceType: text(/^[a-z][a-z0-9-]*\.[a-z0-9]+$/, 'an EC2 instance type such as t4g.medium'),
    minInstances: whole(1, 500),
    maxInstances: whole(2, 1000),
    spotPercent: whole(0, 100),
  }),
  database: z.union(
    [
      z.literal('none'),
      object({
        instanceClass: text(/^db\.[a-z0-9]+\.[a-z0-9]+$/, 'an RDS instance class such as db.t4g.micro'),
        storageGiB: whole(20, 65536),
        maxStorageGiB: whole(20, 65536),
        multiAz: flag(),
        backupDays: whole(1, 35),
      }),
    ],
    {
      error: () => "'none', or an object with instanceClass, storageGiB, maxStorageGiB, multiAz, backupDays",
    },
  ),
  protection: flag(),
  alarmEmail: text(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an e-mail address'),
  budgetUsdPerMonth: whole(1, 10_000_000, ' US dollars'),
});

const ENVIRONMENT_NAME = text(
  /^[a-z][a-z0-9]{0,7}$/,
  'environment names of 1–8 lower-case letters and digits, a letter first',
);
const configSchema = object({
  project: text(
    /^[a-z](?!.*--)[a-z0-9-]{0,14}[a-z0-9]$/,
    '2–16 lower-case letters, digits and single hyphens, a letter first',
  ),
  github: object({
    owner: text(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/, 'a GitHub user or organization name'),
    ownerId: whole(1, Number.MAX_SAFE_INTEGER),
    repository: text(/^[\w.-]{1,100}$/, 'a GitHub repository name without its owner'),
    repositoryId: whole(1, Number.MAX_SAFE_INTEGER),
    subject: choice('immutable', 'name').optional(),
  }),
  registry: object({ account: account(), region: region() }),
  environments: z
    .record(ENVIRONMENT_NAME, environmentSchema, 'an object of environments by name')
    .refine((all) => Object.keys(all).length > 0, 'at least one environment'),
});

const serviceSchema = object({
  port: whole(1024, 65535, ' (a non-root user cannot bind below 1024)'),
  cpu: whole(64, 16384, ' CPU units'),
  memoryMiB: whole(64, 131072, ' MiB'),
  livenessPath: path(),
  readinessPath: path(),
  stopSeconds: whole(2, 120, ' seconds'),
  route: object({
    priority: whole(1, 50000),
    paths: z.array(path(), 'a list of paths').min(1, 'one path or more').max(5, 'at most 5 paths').optional(),
    hosts: z
      .array(text(/^[\w*?.-]{1,128}$/, 'a host name, * and ? allowed'), 'a list of host names')
      .min(1, 'one host or more')
      .max(5, 'at most 5 hosts')
      .optional(),
  }),
  tasks: count,
  scaling: object({
    cpuPercent: whole(10, 95, ' percent').optional(),
    memoryPercent: whole(10, 95, ' percent').optional(),
    requestsPerTarget: whole(1, 1_000_000, ' requests a minute').optional(),
  }),
  schedule: schedule.optional(),
  database: flag(),
  migrate: z
    .array(z.string('a command word').min(1, 'a command word'), 'a command as a list of words')
    .min(1, 'a command as a list of words')
    .optional(),
  environment: z
    .record(
      text(/^[A-Z][A-Z0-9_]*$/, 'a variable name in capitals'),
      z.string('a text'),
      'an object of texts',
    )
    .optional(),
  environments: z
    .record(
      z.string(),
      object({ tasks: count.optional(), schedule: schedule.optional() }),
      'an object by environment name',
    )
    .optional(),
});

interface Rule {
  /** Fields of the environment that the rule looks at; the first is where it is reported. */
  readonly reads: readonly [keyof EnvironmentConfig, ...(keyof EnvironmentConfig)[]];
  broken(environment: EnvironmentConfig): { got: string; valid: string } | undefined;
}

const environmentRules: readonly Rule[] = [
  {
    reads: ['zones', 'region'],
    broken: ({ zones, region: where }) => {
      const stray = zones.find((zone) => !zone.startsWith(where));
      return stray === undefined ? undefined : { got: show(stray), valid: `zones of ${where}` };
    },
  },
  {
    reads: ['zones'],
    broken: ({ zones }) =>
      new Set(zones).size === zones.length ? undefined : { got: show(zones), valid: 'different zones' },
  },
  {
    reads: ['protection', 'domain'],
    broken: ({ protection, domain }) =>
      protection && domain === 'ephemeral'
        ? {
            got: 'true with domain: ephemeral',
            valid: 'false, because an ephemeral environment is deleted by force; or a domain',
          }
        : undefined,
  },
  {
    // AWS Graviton families carry a g after the generation number: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
    reads: ['cluster'],
    broken: ({ cluster }) => {
      const graviton = /^[a-z]+\d+g/.test(cluster.instanceType);
      return graviton === (cluster.architecture === 'arm64')
        ? undefined
        : {
            got: `instanceType ${show(cluster.instanceType)} with architecture ${cluster.architecture}`,
            valid: graviton
              ? 'architecture arm64 for this type'
              : 'a Graviton type such as t4g.medium, or architecture x86_64',
          };
    },
  },
  {
    reads: ['cluster'],
    broken: ({ cluster }) =>
      cluster.maxInstances >= 2 * cluster.minInstances
        ? undefined
        : {
            got: `maxInstances ${cluster.maxInstances} with minInstances ${cluster.minInstances}`,
            valid: `maxInstances of ${2 * cluster.minInstances} or more (a deployment needs the room)`,
          },
  },
  {
    reads: ['database'],
    broken: ({ database }) =>
      database === 'none' || database.maxStorageGiB >= database.storageGiB
        ? undefined
        : {
            got: `maxStorageGiB ${database.maxStorageGiB}`,
            valid: `${database.storageGiB} (storageGiB) or more`,
          },
  },
];

/** VPCs that overlap can never be peered. */
function overlaps(environments: readonly (readonly [string, EnvironmentConfig])[]): string[] {
  return environments.flatMap(([name, { cidr }], index) =>
    environments
      .slice(0, index)
      .filter(([, other]) => other.cidr === cidr)
      .map(
        ([other]) =>
          `environments.${name}.cidr: got ${show(cidr)}; valid: a range that environments.${other} does not use`,
      ),
  );
}

/** The states of an account lie in one bucket, and so in one region. */
function splitAccounts(
  environments: readonly (readonly [string, EnvironmentConfig])[],
  sound: (...paths: string[]) => boolean,
): string[] {
  return environments.flatMap(([name, { account, region }], index) => {
    if (!sound(`environments.${name}.account`, `environments.${name}.region`)) return [];
    const other = environments.slice(0, index).find(([, earlier]) => earlier.account === account);
    if (!other || other[1].region === region) return [];
    return [
      `environments.${name}.region: got ${show(region)}; valid: ${other[1].region}, because environments.${other[0]} is in the same account; or an account of its own`,
    ];
  });
}

function serviceProblems(
  given: Config,
  environments: readonly (readonly [string, EnvironmentConfig])[],
  services: Services,
  sound: (...paths: string[]) => boolean,
): string[] {
  const problems: string[] = [];
  const priorities = new Map<number, string>();
  for (const [name, service] of Object.entries(services)) {
    const at = `services/${name}/service.ts`;
    if (sound(`${at}.route`)) {
      const { priority, paths, hosts } = service.route;
      const taken = priorities.get(priority);
      if (taken !== undefined)
        problems.push(
          `${at}.route.priority: got ${priority}; valid: a number that services/${taken} does not use`,
        );
      priorities.set(priority, name);
      if (!paths && !hosts)
        problems.push(`${at}.route: got neither paths nor hosts; valid: at least one of them`);
      if (hosts) problems.push(...strayHosts(`${at}.route.hosts`, hosts, environments, sound));
    }
    if (sound(`${at}.migrate`, `${at}.database`) && service.database !== (service.migrate !== undefined)) {
      problems.push(
        service.database
          ? `${at}.migrate: got nothing; valid: the migration command, because database is true`
          : `${at}.migrate: got a command; valid: none, because database is false`,
      );
    }
    for (const [where, tasks] of taskCounts(service)) {
      if (sound(`${at}.${where}`) && tasks.min > tasks.max) {
        problems.push(`${at}.${where}: got min ${tasks.min} above max ${tasks.max}; valid: min up to max`);
      }
    }
    if (sound(`${at}.environments`) && environments.length > 0) {
      for (const environment of Object.keys(service.environments ?? {})) {
        const known = environments.map(([other]) => other);
        if (!known.includes(environment)) {
          problems.push(`${at}.environments: got ${show(environment)}; valid: ${known.join(', ')}`);
        }
      }
    }
    if (sound('project', `${at}.port`) && environments.length > 0) {
      const { project } = given;
      for (const [environment] of environments) {
        const targets = `${project}-${environment}-${name}-${service.port}`;
        if (targets.length > NAME_LIMITS.targetGroup) {
          problems.push(
            `${at}: got a target group named ${show(targets)}, ${targets.length} characters; valid: ${NAME_LIMITS.targetGroup} at most, of project, environment, service and port together`,
          );
        }
      }
    }
    for (const [environment, { database }] of environments) {
      if (
        sound(`${at}.database`, `environments.${environment}.database`) &&
        service.database &&
        database === 'none'
      ) {
        problems.push(
          `${at}.database: got true; valid: false, because environments.${environment}.database is none`,
        );
      }
    }
  }
  return problems;
}

/** A host that no environment's domain and certificate cover, and an environment in which a service would have none. */
function strayHosts(
  at: string,
  hosts: readonly string[],
  environments: readonly (readonly [string, EnvironmentConfig])[],
  sound: (...paths: string[]) => boolean,
): string[] {
  if (!environments.every(([name]) => sound(`environments.${name}.domain`))) return [];
  const all = { environments: Object.fromEntries(environments) };
  const places = environments.flatMap(([name, { domain }]) =>
    domain === 'ephemeral' ? [] : [{ name, domain: domain.name, hosts: hostsOf(all, name, hosts) }],
  );
  const strays = hosts.flatMap((host, index) =>
    places.length === 0 || places.some((place) => place.hosts.includes(host.toLowerCase()))
      ? []
      : [
          `${at}.${index}: got ${show(host)}; valid: ${places.map(({ domain }) => domain).join(', ')}, or one label below`,
        ],
  );
  if (strays.length > 0) return strays;
  return places
    .filter((place) => place.hosts.length === 0)
    .map(
      ({ name, domain }) => `${at}: got none for environments.${name}; valid: ${domain}, or one label below`,
    );
}

/** Every pair of bounds that a descriptor gives, by its path. */
function taskCounts(service: ServiceDescriptor): readonly (readonly [path: string, tasks: TaskCount])[] {
  const scheduled = (at: string, given: ServiceDescriptor['schedule']) =>
    Array.isArray(given)
      ? given.map((tasks: TaskCount, index) => [`${at}schedule.${index}`, tasks] as const)
      : [];
  return [
    ['tasks', service.tasks],
    ...scheduled('', service.schedule),
    ...Object.entries(service.environments ?? {}).flatMap(([name, { tasks, schedule: times }]) => [
      ...(tasks ? [[`environments.${name}.tasks`, tasks] as const] : []),
      ...scheduled(`environments.${name}.`, times),
    ]),
  ];
}

function environmentEntries(config: unknown): [string, EnvironmentConfig][] {
  const all = isObject(config) && isObject(config.environments) ? config.environments : {};
  return Object.entries(all).filter(([, value]) => isObject(value)) as [string, unknown][] as [
    string,
    EnvironmentConfig,
  ][];
}

interface Explained {
  readonly path: readonly string[];
  /** As it is shown. */
  readonly got: string;
  readonly valid: string;
}

function explain(issue: z.core.$ZodIssue, root: unknown, above: readonly PropertyKey[] = []): Explained[] {
  const full = [...above, ...issue.path];
  const got = full.reduce<unknown>(
    (value, key) =>
      isObject(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
  if (issue.code === 'invalid_union' && isObject(got)) {
    // Somebody who wrote an object wants to hear what is wrong inside it, not that the other choice exists.
    const inside = issue.errors.find((errors) =>
      errors.some(({ path: at, code }) => at.length > 0 || code === 'unrecognized_keys'),
    );
    if (inside) return inside.flatMap((nested) => explain(nested, root, full));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...full.map(String), key],
      got: 'a field that is not known',
      valid: issue.message,
    }));
  }
  if (issue.code === 'invalid_key') {
    return [
      {
        path: full.slice(0, -1).map(String),
        got: show(full.at(-1)),
        valid: issue.issues[0]?.message ?? issue.message,
      },
    ];
  }
  return [{ path: full.map(String), got: show(got), valid: issue.message }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
}
