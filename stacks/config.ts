/**
 * Everything a team fills in: who they are on GitHub, and what each environment is. Plain data that imports nothing, so
 * that the stacks, the workflows and the rehearsal all read the same values. `check-config.ts` checks it once, whole.
 */
export const config: Config = {
  project: 'fairlead',
  github: {
    owner: 'your-organization',
    ownerId: 1000001,
    repository: 'your-repository',
    repositoryId: 100000001,
  },
  registry: { account: '111111111111', region: 'eu-west-1' },
  environments: {
    dev: {
      account: '111111111111',
      region: 'eu-west-1',
      zones: ['eu-west-1a', 'eu-west-1b'],
      cidr: '10.20.0.0/16',
      nat: 'single',
      domain: { name: 'dev.app.example.com', hostedZoneId: 'Z0123456789EXAMPLE' },
      cluster: {
        architecture: 'arm64',
        instanceType: 't4g.medium',
        minInstances: 1,
        maxInstances: 4,
        spotPercent: 50,
      },
      database: {
        instanceClass: 'db.t4g.micro',
        storageGiB: 20,
        maxStorageGiB: 50,
        multiAz: true,
        backupDays: 1,
      },
      protection: true,
      alarmEmail: 'platform-dev@example.com',
      budgetUsdPerMonth: 150,
    },
    prod: {
      account: '222222222222',
      region: 'eu-west-1',
      zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
      cidr: '10.30.0.0/16',
      nat: 'perZone',
      domain: { name: 'app.example.com', hostedZoneId: 'Z0123456789EXAMPLE' },
      cluster: {
        architecture: 'arm64',
        instanceType: 'm7g.large',
        minInstances: 3,
        maxInstances: 9,
        spotPercent: 0,
      },
      database: {
        instanceClass: 'db.m7g.large',
        storageGiB: 100,
        maxStorageGiB: 500,
        multiAz: true,
        backupDays: 30,
      },
      protection: true,
      alarmEmail: 'platform@example.com',
      budgetUsdPerMonth: 1500,
    },
  },
};

export interface Config {
  /** Prefix of every name in AWS: 2–16 characters, lower-case letters, digits and hyphens, a letter first. */
  readonly project: string;
  readonly github: GitHubIdentity;
  /** Where the container images live, for all environments: one image is built once and promoted by digest. */
  readonly registry: AccountRegion;
  /** By name: 1–8 lower-case letters and digits, a letter first. Releases go through them in this order. */
  readonly environments: Readonly<Record<string, EnvironmentConfig>>;
}

/** The repository as GitHub's OIDC token names it. The numbers: `gh api repos/OWNER/REPO --jq '.owner.id, .id'`. */
export interface GitHubIdentity {
  readonly owner: string;
  readonly ownerId: number;
  readonly repository: string;
  readonly repositoryId: number;
  /**
   * What the token's subject is made of. A repository that was created, renamed or transferred after 2026-07-15 has the
   * immutable form, with both numbers; an older one has names alone until it is switched over, and a name can be taken by
   * somebody else. `gh api repos/OWNER/REPO/actions/oidc/customization/sub --jq .sub_claim_prefix` says which: the roles
   * trust one, and not the other. @default immutable
   */
  readonly subject?: 'immutable' | 'name';
}

export interface AccountRegion {
  /** 12 digits. */
  readonly account: string;
  /** Such as `eu-west-1`. */
  readonly region: string;
}

export interface EnvironmentConfig extends AccountRegion {
  /**
   * 2 or 3 availability zones of the region, up to the letter h. A subnet's addresses follow its zone's letter: a plan that
   * adds a zone makes its subnets and lets balancer, instances, tasks and database into them; one that takes a zone out
   * destroys the subnets of that zone alone; neither replaces anything, and the order matters only to `nat: 'single'`,
   * whose gateway stands in the first. AWS deletes no subnet that is in use, and an apply begins with the network: empty
   * the zone before the merge, with `npm run apply -- <environment> platform data service-<name>…` on the branch.
   */
  readonly zones: readonly string[];
  /** The VPC's IPv4 range, a /16. Changing it replaces the network and everything in it. */
  readonly cidr: string;
  /**
   * The way out of private subnets. `none` reaches AWS by VPC endpoints only; `perZone` survives the loss of a zone.
   * A plan that changes it creates and destroys gateways, their addresses, routes, alarms and, to or from `none`, endpoints,
   * and updates the routes that stay and the dashboard. It touches nothing that runs, but what is sent through a gateway that
   * goes is cut off; towards `none`, until the endpoints answer, nothing leaves.
   */
  readonly nat: 'none' | 'single' | 'perZone';
  /** HTTPS under this name; `ephemeral` is plain HTTP, no protection and forced deletes, for a first try without DNS. */
  readonly domain: DomainConfig | 'ephemeral';
  readonly cluster: ClusterConfig;
  /**
   * PostgreSQL for the services that ask for one; `none` goes with services that ask for none. Turning it off is data loss,
   * and the plan says so: in this order it takes from tasks and service what let them reach it, and then destroys the
   * instance, its security group, logs and key. Where `protection` is on, AWS refuses the last: turn that off in a pull
   * request before this one. No final snapshot is made then, and what is encrypted with the database's own key is lost with
   * that, 30 days later (7 in an ephemeral environment): what is to be kept is a snapshot copied under another key.
   */
  readonly database: DatabaseConfig | 'none';
  /** Deletion protection, final snapshots and retained backups. Must be false in an ephemeral environment. */
  readonly protection: boolean;
  /** Receives alarms and budget warnings. */
  readonly alarmEmail: string;
  readonly budgetUsdPerMonth: number;
}

export interface DomainConfig {
  /**
   * The host name of the load balancer, such as `app.example.com`. Services may have hosts of their own one label below, for
   * which there are names and a certificate then.
   */
  readonly name: string;
  /** The Route 53 public hosted zone that holds it. */
  readonly hostedZoneId: string;
}

export interface ClusterConfig {
  /**
   * Chosen here alone: the AMI, the task definitions and the images follow. A plan that changes it makes the group of
   * instances and its capacity provider anew before the old ones go, on a new version of the launch template, and a new
   * revision of every task definition; nothing else is replaced. It is one for all environments, because they share their
   * images; and an image is built anew only when what it is made of changes, so the same pull request touches each Dockerfile.
   */
  readonly architecture: 'arm64' | 'x86_64';
  /** Of the same architecture, such as `t4g.medium`. */
  readonly instanceType: string;
  readonly minInstances: number;
  /** At least twice the minimum: a deployment and an instance refresh need the room. */
  readonly maxInstances: number;
  /** Share of instances above the minimum that are spot, 0–100. */
  readonly spotPercent: number;
}

export interface DatabaseConfig {
  /** Such as `db.t4g.micro`. */
  readonly instanceClass: string;
  readonly storageGiB: number;
  /** Storage grows by itself up to this. */
  readonly maxStorageGiB: number;
  readonly multiAz: boolean;
  /** Point-in-time recovery window, 1–35 days. */
  readonly backupDays: number;
}

/** What a service's own folder says of it, in `services/<name>/service.ts`; the folder's name is the service's name. */
export interface ServiceDescriptor {
  /** The container's port. */
  readonly port: number;
  /** CPU units (1,024 = one core) and memory in MiB reserved for one task. */
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Answers 200 without touching a dependency (container health check) and when ready for traffic (target group). */
  readonly livenessPath: string;
  readonly readinessPath: string;
  /** SIGTERM to SIGKILL, 2–120 seconds. */
  readonly stopSeconds: number;
  /** The balancer's rule. Priorities are unique across services, lower first; one of `paths` and `hosts` is given. */
  readonly route: {
    readonly priority: number;
    readonly paths?: readonly string[];
    /**
     * Of all environments: each is the domain of one, or one label below it, and each environment with a domain has one or
     * more: `['shop.app.example.com', 'shop.dev.app.example.com']`. A further one replaces the platform's certificate, the
     * new one before the old. An ephemeral environment takes all of them.
     */
    readonly hosts?: readonly string[];
  };
  readonly tasks: TaskCount;
  readonly scaling: ScalingTargets;
  /** Moves the bounds by the clock; `tasks` are then those that it begins with, and no later apply sets them. @default never */
  readonly schedule?: readonly ScheduledTaskCount[];
  /** Whether it uses the environment's PostgreSQL; then `migrate` says how its schema is brought up to date. */
  readonly database: boolean;
  /** The command of the one-off migration task, run from the same image before each release. */
  readonly migrate?: readonly string[];
  /** Plain, non-secret settings. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What differs in one environment. */
  readonly environments?: Readonly<
    Record<string, { readonly tasks?: TaskCount; readonly schedule?: readonly ScheduledTaskCount[] }>
  >;
}

export interface TaskCount {
  readonly min: number;
  readonly max: number;
}

/** Target tracking: the service scales to keep each of these at its value. */
export interface ScalingTargets {
  /** @default 60 */
  readonly cpuPercent?: number;
  /** @default none */
  readonly memoryPercent?: number;
  /** Requests per task and minute. @default none */
  readonly requestsPerTarget?: number;
}

/** From that time on the bounds are these, until another entry moves them: `{ min: 0, max: 0 }` parks the service. */
export interface ScheduledTaskCount extends TaskCount {
  /** As EventBridge writes it, such as `cron(0 19 ? * MON-FRI *)`. */
  readonly at: string;
  /** Such as `Europe/Berlin`; clocks that change are followed. */
  readonly timezone: string;
}
