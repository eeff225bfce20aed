import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Fn, TerraformOutput, TerraformVariable } from 'cdktf';
import type { Construct } from 'constructs';

import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig, ServiceDescriptor } from './config';
import { Connection, HttpsOut } from './constructs/connection';
import { hardenedContainer, type HardenedContainerProps } from './constructs/hardened-container';
import type { PolicyStatement } from './constructs/policy';
import { Role, serviceTrust } from './constructs/role';
import { skipCheck } from './constructs/skip-check';
import type { DatabaseAccess } from './data';
import { boundaryArn, repositoryArn, repositoryUrl, withinLimit } from './names';
import type { NetworkStack } from './network';
import { LOG_RETENTION_DAYS, type PlatformStack } from './platform';

export interface TasksStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly service: string;
  readonly descriptor: ServiceDescriptor;
  readonly network: NetworkStack;
  readonly platform: PlatformStack;
  /** @default none: the service uses no database */
  readonly database?: DatabaseAccess;
}

/**
 * The task definitions of one service, and of its migration, from one image digest. Takes the variable `image`.
 * Holds no data but logs. Old revisions stay in ECS when they are replaced, so that a deployment can be rolled back.
 */
export class TasksStack extends BaseStack {
  /** With its revision. */
  public readonly taskDefinitionArn: string;
  /** Of the container that the load balancer reaches. */
  public readonly containerName: string;

  public constructor(scope: Construct, id: string, props: TasksStackProps) {
    super(scope, id, props);
    const { config, service, descriptor, network, platform, settings } = props;
    const access = props.database;
    const image = this.imageVariable(repositoryUrl(config, service));
    const environment: Record<string, string> = {
      ...descriptor.environment,
      AWS_REGION: settings.region,
      ...(access && databaseEnvironment(access, service)),
    };

    this.containerName = service;
    this.taskDefinitionArn = this.taskDefinition(props, {
      purpose: 'task',
      family: this.nameOf(props, service),
      // Signs in as the runtime user, with a token that IAM grants; nothing else in AWS is its business.
      may: access && [
        {
          Sid: 'SignInToDatabase',
          Effect: 'Allow',
          Action: 'rds-db:connect',
          Resource: `arn:aws:rds-db:${settings.region}:${settings.account}:dbuser:${access.resourceId}/${service}`,
        },
      ],
      container: {
        name: this.containerName,
        image,
        port: descriptor.port,
        livenessPath: descriptor.livenessPath,
        // The balancer comes from outside the task; a service listens on loopback unless told otherwise.
        environment: {
          ...environment,
          // The migration has the master's password instead.
          ...(access && { DATABASE_AUTH: 'iam' }),
          METRICS_NAMESPACE: `${config.project}/${props.environment}/${service}`,
          HOST: '0.0.0.0',
          PORT: String(descriptor.port),
        },
      },
    });
    new TerraformOutput(this, 'task_definition_arn', { value: this.taskDefinitionArn });
    // Read back where nothing was released yet: an apply keeps what is there.
    new TerraformOutput(this, 'deployed_image', { value: image });

    if (!descriptor.migrate || !access) return;
    const migrate = this.taskDefinition(props, {
      purpose: 'migrate',
      family: this.nameOf(props, `${service}-migrate`),
      mayReadSecret: access,
      container: {
        name: MIGRATE,
        image,
        command: descriptor.migrate,
        environment,
        secrets: { DATABASE_MASTER_SECRET: access.masterSecretArn },
      },
    });
    const group = new SecurityGroup(this, 'migrate-security-group', {
      namePrefix: this.nameOf(props, `${service}-migrate-`),
      description: `Migration task of ${service}: nothing reaches it`,
      vpcId: network.vpcId,
      lifecycle: { createBeforeDestroy: true },
    });
    skipCheck(group, 'CKV2_AWS_5', 'RunTask attaches it, for as long as the migration runs');
    new HttpsOut(this, 'migrate-https', { fromSecurityGroupId: group.id });
    new Connection(this, 'migrate-to-database', {
      fromSecurityGroupId: group.id,
      toSecurityGroupId: access.securityGroupId,
      port: access.port,
      description: `${service} migration to PostgreSQL`,
    });
    // All that it takes to run it: a release reads nothing else.
    new TerraformOutput(this, 'migration', {
      value: {
        task_definition_arn: migrate,
        container: MIGRATE,
        cluster_arn: platform.clusterArn,
        capacity_provider: platform.capacityProviderName,
        security_group_id: group.id,
        subnet_ids: network.privateSubnetIds,
        log_group: this.logGroupName(props, 'migrate'),
      },
    });
  }

  /** What is deployed, by digest: a tag can be moved to another image after the review. */
  private imageVariable(repository: string): string {
    const image = new TerraformVariable(this, 'image', {
      type: 'string',
      nullable: false,
      description: `The image to run, as ${repository}@sha256:<64 hexadecimal digits>`,
    });
    // A dot in brackets needs no backslash, which JSON and Terraform would each want doubled.
    const pattern = `^${repository.replaceAll('.', '[.]')}@sha256:[0-9a-f]{64}$`;
    image.addValidation({
      condition: Fn.can(Fn.regex(pattern, image.stringValue)),
      errorMessage: `image must be ${repository}@sha256:<64 hexadecimal digits>: pass the digest of an image in this repository, not a tag (TF_VAR_image or -var image=…).`,
    });
    return image.stringValue;
  }

  private logGroupName({ config, environment, service }: TasksStackProps, purpose: Task['purpose']): string {
    return `/${config.project}/${environment}/${service}${purpose === 'migrate' ? '-migrate' : ''}`;
  }

  private nameOf({ config, environment }: TasksStackProps, what: string): string {
    return `${config.project}-${environment}-${what}`;
  }

  /** @returns the ARN with its revision */
  private taskDefinition(props: TasksStackProps, task: Task): string {
    const { config, environment, service, descriptor, settings, platform } = props;
    const { project } = config;
    const { account, region } = settings;
    const { purpose } = task;
    const role = (kind: string, description: string, statements: readonly PolicyStatement[]): string =>
      new Role(this, `${kind}-role`, {
        name: withinLimit('iamRole', this.nameOf(props, `${service}-${kind}`), {
          project,
          environment,
          service,
        }),
        description,
        boundaryArn: boundaryArn(project, account),
        trust: [serviceTrust('ecs-tasks.amazonaws.com', account, `arn:aws:ecs:${region}:${account}:*`)],
        statements,
      }).arn;

    const logGroup = new CloudwatchLogGroup(this, `${purpose}-log`, {
      name: this.logGroupName(props, purpose),
      retentionInDays: LOG_RETENTION_DAYS,
      kmsKeyId: platform.logKeyArn,
    });
    const executionRoleArn = role(`${purpose}-execution`, `ECS agent, to start ${task.family}`, [
      { Sid: 'SignInToRegistry', Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Sid: 'PullImage',
        Effect: 'Allow',
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        Resource: repositoryArn(config, service),
      },
      {
        Sid: 'WriteLog',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: `${logGroup.arn}:*`,
      },
      ...(task.mayReadSecret ? readMasterSecret(task.mayReadSecret, region) : []),
    ]);

    return new EcsTaskDefinition(this, `${purpose}-definition`, {
      family: task.family,
      requiresCompatibilities: ['EC2'],
      networkMode: 'awsvpc',
      runtimePlatform: {
        operatingSystemFamily: 'LINUX',
        cpuArchitecture: settings.cluster.architecture === 'arm64' ? 'ARM64' : 'X86_64',
      },
      cpu: String(descriptor.cpu),
      memory: String(descriptor.memoryMiB),
      executionRoleArn,
      ...(task.may && { taskRoleArn: role(purpose, `What ${task.family} itself may do`, task.may) }),
      containerDefinitions: JSON.stringify([
        hardenedContainer({
          ...task.container,
          stopSeconds: descriptor.stopSeconds,
          logGroupName: logGroup.name,
          region,
        }),
      ]),
      // A destroyed revision could not be returned to when a deployment fails.
      skipDestroy: true,
    }).arn;
  }
}

/** The container of the migration task, and the start of its log stream's name. */
const MIGRATE = 'migrate';

interface Task {
  readonly purpose: 'task' | 'migrate';
  readonly family: string;
  /** What the process itself may do in AWS. @default nothing: it has no role */
  readonly may?: readonly PolicyStatement[] | undefined;
  /** Whether its environment carries the database's master secret. @default none */
  readonly mayReadSecret?: DatabaseAccess;
  readonly container: Omit<HardenedContainerProps, 'stopSeconds' | 'logGroupName' | 'region'>;
}

/** The runtime user is named after the service; the migration creates it. Both verify the server's certificate. */
function databaseEnvironment(access: DatabaseAccess, service: string): Record<string, string> {
  return {
    DATABASE_HOST: access.host,
    DATABASE_PORT: String(access.port),
    DATABASE_NAME: access.name,
    DATABASE_USER: service,
    DATABASE_CA: 'rds',
  };
}

function readMasterSecret(access: DatabaseAccess, region: string): PolicyStatement[] {
  return [
    {
      Sid: 'ReadMasterSecret',
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: access.masterSecretArn,
    },
    {
      Sid: 'DecryptMasterSecret',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: access.keyArn,
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
    },
  ];
}
