/** One action that IAM must allow. */
export interface Need {
  readonly action: string;
  /** An ARN with the placeholders of `RoleCalls`. @default what the call names; any, where that is not known */
  readonly resource?: string | undefined;
  /** What the request says under a condition key: a statement that asks for another value does not count. */
  readonly when?: readonly [key: string, value: string];
}

/** The prefix of permissions, by the service as signatures name it. A service that is not here fails by name. */
export const PREFIXES: Readonly<Record<string, string>> = {
  acm: 'acm',
  'application-autoscaling': 'application-autoscaling',
  autoscaling: 'autoscaling',
  budgets: 'budgets',
  ec2: 'ec2',
  ecr: 'ecr',
  ecs: 'ecs',
  elasticloadbalancing: 'elasticloadbalancing',
  iam: 'iam',
  kms: 'kms',
  logs: 'logs',
  monitoring: 'cloudwatch',
  rds: 'rds',
  route53: 'route53',
  s3: 's3',
  sns: 'sns',
  ssm: 'ssm',
  sts: 'sts',
  wafv2: 'wafv2',
};

/**
 * Calls that permissions of another name authorize; all others bear the name of their permission. S3:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html. Budgets:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
 */
export const AUTHORIZED_BY: Readonly<Record<string, readonly string[]>> = {
  'budgets:CreateBudget': ['budgets:ModifyBudget'],
  'budgets:CreateNotification': ['budgets:ModifyBudget'],
  'budgets:DeleteBudget': ['budgets:ModifyBudget'],
  'budgets:DescribeBudget': ['budgets:ViewBudget'],
  'budgets:DescribeNotificationsForBudget': ['budgets:ViewBudget'],
  'budgets:DescribeSubscribersForNotification': ['budgets:ViewBudget'],
  's3:DeleteBucketEncryption': ['s3:PutEncryptionConfiguration'],
  's3:DeleteBucketLifecycle': ['s3:PutLifecycleConfiguration'],
  's3:DeleteBucketOwnershipControls': ['s3:PutBucketOwnershipControls'],
  's3:DeletePublicAccessBlock': ['s3:PutBucketPublicAccessBlock'],
  's3:GetBucketAccelerateConfiguration': ['s3:GetAccelerateConfiguration'],
  's3:GetBucketCors': ['s3:GetBucketCORS'],
  's3:GetBucketEncryption': ['s3:GetEncryptionConfiguration'],
  's3:GetBucketLifecycleConfiguration': ['s3:GetLifecycleConfiguration'],
  's3:GetBucketNotificationConfiguration': ['s3:GetBucketNotification'],
  's3:GetBucketReplication': ['s3:GetReplicationConfiguration'],
  's3:GetObjectLockConfiguration': ['s3:GetBucketObjectLockConfiguration'],
  's3:GetPublicAccessBlock': ['s3:GetBucketPublicAccessBlock'],
  's3:HeadBucket': ['s3:ListBucket'],
  's3:HeadObject': ['s3:GetObject'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  's3:PutBucketEncryption': ['s3:PutEncryptionConfiguration'],
  's3:PutBucketLifecycleConfiguration': ['s3:PutLifecycleConfiguration'],
  's3:PutBucketNotificationConfiguration': ['s3:PutBucketNotification'],
  's3:PutPublicAccessBlock': ['s3:PutBucketPublicAccessBlock'],
  // "No permissions are required": https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  'sts:GetCallerIdentity': [],
};

const passRoleTo = (service: string): Need => ({
  action: 'iam:PassRole',
  resource: 'arn:aws:iam::<account>:role/<project>-<environment>-any',
  when: ['iam:PassedToService', `${service}.amazonaws.com`],
});

const serviceLinkedRoleOf = (service: string): Need => ({
  action: 'iam:CreateServiceLinkedRole',
  resource: `arn:aws:iam::<account>:role/aws-service-role/${service}.amazonaws.com/any`,
  when: ['iam:AWSServiceName', `${service}.amazonaws.com`],
});

const on = (resource: string, ...actions: readonly string[]): readonly Need[] =>
  actions.map((action) => ({ action, resource }));

const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:<region>:<account>:${resource}`;
const KEY = arn('kms', 'key/any');
const STATE_KEY = '<state key>';
const TAGGED_IN_EC2 = on(arn('ec2', 'any/any'), 'ec2:CreateTags');
/** "Permissions validation": neither names an alarm, so that only what is granted on all of them lets it pass. */
const ANY_ALARM = arn('cloudwatch', 'alarm:*');
const CHECKED_BY_SCALING = [
  ...on(arn('ecs', 'service/<project>-<environment>/any'), 'ecs:DescribeServices', 'ecs:UpdateService'),
  ...on(ANY_ALARM, 'cloudwatch:DeleteAlarms', 'cloudwatch:DescribeAlarms', 'cloudwatch:PutMetricAlarm'),
];

/**
 * What a call takes beside its own permission, because AWS does it in the caller's name: the dependent actions of the service
 * authorization reference that the stacks make use of, and what the pages named here add.
 */
export const BESIDES: Readonly<Record<string, readonly Need[]>> = {
  'acm:RequestCertificate': on(arn('acm', 'certificate/any'), 'acm:AddTagsToCertificate'),
  // https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
  'application-autoscaling:PutScalingPolicy': CHECKED_BY_SCALING,
  'application-autoscaling:RegisterScalableTarget': [
    ...on(arn('application-autoscaling', 'scalable-target/any'), 'application-autoscaling:TagResource'),
    ...CHECKED_BY_SCALING,
    serviceLinkedRoleOf('ecs.application-autoscaling'),
  ],
  'autoscaling:CreateAutoScalingGroup': [
    ...on(
      arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/<project>-<environment>-any'),
      'autoscaling:CreateOrUpdateTags',
    ),
    ...on(arn('ec2', 'any/any'), 'ec2:RunInstances'),
    ...TAGGED_IN_EC2,
    passRoleTo('ec2'),
    serviceLinkedRoleOf('autoscaling'),
  ],
  'budgets:CreateBudget': on(
    'arn:aws:budgets::<account>:budget/<project>-<environment>-any',
    'budgets:TagResource',
  ),
  'cloudwatch:PutMetricAlarm': on(
    arn('cloudwatch', 'alarm:<project>-<environment>-any'),
    'cloudwatch:TagResource',
  ),
  'ec2:AllocateAddress': TAGGED_IN_EC2,
  'ec2:CreateFlowLogs': [...TAGGED_IN_EC2, passRoleTo('vpc-flow-logs')],
  'ec2:CreateInternetGateway': TAGGED_IN_EC2,
  'ec2:CreateLaunchTemplate': TAGGED_IN_EC2,
  'ec2:CreateNatGateway': TAGGED_IN_EC2,
  'ec2:CreateNetworkAcl': TAGGED_IN_EC2,
  'ec2:CreateRouteTable': TAGGED_IN_EC2,
  'ec2:CreateSecurityGroup': TAGGED_IN_EC2,
  'ec2:CreateSubnet': TAGGED_IN_EC2,
  'ec2:CreateVpc': TAGGED_IN_EC2,
  'ec2:CreateVpcEndpoint': [
    ...TAGGED_IN_EC2,
    // Of interface endpoints, which an environment without NAT has, for their private names.
    ...on('arn:aws:route53:::hostedzone/any', 'route53:AssociateVPCWithHostedZone'),
  ],
  'ecr:CreateRepository': [
    ...on('arn:aws:ecr:<region>:<account>:repository/<project>/any', 'ecr:TagResource'),
    ...on(KEY, 'kms:CreateGrant', 'kms:DescribeKey'),
  ],
  'ecs:CreateCapacityProvider': [
    ...on(arn('ecs', 'capacity-provider/<project>-<environment>-any'), 'ecs:TagResource'),
    ...on(
      arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/<project>-<environment>-any'),
      'autoscaling:CreateOrUpdateTags',
    ),
  ],
  'ecs:CreateCluster': [
    ...on(arn('ecs', 'cluster/<project>-<environment>'), 'ecs:TagResource'),
    serviceLinkedRoleOf('ecs'),
  ],
  'ecs:CreateService': on(arn('ecs', 'service/<project>-<environment>/any'), 'ecs:TagResource'),
  'ecs:RegisterTaskDefinition': [
    ...on(arn('ecs', 'task-definition/<project>-<environment>-any:1'), 'ecs:TagResource'),
    passRoleTo('ecs-tasks'),
  ],
  'elasticloadbalancing:CreateListener': on(
    arn('elasticloadbalancing', 'listener/app/<project>-<environment>/any/any'),
    'elasticloadbalancing:AddTags',
  ),
  'elasticloadbalancing:CreateLoadBalancer': [
    ...on(
      arn('elasticloadbalancing', 'loadbalancer/app/<project>-<environment>/any'),
      'elasticloadbalancing:AddTags',
    ),
    serviceLinkedRoleOf('elasticloadbalancing'),
  ],
  'elasticloadbalancing:CreateRule': on(
    arn('elasticloadbalancing', 'listener-rule/app/<project>-<environment>/any/any/any'),
    'elasticloadbalancing:AddTags',
  ),
  'elasticloadbalancing:CreateTargetGroup': on(
    arn('elasticloadbalancing', 'targetgroup/<project>-<environment>-any/any'),
    'elasticloadbalancing:AddTags',
  ),
  'iam:AddRoleToInstanceProfile': [passRoleTo('ec2')],
  'iam:CreateInstanceProfile': on(
    'arn:aws:iam::<account>:instance-profile/<project>-<environment>-any',
    'iam:TagInstanceProfile',
  ),
  'iam:CreateRole': on('arn:aws:iam::<account>:role/<project>-<environment>-any', 'iam:TagRole'),
  'kms:CreateKey': on(KEY, 'kms:TagResource'),
  'logs:CreateLogGroup': on(arn('logs', 'log-group:/<project>/<environment>/any'), 'logs:TagResource'),
  'rds:CreateDBInstance': [
    ...on(arn('rds', 'db:<project>-<environment>-any'), 'rds:AddTagsToResource'),
    // That is used as well when the request names none:
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/security_iam_id-based-policy-examples-create-and-modify-examples.html
    ...on(arn('rds', 'og:default:any'), 'rds:CreateDBInstance'),
    ...on(KEY, 'kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'),
    ...on(
      arn('secretsmanager', 'secret:rds!db-any'),
      'secretsmanager:CreateSecret',
      'secretsmanager:TagResource',
    ),
    passRoleTo('monitoring.rds'),
    serviceLinkedRoleOf('rds'),
  ],
  'rds:CreateDBParameterGroup': on(arn('rds', 'pg:<project>-<environment>-any'), 'rds:AddTagsToResource'),
  'rds:CreateDBSubnetGroup': on(arn('rds', 'subgrp:<project>-<environment>-any'), 'rds:AddTagsToResource'),
  'rds:CreateEventSubscription': on(arn('rds', 'es:<project>-<environment>-any'), 'rds:AddTagsToResource'),
  // Found by a filter rather than by its name. https://github.com/hashicorp/terraform-provider-aws/issues/35737
  'rds:DescribeDBInstances': on(arn('rds', 'db:*'), 'rds:DescribeDBInstances'),
  'rds:ModifyDBInstance': on(arn('rds', 'og:default:any'), 'rds:ModifyDBInstance'),
  's3:GetObject': on(STATE_KEY, 'kms:Decrypt'),
  's3:PutObject': on(STATE_KEY, 'kms:GenerateDataKey'),
  'sns:CreateTopic': on(arn('sns', '<project>-<environment>-any'), 'sns:TagResource'),
  // https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html#security_iam_action-additions
  'wafv2:AssociateWebACL': on(
    arn('elasticloadbalancing', 'loadbalancer/app/<project>-<environment>/any'),
    'elasticloadbalancing:CreateWebACLAssociation',
  ),
  'wafv2:CreateWebACL': on(arn('wafv2', 'regional/webacl/<project>-<environment>/any'), 'wafv2:TagResource'),
  'wafv2:DisassociateWebACL': on(
    arn('elasticloadbalancing', 'loadbalancer/app/<project>-<environment>/any'),
    'elasticloadbalancing:DeleteWebACLAssociation',
  ),
  'wafv2:GetWebACLForResource': on(
    arn('elasticloadbalancing', 'loadbalancer/app/<project>-<environment>/any'),
    'elasticloadbalancing:GetLoadBalancerWebACL',
  ),
  // https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html#logging-cw-logs-permissions
  'wafv2:PutLoggingConfiguration': [
    ...on(
      '*',
      'logs:CreateLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:PutResourcePolicy',
    ),
    serviceLinkedRoleOf('wafv2'),
  ],
  'wafv2:DeleteLoggingConfiguration': on('*', 'logs:DeleteLogDelivery'),
};
