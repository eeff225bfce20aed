import { at, constructJson, only } from '../test-json';
import { statementsOf } from '../test-policy';
import { StateBucket } from './state-bucket';

const json = constructJson(
  (scope) =>
    new StateBucket(scope, 'state', {
      name: 'acme-tfstate',
      logBucketName: 'acme-tfstate-log',
      keyAlias: 'alias/acme-tfstate',
      account: '111111111111',
      loggedBuckets: 'acme-*',
    }),
);
const key = '${aws_kms_key.state_key_84A4E4B8.arn}';

test('Terraform refuses to destroy the bucket and its key', () => {
  expect(at(json, 'aws_s3_bucket.state').lifecycle).toEqual({ prevent_destroy: true });
  expect(only(json, 'aws_kms_key').lifecycle).toEqual({ prevent_destroy: true });
});

test('state is encrypted with its key, and a put that names another key or algorithm is denied', () => {
  expect(
    Object.values(json.resource.aws_s3_bucket_server_side_encryption_configuration!).map(
      ({ rule }) => rule as object,
    ),
  ).toEqual([
    [
      {
        apply_server_side_encryption_by_default: { sse_algorithm: 'aws:kms', kms_master_key_id: key },
        bucket_key_enabled: true,
      },
    ],
    [{ apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } }],
  ]);
  const policy = statementsOf(at(json, 'aws_s3_bucket_policy.state_policy_DB2E7E78').policy);
  expect(policy.map(({ Sid, Effect, Condition }) => [Sid, Effect, Condition])).toEqual([
    ['TlsOnly', 'Deny', { Bool: { 'aws:SecureTransport': 'false' } }],
    [
      'NoOtherKey',
      'Deny',
      {
        Null: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'false' },
        StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': key },
      },
    ],
    [
      'NoOtherAlgorithm',
      'Deny',
      {
        Null: { 's3:x-amz-server-side-encryption': 'false' },
        StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
      },
    ],
  ]);
});

test("who read or wrote it is logged, once the log bucket takes the logs of the account's buckets and no others", () => {
  expect(only(json, 'aws_s3_bucket_logging')).toEqual({
    bucket: '${aws_s3_bucket.state.id}',
    target_bucket: '${aws_s3_bucket.state_log_4041D13C.id}',
    target_prefix: 'access/',
    depends_on: ['aws_s3_bucket_policy.state_log_policy_23C97DA1'],
  });
  const policy = statementsOf(at(json, 'aws_s3_bucket_policy.state_log_policy_23C97DA1').policy);
  expect(policy[1]).toMatchObject({
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Condition: {
      StringEquals: { 'aws:SourceAccount': '111111111111' },
      ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::acme-*' },
    },
  });
});
