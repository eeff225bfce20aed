import { releaseParameter } from '../names';
import type { PolicyStatement } from './policy';

/** What a policy speaks of: the whole project in an account, or one environment of it. */
export interface PermissionScope {
  readonly project: string;
  /** @default all environments */
  readonly environment?: string;
  readonly account: string;
  /** @default all regions */
  readonly region?: string;
  /** Where the images are; may be another account. */
  readonly registryAccount: string;
}

/** One AWS service as the stacks use it. Actions without the service's prefix. */
interface ServiceUse {
  readonly service: string;
  /** Ours among its resources, by the start of their names; all of the account where AWS gives them numbers for names. */
  readonly resources: readonly string[];
  /** Reads of those. */
  readonly reads?: readonly string[];
  /** Reads that AWS lets nobody narrow to a resource. */
  readonly lists?: readonly string[];
  /** Changes of those. */
  readonly writes?: readonly string[];
  /** Changes that AWS lets nobody narrow to a resource. */
  readonly creates?: readonly string[];
  /** The most that any role does to those resources. @default everything */
  readonly most?: readonly string[];
}

/** Everything else (IAM, keys, parameters, the state) needs a condition and has a function of its own below. */
function servicesInUse(scope: PermissionScope): readonly ServiceUse[] {
  const { account, project } = scope;
  const region = scope.region ?? '*';
  const prefix = namePrefix(scope);
  const path = scope.environment === undefined ? `/${project}/` : `/${project}/${scope.environment}/`;
  const arn = (service: string, resource: string): string =>
    `arn:aws:${service}:${region}:${account}:${resource}`;
  return [
    {
      service: 'ec2',
      resources: [arn('ec2', '*'), `arn:aws:ec2:${region}::image/*`],
      reads: ['DescribeVpcAttribute', 'GetManagedPrefixListEntries'],
      // One by one: some of its Describe actions can be narrowed, and then `*` is more than is needed.
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
      lists: [
        'AccountAttributes',
        'Addresses',
        'AddressesAttribute',
        'AvailabilityZones',
        'FlowLogs',
        'Images',
        'InstanceTypes',
        'Instances',
        'InternetGateways',
        'LaunchTemplateVersions',
        'LaunchTemplates',
        'ManagedPrefixLists',
        'NatGateways',
        'NetworkAcls',
        'NetworkInterfaces',
        'PrefixLists',
        'RouteTables',
        'SecurityGroupRules',
        'SecurityGroups',
        'Subnets',
        'Tags',
        'VpcEndpoints',
        'Vpcs',
      ].map((what) => `Describe${what}`),
      writes: [
        '*Address*',
        '*FlowLogs',
        '*InternetGateway',
        '*LaunchTemplate*',
        '*ManagedPrefixList',
        '*NatGateway',
        '*NetworkAcl*',
        '*Route*',
        '*SecurityGroup*',
        '*Subnet*',
        '*Vpc*',
        'CreateTags',
        'DeleteTags',
        'RunInstances',
      ],
    },
    {
      service: 'autoscaling',
      resources: [arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${prefix}-*`)],
      lists: ['Describe*'],
      writes: [
        'CancelInstanceRefresh',
        'CreateAutoScalingGroup',
        'CreateOrUpdateTags',
        'DeleteAutoScalingGroup',
        'DeleteTags',
        '*MetricsCollection',
        'SetInstanceProtection',
        'StartInstanceRefresh',
        'UpdateAutoScalingGroup',
      ],
    },
    {
      service: 'application-autoscaling',
      resources: [arn('application-autoscaling', 'scalable-target/*')],
      reads: ['ListTagsForResource'],
      lists: ['Describe*'],
      writes: [
        'DeleteScalingPolicy',
        'DeleteScheduledAction',
        '*ScalableTarget',
        'PutScalingPolicy',
        'PutScheduledAction',
        'TagResource',
        'UntagResource',
      ],
    },
    {
      service: 'ecs',
      resources: [arn('ecs', `*/${prefix}`), arn('ecs', `*/${prefix}-*`), arn('ecs', `*/${prefix}/*`)],
      reads: ['Describe*', 'List*'],
      lists: ['DescribeTaskDefinition', 'ListTaskDefinitions'],
      writes: [
        'Create*',
        'Delete*',
        'Put*',
        'RegisterTaskDefinition',
        'RunTask',
        'StopTask',
        'TagResource',
        'UntagResource',
        'Update*',
      ],
      creates: ['DeregisterTaskDefinition'],
    },
    {
      service: 'elasticloadbalancing',
      resources: [
        arn('elasticloadbalancing', `*/app/${prefix}/*`),
        arn('elasticloadbalancing', `*/app/${prefix}-*`),
        arn('elasticloadbalancing', `targetgroup/${prefix}-*`),
      ],
      // Which web ACL is in front of a balancer.
      reads: ['GetLoadBalancerWebACL'],
      lists: ['Describe*'],
      writes: ['*Tags', 'Create*', 'Delete*', 'Modify*', 'Set*'],
    },
    {
      service: 'rds',
      resources: [arn('rds', `*:${prefix}-*`)],
      reads: ['Describe*', 'ListTagsForResource'],
      writes: [
        '*SourceIdentifier*Subscription',
        '*Tags*Resource',
        'Create*',
        'Delete*',
        'Modify*',
        'RebootDBInstance',
      ],
    },
    {
      // The provider finds an instance by a filter, which AWS takes for a look at all of them:
      // https://github.com/hashicorp/terraform-provider-aws/issues/35737
      service: 'rds',
      resources: [arn('rds', 'db:*')],
      reads: ['DescribeDBInstances'],
      most: ['DescribeDBInstances'],
    },
    {
      // An instance that names no option group uses that of its engine:
      // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/security_iam_id-based-policy-examples-create-and-modify-examples.html
      service: 'rds',
      resources: [arn('rds', 'og:default:*')],
      writes: ['CreateDBInstance', 'ModifyDBInstance'],
      most: ['CreateDBInstance', 'ModifyDBInstance'],
    },
    {
      // The password that RDS keeps; it is read by the migration task alone.
      service: 'secretsmanager',
      resources: [arn('secretsmanager', 'secret:rds!db-*')],
      reads: ['DescribeSecret'],
      writes: ['CreateSecret', 'DeleteSecret', 'RotateSecret', 'TagResource', 'UpdateSecret'],
    },
    {
      service: 'logs',
      resources: [
        arn('logs', `log-group:${path}*`),
        arn('logs', `log-group:/aws/rds/instance/${prefix}-*`),
        arn('logs', `log-group:/aws/ecs/containerinsights/${prefix}*`),
        arn('logs', `log-group:aws-waf-logs-${prefix}*`),
      ],
      reads: ['ListTagsForResource', 'ListTagsLogGroup'],
      lists: ['DescribeLogGroups'],
      writes: [
        '*RetentionPolicy',
        '*KmsKey',
        'TagResource',
        'UntagResource',
        'CreateLogGroup',
        'DeleteLogGroup',
      ],
      // What WAF does in the caller's name when it is told where to log:
      // https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html#logging-cw-logs-permissions
      creates: ['CreateLogDelivery', 'DeleteLogDelivery', 'DescribeResourcePolicies', 'PutResourcePolicy'],
    },
    {
      service: 'cloudwatch',
      resources: [
        arn('cloudwatch', `alarm:${prefix}-*`),
        `arn:aws:cloudwatch::${account}:dashboard/${prefix}`,
        `arn:aws:cloudwatch::${account}:dashboard/${prefix}-*`,
      ],
      reads: ['DescribeAlarms', 'GetDashboard', 'ListTagsForResource'],
      writes: [
        'TagResource',
        'UntagResource',
        'DeleteAlarms',
        'DeleteDashboards',
        'PutDashboard',
        'PutMetricAlarm',
      ],
    },
    {
      service: 'wafv2',
      resources: [
        arn('wafv2', `regional/webacl/${prefix}/*`),
        arn('wafv2', `regional/webacl/${prefix}-*`),
        arn('wafv2', 'regional/managedruleset/*'),
        // To put the web ACL in front of the balancer takes the right on both.
        arn('elasticloadbalancing', `loadbalancer/app/${prefix}/*`),
        arn('elasticloadbalancing', `loadbalancer/app/${prefix}-*`),
      ],
      reads: ['Get*', 'ListTagsForResource'],
      writes: [
        'AssociateWebACL',
        'CreateWebACL',
        'DeleteLoggingConfiguration',
        'DeleteWebACL',
        'DisassociateWebACL',
        'PutLoggingConfiguration',
        'TagResource',
        'UntagResource',
        'UpdateWebACL',
      ],
    },
    {
      service: 'sns',
      resources: [arn('sns', `${prefix}-*`)],
      reads: ['Get*', 'List*'],
      // Subscriptions are resources of their own, of which no policy can speak.
      lists: ['GetSubscriptionAttributes'],
      writes: ['TagResource', 'UntagResource', 'CreateTopic', 'DeleteTopic', 'Set*', 'Subscribe'],
      creates: ['Unsubscribe'],
    },
    {
      service: 'acm',
      resources: [arn('acm', 'certificate/*')],
      reads: ['DescribeCertificate', 'ListTagsForCertificate'],
      writes: ['*TagsToCertificate', '*TagsFromCertificate', 'DeleteCertificate'],
      creates: ['RequestCertificate'],
    },
    {
      service: 'route53',
      resources: ['arn:aws:route53:::hostedzone/*', 'arn:aws:route53:::change/*'],
      reads: ['Get*', 'ListResourceRecordSets', 'ListTagsForResource'],
      // The private names of endpoints are a zone that AWS ties to the network, and asks that of who makes them.
      writes: ['AssociateVPCWithHostedZone', 'ChangeResourceRecordSets'],
    },
    {
      service: 'budgets',
      resources: [`arn:aws:budgets::${account}:budget/${prefix}-*`],
      reads: ['ListTagsForResource', 'ViewBudget'],
      writes: ['TagResource', 'UntagResource', 'ModifyBudget'],
    },
    {
      service: 's3',
      resources: [`arn:aws:s3:::${prefix}-*`],
      reads: [
        'GetAccelerateConfiguration',
        'GetBucket*',
        'GetEncryptionConfiguration',
        'GetLifecycleConfiguration',
        'GetReplicationConfiguration',
        'ListBucket',
      ],
      writes: [
        'CreateBucket',
        'DeleteBucket*',
        'DeleteObject*',
        'ListBucketVersions',
        'PutBucket*',
        'PutEncryptionConfiguration',
        'PutLifecycleConfiguration',
      ],
    },
    {
      service: 'ecr',
      resources: [`arn:aws:ecr:${region}:${scope.registryAccount}:repository/${project}/*`],
      reads: [
        'DescribeImages',
        'DescribeRepositories',
        'GetLifecyclePolicy',
        'GetRepositoryPolicy',
        'ListTagsForResource',
      ],
      lists: ['GetAuthorizationToken'],
    },
    {
      service: 'kms',
      resources: [arn('kms', 'key/*'), arn('kms', `alias/${prefix}-*`)],
      reads: ['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListResourceTags'],
      lists: ['ListAliases'],
      creates: ['CreateKey'],
    },
    {
      service: 'iam',
      resources: [
        `arn:aws:iam::${account}:role/${prefix}-*`,
        `arn:aws:iam::${account}:instance-profile/${prefix}-*`,
        `arn:aws:iam::${account}:policy/${prefix}-*`,
        `arn:aws:iam::${account}:oidc-provider/*`,
      ],
      reads: ['Get*', 'List*'],
      most: ['Get*', 'List*', '*Role', '*RolePolicy', '*InstanceProfile'],
    },
    {
      service: 'ssm',
      resources: readableParameters(scope),
      reads: ['GetParameter', 'GetParameterHistory', 'GetParameters', 'ListTagsForResource'],
      lists: ['DescribeParameters'],
    },
  ];
}

/** What the roles of tasks and instances call beside that: no stack manages it, so it is in the boundary alone. */
function servicesAtRuntime({ account, region = '*' }: PermissionScope): readonly PolicyStatement[] {
  return [
    {
      Effect: 'Allow',
      Action: ['ec2messages:*', 'ssmmessages:*', 'ecs:DiscoverPollEndpoint', 'cloudwatch:PutMetricData'],
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Action: 'ssm:UpdateInstanceInformation',
      Resource: `arn:aws:ec2:${region}:${account}:instance/*`,
    },
    { Effect: 'Allow', Action: 'rds-db:connect', Resource: `arn:aws:rds-db:${region}:${account}:dbuser:*` },
    {
      Effect: 'Allow',
      Action: ['logs:*'],
      Resource: `arn:aws:logs:${region}:${account}:log-group:RDSOSMetrics*`,
    },
  ];
}

/**
 * The most that any role of the project can ever do, whatever its own policies say: what the stacks are made of, in this
 * account. It can neither be taken off a role nor changed by one, and a role made by one of them carries it too.
 */
export function boundaryStatements(scope: PermissionScope, boundaryArn: string): readonly PolicyStatement[] {
  const used = servicesInUse(scope);
  return [
    ...used.map(({ service, resources, most = ['*'] }): PolicyStatement => ({
      Effect: 'Allow',
      Action: named(service, most),
      Resource: resources,
    })),
    {
      Effect: 'Allow',
      Action: used.flatMap(({ service, lists = [], creates = [] }) => named(service, [...lists, ...creates])),
      Resource: '*',
    },
    { Effect: 'Allow', Action: 'iam:CreateServiceLinkedRole', Resource: serviceLinkedRoles(scope) },
    scalingAlarms(scope),
    ...servicesAtRuntime(scope),
    {
      Sid: 'NoWayOut',
      Effect: 'Deny',
      Action: ['iam:CreateRole', 'iam:PutRolePermissionsBoundary'],
      Resource: '*',
      Condition: { StringNotEquals: { 'iam:PermissionsBoundary': boundaryArn } },
    },
    { Effect: 'Deny', Action: 'iam:DeleteRolePermissionsBoundary', Resource: '*' },
    {
      Effect: 'Deny',
      Action: [
        'iam:CreatePolicyVersion',
        'iam:DeletePolicy',
        'iam:DeletePolicyVersion',
        'iam:SetDefaultPolicyVersion',
      ],
      Resource: boundaryArn,
    },
  ];
}

/** What a refresh of any stack reads: settings of resources, never what is stored in them. */
export function readStatements(scope: PermissionScope): readonly PolicyStatement[] {
  const used = servicesInUse(scope);
  return [
    ...used
      .filter(({ reads }) => reads !== undefined)
      .map(({ service, resources, reads = [] }): PolicyStatement => ({
        Effect: 'Allow',
        Action: named(service, reads),
        Resource: resources,
      })),
    {
      Effect: 'Allow',
      Action: used.flatMap(({ service, lists = [] }) => named(service, lists)),
      Resource: '*',
    },
  ];
}

/** What creating, changing and destroying the stacks of one environment takes beside `readStatements`; roles and keys aside. */
export function changeStatements(scope: PermissionScope): readonly PolicyStatement[] {
  const used = servicesInUse(scope);
  return [
    ...used
      .filter(({ writes }) => writes !== undefined)
      .map(({ service, resources, writes = [] }): PolicyStatement => ({
        Effect: 'Allow',
        Action: named(service, writes),
        Resource: resources,
      })),
    {
      Effect: 'Allow',
      Action: used.flatMap(({ service, creates = [] }) => named(service, creates)),
      Resource: '*',
    },
    scalingAlarms(scope),
  ];
}

/** The environment's roles, each made with the boundary on it, and its keys. */
export function roleAndKeyStatements(
  scope: PermissionScope & { readonly environment: string },
  boundaryArn: string,
): readonly PolicyStatement[] {
  const roles = `arn:aws:iam::${scope.account}:role/${namePrefix(scope)}-*`;
  return [
    {
      Sid: 'RolesInTheBoundary',
      Effect: 'Allow',
      Action: 'iam:CreateRole',
      Resource: roles,
      Condition: { StringEquals: { 'iam:PermissionsBoundary': boundaryArn } },
    },
    {
      Effect: 'Allow',
      Action: [
        'iam:AttachRolePolicy',
        'iam:DeleteRole',
        'iam:DeleteRolePolicy',
        'iam:DetachRolePolicy',
        'iam:PutRolePolicy',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
      ],
      Resource: roles,
    },
    {
      Effect: 'Allow',
      Action: ['iam:*InstanceProfile'],
      Resource: [roles, `arn:aws:iam::${scope.account}:instance-profile/${namePrefix(scope)}-*`],
    },
    passRoles(scope, ['ec2', 'ecs-tasks', 'monitoring.rds', 'vpc-flow-logs']),
    {
      Effect: 'Allow',
      Action: 'iam:CreateServiceLinkedRole',
      Resource: serviceLinkedRoles(scope),
      Condition: {
        StringEquals: {
          'iam:AWSServiceName': [
            'autoscaling',
            'ecs',
            'ecs.application-autoscaling',
            'elasticloadbalancing',
            'rds',
            'wafv2',
          ].map((service) => `${service}.amazonaws.com`),
        },
      },
    },
    ...keyStatements(scope, 'Environment', scope.environment),
  ];
}

/** Changes to the registry stack, which belongs to no environment. */
export function registryStatements(scope: PermissionScope): readonly PolicyStatement[] {
  return [
    {
      Effect: 'Allow',
      Action: [
        'ecr:CreateRepository',
        'ecr:DeleteLifecyclePolicy',
        'ecr:DeleteRepository',
        'ecr:DeleteRepositoryPolicy',
        'ecr:Put*Configuration',
        'ecr:PutImageTagMutability',
        'ecr:PutLifecyclePolicy',
        'ecr:SetRepositoryPolicy',
        'ecr:TagResource',
        'ecr:UntagResource',
      ],
      Resource: `arn:aws:ecr:${scope.region ?? '*'}:${scope.registryAccount}:repository/${scope.project}/*`,
    },
    ...keyStatements({ ...scope, environment: 'registry' }, 'Stack', 'registry'),
  ];
}

/**
 * Keys have numbers for names, so it is the tag that tells whose they are: the provider gives it to everything it makes
 * (base-stack.ts), in the request that makes it.
 */
function keyStatements(
  scope: PermissionScope,
  tag: 'Environment' | 'Stack',
  value: string,
): readonly PolicyStatement[] {
  const keys = `arn:aws:kms:${scope.region ?? '*'}:${scope.account}:key/*`;
  return [
    {
      Effect: 'Allow',
      Action: 'kms:TagResource',
      Resource: keys,
      Condition: { StringEquals: { [`aws:RequestTag/${tag}`]: value } },
    },
    {
      Effect: 'Allow',
      Action: [
        'kms:*Alias',
        'kms:CreateGrant',
        'kms:Decrypt',
        'kms:EnableKeyRotation',
        'kms:GenerateDataKey*',
        'kms:PutKeyPolicy',
        'kms:ScheduleKeyDeletion',
        'kms:UntagResource',
        'kms:UpdateKeyDescription',
      ],
      Resource: keys,
      Condition: { StringEquals: { [`aws:ResourceTag/${tag}`]: value } },
    },
    {
      Effect: 'Allow',
      Action: 'kms:*Alias',
      Resource: `arn:aws:kms:${scope.region ?? '*'}:${scope.account}:alias/${namePrefix(scope)}*`,
    },
  ];
}

/**
 * Application Auto Scaling tries first whether its caller may do with alarms what it will do itself, and names none:
 * https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html. The caller alone may not.
 */
function scalingAlarms({ account, region = '*' }: PermissionScope): PolicyStatement {
  return {
    Effect: 'Allow',
    Action: ['DeleteAlarms', 'DescribeAlarms', 'PutMetricAlarm'].map((action) => `cloudwatch:${action}`),
    Resource: `arn:aws:cloudwatch:${region}:${account}:alarm:*`,
    Condition: { Bool: { 'aws:ViaAWSService': 'true' } },
  };
}

/** The release pointers and the public image of the instances: all that a pipeline may read of the parameter store. */
export function readableParameters(scope: PermissionScope): readonly string[] {
  const region = scope.region ?? '*';
  return [
    `arn:aws:ssm:${region}::parameter/aws/service/ecs/optimized-ami/*`,
    `arn:aws:ssm:${region}:${scope.account}:parameter${releaseParameter(scope.project, scope.environment ?? '*', '*')}`,
  ];
}

/** What a release does besides applying stacks: shows why a migration failed, and says which image runs. */
export function releaseStatements({
  project,
  environment = '*',
  account,
  region = '*',
}: PermissionScope): readonly PolicyStatement[] {
  return [
    {
      Effect: 'Allow',
      Action: 'logs:GetLogEvents',
      Resource: `arn:aws:logs:${region}:${account}:log-group:/${project}/${environment}/*`,
    },
    {
      Effect: 'Allow',
      Action: 'ssm:PutParameter',
      Resource: `arn:aws:ssm:${region}:${account}:parameter${releaseParameter(project, environment, '*')}`,
    },
  ];
}

/** Hands the environment's roles to these services, `….amazonaws.com` left out, and to nobody else. */
export function passRoles(scope: PermissionScope, services: readonly string[]): PolicyStatement {
  return {
    Effect: 'Allow',
    Action: 'iam:PassRole',
    Resource: `arn:aws:iam::${scope.account}:role/${namePrefix(scope)}-*`,
    Condition: {
      StringEquals: { 'iam:PassedToService': services.map((service) => `${service}.amazonaws.com`) },
    },
  };
}

function serviceLinkedRoles({ account }: PermissionScope): string {
  return `arn:aws:iam::${account}:role/aws-service-role/*`;
}

function namePrefix({ project, environment }: PermissionScope): string {
  return environment === undefined ? project : `${project}-${environment}`;
}

function named(service: string, actions: readonly string[]): string[] {
  return actions.map((action) => `${service}:${action}`);
}
