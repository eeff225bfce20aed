import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { S3Backend, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';

import type { AccountRegion, Config } from './config';
import { bootstrapStacks, stateBucketName } from './names';

export interface BaseStackProps {
  readonly config: Config;
  /** Where its resources live. */
  readonly where: AccountRegion;
  /** Said in the tags. @default none: the stack serves all environments */
  readonly environment?: string;
}

/**
 * What every stack has in common, here and nowhere else: the provider (which refuses any other account), the tags, and
 * the state: an object named as the stack, in the bucket of the account's bootstrap stack, with Terraform's own lock.
 */
export abstract class BaseStack extends TerraformStack {
  protected readonly config: Config;
  protected readonly where: AccountRegion;

  protected constructor(scope: Construct, id: string, props: BaseStackProps) {
    super(scope, id);
    this.config = props.config;
    this.where = props.where;

    const { project, github } = props.config;
    new AwsProvider(this, 'aws', {
      region: props.where.region,
      allowedAccountIds: [props.where.account],
      defaultTags: [
        {
          tags: {
            Project: project,
            Environment: props.environment ?? 'shared',
            Stack: id,
            ManagedBy: 'fairlead',
            Repository: `${github.owner}/${github.repository}`,
          },
        },
      ],
    });

    const home = bootstrapStacks(props.config).find(({ account }) => account === props.where.account);
    if (!home) throw new Error(`${id}: no bootstrap stack for account ${props.where.account}`);
    // No `encrypt`: it would ask S3 for its own key, where the bucket's default encryption is the state key.
    new S3Backend(this, { bucket: stateBucketName(project, home), key: id, region: home.region });
    // Not in the binding's types: it is older than native locking (Terraform and OpenTofu 1.10).
    this.addOverride('terraform.backend.s3.use_lockfile', true);
    this.addOverride('terraform.required_version', '>= 1.10.0');
  }
}
