import { EcrLifecyclePolicy } from '@cdktf/provider-aws/lib/ecr-lifecycle-policy';
import { EcrRepository } from '@cdktf/provider-aws/lib/ecr-repository';
import { EcrRepositoryPolicy } from '@cdktf/provider-aws/lib/ecr-repository-policy';
import type { Construct } from 'constructs';

import { BaseStack, type BaseStackProps } from './base-stack';
import { EncryptionKey } from './constructs/encryption-key';
import { policyJson } from './constructs/policy';
import { repositoryName } from './names';

/** Releases a rollback can still reach. */
const KEPT_IMAGES = 100;
/** Of images that no tag names: layers of builds that were never released. */
const UNTAGGED_DAYS = 7;

export interface RegistryStackProps extends BaseStackProps {
  /** Names of the services; each gets a repository. */
  readonly services: readonly string[];
}

/** One ECR repository a service, for all environments. Replacing a repository loses its images. */
export class RegistryStack extends BaseStack {
  public constructor(scope: Construct, id: string, props: RegistryStackProps) {
    super(scope, id, props);
    const { config, where } = props;
    const key = new EncryptionKey(this, 'key', {
      alias: `alias/${config.project}-registry`,
      description: `Container images of ${config.project}`,
      account: where.account,
    });
    const accounts = [...new Set(Object.values(config.environments).map(({ account }) => account))].sort();

    for (const service of props.services) {
      const repository = new EcrRepository(this, service, {
        name: repositoryName(config.project, service),
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: [{ encryptionType: 'KMS', kmsKey: key.arn }],
      });
      new EcrLifecyclePolicy(this, `${service}-lifecycle`, {
        repository: repository.name,
        policy: JSON.stringify({
          rules: [
            {
              rulePriority: 1,
              description: `untagged images: ${UNTAGGED_DAYS} days`,
              selection: {
                tagStatus: 'untagged',
                countType: 'sinceImagePushed',
                countUnit: 'days',
                countNumber: UNTAGGED_DAYS,
              },
              action: { type: 'expire' },
            },
            {
              rulePriority: 2,
              description: `releases: the last ${KEPT_IMAGES}`,
              selection: {
                tagStatus: 'tagged',
                tagPatternList: ['*'],
                countType: 'imageCountMoreThan',
                countNumber: KEPT_IMAGES,
              },
              action: { type: 'expire' },
            },
          ],
        }),
      });
      new EcrRepositoryPolicy(this, `${service}-policy`, {
        repository: repository.name,
        policy: policyJson([
          {
            Sid: 'EnvironmentsPull',
            Effect: 'Allow',
            Principal: { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) },
            Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
          },
        ]),
      });
    }
  }
}
