import { constructJson, only, type StackJson } from '../test-json';
import { AccessLogBucket } from './access-log-bucket';

const bucket = (forceDestroy = false): StackJson =>
  constructJson(
    (scope) =>
      new AccessLogBucket(scope, 'logs', {
        name: 'acme-prod-logs',
        account: '222222222222',
        accessLogBucketName: 'acme-log',
        forceDestroy,
      }),
  );

test('only load balancers writing under this account may put logs, and nobody comes without TLS', () => {
  const arn = '${aws_s3_bucket.logs_bucket_5A22438C.arn}';
  expect(JSON.parse(String(only(bucket(), 'aws_s3_bucket_policy')['policy']))).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'LoadBalancersOfThisAccount',
        Effect: 'Allow',
        Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: `${arn}/*/AWSLogs/222222222222/*`,
      },
    ],
  });
});

test("it is encrypted with S3's own key, because a balancer writes to no other kind", () => {
  expect(only(bucket(), 'aws_s3_bucket_server_side_encryption_configuration')['rule']).toEqual([
    { apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } },
  ]);
});

test('who reads them is logged among what else the account logs, under its own name', () => {
  expect(only(bucket(), 'aws_s3_bucket_logging')).toEqual({
    bucket: '${aws_s3_bucket.logs_bucket_5A22438C.id}',
    target_bucket: 'acme-log',
    target_prefix: 'acme-prod-logs/',
  });
});

test('logs go after a year', () => {
  expect(only(bucket(), 'aws_s3_bucket_lifecycle_configuration')['rule'][1]).toMatchObject({
    status: 'Enabled',
    expiration: [{ days: 365 }],
  });
});

test.each([true, false])('logs go with the bucket when forceDestroy is %s', (forceDestroy) => {
  expect(only(bucket(forceDestroy), 'aws_s3_bucket')['force_destroy']).toBe(forceDestroy);
});
