import { IamOpenidConnectProvider } from '@cdktf/provider-aws/lib/iam-openid-connect-provider';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import type { Construct } from 'constructs';

import { BaseStack, type BaseStackProps } from './base-stack';
import { GITHUB_ISSUER, githubTrust } from './constructs/github-trust';
import { policyJson, type PolicyStatement } from './constructs/policy';
import {
  boundaryStatements,
  changeStatements,
  passRoles,
  readableParameters,
  readStatements,
  registryStatements,
  releaseStatements,
  roleAndKeyStatements,
  type PermissionScope,
} from './constructs/project-permissions';
import { Role } from './constructs/role';
import { StateBucket } from './constructs/state-bucket';
import {
  accessLogBucketName,
  boundaryArn,
  boundaryName,
  pipelineRoleName,
  roleArn,
  stateBucketName,
  stateKeyAlias,
} from './names';

/** The only workflow whose jobs may push an image or change an environment as it was reviewed. */
const APPLY_WORKFLOW = 'apply.yml';
/** The only one that may put back an image that ran before. */
const ROLLBACK_WORKFLOW = 'rollback.yml';

export interface BootstrapStackProps extends BaseStackProps {
  /** Environments of this account; each gets its plan, apply and deploy roles. */
  readonly environments: readonly string[];
  /** Whether the images are pushed to this account; then it has the push role. */
  readonly registry: boolean;
}

/** The state bucket, GitHub's identity and the roles of the pipeline in one account. Holds the state of every stack: protected from destroy. */
export class BootstrapStack extends BaseStack {
  public constructor(scope: Construct, id: string, props: BootstrapStackProps) {
    super(scope, id, props);
    const { config, where } = props;
    const { project, github } = config;
    const { account } = where;

    const state = new StateBucket(this, 'state', {
      name: stateBucketName(project, where),
      logBucketName: accessLogBucketName(project, where),
      loggedBuckets: `${project}-*`,
      keyAlias: stateKeyAlias(project),
      account,
    });

    const provider = new IamOpenidConnectProvider(this, 'github', {
      url: `https://${GITHUB_ISSUER}`,
      clientIdList: ['sts.amazonaws.com'],
    });

    const all: PermissionScope = { project, account, registryAccount: config.registry.account };
    const boundary = new IamPolicy(this, 'boundary', {
      name: boundaryName(project),
      description: `The most that any role of ${project} can do`,
      policy: policyJson(boundaryStatements(all, boundaryArn(project, account))),
    });
    const read = new IamPolicy(this, 'read', {
      name: `${project}-read`,
      description: `Settings of what ${project} consists of, nothing that is stored in it`,
      policy: policyJson(readStatements(all)),
    });

    for (const environment of props.environments) {
      const mine = { ...all, environment, region: config.environments[environment]!.region };
      const prefix = `${project}-${environment}`;
      const atWork = (workflow: string) => ({
        workflow,
        contexts: [`environment:${environment}`],
        environment,
      });
      const change = new IamPolicy(this, `${environment}-change`, {
        name: `${prefix}-change`,
        description: `Makes, changes and removes what ${prefix} consists of, roles and keys aside`,
        policy: policyJson(changeStatements(mine)),
      });

      new Role(this, `${environment}-plan`, {
        boundaryArn: boundary.arn,
        managedPolicyArns: { read: read.arn },
        name: pipelineRoleName(project, 'plan', environment),
        description: `Plans ${prefix}: reads settings and state, changes nothing`,
        trust: [githubTrust(provider.arn, github, { contexts: ['pull_request', 'ref:refs/heads/main'] })],
        statements: [...readState(state), ...neverRead(all, state)],
      });
      new Role(this, `${environment}-apply`, {
        boundaryArn: boundary.arn,
        managedPolicyArns: { read: read.arn, change: change.arn },
        name: pipelineRoleName(project, 'apply', environment),
        description: `Changes ${prefix} as reviewed`,
        trust: [githubTrust(provider.arn, github, atWork(APPLY_WORKFLOW))],
        statements: [
          ...roleAndKeyStatements(mine, boundary.arn),
          ...releaseStatements(mine),
          ...(props.registry ? registryStatements(mine) : []),
          ...readState(state),
          ...writeState(state, [`${environment}-*`, ...(props.registry ? ['registry'] : [])]),
          ...neverRead(all, state),
          this.pipelineItself(props, state),
        ],
      });
      new Role(this, `${environment}-deploy`, {
        boundaryArn: boundary.arn,
        managedPolicyArns: { read: read.arn },
        name: pipelineRoleName(project, 'deploy', environment),
        description: `Puts ${prefix} back to an image that ran there before`,
        trust: [githubTrust(provider.arn, github, atWork(ROLLBACK_WORKFLOW))],
        statements: [
          {
            Effect: 'Allow',
            Action: ['ecs:RegisterTaskDefinition', 'ecs:TagResource', 'ecs:UpdateService'],
            Resource: [
              `arn:aws:ecs:${mine.region}:${account}:*/${prefix}-*`,
              `arn:aws:ecs:${mine.region}:${account}:*/${prefix}/*`,
            ],
          },
          { Effect: 'Allow', Action: 'ecs:DeregisterTaskDefinition', Resource: '*' },
          passRoles(mine, ['ecs-tasks']),
          ...releaseStatements(mine),
          ...readState(state),
          ...writeState(state, [`${environment}-tasks-*`, `${environment}-service-*`]),
          ...neverRead(all, state),
        ],
      });
    }

    if (props.registry) {
      new Role(this, 'push', {
        name: pipelineRoleName(project, 'push'),
        description: `Pushes images of ${project}`,
        boundaryArn: boundary.arn,
        // The job that builds is one of the workflow that applies, and of no environment.
        trust: [
          githubTrust(provider.arn, github, { workflow: APPLY_WORKFLOW, contexts: ['ref:refs/heads/main'] }),
        ],
        statements: [
          { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
          {
            Effect: 'Allow',
            Action: [
              'ecr:BatchCheckLayerAvailability',
              'ecr:BatchGetImage',
              'ecr:CompleteLayerUpload',
              'ecr:DescribeImages',
              'ecr:GetDownloadUrlForLayer',
              'ecr:InitiateLayerUpload',
              'ecr:PutImage',
              'ecr:UploadLayerPart',
            ],
            Resource: `arn:aws:ecr:${config.registry.region}:${account}:repository/${project}/*`,
          },
        ],
      });
    }
  }

  /** The roles and the state that decide who may do what are changed by an administrator, never by the pipeline. */
  private pipelineItself(
    { config, environments, where }: BootstrapStackProps,
    state: StateBucket,
  ): PolicyStatement {
    const { project } = config;
    const names = [
      ...environments.flatMap((environment) =>
        (['plan', 'apply', 'deploy'] as const).map((purpose) =>
          pipelineRoleName(project, purpose, environment),
        ),
      ),
      pipelineRoleName(project, 'push'),
    ];
    return {
      Sid: 'NotThePipelineItself',
      Effect: 'Deny',
      Action: [
        'iam:Attach*',
        'iam:CreateRole',
        'iam:Delete*',
        'iam:Detach*',
        'iam:PassRole',
        'iam:Put*',
        'iam:Update*',
        'kms:PutKeyPolicy',
        'kms:ScheduleKeyDeletion',
        's3:DeleteObject',
        's3:PutObject',
      ],
      Resource: [
        ...names.map((name) => roleArn(where.account, name)),
        state.keyArn,
        `${state.arn}/*bootstrap*`,
      ],
    };
  }
}

/** State of one stack is read by others, so all of it. */
function readState({ arn, keyArn }: StateBucket): readonly PolicyStatement[] {
  return [
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: arn },
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `${arn}/*` },
    { Effect: 'Allow', Action: 'kms:Decrypt', Resource: keyArn },
  ];
}

/** @param objects names of states, `*` allowed, with what lies beside them; their locks are deleted, they are not */
function writeState({ arn, keyArn }: StateBucket, objects: readonly string[]): readonly PolicyStatement[] {
  return [
    {
      Effect: 'Allow',
      Action: 's3:PutObject',
      Resource: objects.flatMap((object) => [
        `${arn}/${object}`,
        `${arn}/${object}.tflock`,
        `${arn}/${object}.applied`,
      ]),
    },
    {
      Effect: 'Allow',
      Action: 's3:DeleteObject',
      Resource: objects.map((object) => `${arn}/${object}.tflock`),
    },
    { Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: keyArn },
  ];
}

/** What no pipeline role reads, whatever else grants it: secrets, parameters and objects that are not its business. */
function neverRead(scope: PermissionScope, { arn }: StateBucket): readonly PolicyStatement[] {
  return [
    {
      Sid: 'NoSecrets',
      Effect: 'Deny',
      Action: ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
      Resource: '*',
    },
    {
      Sid: 'NoParameters',
      Effect: 'Deny',
      Action: 'ssm:GetParameter*',
      NotResource: readableParameters(scope),
    },
    { Sid: 'NoObjects', Effect: 'Deny', Action: 's3:GetObject*', NotResource: `${arn}/*` },
  ];
}
