import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkConfig } from '../stacks/check-config';
import { config as givenConfig } from '../stacks/config';
import { synthesize } from '../stacks/main';
import { loadServiceDescriptors } from '../stacks/services';
import { readSynthesized } from '../workflows-src/graph/synthesized';
import { projectOf } from '../workflows-src/workflows/project';
import calls from './permissions/calls.json';

/** Jobs with credentials may send nothing but to the hosts that are listed: what is missing there stops an apply. */

const { config, services } = checkConfig(givenConfig, loadServiceDescriptors(join(__dirname, '../services')));
const { environments } = projectOf(config, services, []);

/** The name of a service in the provider's resource types, and in its endpoint where that is another. */
const OF_RESOURCES: readonly (readonly [type: RegExp, endpoint: string])[] = [
  [/^aws_acm_/, 'acm'],
  [/^aws_appautoscaling_/, 'application-autoscaling'],
  [/^aws_autoscaling_/, 'autoscaling'],
  [/^aws_budgets_/, 'budgets'],
  [/^aws_cloudwatch_log_/, 'logs'],
  [/^aws_cloudwatch_(dashboard|metric_alarm|composite_alarm)$/, 'monitoring'],
  [/^aws_db_/, 'rds'],
  [/^aws_ecr_/, 'api.ecr'],
  [/^aws_ecs_/, 'ecs'],
  [/^aws_iam_/, 'iam'],
  [/^aws_kms_/, 'kms'],
  [/^aws_lb($|_)/, 'elasticloadbalancing'],
  [/^aws_route53_/, 'route53'],
  [/^aws_sns_/, 'sns'],
  [/^aws_ssm_/, 'ssm'],
  [/^aws_wafv2_/, 'wafv2'],
  [
    /^aws_(default_security_group|eip|flow_log|internet_gateway|launch_template|nat_gateway|network_acl|route|route_table|route_table_association|security_group|subnet|vpc|vpc_endpoint|vpc_security_group_(e|in)gress_rule)$/,
    'ec2',
  ],
];
/** In policies a service has the name of its endpoint, but for one. */
const OF_CALLS: Readonly<Record<string, string>> = { ecr: 'api.ecr' };

interface StackJson {
  readonly provider: { readonly aws?: readonly { readonly region: string }[] };
  readonly resource?: Readonly<Record<string, Readonly<Record<string, { readonly bucket?: string }>>>>;
  readonly data?: Readonly<Record<string, object>>;
}

const endpointIn = (hosts: readonly string[], service: string, region: string): boolean =>
  hosts.includes(`${service}.${region}.amazonaws.com`) || hosts.includes(`${service}.amazonaws.com`);

let synthesized: readonly (readonly [id: string, stack: StackJson])[] = [];
beforeAll(() => {
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-egress-'));
  try {
    synthesize(config, services, outdir);
    synthesized = readSynthesized(outdir).map(({ id, folder }) => [
      id,
      JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8')) as StackJson,
    ]);
  } finally {
    rmSync(outdir, { recursive: true });
  }
});

describe.each(environments)('the hosts of $name', ({ name, hosts }) => {
  const stacks = (): readonly StackJson[] => {
    const mine = synthesized.filter(([id]) => id.startsWith(`${name}-`) || id === 'registry');
    expect(mine.length).toBeGreaterThan(4);
    return mine.map(([, stack]) => stack);
  };

  it('have the endpoint of every service whose resources are in the stacks', () => {
    const missing = stacks().flatMap(({ provider, resource = {}, data = {} }) =>
      [...Object.keys(resource), ...Object.keys(data)]
        .filter((type) => !/^(aws_s3_|aws_default_tags$|terraform_)/.test(type))
        .filter((type) => {
          const service = OF_RESOURCES.find(([pattern]) => pattern.test(type))?.[1];
          const region = provider.aws?.[0]?.region ?? '';
          return service === undefined || !endpointIn(hosts, service, region);
        }),
    );
    expect(missing).toEqual([]);
  });

  it('have every bucket by its name, and no other', () => {
    const region = config.environments[name]?.region;
    const buckets = stacks().flatMap(({ resource = {} }) =>
      Object.values(resource['aws_s3_bucket'] ?? {}).map(({ bucket }) => bucket),
    );
    expect(buckets.length).toBeGreaterThan(0);
    const s3 = hosts.filter((host) => host.includes('s3'));
    for (const bucket of buckets) expect(s3).toContain(`${bucket}.s3.${region}.amazonaws.com`);
    expect(s3.filter((host) => !/^[a-z0-9-]+\.s3\.[a-z0-9-]+\.amazonaws\.com$/.test(host))).toEqual([]);
  });

  it.each(['plan', 'apply'] as const)('have the endpoint of every call that %s was seen to make', (role) => {
    const called = new Set(calls[role].map((call) => call.split(':')[0] ?? ''));
    expect(called.size).toBeGreaterThan(10);
    const region = config.environments[name]?.region ?? '';
    const missing = [...called].filter(
      (service) => service !== 's3' && !endpointIn(hosts, OF_CALLS[service] ?? service, region),
    );
    expect(missing).toEqual([]);
  });
});
