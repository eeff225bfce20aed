import { Construct } from 'constructs';

import { PrivateBucket } from './private-bucket';

const RETENTION_DAYS = 365;

export interface AccessLogBucketProps {
  readonly name: string;
  /** Of the load balancer. */
  readonly account: string;
  /** Where reads of the logs are logged. */
  readonly accessLogBucketName: string;
  /** Whether a destroy deletes the logs with the bucket. */
  readonly forceDestroy: boolean;
}

/**
 * Receives a load balancer's logs and keeps them for a year; replacing it loses them. Encrypted with S3's own key:
 * Elastic Load Balancing writes to no other kind.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 */
export class AccessLogBucket extends Construct {
  /** The policy is part of this value: the balancer tries to write a test file before it accepts the bucket. */
  public readonly name: string;

  public constructor(scope: Construct, id: string, props: AccessLogBucketProps) {
    super(scope, id);
    this.name = new PrivateBucket(this, 'bucket', {
      name: props.name,
      forceDestroy: props.forceDestroy,
      expirationDays: RETENTION_DAYS,
      noncurrentDays: 30,
      accessLog: { bucketId: props.accessLogBucketName, prefix: `${props.name}/` },
      statements: (arn) => [
        {
          // The balancer writes under its own account's number: the path is what keeps other accounts' balancers out.
          Sid: 'LoadBalancersOfThisAccount',
          Effect: 'Allow',
          Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
          Action: 's3:PutObject',
          Resource: `${arn}/*/AWSLogs/${props.account}/*`,
        },
      ],
    }).name;
  }
}
