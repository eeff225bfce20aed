import type { AccountRegion, Config, EnvironmentConfig, GitHubIdentity } from './config';

/**
 * Names that more than one room must agree on: the stacks create them, the workflows and the commands use them.
 * Each is derived from config alone. Limits: the AWS service's own quota pages.
 */

/** Longest names AWS accepts. */
export const NAME_LIMITS = {
  bucket: 63,
  iamRole: 64,
  loadBalancer: 32,
  targetGroup: 32,
} as const;

/** Thrown with what to shorten, because AWS would refuse the name only in the middle of an apply. */
export function withinLimit(
  kind: keyof typeof NAME_LIMITS,
  name: string,
  madeOf: Record<string, string>,
): string {
  const limit = NAME_LIMITS[kind];
  if (name.length <= limit) return name;
  const parts = Object.entries(madeOf).map(([what, value]) => `${what} '${value}'`);
  throw new Error(
    `${name}: a ${kind} name has at most ${limit} characters, this has ${name.length}; it is made of ${parts.join(', ')}: shorten one of them`,
  );
}

/** `<project>-<account>-<region>-tfstate`: bucket names are shared by all of AWS, the account makes it ours. */
export function stateBucketName(project: string, where: AccountRegion): string {
  return withinLimit('bucket', `${project}-${where.account}-${where.region}-tfstate`, {
    project,
    account: where.account,
    region: where.region,
  });
}

/** Where the account's buckets, that of the state among them, are logged. */
export function accessLogBucketName(project: string, where: AccountRegion): string {
  return withinLimit('bucket', `${stateBucketName(project, where)}-log`, {
    project,
    account: where.account,
    region: where.region,
  });
}

/** Where an environment's load balancer is logged. @param environment of config */
export function balancerLogBucketName(project: string, environment: string, where: AccountRegion): string {
  return withinLimit('bucket', `${project}-${environment}-${where.account}-${where.region}-alb-logs`, {
    project,
    environment,
    account: where.account,
    region: where.region,
  });
}

/** The alias of the key that encrypts the state bucket. */
export function stateKeyAlias(project: string): string {
  return `alias/${project}-tfstate`;
}

export type PipelineRole = 'plan' | 'apply' | 'push' | 'deploy';

/** Roles that GitHub Actions assumes: `<project>-<environment>-<purpose>`; `push` serves all environments. */
export function pipelineRoleName(project: string, purpose: 'push'): string;
export function pipelineRoleName(
  project: string,
  purpose: Exclude<PipelineRole, 'push'>,
  environment: string,
): string;
export function pipelineRoleName(project: string, purpose: PipelineRole, environment?: string): string {
  const name = environment === undefined ? `${project}-${purpose}` : `${project}-${environment}-${purpose}`;
  return withinLimit('iamRole', name, { project, environment: environment ?? '(none)', purpose });
}

export function roleArn(account: string, name: string): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

/** The managed policy that every role of every stack carries as its permissions boundary; one an account. */
export function boundaryName(project: string): string {
  return `${project}-boundary`;
}

export function boundaryArn(project: string, account: string): string {
  return `arn:aws:iam::${account}:policy/${boundaryName(project)}`;
}

/** The SSM parameter that says which image of a service an environment runs; its versions are the ledger of releases. */
export function releaseParameter(project: string, environment: string, service: string): string {
  return `/${project}/${environment}/release/${service}`;
}

/** The ECR repository of a service: `<project>/<service>`. */
export function repositoryName(project: string, service: string): string {
  return `${project}/${service}`;
}

export function repositoryArn(config: Config, service: string): string {
  const { account, region } = config.registry;
  return `arn:aws:ecr:${region}:${account}:repository/${repositoryName(config.project, service)}`;
}

/** What `docker push` is given, without tag or digest. */
export function repositoryUrl(config: Config, service: string): string {
  const { account, region } = config.registry;
  return `${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName(config.project, service)}`;
}

/**
 * The `sub` of GitHub's OIDC token: `repo:OWNER@OWNER_ID/REPO@REPO_ID:<context>`, or `repo:OWNER/REPO:<context>` where the
 * configuration says that the repository still has names alone.
 */
export function oidcSubject(github: GitHubIdentity, context: string): string {
  const { owner, ownerId, repository, repositoryId, subject = 'immutable' } = github;
  const named =
    subject === 'immutable' ? `${owner}@${ownerId}/${repository}@${repositoryId}` : `${owner}/${repository}`;
  return `repo:${named}:${context}`;
}

/**
 * The bootstrap stack of each account: `bootstrap` where the registry is, `bootstrap-<account>` for any further one. Not
 * after an environment: its state would move when one is added before it.
 */
export function bootstrapStacks(config: Config): readonly BootstrapPlace[] {
  const places = new Map<string, BootstrapPlace>();
  places.set(config.registry.account, { ...config.registry, stackId: 'bootstrap', environments: [] });
  for (const [name, { account, region }] of Object.entries(config.environments)) {
    const known = places.get(account) ?? {
      account,
      region,
      stackId: `bootstrap-${account}`,
      environments: [],
    };
    places.set(account, { ...known, environments: [...known.environments, name] });
  }
  return [...places.values()];
}

export interface BootstrapPlace extends AccountRegion {
  readonly stackId: string;
  /** The environments whose account this is, in the order of config. */
  readonly environments: readonly string[];
}

/**
 * Those of a service's hosts that lead to an environment, in lower case: its domain and what is one label below, without `*`
 * and `?`, which no certificate of ours has. A host that is the domain of another environment leads there, although it may
 * be below this one too. All of them, as they are, where it is ephemeral.
 */
export function hostsOf(
  { environments }: Pick<Config, 'environments'>,
  environment: string,
  hosts: readonly string[],
): readonly string[] {
  const domainOf = ({ domain }: EnvironmentConfig): string | undefined =>
    domain === 'ephemeral' ? undefined : domain.name;
  const mine = domainOf(environments[environment]!);
  if (mine === undefined) return hosts;
  const all = Object.values(environments).map(domainOf);
  return hosts
    .map((host) => host.toLowerCase())
    .filter((host) => host === mine || (host.replace(LABEL, '') === mine && !all.includes(host)));
}

/** The first of a host name. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\./;

/** Of the environment's RDS instance. */
export function databaseIdentifier(project: string, environment: string): string {
  return `${project}-${environment}-database`;
}
