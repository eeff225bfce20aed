import { createHash } from 'node:crypto';

import { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import { DataAwsDefaultTags } from '@cdktf/provider-aws/lib/data-aws-default-tags';
import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import { EcsCapacityProvider } from '@cdktf/provider-aws/lib/ecs-capacity-provider';
import { EcsClusterCapacityProviders } from '@cdktf/provider-aws/lib/ecs-cluster-capacity-providers';
import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';

import type { AccountRegion, ClusterConfig } from '../config';
import { withinLimit } from '../names';
import { HttpsOut } from './connection';
import { Role } from './role';

/** Share of the instances that tasks fill; the rest takes a deployment's second set at once, without waiting for a boot. */
const TARGET_CAPACITY_PERCENT = 90;

const AMI_PARAMETER = {
  x86_64: '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id',
  arm64: '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id',
} as const;

export interface Ec2CapacityProps {
  /** `<project>-<environment>`; all names start with it. */
  readonly name: string;
  readonly where: AccountRegion;
  readonly clusterName: string;
  readonly instances: ClusterConfig;
  readonly vpcId: string;
  /** Of the VPC. Instances cannot move to another: a change makes a new group beside the old one. */
  readonly cidr: string;
  /** One a zone. */
  readonly privateSubnetIds: string[];
  readonly boundaryArn: string;
  /** Whether a destroy stops running tasks rather than waiting for instances to be drained. */
  readonly forceDelete: boolean;
}

/**
 * EC2 instances that ECS starts and stops as tasks need them: launch template, Auto Scaling group, capacity provider and
 * its association with the cluster. Holds no data; a new AMI or launch template is rolled out instance by instance.
 */
export class Ec2Capacity extends Construct {
  /** The association is part of this value: what uses it comes after, and is destroyed before. */
  public readonly capacityProviderName: string;
  /** Of the Auto Scaling group; another after what cannot be changed in place. */
  public readonly groupName: string;

  public constructor(scope: Construct, id: string, props: Ec2CapacityProps) {
    super(scope, id);
    const { name, clusterName, instances } = props;

    const template = this.launchTemplate(props);
    // ECS cannot change a provider's group, and refuses to delete a provider in use: a new pair stands before the old one goes.
    const generation = createHash('sha256')
      .update(`${instances.architecture} ${props.cidr}`)
      .digest('hex')
      .slice(0, 8);
    const group = new AutoscalingGroup(this, 'group', {
      name: `${name}-${generation}`,
      vpcZoneIdentifier: props.privateSubnetIds,
      minSize: instances.minInstances,
      maxSize: instances.maxInstances,
      healthCheckType: 'EC2',
      healthCheckGracePeriod: 60,
      defaultInstanceWarmup: 60,
      // ECS alone decides which instance goes (managed termination protection requires it).
      protectFromScaleIn: true,
      capacityRebalance: instances.spotPercent > 0,
      forceDelete: props.forceDelete,
      // Free, and without being asked for the group tells nothing of its size.
      enabledMetrics: ['GroupDesiredCapacity', 'GroupInServiceInstances', 'GroupMaxSize'],
      mixedInstancesPolicy: {
        instancesDistribution: {
          onDemandBaseCapacity: instances.minInstances,
          onDemandPercentageAboveBaseCapacity: 100 - instances.spotPercent,
          spotAllocationStrategy: 'price-capacity-optimized',
        },
        launchTemplate: {
          // The number, not `$Latest`: a new version must be a change of the group, and a rollback needs the old one.
          launchTemplateSpecification: {
            launchTemplateId: template.id,
            version: Fn.tostring(template.latestVersion),
          },
          override: [{ instanceType: instances.instanceType }],
        },
      },
      instanceRefresh: {
        strategy: 'Rolling',
        preferences: {
          autoRollback: true,
          minHealthyPercentage: 100,
          maxHealthyPercentage: 200,
          scaleInProtectedInstances: 'Refresh',
          skipMatching: true,
        },
      },
      tag: [
        { key: 'Name', value: name, propagateAtLaunch: false },
        // ECS adds it; unsaid here, every later plan would take it away.
        { key: 'AmazonECSManaged', value: 'true', propagateAtLaunch: true },
      ],
      lifecycle: { createBeforeDestroy: true },
    });

    this.groupName = group.name;

    const provider = new EcsCapacityProvider(this, 'provider', {
      name: `${name}-${generation}`,
      autoScalingGroupProvider: {
        autoScalingGroupArn: group.arn,
        managedTerminationProtection: 'ENABLED',
        managedDraining: 'ENABLED',
        managedScaling: {
          status: 'ENABLED',
          targetCapacity: TARGET_CAPACITY_PERCENT,
          minimumScalingStepSize: 1,
          maximumScalingStepSize: instances.maxInstances,
          instanceWarmupPeriod: 60,
        },
      },
      lifecycle: { createBeforeDestroy: true },
    });
    const association = new EcsClusterCapacityProviders(this, 'association', {
      clusterName,
      capacityProviders: [provider.name],
      defaultCapacityProviderStrategy: [{ capacityProvider: provider.name, weight: 1, base: 0 }],
    });
    this.capacityProviderName = Fn.one(association.capacityProviders) as string;
  }

  private launchTemplate({
    name,
    clusterName,
    instances,
    where,
    vpcId,
    boundaryArn,
  }: Ec2CapacityProps): LaunchTemplate {
    const group = new SecurityGroup(this, 'security-group', {
      namePrefix: `${name}-instances-`,
      description: 'ECS instances: nothing reaches them, they reach AWS',
      vpcId,
      lifecycle: { createBeforeDestroy: true },
    });
    new HttpsOut(this, 'https', { fromSecurityGroupId: group.id });

    const role = new Role(this, 'role', {
      name: withinLimit('iamRole', `${name}-instance`, { name, purpose: 'instance' }),
      description: 'ECS agent and Session Manager on the instances of the cluster',
      boundaryArn,
      // EC2 names no source when it assumes an instance's role, so there is no condition to set.
      trust: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      statements: [
        {
          // Not AmazonSSMManagedInstanceCore, which reads every parameter. The first four know no resources.
          // https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
          Sid: 'SessionManager',
          Effect: 'Allow',
          Action: [
            'ssmmessages:CreateControlChannel',
            'ssmmessages:CreateDataChannel',
            'ssmmessages:OpenControlChannel',
            'ssmmessages:OpenDataChannel',
          ],
          Resource: '*',
        },
        {
          Effect: 'Allow',
          Action: 'ssm:UpdateInstanceInformation',
          Resource: `arn:aws:ec2:${where.region}:${where.account}:instance/*`,
        },
      ],
    });
    const agentPolicy = new IamRolePolicyAttachment(this, 'agent-policy', {
      role: role.name,
      policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
    });
    const profile = new IamInstanceProfile(this, 'instance-profile', { name: role.name, role: role.name });
    const image = new DataAwsSsmParameter(this, 'image', { name: AMI_PARAMETER[instances.architecture] });

    // The provider's default tags stop at the template: what it launches gets them here.
    const defaults = new DataAwsDefaultTags(this, 'default-tags');
    const tags = Fn.merge([defaults.tags, { Name: name }]) as unknown as Record<string, string>;

    return new LaunchTemplate(this, 'launch-template', {
      name: `${name}-instance`,
      updateDefaultVersion: true,
      // An agent that cannot register is an instance that nothing can be placed on, nor drained from.
      dependsOn: [agentPolicy],
      // Not sensitive: everybody can read it, and a reviewer must see which image comes.
      imageId: image.insecureValue,
      iamInstanceProfile: { arn: profile.arn },
      // Tasks have their own network interface: one hop keeps the instance's credentials out of their reach.
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      monitoring: { enabled: true },
      networkInterfaces: [
        {
          deviceIndex: 0,
          associatePublicIpAddress: 'false',
          deleteOnTermination: 'true',
          securityGroups: [group.id],
        },
      ],
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: { volumeType: 'gp3', volumeSize: 30, encrypted: 'true', deleteOnTermination: 'true' },
        },
      ],
      tagSpecifications: ['instance', 'volume', 'network-interface'].map((resourceType) => ({
        resourceType,
        tags,
      })),
      userData: Fn.base64encode(agentSettings(clusterName)),
    });
  }
}

/**
 * Run at first boot. It refers to the cluster's name as a value, so Terraform destroys the instances before the cluster,
 * which could not be deleted with instances in it.
 */
function agentSettings(clusterName: string): string {
  const settings = [
    `ECS_CLUSTER=${clusterName}`,
    'ECS_AWSVPC_BLOCK_IMDS=true',
    'ECS_DISABLE_PRIVILEGED=true',
    'ECS_ENABLE_SPOT_INSTANCE_DRAINING=true',
    'ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM=ec2_instance',
  ];
  return `#!/bin/bash\ncat >> /etc/ecs/ecs.config <<'SETTINGS'\n${settings.join('\n')}\nSETTINGS\n`;
}
