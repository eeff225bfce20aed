import { given, stackOf, stacksOf } from './test-app';
import type { Resource, StackJson } from './test-json';

type Stacks = Readonly<Record<string, StackJson>>;

/** One stack takes an output of another from its state. */
interface Reading {
  readonly consumer: string;
  readonly producer: string;
  readonly output: string;
}

const REFERENCE =
  /data\.terraform_remote_state\.cross-stack-reference-input-([\w-]+)\.outputs\.(?:cross-stack-output-)?([\w-]+)/g;

function readingsOf(stacks: Stacks): readonly Reading[] {
  const found = Object.entries(stacks).flatMap(([consumer, stack]) =>
    [...JSON.stringify(stack).matchAll(REFERENCE)].map(([, producer = '', output = '']) => ({
      consumer,
      producer,
      output,
    })),
  );
  return [...new Map(found.map((reading) => [JSON.stringify(reading), reading])).values()];
}

/** `consumer <- producer.output`, as terraform names it without what cdktf puts before each. */
function contractOf(stacks: Stacks, environment: string): readonly string[] {
  return readingsOf(stacks)
    .filter(({ consumer }) => consumer.startsWith(`${environment}-`))
    .map(({ consumer, producer, output }) => `${consumer} <- ${producer}.${output}`)
    .sort();
}

const stacks = stacksOf();

test('what a stack reads from another is a contract: one that goes or is renamed fails the reader’s next plan', () => {
  expect(contractOf(stacks, 'prod')).toEqual([
    'prod-data <- prod-network.aws_subnetdatabase_eu-west-1a-subnet_7709AE75id',
    'prod-data <- prod-network.aws_subnetdatabase_eu-west-1b-subnet_4966FED3id',
    'prod-data <- prod-network.aws_subnetdatabase_eu-west-1c-subnet_D7AF8F6Did',
    'prod-data <- prod-network.aws_vpcvpcid',
    'prod-platform <- prod-network.aws_nat_gatewaynat-eu-west-1aid',
    'prod-platform <- prod-network.aws_nat_gatewaynat-eu-west-1bid',
    'prod-platform <- prod-network.aws_nat_gatewaynat-eu-west-1cid',
    'prod-platform <- prod-network.aws_subnetprivate_eu-west-1a-subnet_087D5DE3id',
    'prod-platform <- prod-network.aws_subnetprivate_eu-west-1b-subnet_E44856EFid',
    'prod-platform <- prod-network.aws_subnetprivate_eu-west-1c-subnet_D5EC0B9Fid',
    'prod-platform <- prod-network.aws_subnetpublic_eu-west-1a-subnet_3BA1D61Cid',
    'prod-platform <- prod-network.aws_subnetpublic_eu-west-1b-subnet_FD0359F0id',
    'prod-platform <- prod-network.aws_subnetpublic_eu-west-1c-subnet_18DA9EF6id',
    'prod-platform <- prod-network.aws_vpcvpcid',
    'prod-service-api <- prod-data.aws_security_groupgroupid',
    'prod-service-api <- prod-network.aws_subnetprivate_eu-west-1a-subnet_087D5DE3id',
    'prod-service-api <- prod-network.aws_subnetprivate_eu-west-1b-subnet_E44856EFid',
    'prod-service-api <- prod-network.aws_subnetprivate_eu-west-1c-subnet_D5EC0B9Fid',
    'prod-service-api <- prod-network.aws_vpcvpcid',
    'prod-service-api <- prod-platform.aws_ecs_cluster_capacity_providerscapacity_association_6700B845capacity_providers',
    'prod-service-api <- prod-platform.aws_ecs_clusterclusterarn',
    'prod-service-api <- prod-platform.aws_ecs_clusterclustername',
    'prod-service-api <- prod-platform.aws_lb_listenerload-balancer_https_7F5E2DEFarn',
    'prod-service-api <- prod-platform.aws_lbload-balancer_994F87ECarn_suffix',
    'prod-service-api <- prod-platform.aws_security_groupload-balancer_security-group_80A0008Eid',
    'prod-service-api <- prod-platform.aws_sns_topicalarms_topic_CB6504A9arn',
    'prod-service-api <- prod-tasks-api.aws_ecs_task_definitiontask-definitionarn',
    'prod-tasks-api <- prod-data.aws_db_instancepostgresaddress',
    'prod-tasks-api <- prod-data.aws_db_instancepostgresmaster_user_secret0secret_arn',
    'prod-tasks-api <- prod-data.aws_db_instancepostgresresource_id',
    'prod-tasks-api <- prod-data.aws_kms_keypostgres_key_53654BA9arn',
    'prod-tasks-api <- prod-data.aws_security_groupgroupid',
    'prod-tasks-api <- prod-network.aws_subnetprivate_eu-west-1a-subnet_087D5DE3id',
    'prod-tasks-api <- prod-network.aws_subnetprivate_eu-west-1b-subnet_E44856EFid',
    'prod-tasks-api <- prod-network.aws_subnetprivate_eu-west-1c-subnet_D5EC0B9Fid',
    'prod-tasks-api <- prod-network.aws_vpcvpcid',
    'prod-tasks-api <- prod-platform.aws_ecs_cluster_capacity_providerscapacity_association_6700B845capacity_providers',
    'prod-tasks-api <- prod-platform.aws_ecs_clusterclusterarn',
    'prod-tasks-api <- prod-platform.aws_kms_keykeyarn',
  ]);
});

test('the contract of dev is that of prod, for two zones and one NAT gateway', () => {
  expect(contractOf(stacks, 'dev')).toEqual(
    contractOf(stacks, 'prod')
      .filter((pair) => !/eu-west-1c|nat-eu-west-1b/.test(pair))
      .map((pair) => pair.replaceAll('prod-', 'dev-')),
  );
});

test('without a domain it is the same but for the listener that services add their rules to', () => {
  const { prod } = given.config.environments;
  const environments = { prod: { ...prod!, domain: 'ephemeral' as const, protection: false } };
  const ephemeral = contractOf(stacksOf({ ...given.config, environments }), 'prod');
  const protectedOne = contractOf(stacks, 'prod');
  expect(ephemeral.filter((pair) => !protectedOne.includes(pair))).toEqual([
    'prod-service-api <- prod-platform.aws_lb_listenerload-balancer_http_44626CBCarn',
  ]);
  expect(protectedOne.filter((pair) => !ephemeral.includes(pair))).toEqual([
    'prod-service-api <- prod-platform.aws_lb_listenerload-balancer_https_7F5E2DEFarn',
  ]);
});

test('each output that is read is there, in the state that the reader looks into', () => {
  const readings = readingsOf(stacks);
  expect(readings).not.toEqual([]);
  for (const { consumer, producer, output } of readings) {
    const { terraform, output: outputs }: Resource = stackOf(stacks, producer);
    expect(Object.keys(outputs as object)).toContain(`cross-stack-output-${output}`);
    const { bucket, key, region } = terraform.backend.s3 as Resource;
    expect(stackOf(stacks, consumer).data).toMatchObject({
      terraform_remote_state: {
        [`cross-stack-reference-input-${producer}`]: { backend: 's3', config: { bucket, key, region } },
      },
    });
  }
});

test('no output is kept for a reader that there is not', () => {
  const read = new Set(readingsOf(stacks).map(({ producer, output }) => `${producer}.${output}`));
  const kept = Object.entries(stacks).flatMap(([id, { output }]) =>
    Object.keys(output ?? {})
      .filter((name) => name.startsWith('cross-stack-output-'))
      .map((name) => `${id}.${name.slice('cross-stack-output-'.length)}`),
  );
  expect(kept.filter((output) => !read.has(output))).toEqual([]);
});

test('what people and commands read has names of its own', () => {
  const named = Object.entries(stacks).flatMap(([id, { output }]) =>
    Object.keys(output ?? {})
      .filter((name) => id.startsWith('prod-') && !name.startsWith('cross-stack-output-'))
      .map((name) => `${id}.${name}`),
  );
  expect(named.sort()).toEqual([
    'prod-platform.cluster_name',
    'prod-platform.load_balancer_dns_name',
    'prod-platform.url',
    'prod-service-api.service_name',
    'prod-tasks-api.deployed_image',
    'prod-tasks-api.migration',
    'prod-tasks-api.task_definition_arn',
  ]);
});
