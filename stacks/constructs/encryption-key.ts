import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key';
import { Construct } from 'constructs';

import { policyJson, type PolicyStatement } from './policy';

export interface EncryptionKeyProps {
  /** `alias/…`, for people: nothing is looked up by it. */
  readonly alias: string;
  readonly description: string;
  readonly account: string;
  /** Who may use it beyond what IAM grants within the account, such as the CloudWatch Logs service. @default nobody */
  readonly statements?: readonly PolicyStatement[];
  /** Days in which a deletion can still be taken back, 7–30. @default 30 */
  readonly deletionDays?: number;
  /** Makes Terraform refuse to destroy it. @default false */
  readonly preventDestroy?: boolean;
}

/** A customer managed KMS key, rotated every year. Deleting it makes what it encrypted unreadable, for ever. */
export class EncryptionKey extends Construct {
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id);
    const key = new KmsKey(this, 'Default', {
      description: props.description,
      enableKeyRotation: true,
      deletionWindowInDays: props.deletionDays ?? 30,
      policy: policyJson([
        {
          // Without it IAM policies have no effect on the key and a mistake locks everybody out:
          // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
          Sid: 'IamOfThisAccount',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${props.account}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
        ...(props.statements ?? []),
      ]),
      ...(props.preventDestroy === true ? { lifecycle: { preventDestroy: true } } : {}),
    });
    new KmsAlias(this, 'alias', { name: props.alias, targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}

/** Lets CloudWatch Logs encrypt the log groups whose names start with one of these, and no others. */
export function logsMayUseKey(
  where: { account: string; region: string },
  ...logGroupPrefixes: readonly [string, ...string[]]
): PolicyStatement {
  const arns = logGroupPrefixes.map(
    (prefix) => `arn:aws:logs:${where.region}:${where.account}:log-group:${prefix}*`,
  );
  return {
    Sid: 'LogGroups',
    Effect: 'Allow',
    Principal: { Service: `logs.${where.region}.amazonaws.com` },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    Resource: '*',
    Condition: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': arns.length === 1 ? arns[0]! : arns,
      },
    },
  };
}
