import { checkConfig, ConfigError, environmentNamed } from './check-config';
import { config } from './config';
import api from '../services/api/service';

/** The shipped configuration, to be spoilt by a test. */
const fresh = (): Record<string, any> => structuredClone(config) as Record<string, any>;
const service = (): Record<string, any> => structuredClone(api) as Record<string, any>;

function problemsOf(given: unknown, descriptors: Record<string, unknown> = { api }): readonly string[] {
  try {
    checkConfig(given, descriptors);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('the shipped configuration and service are valid', () => {
  expect(problemsOf(config)).toEqual([]);
});

test('six different mistakes are reported at once, each with its path, what came and what is valid', () => {
  const given = fresh();
  given.environments.dev.nat = 'one';
  given.environments.dev.zones = ['eu-west-1a'];
  given.environments.dev.domain = 'ephemeral';
  given.environments.prod.account = 12345;
  given.environments.prod.cluster.instanceType = 'm7i.large';
  const descriptor = service();
  descriptor.port = 80;
  expect(problemsOf(given, { api: descriptor })).toEqual([
    'environments.dev.zones: got ["eu-west-1a"]; valid: 2 or 3 availability zones',
    'environments.dev.nat: got "one"; valid: none, single, perZone',
    'environments.prod.account: got 12345; valid: an AWS account number, 12 digits in quotes',
    'services/api/service.ts.port: got 80; valid: a whole number from 1024 to 65535 (a non-root user cannot bind below 1024)',
    'environments.dev.protection: got true with domain: ephemeral; valid: false, because an ephemeral environment is deleted by force; or a domain',
    'environments.prod.cluster: got instanceType "m7i.large" with architecture arm64; valid: a Graviton type such as t4g.medium, or architecture x86_64',
  ]);
});

test.each<[string, (given: Record<string, any>) => void, string]>([
  [
    'a missing field',
    (c) => delete c.environments.dev.cidr,
    'environments.dev.cidr: got nothing; valid: a private /16 such as 10.20.0.0/16',
  ],
  [
    'a subject that GitHub does not have',
    (c) => (c.github.subject = 'legacy'),
    'github.subject: got "legacy"; valid: immutable, name',
  ],
  [
    'an unknown field',
    (c) => (c.environments.dev.natt = 'none'),
    'environments.dev.natt: got a field that is not known; valid: the fields account, region, zones, cidr, nat, domain, cluster, database, protection, alarmEmail, budgetUsdPerMonth',
  ],
  [
    'a mistake inside a domain',
    (c) => (c.environments.prod.domain.hostedZoneId = 'x'),
    'environments.prod.domain.hostedZoneId: got "x"; valid: a Route 53 hosted zone id such as Z0123456789EXAMPLE',
  ],
  [
    'a domain too long for a certificate',
    (c) => (c.environments.prod.domain.name = `${'a'.repeat(53)}.example.com`),
    `environments.prod.domain.name: got "${'a'.repeat(53)}.example.com"; valid: a host name such as app.example.com, of at most 64 characters`,
  ],
  [
    'a word that is no domain',
    (c) => (c.environments.prod.domain = 'example.com'),
    `environments.prod.domain: got "example.com"; valid: 'ephemeral', or an object with name, hostedZoneId`,
  ],
  [
    'zones of another region',
    (c) => (c.environments.dev.zones = ['eu-west-1a', 'us-east-1a']),
    'environments.dev.zones: got "us-east-1a"; valid: zones of eu-west-1',
  ],
  [
    'a zone whose letter has no range',
    (c) => (c.environments.dev.zones = ['eu-west-1a', 'eu-west-1i']),
    'environments.dev.zones.1: got "eu-west-1i"; valid: an availability zone such as eu-west-1a, up to …h',
  ],
  [
    'a zone named twice',
    (c) => (c.environments.dev.zones = ['eu-west-1a', 'eu-west-1a']),
    'environments.dev.zones: got ["eu-west-1a","eu-west-1a"]; valid: different zones',
  ],
  [
    'no room for a deployment',
    (c) => (c.environments.dev.cluster.maxInstances = 1.5),
    'environments.dev.cluster.maxInstances: got 1.5; valid: a whole number from 2 to 1000',
  ],
  [
    'a maximum below twice the minimum',
    (c) => (c.environments.prod.cluster.maxInstances = 5),
    'environments.prod.cluster: got maxInstances 5 with minInstances 3; valid: maxInstances of 6 or more (a deployment needs the room)',
  ],
  [
    'storage that shrinks',
    (c) => (c.environments.dev.database.maxStorageGiB = 20.5),
    'environments.dev.database.maxStorageGiB: got 20.5; valid: a whole number from 20 to 65536',
  ],
  [
    'networks that overlap',
    (c) => (c.environments.prod.cidr = '10.20.0.0/16'),
    'environments.prod.cidr: got "10.20.0.0/16"; valid: a range that environments.dev does not use',
  ],
  [
    'an environment name too long',
    (c) => (c.environments.production = c.environments.prod),
    'environments: got "production"; valid: environment names of 1–8 lower-case letters and digits, a letter first',
  ],
  ['no environment', (c) => (c.environments = {}), 'environments: got {}; valid: at least one environment'],
])('fails when there is %s', (_, spoil, problem) => {
  const given = fresh();
  spoil(given);
  expect(problemsOf(given)).toContain(problem);
});

const AT_SEVEN = { at: 'cron(0 7 ? * MON-FRI *)', timezone: 'Europe/Berlin', min: 1, max: 4 };

test.each<[string, (descriptor: Record<string, any>) => void, string]>([
  [
    'names an environment there is not',
    (d) => (d.environments = { stage: {} }),
    'services/api/service.ts.environments: got "stage"; valid: dev, prod',
  ],
  [
    'has more tasks at least than at most',
    (d) => (d.tasks = { min: 5, max: 4 }),
    'services/api/service.ts.tasks: got min 5 above max 4; valid: min up to max',
  ],
  [
    'is woken with more tasks at least than at most',
    (d) => (d.environments = { dev: { schedule: [{ ...AT_SEVEN, min: 2, max: 1 }] } }),
    'services/api/service.ts.environments.dev.schedule.0: got min 2 above max 1; valid: min up to max',
  ],
  [
    'is parked at a time that is none',
    (d) => (d.schedule = [{ ...AT_SEVEN, at: '0 19 * * *' }]),
    'services/api/service.ts.schedule.0.at: got "0 19 * * *"; valid: a time such as cron(0 19 ? * MON-FRI *)',
  ],
  [
    'has a database and no migration',
    (d) => delete d.migrate,
    'services/api/service.ts.migrate: got nothing; valid: the migration command, because database is true',
  ],
  [
    'has no way to it',
    (d) => (d.route = { priority: 1 }),
    'services/api/service.ts.route: got neither paths nor hosts; valid: at least one of them',
  ],
  [
    'has a host that no certificate covers',
    (d) => (d.route.hosts = ['a.app.example.com', 'b.a.app.example.com', 'a.dev.app.example.com']),
    'services/api/service.ts.route.hosts.1: got "b.a.app.example.com"; valid: dev.app.example.com, app.example.com, or one label below',
  ],
  [
    'has a host that lacks its first label',
    (d) => (d.route.hosts = ['.app.example.com']),
    'services/api/service.ts.route.hosts.0: got ".app.example.com"; valid: dev.app.example.com, app.example.com, or one label below',
  ],
  [
    'has a host that is a pattern',
    (d) => (d.route.hosts = ['*.app.example.com', 'a.dev.app.example.com']),
    'services/api/service.ts.route.hosts.0: got "*.app.example.com"; valid: dev.app.example.com, app.example.com, or one label below',
  ],
  [
    'has no host in an environment',
    (d) => (d.route.hosts = ['a.app.example.com']),
    'services/api/service.ts.route.hosts: got none for environments.dev; valid: dev.app.example.com, or one label below',
  ],
  [
    "has another environment's domain for its only host",
    (d) => (d.route.hosts = ['dev.app.example.com']),
    'services/api/service.ts.route.hosts: got none for environments.prod; valid: app.example.com, or one label below',
  ],
])('fails when a service %s', (_, spoil, problem) => {
  const descriptor = service();
  spoil(descriptor);
  expect(problemsOf(config, { api: descriptor })).toContain(problem);
});

test('hosts are the domain of an environment or one label below, and any where all environments are ephemeral', () => {
  const descriptor = service();
  descriptor.route.hosts = ['app.example.com', 'API.App.example.com', 'api.dev.app.example.com'];
  expect(problemsOf(config, { api: descriptor })).toEqual([]);

  const given = fresh();
  for (const environment of ['dev', 'prod']) {
    Object.assign(given.environments[environment], { domain: 'ephemeral', protection: false });
  }
  descriptor.route.hosts = ['api.test'];
  expect(problemsOf(given, { api: descriptor })).toEqual([]);
});

test('the hosts of a service are not looked at while a domain is wrong', () => {
  const given = fresh();
  given.environments.dev.domain.name = 'nothing';
  const descriptor = service();
  descriptor.route.hosts = ['api.app.example.com'];
  expect(problemsOf(given, { api: descriptor })).toEqual([
    'environments.dev.domain.name: got "nothing"; valid: a host name such as app.example.com, of at most 64 characters',
  ]);
});

test('fails when a service wants a database in an environment without one', () => {
  const given = fresh();
  given.environments.dev.database = 'none';
  expect(problemsOf(given)).toEqual([
    'services/api/service.ts.database: got true; valid: false, because environments.dev.database is none',
  ]);
});

test('fails when a name would be longer than AWS allows, before anything is synthesized', () => {
  const given = fresh();
  given.project = 'sixteen-letters1';
  expect(problemsOf(given, { longname10: service() })).toEqual([
    'services/longname10/service.ts: got a target group named "sixteen-letters1-dev-longname10-3000", 36 characters; valid: 32 at most, of project, environment, service and port together',
    'services/longname10/service.ts: got a target group named "sixteen-letters1-prod-longname10-3000", 37 characters; valid: 32 at most, of project, environment, service and port together',
  ]);
});

test('fails when environments of one account are in two regions', () => {
  const given = fresh();
  given.environments.prod.account = given.environments.dev.account;
  given.environments.prod.region = 'us-east-1';
  given.environments.prod.zones = ['us-east-1a', 'us-east-1b'];
  expect(problemsOf(given)).toEqual([
    'environments.prod.region: got "us-east-1"; valid: eu-west-1, because environments.dev is in the same account; or an account of its own',
  ]);
});

test('fails when two services share a priority', () => {
  expect(problemsOf(config, { api, web: service() })).toEqual([
    'services/web/service.ts.route.priority: got 100; valid: a number that services/api does not use',
  ]);
});

test('fails when the folder of a service is no name', () => {
  expect(problemsOf(config, { 'my-api': service() })).toEqual([
    'services/my-api/service.ts: got folder name "my-api"; valid: 2–10 lower-case letters and digits, a letter first',
  ]);
});

test('fails when the configuration is no object', () => {
  expect(problemsOf(null)).toEqual([
    'the configuration: got null; valid: an object with project, github, registry, environments',
  ]);
});

test('an unknown environment is answered with the ones there are', () => {
  expect(() => environmentNamed(config, 'staging')).toThrow(
    "unknown environment 'staging': stacks/config.ts has dev, prod",
  );
  expect(() => environmentNamed(config, 'toString')).toThrow('unknown environment');
});
