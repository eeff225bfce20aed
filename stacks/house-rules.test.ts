import type { AccountRegion, Config, EnvironmentConfig, ServiceDescriptor } from './config';
import { given, stacksOf } from './test-app';
import type { Resource, StackJson } from './test-json';
import { matches } from './test-policy';
import { WholeApp, type Placed } from './test-whole-app';

/**
 * What holds for every resource of every stack, whoever adds it. Asked of the app as it ships, with an environment and a
 * service beside it that are made up: a rule that only holds for what is there today is none.
 */
const [someEnvironment] = Object.values(given.config.environments) as [EnvironmentConfig];
const config: Config = {
  ...given.config,
  environments: {
    ...given.config.environments,
    new: {
      ...someEnvironment,
      cidr: '10.255.0.0/16',
      nat: 'none',
      domain: { name: 'new.example.com', hostedZoneId: 'Z0123456789EXAMPLE' },
      protection: true,
    },
  },
};
const extra: ServiceDescriptor = {
  port: 8080,
  cpu: 128,
  memoryMiB: 256,
  livenessPath: '/livez',
  readinessPath: '/readyz',
  stopSeconds: 30,
  route: {
    priority: 50,
    hosts: ['extra.dev.app.example.com', 'extra.app.example.com', 'extra.new.example.com'],
  },
  tasks: { min: 1, max: 2 },
  scaling: { memoryPercent: 70 },
  schedule: [{ at: 'cron(0 19 ? * MON-FRI *)', timezone: 'Europe/Berlin', min: 0, max: 0 }],
  database: true,
  migrate: ['node', 'migrate.js'],
};
const app = new WholeApp(stacksOf(config, { ...given.services, extra }));
const stacks = Object.entries(app.stacks) as [string, StackJson & Resource][];

/** The environment whose stack it is, by name; undefined for a stack that serves all. */
const environmentOf = (stack: string): string | undefined =>
  Object.keys(config.environments).find((name) => stack.startsWith(`${name}-`));
const placeOf = (stack: string): AccountRegion =>
  config.environments[environmentOf(stack) ?? ''] ??
  Object.values(config.environments).find(({ account }) => stack === `bootstrap-${account}`) ??
  config.registry;
const platformOf = (stack: string): string => `${environmentOf(stack)}-platform`;
const isEphemeral = ({ stack }: Placed): boolean =>
  config.environments[environmentOf(stack) ?? '']?.domain === 'ephemeral';

/** Something of every stack, by its id. */
const ofStacks = (of: (stack: StackJson & Resource, id: string) => unknown): Record<string, unknown> =>
  Object.fromEntries(stacks.map(([id, stack]) => [id, of(stack, id)]));

/** The same of resources, by their addresses. */
const ofResources = (found: readonly Placed[], of: (placed: Placed) => unknown): Record<string, unknown> =>
  Object.fromEntries(found.map((placed) => [placed.address, of(placed)]));

/** Holds that every resource of the type has these values, whatever others it has. */
function expectEvery(type: string, values: object): void {
  const found = app.every(type);
  expect(ofResources(found, (placed) => placed.values)).toMatchObject(ofResources(found, () => values));
}

/** Addresses of the resources that do not keep a rule. */
const breaking = (
  found: readonly Placed[],
  keeps: (values: Resource, placed: Placed) => boolean | undefined,
): string[] => found.filter((placed) => !keeps(placed.values, placed)).map(({ address }) => address);

const refersTo = (type: string, { stack }: Placed, value: unknown): boolean =>
  app.target(stack, value)?.type === type;

describe('stacks', () => {
  test('none does what a rule is about by a resource or an attribute that no rule looks at', () => {
    const unseen =
      /^aws_(alb|elb|instance$|spot_|ec2_fleet|launch_configuration|security_group_rule|rds_cluster|default_(vpc|subnet|route_table)|main_route_table|s3_bucket_acl|iam_(user|group|policy_attachment|role_polic(ies|y_attachments)))/;
    expect(breaking(app.resources, (_, { type }) => !unseen.test(type))).toEqual([]);
    for (const [type, attributes] of Object.entries({
      aws_security_group: ['ingress', 'egress'],
      aws_route_table: ['route'],
      aws_iam_role: ['inline_policy', 'managed_policy_arns'],
      aws_s3_bucket: ['acl', 'grant', 'policy'],
      aws_launch_template: ['vpc_security_group_ids', 'security_group_names'],
    })) {
      expect(breaking(app.every(type), (values) => !attributes.some((one) => one in values))).toEqual([]);
    }
  });

  test('each refuses every account but its own, and tags what it makes', () => {
    const { project, github } = config;
    expect(ofStacks(({ provider }) => provider as unknown)).toEqual(
      ofStacks((_, id) => ({
        aws: [
          {
            region: placeOf(id).region,
            allowed_account_ids: [placeOf(id).account],
            default_tags: [
              {
                tags: {
                  Project: project,
                  Environment: environmentOf(id) ?? 'shared',
                  Stack: id,
                  ManagedBy: 'fairlead',
                  Repository: `${github.owner}/${github.repository}`,
                },
              },
            ],
          },
        ],
      })),
    );
    expect(ofStacks(({ terraform }) => terraform.required_providers as unknown)).toEqual(
      ofStacks(() => ({ aws: { source: 'aws', version: '5.100.0' } })),
    );
  });

  test('each keeps its state under its own id, locked, in the bucket of its account, encrypted with its key', () => {
    const bucketOf = (id: string): Placed =>
      app
        .every('aws_s3_bucket')
        .find(
          ({ stack, values }) =>
            stack.startsWith('bootstrap') &&
            placeOf(stack).account === placeOf(id).account &&
            String(values.bucket).endsWith('-tfstate'),
        )!;
    expect(ofStacks(({ terraform }) => terraform.backend as unknown)).toEqual(
      ofStacks((_, id) => ({
        s3: {
          bucket: bucketOf(id).values.bucket as unknown,
          key: id,
          region: placeOf(bucketOf(id).stack).region,
          use_lockfile: true,
          // Not `encrypt`, which asks S3 for a key of its own; without it the object gets the bucket's:
        },
      })),
    );
    for (const bucket of stacks.map(([id]) => bucketOf(id))) {
      const settings = app.referring('aws_s3_bucket_server_side_encryption_configuration', 'bucket', bucket);
      const [{ apply_server_side_encryption_by_default: byDefault }] = settings[0]!.values.rule as [Resource];
      expect(byDefault.sse_algorithm).toBe('aws:kms');
      expect(refersTo('aws_kms_key', bucket, byDefault.kms_master_key_id)).toBe(true);
    }
  });

  test('none holds a secret: no password, secret string or private key, nor a resource that makes one', () => {
    const value =
      /^(?!manage_)\w*(password|secret_string|secret_binary|secret_key|private_key|access_key|auth_token)(_wo)?$/;
    const maker = /^random_|_(random_password|secret_version|private_key|access_key|login_profile)$/;
    const found = ofStacks((stack) => {
      const keys: string[] = [];
      JSON.stringify(stack, (key, within: unknown) => {
        keys.push(key);
        return within;
      });
      return keys.filter((key) => value.test(key) || maker.test(key));
    });
    expect(found).toEqual(ofStacks(() => []));
  });
});

describe('permissions', () => {
  interface Statement extends Resource {
    readonly address: string;
    readonly stack: string;
  }
  /** Of every policy document there is, whatever resource it is in. */
  const statements = app.resources.flatMap(({ address, stack, values }) =>
    Object.values(values)
      .filter((value) => /^\{.*"Statement"/s.test(String(value)))
      .flatMap((document) => (JSON.parse(document as string) as Resource).Statement as Resource[])
      .map((statement): Statement => ({ ...statement, address, stack })),
  );
  /** An endpoint's policy allows nobody anything that no other policy does: the rules of it are those of the network. */
  const onEndpoints = new Set(app.every('aws_vpc_endpoint').map(({ address }) => address));
  const allowed = statements.filter(({ Effect, address }) => Effect === 'Allow' && !onEndpoints.has(address));
  const list = (value: unknown): string[] => (value === undefined ? [] : ([value].flat() as string[]));
  const actions = ({ Action }: Resource): string[] => list(Action);
  const onEverything = ({ Resource: of }: Resource): boolean =>
    list(of).some((resource) => /^\*+$|^arn:[\w*-]+:\*/.test(resource));
  const rootOf = ({ account }: AccountRegion): string => `arn:aws:iam::${account}:root`;

  const roles = app.every('aws_iam_role');
  const boundaries = new Set(
    roles.map(({ stack, values }) => app.target(stack, values.permissions_boundary)?.address),
  );
  /** To roles. A boundary grants nothing, and in the policy of a resource, which says to whom, `*` is that resource. */
  const granted = allowed.filter(
    ({ address, Principal }) => Principal === undefined && !boundaries.has(address),
  );

  test('every policy is a document that can be read here', () => {
    const read = new Set(statements.map(({ address }) => address));
    const unread = app.resources.filter(
      ({ type, address, values }) =>
        ('policy' in values || 'assume_role_policy' in values) &&
        type !== 'aws_ecr_lifecycle_policy' &&
        !read.has(address),
    );
    expect(unread.map(({ address }) => address)).toEqual([]);
  });

  test('nobody is allowed every action, nor all but some', () => {
    expect(
      allowed.filter(
        (statement) =>
          actions(statement).some((action) => /^[*:]+$/.test(action)) ||
          'NotAction' in statement ||
          'NotResource' in statement,
      ),
    ).toEqual([]);
  });

  test('no role is granted all of a service on everything', () => {
    expect(
      granted.filter(
        (statement) => onEverything(statement) && actions(statement).some((action) => action.endsWith(':*')),
      ),
    ).toEqual([]);
  });

  test('a role is handed on by its name, to services by theirs', () => {
    expect(
      granted.filter(
        (statement) =>
          matches(actions(statement), 'iam:PassRole') &&
          (onEverything(statement) ||
            list(statement.Condition?.StringEquals?.['iam:PassedToService']).length === 0),
      ),
    ).toEqual([]);
  });

  test('no resource is open to everybody, nor to an account that is not ours', () => {
    const ours = [config.registry, ...Object.values(config.environments)].map(rootOf);
    const outside = ({ Principal }: Resource): boolean =>
      Principal === '*' || list(Principal?.AWS).some((principal) => !ours.includes(principal));
    expect(allowed.filter(outside)).toEqual([]);
  });

  test('what AWS services may publish to a topic, they publish for its account', () => {
    const topics = new Set(app.every('aws_sns_topic_policy').map(({ address }) => address));
    expect(
      allowed.filter(
        ({ address, stack, Condition }) =>
          topics.has(address) && Condition?.StringEquals?.['aws:SourceAccount'] !== placeOf(stack).account,
      ),
    ).toEqual([]);
  });

  test('a key is administered by its own account', () => {
    const administration = allowed.filter(
      (statement) => statement.Principal !== undefined && actions(statement).includes('kms:*'),
    );
    expect(administration).toHaveLength(app.every('aws_kms_key').length);
    expect(administration.filter(({ stack, Principal }) => Principal.AWS !== rootOf(placeOf(stack)))).toEqual(
      [],
    );
  });

  test('every role carries the permissions boundary', () => {
    const name = `${config.project}-boundary`;
    expect(
      ofResources(roles, ({ stack, values }) =>
        String(app.target(stack, values.permissions_boundary)?.values.name ?? values.permissions_boundary),
      ),
    ).toEqual(
      ofResources(roles, ({ stack }) =>
        // Its own stack refers to it; the others know its name.
        stack.startsWith('bootstrap') ? name : `arn:aws:iam::${placeOf(stack).account}:policy/${name}`,
      ),
    );
  });

  test('a role has policies of ours that are no boundary, and of those of AWS only that of the ECS agent', () => {
    const agent = 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role';
    expect(
      breaking(app.every('aws_iam_role_policy_attachment'), ({ policy_arn }, { stack }) => {
        const policy = app.target(stack, policy_arn);
        return policy ? !boundaries.has(policy.address) : policy_arn === agent;
      }),
    ).toEqual([]);
  });

  const trusts = ofResources(roles, (role) => statements.filter(({ address }) => address === role.address));

  test('by an endpoint go principals of its account, and reads of what AWS keeps for images and packages', () => {
    const without = breaking(app.every('aws_vpc_endpoint'), ({ policy }) => policy !== undefined);
    expect(without.map((address) => address.replace(/.*_(.*)_.*/, '$1'))).toEqual([
      'ecs-agent',
      'ecs-telemetry',
    ]);
    const passing = statements.filter(({ address }) => onEndpoints.has(address));
    const ofOwn = ({ stack, Condition }: Statement, key: string): boolean =>
      Condition?.StringEquals?.[`aws:${key}Account`] === placeOf(stack).account;
    const byAnybody = passing.filter((statement) => !ofOwn(statement, 'Principal'));
    expect(
      new Set(byAnybody.map(({ Action, Resource: of }) => `${String(Action)} on ${String(of)}`)),
    ).toEqual(
      new Set([
        's3:GetObject on arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*',
        's3:GetObject on arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/*',
      ]),
    );
    const onBuckets = passing.filter(({ Action }) => Action === 's3:*');
    expect(onBuckets.length).toBeGreaterThan(0);
    expect(onBuckets.filter((statement) => !ofOwn(statement, 'Resource'))).toEqual([]);
  });

  test('a role trusts jobs of GitHub, or an AWS service that acts for its own account', () => {
    expect(
      breaking(roles, (_, { stack, address }) => {
        const [trust, ...others] = trusts[address] as Statement[];
        const { Federated, Service, ...everybodyElse } = trust!.Principal as Resource;
        if (others.length > 0 || Object.keys(everybodyElse).length > 0) return false;
        if (Federated !== undefined) {
          return app.target(stack, Federated)?.type === 'aws_iam_openid_connect_provider';
        }
        // EC2 alone names no source when it assumes a role.
        return (
          Service === 'ec2.amazonaws.com' ||
          trust!.Condition?.StringEquals?.['aws:SourceAccount'] === placeOf(stack).account
        );
      }),
    ).toEqual([]);
  });

  test('GitHub is trusted for this repository by its ids, to push and to apply in one workflow, and to change an environment only at work in it', () => {
    const { owner, ownerId, repository, repositoryId } = config.github;
    const where = {
      'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
      'token.actions.githubusercontent.com:repository_id': String(repositoryId),
    };
    const subjects = (...contexts: string[]): object => ({
      'token.actions.githubusercontent.com:sub': contexts.map(
        (context) => `repo:${owner}@${ownerId}/${repository}@${repositoryId}:${context}`,
      ),
    });
    const through = (workflow: string) => ({
      'token.actions.githubusercontent.com:job_workflow_ref': `${owner}/${repository}/.github/workflows/${workflow}@refs/heads/main`,
    });
    const atWork = (environment: string, workflow: string): object => ({
      ...where,
      ...through(workflow),
      ...subjects(`environment:${environment}`),
      'token.actions.githubusercontent.com:environment': environment,
    });
    const byGitHub = roles
      .map(({ address, values }) => [values.name as string, (trusts[address] as Statement[])[0]!] as const)
      .filter(([, { Principal }]) => Principal.Federated !== undefined);
    expect(
      Object.fromEntries(
        byGitHub.map(([name, { Action, Condition }]) => [name, { Action, Condition } as object]),
      ),
    ).toEqual(
      Object.fromEntries(
        [
          [
            `${config.project}-push`,
            { ...where, ...through('apply.yml'), ...subjects('ref:refs/heads/main') },
          ] as const,
          ...Object.keys(config.environments).flatMap((environment) => [
            [
              `${config.project}-${environment}-plan`,
              { ...where, ...subjects('pull_request', 'ref:refs/heads/main') },
            ] as const,
            [`${config.project}-${environment}-apply`, atWork(environment, 'apply.yml')] as const,
            [`${config.project}-${environment}-deploy`, atWork(environment, 'rollback.yml')] as const,
          ]),
        ].map(([name, StringEquals]) => [
          name,
          { Action: 'sts:AssumeRoleWithWebIdentity', Condition: { StringEquals } },
        ]),
      ),
    );
  });
});

describe('network', () => {
  /** What the routes of a subnet lead to; undefined where it has no route table of its own. */
  const waysOut = (subnet: Placed | undefined): string[] | undefined => {
    const [association] = subnet ? app.referring('aws_route_table_association', 'subnet_id', subnet) : [];
    const table = association && app.target(association.stack, association.values.route_table_id);
    return (
      table &&
      app
        .referring('aws_route', 'route_table_id', table)
        .map(({ stack, values }) => app.target(stack, values.nat_gateway_id)?.type ?? 'another')
    );
  };
  const arePrivate = (stack: string, subnets: readonly unknown[]): boolean =>
    subnets.length > 0 &&
    subnets.every((id) => waysOut(app.target(stack, id))?.every((way) => way === 'aws_nat_gateway') ?? false);

  test('tasks run in private subnets without a public address', () => {
    const services = app.every('aws_ecs_service');
    expectEvery('aws_ecs_service', { network_configuration: { assign_public_ip: false } });
    expect(
      breaking(services, ({ network_configuration }, { stack }) =>
        arePrivate(stack, network_configuration.subnets),
      ),
    ).toEqual([]);
    // A migration runs where the outputs say.
    const migrations = stacks.filter(([, { output }]) => output?.migration);
    expect(migrations.length).toBeGreaterThan(0);
    for (const [id, { output }] of migrations) {
      expect([id, arePrivate(id, (output.migration!.value as { subnet_ids: unknown[] }).subnet_ids)]).toEqual(
        [id, true],
      );
    }
  });

  test('instances run in private subnets without a public address', () => {
    expect(
      breaking(app.every('aws_autoscaling_group'), ({ vpc_zone_identifier }, { stack }) =>
        arePrivate(stack, vpc_zone_identifier),
      ),
    ).toEqual([]);
    expectEvery('aws_launch_template', { network_interfaces: [{ associate_public_ip_address: 'false' }] });
    expectEvery('aws_subnet', { map_public_ip_on_launch: false });
    // Nothing but a NAT gateway has a fixed one.
    expect(
      breaking(app.every('aws_eip'), (_, address) =>
        app.referring('aws_nat_gateway', 'allocation_id', address).some(() => true),
      ),
    ).toEqual([]);
  });

  test('the database stands where no route leads out of the VPC', () => {
    expect(
      breaking(app.every('aws_db_subnet_group'), ({ subnet_ids }, { stack }) =>
        (subnet_ids as string[]).every((id) => waysOut(app.target(stack, id))?.length === 0),
      ),
    ).toEqual([]);
  });

  const ingress = app.every('aws_vpc_security_group_ingress_rule');
  const egress = app.every('aws_vpc_security_group_egress_rule');
  const groupsOf = (type: string, attribute: string): ReadonlySet<Placed | undefined> =>
    new Set(
      app
        .every(type)
        .flatMap(({ stack, values }) =>
          ((values[attribute] ?? []) as string[]).map((group) => app.target(stack, group)),
        ),
    );
  const balancers = groupsOf('aws_lb', 'security_groups');
  const databases = groupsOf('aws_db_instance', 'vpc_security_group_ids');
  const endpoints = groupsOf('aws_vpc_endpoint', 'security_group_ids');
  const group = ({ stack, values }: Placed): Placed | undefined =>
    app.target(stack, values.security_group_id);

  const opens = ({ values }: Placed, ...ports: number[]): boolean =>
    values.ip_protocol === 'tcp' && values.from_port === values.to_port && ports.includes(values.from_port);
  const PEERS = ['referenced_security_group_id', 'cidr_ipv4', 'cidr_ipv6', 'prefix_list_id'];
  const peersOf = ({ values }: Placed): string[] => PEERS.filter((peer) => peer in values);
  const isByGroup = (rule: Placed): boolean =>
    peersOf(rule).join() === 'referenced_security_group_id' &&
    refersTo('aws_security_group', rule, rule.values.referenced_security_group_id) &&
    opens(rule, rule.values.from_port);
  const isByRange = (rule: Placed, ...ports: number[]): boolean =>
    peersOf(rule).every((peer) => peer.startsWith('cidr')) && opens(rule, ...ports);
  /** Without NAT, AWS is called through endpoints, by whoever stands in the private subnets and by nobody else. */
  const isByPrivateSubnets = (rule: Placed): boolean => {
    const { entry = [] } = app.target(rule.stack, rule.values.prefix_list_id)?.values ?? {};
    return (
      peersOf(rule).join() === 'prefix_list_id' &&
      opens(rule, 443) &&
      (entry as Resource[]).every(({ cidr }) =>
        app
          .every('aws_subnet')
          .some(
            ({ stack, values }) =>
              stack === rule.stack && values.tags.Tier === 'private' && values.cidr_block === cidr,
          ),
      )
    );
  };

  test('security groups admit groups by id, one port each: addresses only to the balancer, by 80 and 443', () => {
    expect(
      breaking(
        ingress,
        (_, rule) =>
          group(rule) !== undefined &&
          (isByGroup(rule) ||
            (balancers.has(group(rule)) && isByRange(rule, 80, 443)) ||
            (endpoints.has(group(rule)) && isByPrivateSubnets(rule))),
      ),
    ).toEqual([]);
  });

  test('security groups reach groups by id, one port each: addresses only by 443', () => {
    expect(
      breaking(egress, (_, rule) => group(rule) !== undefined && (isByGroup(rule) || isByRange(rule, 443))),
    ).toEqual([]);
  });

  test('the database reaches nothing, and is reached by groups on 5432', () => {
    expect(breaking(egress, (_, rule) => !databases.has(group(rule)))).toEqual([]);
    const admitted = ingress.filter((rule) => databases.has(group(rule)));
    expect(admitted.length).toBeGreaterThan(0);
    expect(breaking(admitted, (_, rule) => isByGroup(rule) && opens(rule, 5432))).toEqual([]);
  });

  test('the security group that AWS gives every VPC admits nobody', () => {
    expect(app.every('aws_default_security_group')).toHaveLength(app.every('aws_vpc').length);
    expectEvery('aws_default_security_group', { ingress: [], egress: [] });
  });

  test('where there is a domain, HTTP only sends to HTTPS, and services answer by HTTPS', () => {
    const permanent = (type: string): Placed[] => app.every(type).filter((placed) => !isEphemeral(placed));
    const isHttps = ({ protocol, ssl_policy }: Resource): boolean =>
      protocol === 'HTTPS' && /^ELBSecurityPolicy-TLS13-1-[23]-/.test(String(ssl_policy));

    const plain = permanent('aws_lb_listener').filter(({ values }) => !isHttps(values));
    expect(plain.length).toBeGreaterThan(0);
    expect(ofResources(plain, ({ values: { port, default_action } }) => ({ port, default_action }))).toEqual(
      ofResources(plain, () => ({
        port: 80,
        default_action: [
          { type: 'redirect', redirect: { port: '443', protocol: 'HTTPS', status_code: 'HTTP_301' } },
        ],
      })),
    );
    const routes = permanent('aws_lb_listener_rule');
    expect(routes.length).toBeGreaterThan(0);
    expect(
      breaking(routes, ({ listener_arn }, { stack }) => {
        const listener = app.target(stack, listener_arn);
        return listener && isHttps(listener.values);
      }),
    ).toEqual([]);
  });

  test('where there is a domain, the hosts of services have a certificate, and names that lead to the balancer', () => {
    const routed = app
      .every('aws_lb_listener_rule')
      .filter((rule) => !isEphemeral(rule))
      .flatMap(({ stack, values }) =>
        (values.condition as Resource[]).flatMap(({ host_header }) =>
          ((host_header?.values ?? []) as string[]).map((host) => ({ platform: platformOf(stack), host })),
        ),
      );
    const names = (type: string, of: (values: Resource) => unknown[]): string[] =>
      app.every(type).flatMap(({ stack, values }) => of(values).map((name) => `${stack} ${String(name)}`));
    const certified = names('aws_acm_certificate', ({ domain_name, subject_alternative_names }) => [
      domain_name,
      ...((subject_alternative_names ?? []) as string[]),
    ]);
    const led = names('aws_route53_record', ({ name, alias }) => (alias ? [name] : []));
    expect(routed.length).toBeGreaterThan(0);
    for (const holding of [certified, led]) {
      expect(routed.filter(({ platform, host }) => !holding.includes(`${platform} ${host}`))).toEqual([]);
    }
  });
});

describe('what runs', () => {
  const definitions = app.every('aws_ecs_task_definition');
  const containers = definitions.flatMap(({ address, stack, values, type }) =>
    (JSON.parse(String(values.container_definitions)) as Resource[]).map((container) => ({
      address: `${address} container ${container.name}`,
      stack,
      type,
      values: container,
    })),
  );

  test('containers have no root nor a way to it, no privileges, no capabilities, and a disk that cannot be written to', () => {
    expect(
      breaking(
        containers,
        ({ user, privileged, dockerSecurityOptions, readonlyRootFilesystem, linuxParameters }) =>
          /^[1-9]\d*(:[1-9]\d*)?$/.test(String(user)) &&
          privileged === false &&
          JSON.stringify(dockerSecurityOptions) === '["no-new-privileges"]' &&
          readonlyRootFilesystem === true &&
          JSON.stringify(linuxParameters?.capabilities) === '{"drop":["ALL"]}',
      ),
    ).toEqual([]);
  });

  test('containers share no network, process or disk with their instance', () => {
    expectEvery('aws_ecs_task_definition', { network_mode: 'awsvpc' });
    expect(
      breaking(definitions, (values) => !['pid_mode', 'ipc_mode', 'volume'].some((one) => one in values)),
    ).toEqual([]);
    expect(
      breaking(
        containers,
        ({ mountPoints, volumesFrom, linuxParameters }) =>
          (mountPoints ?? volumesFrom ?? linuxParameters?.devices) === undefined,
      ),
    ).toEqual([]);
  });

  test('containers run the image that is given by digest, and write to a log group of ours', () => {
    expect(
      breaking(
        containers,
        ({ image, logConfiguration }, container) =>
          image === '${var.image}' &&
          refersTo('aws_cloudwatch_log_group', container, logConfiguration?.options['awslogs-group']),
      ),
    ).toEqual([]);
  });

  test('containers get no secret as a plain variable', () => {
    const secret = /PASSWORD|SECRET|TOKEN|CREDENTIAL|DATABASE_URL|_KEY$/;
    expect(
      breaking(
        containers,
        ({ environment = [] }) => !(environment as Resource[]).some(({ name }) => secret.test(name)),
      ),
    ).toEqual([]);
  });

  test('what a task may do is not what ECS may do to start it', () => {
    const rolesBy = (attribute: string): (string | undefined)[] =>
      definitions
        .filter(({ values }) => attribute in values)
        .map(({ stack, values }) => app.target(stack, values[attribute])?.address);
    const starting = rolesBy('execution_role_arn');
    const running = rolesBy('task_role_arn');
    expect([starting.length, running.length > 0]).toEqual([definitions.length, true]);
    expect([...starting, ...running].filter((role) => role === undefined)).toEqual([]);
    expect(running.filter((role) => starting.includes(role))).toEqual([]);
  });

  test('instances answer for their credentials to themselves only, by session, and encrypt their disks', () => {
    expectEvery('aws_launch_template', {
      metadata_options: { http_endpoint: 'enabled', http_tokens: 'required', http_put_response_hop_limit: 1 },
      block_device_mappings: [{ ebs: { encrypted: 'true' } }],
    });
  });

  test('a deployment that fails is rolled back, waited for, and fails the apply', () => {
    const services = app.every('aws_ecs_service');
    expectEvery('aws_ecs_service', {
      deployment_circuit_breaker: { enable: true, rollback: true },
      wait_for_steady_state: true,
    });
    expect(
      ofResources(services, ({ values: { lifecycle } }) =>
        ((lifecycle?.postcondition ?? []) as Resource[]).map(({ condition }) => condition as unknown),
      ),
    ).toEqual(
      ofResources(services, ({ values }) => [
        `\${(self.task_definition == ${String(values.task_definition).slice('${'.length, -'}'.length)})}`,
      ]),
    );
  });

  test('every alarm tells a topic, when it fires and when it is over', () => {
    expect(
      breaking(app.every('aws_cloudwatch_metric_alarm'), ({ alarm_actions, ok_actions }, alarm) =>
        [alarm_actions, ok_actions].every(
          (topics) =>
            topics?.length > 0 && topics.every((topic: unknown) => refersTo('aws_sns_topic', alarm, topic)),
        ),
      ),
    ).toEqual([]);
  });

  test('an apply leaves the number of tasks to autoscaling, where it scales', () => {
    const scaled = app.every('aws_appautoscaling_target').map((target) => {
      const [, service] = /\/(\$\{aws_ecs_service\.[^}]*\})$/.exec(String(target.values.resource_id)) ?? [];
      return app.target(target.stack, service) ?? target;
    });
    expect(
      breaking(scaled, ({ lifecycle }) =>
        (lifecycle?.ignore_changes as string[] | undefined)?.includes('desired_count'),
      ),
    ).toEqual([]);
  });

  test('a tag of an image never moves, and every image is scanned', () => {
    expectEvery('aws_ecr_repository', {
      image_tag_mutability: 'IMMUTABLE',
      image_scanning_configuration: { scan_on_push: true },
    });
  });
});

describe('what is stored', () => {
  test('keys are rotated, and for a week their deletion can be taken back', () => {
    expectEvery('aws_kms_key', { enable_key_rotation: true });
    expect(breaking(app.every('aws_kms_key'), ({ deletion_window_in_days: days }) => days >= 7)).toEqual([]);
  });

  test('logs are encrypted with a key of ours, and kept for a year', () => {
    const groups = app.every('aws_cloudwatch_log_group');
    expectEvery('aws_cloudwatch_log_group', { retention_in_days: 365 });
    expect(breaking(groups, ({ kms_key_id }, placed) => refersTo('aws_kms_key', placed, kms_key_id))).toEqual(
      [],
    );
  });

  const buckets = app.every('aws_s3_bucket');
  /** Settings of a bucket, which are resources of their own: as many as there are of the kind. */
  const expectBuckets = (kind: string, settings: (bucket: Placed) => object): void =>
    expect(
      ofResources(buckets, (bucket) =>
        app.referring(`aws_s3_bucket_${kind}`, 'bucket', bucket).map(({ values }) => values),
      ),
    ).toMatchObject(ofResources(buckets, (bucket) => [settings(bucket)]));

  test('buckets are closed to the public, and belong to their account with all that is in them', () => {
    expectBuckets('public_access_block', () => ({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    }));
    expectBuckets('ownership_controls', () => ({ rule: { object_ownership: 'BucketOwnerEnforced' } }));
  });

  test('buckets are versioned and encrypted', () => {
    expectBuckets('versioning', () => ({ versioning_configuration: { status: 'Enabled' } }));
    expectBuckets('server_side_encryption_configuration', () => ({
      rule: [{ apply_server_side_encryption_by_default: {} }],
    }));
  });

  test('buckets speak TLS only', () => {
    expectBuckets('policy', ({ address }) => {
      const arn = `\${${address.split('/')[1]}.arn}`;
      const rule = {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      };
      return { policy: expect.stringContaining(JSON.stringify(rule).slice(1)) as unknown };
    });
  });

  test('databases are private and encrypted, sign in by IAM over TLS, and their password is kept by RDS', () => {
    expectEvery('aws_db_instance', {
      publicly_accessible: false,
      storage_encrypted: true,
      iam_database_authentication_enabled: true,
      manage_master_user_password: true,
    });
    expect(
      breaking(app.every('aws_db_instance'), (values, database) => {
        const { parameter = [] } = app.target(database.stack, values.parameter_group_name)?.values ?? {};
        return (
          refersTo('aws_kms_key', database, values.kms_key_id) &&
          refersTo('aws_kms_key', database, values.master_user_secret_kms_key_id) &&
          (parameter as Resource[]).some(({ name, value }) => name === 'rds.force_ssl' && value === '1')
        );
      }),
    ).toEqual([]);
  });
});
