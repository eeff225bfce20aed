import { ConfigError, type Services } from '../../stacks/check-config';
import type { Config } from '../../stacks/config';
import {
  balancerLogBucketName,
  pipelineRoleName,
  repositoryName,
  repositoryUrl,
  roleArn,
} from '../../stacks/names';
import { environmentHosts, registryHosts } from './egress';

/** What the workflows read of config and services, both checked. */
export interface Project {
  /** In the order of release. */
  readonly environments: readonly Environment[];
  readonly services: readonly ServiceImage[];
  /** The load profiles there are: files of `loadtests/profiles`. */
  readonly profiles: readonly string[];
  /** The account of the images, and the role that may push to it. */
  readonly registry: SignIn & { readonly hosts: readonly string[] };
  /** Of every image: one is built, and runs in all environments. */
  readonly architecture: Architecture;
}

export interface Environment {
  readonly name: string;
  /** May read; used by pull requests, the drift check and load tests. */
  readonly plan: SignIn;
  /** May write; GitHub gives the right to assume it to jobs with `environment: <name>` only. */
  readonly apply: SignIn;
  /** May put an image back; for jobs with `environment: <name>` too. */
  readonly deploy: SignIn;
  /** Those that it is planned, applied, released and tried by. */
  readonly hosts: readonly string[];
}

export interface ServiceImage {
  readonly name: string;
  /** `<project>/<service>`, as the registry names it. */
  readonly repository: string;
  /** With the registry's host, without tag or digest. */
  readonly url: string;
}

/** A role to assume by OIDC, and where. */
export interface SignIn {
  readonly account: string;
  readonly region: string;
  readonly roleArn: string;
}

export type Architecture = 'arm64' | 'x86_64';

/** @throws ConfigError when the environments want images of different architectures */
export function projectOf(config: Config, services: Services, profiles: readonly string[]): Project {
  const environments = Object.entries(config.environments);
  const signIn = ({ account, region }: { account: string; region: string }, role: string): SignIn => ({
    account,
    region,
    roleArn: roleArn(account, role),
  });
  return {
    environments: environments.map(([name, environment]) => ({
      name,
      plan: signIn(environment, pipelineRoleName(config.project, 'plan', name)),
      apply: signIn(environment, pipelineRoleName(config.project, 'apply', name)),
      deploy: signIn(environment, pipelineRoleName(config.project, 'deploy', name)),
      hosts: environmentHosts({
        project: config.project,
        environment,
        registry: config.registry,
        buckets: [balancerLogBucketName(config.project, name, environment)],
        domain: environment.domain === 'ephemeral' ? undefined : environment.domain.name,
      }),
    })),
    services: Object.keys(services).map((name) => ({
      name,
      repository: repositoryName(config.project, name),
      url: repositoryUrl(config, name),
    })),
    profiles,
    registry: {
      ...signIn(config.registry, pipelineRoleName(config.project, 'push')),
      hosts: registryHosts(config.registry),
    },
    architecture: oneArchitecture(environments.map(([name, { cluster }]) => [name, cluster.architecture])),
  };
}

function oneArchitecture(
  environments: readonly (readonly [name: string, architecture: Architecture])[],
): Architecture {
  const [first, ...others] = new Set(environments.map(([, architecture]) => architecture));
  if (first !== undefined && others.length === 0) return first;
  const got = environments.map(([name, architecture]) => `${name} ${architecture}`).join(', ');
  throw new ConfigError([
    `environments.*.cluster.architecture: got ${got}; valid: one for all, because one image goes through all environments`,
  ]);
}
