import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
} from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import { S3BucketLoggingA } from '@cdktf/provider-aws/lib/s3-bucket-logging';
import { S3BucketNotification } from '@cdktf/provider-aws/lib/s3-bucket-notification';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';

import { policyJson, type PolicyStatement } from './policy';
import { skipCheck } from './skip-check';

export interface PrivateBucketProps {
  readonly name: string;
  /** @default S3's own key: services deliver logs to no other kind */
  readonly keyArn?: string;
  /** Objects expire after this. @default never */
  readonly expirationDays?: number;
  /** Replaced and deleted versions are kept this long. */
  readonly noncurrentDays: number;
  /** Where who reads and writes it is logged. @default nowhere: it is where others are logged */
  readonly accessLog?: AccessLog;
  /** Beside the rule that requests come over TLS. @param arn of the bucket */
  readonly statements: (arn: string) => readonly PolicyStatement[];
  /** Makes Terraform refuse to destroy it. @default false */
  readonly preventDestroy?: boolean;
  /** Whether a destroy deletes what is in it. @default false */
  readonly forceDestroy?: boolean;
}

export interface AccessLog {
  readonly bucketId: string;
  readonly prefix: string;
  /** The policy that lets S3 write there: it is refused before. @default none: the bucket is another stack's */
  readonly policy?: ITerraformDependable;
}

/**
 * A versioned, encrypted S3 bucket that no one reaches from outside or without TLS, and that tells EventBridge what becomes
 * of its objects. Holds data: unless told, it is not destroyed with objects in it.
 */
export class PrivateBucket extends Construct {
  /** Its settings are part of this value: what uses it comes after them. */
  public readonly name: string;
  public readonly arn: string;
  /** As the name, before its settings: for what is one of them. */
  public readonly id: string;
  public readonly policy: S3BucketPolicy;

  public constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const bucket = new S3Bucket(this, 'Default', {
      bucket: props.name,
      ...(props.forceDestroy === undefined ? {} : { forceDestroy: props.forceDestroy }),
      ...(props.preventDestroy === true ? { lifecycle: { preventDestroy: true } } : {}),
    });
    const { id: bucketId, arn } = bucket;
    skipCheck(
      bucket,
      'CKV_AWS_144',
      'An environment lives in one region; in it, versions bring back what is lost',
    );
    if (props.keyArn === undefined) {
      skipCheck(bucket, 'CKV_AWS_145', 'S3 and load balancers deliver logs to no bucket under a KMS key');
    }

    new S3BucketVersioningA(this, 'versioning', {
      bucket: bucketId,
      versioningConfiguration: { status: 'Enabled' },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket: bucketId,
      rule: [
        props.keyArn === undefined
          ? { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
          : {
              applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: props.keyArn },
              bucketKeyEnabled: true,
            },
      ],
    });
    new S3BucketOwnershipControls(this, 'ownership', {
      bucket: bucketId,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    new S3BucketLifecycleConfiguration(this, 'lifecycle', { bucket: bucketId, rule: lifecycleRules(props) });
    new S3BucketNotification(this, 'events', { bucket: bucketId, eventbridge: true });
    if (props.accessLog) {
      const { bucketId: targetBucket, prefix: targetPrefix, policy: admission } = props.accessLog;
      new S3BucketLoggingA(this, 'logging', {
        bucket: bucketId,
        targetBucket,
        targetPrefix,
        ...(admission && { dependsOn: [admission] }),
      });
    }
    const publicAccess = new S3BucketPublicAccessBlock(this, 'public-access-block', {
      bucket: bucketId,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const policy = new S3BucketPolicy(this, 'policy', {
      bucket: bucketId,
      policy: policyJson([
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [arn, `${arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        ...props.statements(arn),
      ]),
      // S3 refuses two changes of one bucket's access settings at once.
      dependsOn: [publicAccess],
    });

    this.name = policy.bucket;
    this.arn = arn;
    this.id = bucketId;
    this.policy = policy;
  }
}

function lifecycleRules(props: PrivateBucketProps): S3BucketLifecycleConfigurationRule[] {
  const everything = { status: 'Enabled', filter: [{ prefix: '' }] };
  return [
    {
      id: 'noncurrent',
      ...everything,
      noncurrentVersionExpiration: [{ noncurrentDays: props.noncurrentDays }],
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
    },
    props.expirationDays === undefined
      ? // What is left of a deleted object once its versions are gone; S3 allows it beside no number of days.
        { id: 'delete-markers', ...everything, expiration: [{ expiredObjectDeleteMarker: true }] }
      : { id: 'expire', ...everything, expiration: [{ days: props.expirationDays }] },
  ];
}
