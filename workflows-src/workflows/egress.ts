import type { AccountRegion } from '../../stacks/config';
import { stateBucketName } from '../../stacks/names';

/**
 * Where a job that holds credentials of AWS may send anything: the allow-list of harden-runner. Code that should not be there
 * has nowhere to send what it finds, least of all to a bucket of its own: ours are named, and no pattern covers others.
 */

/** What a job does besides signing in. */
export type Need = keyof typeof HOSTS;

/** GitHub's releases: of actions' tools, such as Node and k6. */
const GITHUB_RELEASES = ['objects.githubusercontent.com', 'release-assets.githubusercontent.com'];
/** Whence the roots of attestations are read: sigstore's public instance, and GitHub's own for private repositories. */
const ROOTS = ['tuf-repo-cdn.sigstore.dev', 'tuf-repo.github.com'];

/**
 * Hosts by need, on port 443 where none is given. The runner's own, those of artifacts, step summaries and OIDC tokens among
 * them, harden-runner lets through by itself: https://github.com/step-security/agent (`addImplicitEndpoints`).
 */
const HOSTS = {
  /** Checkout, and GitHub's REST API. */
  github: ['api.github.com', 'github.com'],
  /** Where the runner has none of that release. */
  node: [...GITHUB_RELEASES, 'nodejs.org', 'raw.githubusercontent.com'],
  npm: ['registry.npmjs.org'],
  terraform: ['registry.terraform.io', 'releases.hashicorp.com'],
  k6: GITHUB_RELEASES,
  'roots of attestations': ROOTS,
  /** GitHub's API names a file in its storage. */
  'read attestations': ['tmaproduction.blob.core.windows.net'],
  /** Sigstore's public instance, and GitHub's own for private repositories. */
  'sign attestations': [
    ...ROOTS,
    'fulcio.githubapp.com',
    'fulcio.sigstore.dev',
    'rekor.sigstore.dev',
    'timestamp.githubapp.com',
    'timestamp.sigstore.dev',
  ],
  /** Those that our Dockerfiles build on. https://docs.docker.com/desktop/setup/allow-list/ */
  'base images': [
    'auth.docker.io',
    'production.cloudflare.docker.com',
    'production.cloudfront.docker.com',
    'docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com',
    'registry-1.docker.io',
    'gcr.io',
    'storage.googleapis.com',
  ],
  /** Packages of Ubuntu, by either architecture's mirrors. */
  apt: [
    'archive.ubuntu.com',
    'azure.archive.ubuntu.com:80',
    'azure.ports.ubuntu.com:80',
    'ports.ubuntu.com:80',
    'security.ubuntu.com',
  ],
} as const;

/**
 * The value of `allowed-endpoints`.
 * @param hosts further ones, such as those of `environmentHosts`
 * @returns `host:port` in alphabetical order, parted by single spaces: harden-runner's agent knows no other separator
 */
export function allowedEndpoints(needs: readonly Need[], hosts: readonly string[]): string {
  const all = [...needs.flatMap((need): readonly string[] => HOSTS[need]), ...hosts];
  return [...new Set(all.map((host) => (host.includes(':') ? host : `${host}:443`)))].sort().join(' ');
}

/**
 * The services of AWS that terraform and our commands call, by the first labels of their endpoints. S3 is not among them: it
 * is reached by the names of buckets. Source: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
 */
const REGIONAL_SERVICES = [
  'acm',
  'api.ecr',
  'application-autoscaling',
  'autoscaling',
  'ec2',
  'ecs',
  'elasticloadbalancing',
  'kms',
  'logs',
  'monitoring',
  'rds',
  'sns',
  'ssm',
  'sts',
  'wafv2',
];
const GLOBAL_SERVICES = ['budgets', 'iam', 'route53'];

/** What an environment's hosts follow from. */
export interface EnvironmentPlace {
  readonly project: string;
  readonly environment: AccountRegion;
  readonly registry: AccountRegion;
  /** The environment's own buckets; those of the states go without saying. */
  readonly buckets: readonly string[];
  /** Its domain; undefined where it is ephemeral and has the name that AWS gives its balancer. */
  readonly domain: string | undefined;
}

/** The hosts that an environment is planned, applied, released and tried by. */
export function environmentHosts(place: EnvironmentPlace): readonly string[] {
  const { project, environment, registry, buckets, domain } = place;
  const regions = [...new Set([environment.region, registry.region])];
  return [
    ...GLOBAL_SERVICES.map((service) => `${service}.amazonaws.com`),
    ...regions.flatMap((region) => REGIONAL_SERVICES.map((service) => `${service}.${region}.amazonaws.com`)),
    ...[environment, registry].map((where) => bucketHost(stateBucketName(project, where), where.region)),
    ...buckets.map((bucket) => bucketHost(bucket, environment.region)),
    domain ?? `*.${environment.region}.elb.amazonaws.com:80`,
  ];
}

/** The hosts that an image is pushed by. */
export function registryHosts({ account, region }: AccountRegion): readonly string[] {
  return [
    `${account}.dkr.ecr.${region}.amazonaws.com`,
    `api.ecr.${region}.amazonaws.com`,
    `sts.${region}.amazonaws.com`,
  ];
}

const bucketHost = (bucket: string, region: string): string => `${bucket}.s3.${region}.amazonaws.com`;
