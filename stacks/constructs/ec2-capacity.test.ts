import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';

import type { ClusterConfig } from '../config';
import { all, constructJson, only, type StackJson } from '../test-json';
import { statementsOf } from '../test-policy';
import { Ec2Capacity, type Ec2CapacityProps } from './ec2-capacity';

const instances: ClusterConfig = {
  architecture: 'arm64',
  instanceType: 'm7g.large',
  minInstances: 3,
  maxInstances: 9,
  spotPercent: 40,
};

const build = (scope: Construct, change: Partial<Ec2CapacityProps> = {}): Ec2Capacity =>
  new Ec2Capacity(scope, 'capacity', {
    name: 'acme-prod',
    where: { account: '222222222222', region: 'eu-west-1' },
    clusterName: 'the-cluster',
    instances,
    vpcId: 'vpc-1',
    cidr: '10.30.0.0/16',
    privateSubnetIds: ['subnet-a', 'subnet-b'],
    boundaryArn: 'arn:aws:iam::222222222222:policy/acme-boundary',
    forceDelete: false,
    ...change,
  });
const capacity = (change?: Partial<Ec2CapacityProps>): StackJson =>
  constructJson((scope) => build(scope, change));
const providerName = (json: StackJson): unknown => only(json, 'aws_ecs_capacity_provider')['name'];

test('ECS keeps headroom, picks the instance that goes, and drains it', () => {
  expect(only(capacity(), 'aws_ecs_capacity_provider')['auto_scaling_group_provider']).toMatchObject({
    managed_termination_protection: 'ENABLED',
    managed_draining: 'ENABLED',
    managed_scaling: { status: 'ENABLED', target_capacity: 90 },
  });
  expect(only(capacity(), 'aws_autoscaling_group')['protect_from_scale_in']).toBe(true);
});

test('the group tells how many instances there are, are wanted and may be', () => {
  expect(only(capacity(), 'aws_autoscaling_group')['enabled_metrics']).toEqual([
    'GroupDesiredCapacity',
    'GroupInServiceInstances',
    'GroupMaxSize',
  ]);
});

test('spot instances come above the minimum only, in the share asked for', () => {
  expect(only(capacity(), 'aws_autoscaling_group')).toMatchObject({
    min_size: 3,
    max_size: 9,
    capacity_rebalance: true,
    mixed_instances_policy: {
      instances_distribution: { on_demand_base_capacity: 3, on_demand_percentage_above_base_capacity: 60 },
      launch_template: { override: [{ instance_type: 'm7g.large' }] },
    },
  });
});

test('a new template is rolled out by number, healthy instances first, and rolled back when it fails', () => {
  const group = only(capacity(), 'aws_autoscaling_group');
  expect(group['mixed_instances_policy'].launch_template.launch_template_specification.version).toMatch(
    /^\$\{tostring\(aws_launch_template\..*\.latest_version\)\}$/,
  );
  expect(group['instance_refresh']).toEqual({
    strategy: 'Rolling',
    preferences: {
      auto_rollback: true,
      min_healthy_percentage: 100,
      max_healthy_percentage: 200,
      scale_in_protected_instances: 'Refresh',
      skip_matching: true,
    },
  });
});

test('instances have no public address, an encrypted disk, and metadata for themselves alone', () => {
  const template = only(capacity(), 'aws_launch_template');
  expect(template['metadata_options']).toEqual({
    http_endpoint: 'enabled',
    http_tokens: 'required',
    http_put_response_hop_limit: 1,
  });
  expect(template['block_device_mappings'][0].ebs).toMatchObject({ encrypted: 'true', volume_type: 'gp3' });
  expect(template['network_interfaces'][0]).toMatchObject({ associate_public_ip_address: 'false' });
  expect(template['monitoring']).toEqual({ enabled: true });
});

test('nothing reaches an instance, and it reaches HTTPS only', () => {
  expect(all(capacity(), 'aws_vpc_security_group_ingress_rule')).toEqual([]);
  expect(only(capacity(), 'aws_vpc_security_group_egress_rule')).toMatchObject({
    from_port: 443,
    to_port: 443,
  });
});

test('instances join the cluster, keep their own credentials from tasks, and run no privileged container', () => {
  const userData = String(only(capacity(), 'aws_launch_template')['user_data']);
  expect(userData).toContain('ECS_CLUSTER=the-cluster');
  expect(userData).toContain('ECS_AWSVPC_BLOCK_IMDS=true');
  expect(userData).toContain('ECS_DISABLE_PRIVILEGED=true');
});

test.each([
  ['arm64', '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id'],
  ['x86_64', '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id'],
] as const)(
  '%s instances start from the image that ECS recommends for them, and the plan shows which',
  (architecture, name) => {
    const json = capacity({ instances: { ...instances, architecture } });
    expect(Object.values(json.data['aws_ssm_parameter'] ?? {})).toEqual([expect.objectContaining({ name })]);
    expect(only(json, 'aws_launch_template')['image_id']).toMatch(/\.insecure_value\}$/);
  },
);

test('the role of an instance is bounded and holds the ECS agent and Session Manager only', () => {
  expect(only(capacity(), 'aws_iam_role')['permissions_boundary']).toBe(
    'arn:aws:iam::222222222222:policy/acme-boundary',
  );
  expect(only(capacity(), 'aws_iam_role_policy_attachment')['policy_arn']).toBe(
    'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
  );
  const statements = statementsOf(only(capacity(), 'aws_iam_role_policy')['policy']);
  expect(statements.map(({ Action, Resource }) => [Action, Resource])).toEqual([
    [
      [
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ],
      '*',
    ],
    ['ssm:UpdateInstanceInformation', 'arn:aws:ec2:eu-west-1:222222222222:instance/*'],
  ]);
});

test('what cannot be changed in place is in the name, and the new provider comes before the old one goes', () => {
  const name = providerName(capacity());
  expect(name).toMatch(/^acme-prod-[0-9a-f]{8}$/);
  expect(providerName(capacity({ instances: { ...instances, architecture: 'x86_64' } }))).not.toBe(name);
  expect(providerName(capacity({ cidr: '10.31.0.0/16' }))).not.toBe(name);
  expect(
    providerName(capacity({ instances: { ...instances, maxInstances: 20, instanceType: 'm7g.xlarge' } })),
  ).toBe(name);
  for (const type of ['aws_ecs_capacity_provider', 'aws_autoscaling_group']) {
    expect(only(capacity(), type)['lifecycle']).toEqual({ create_before_destroy: true });
  }
});

test('whoever uses the provider comes after its association with the cluster', () => {
  const json = constructJson((scope) => {
    const { capacityProviderName } = build(scope);
    new TerraformOutput(scope, 'used', { value: capacityProviderName });
  });
  expect(json.output['used']?.value).toMatch(/aws_ecs_cluster_capacity_providers\..*\.capacity_providers/);
});

test.each([true, false])('instances are deleted by force when forceDelete is %s', (forceDelete) => {
  expect(only(capacity({ forceDelete }), 'aws_autoscaling_group')['force_delete']).toBe(forceDelete);
});

test('fails when the name leaves no room for the role, saying what it is made of', () => {
  expect(() => capacity({ name: 'a'.repeat(56) })).toThrow(
    `${'a'.repeat(56)}-instance: a iamRole name has at most 64 characters, this has 65; it is made of name '${'a'.repeat(56)}', purpose 'instance': shorten one of them`,
  );
});
