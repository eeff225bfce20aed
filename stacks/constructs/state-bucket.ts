import { Construct } from 'constructs';

import { EncryptionKey } from './encryption-key';
import { PrivateBucket } from './private-bucket';

export interface StateBucketProps {
  readonly name: string;
  readonly logBucketName: string;
  /** `alias/…`. */
  readonly keyAlias: string;
  readonly account: string;
  /** Buckets of the account, `*` allowed, that are logged in its log bucket; that of the state is one of them. */
  readonly loggedBuckets: string;
}

/**
 * Where Terraform keeps the state of every stack of an account, and the log of who read or wrote it and the account's other
 * buckets. Losing it means importing every resource by hand: Terraform refuses to destroy the bucket and its key, and replaced
 * state can be brought back for 90 days.
 */
export class StateBucket extends Construct {
  public readonly arn: string;
  public readonly keyArn: string;

  public constructor(scope: Construct, id: string, props: StateBucketProps) {
    super(scope, id);
    const key = new EncryptionKey(this, 'key', {
      alias: props.keyAlias,
      description: `Terraform state in ${props.name}`,
      account: props.account,
      preventDestroy: true,
    });
    // S3 delivers access logs only to a bucket under its own key:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    const log = new PrivateBucket(this, 'log', {
      name: props.logBucketName,
      expirationDays: 365,
      noncurrentDays: 30,
      statements: (arn) => [
        {
          Sid: 'AccessLogs',
          Effect: 'Allow',
          Principal: { Service: 'logging.s3.amazonaws.com' },
          Action: 's3:PutObject',
          Resource: `${arn}/*`,
          Condition: {
            StringEquals: { 'aws:SourceAccount': props.account },
            ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${props.loggedBuckets}` },
          },
        },
      ],
    });
    const bucket = new PrivateBucket(this, 'Default', {
      name: props.name,
      keyArn: key.arn,
      noncurrentDays: 90,
      preventDestroy: true,
      accessLog: { bucketId: log.id, prefix: 'access/', policy: log.policy },
      // A put that names no encryption gets the bucket's; these stop one that names a worse one. A condition on an
      // absent header holds by itself when it is negated, hence the Null beside it.
      statements: (arn) => [
        {
          Sid: 'NoOtherKey',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: `${arn}/*`,
          Condition: {
            Null: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'false' },
            StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': key.arn },
          },
        },
        {
          Sid: 'NoOtherAlgorithm',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: `${arn}/*`,
          Condition: {
            Null: { 's3:x-amz-server-side-encryption': 'false' },
            StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
          },
        },
      ],
    });

    this.arn = bucket.arn;
    this.keyArn = key.arn;
  }
}
