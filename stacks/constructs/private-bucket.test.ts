import { constructJson, only } from '../test-json';
import { PrivateBucket, type PrivateBucketProps } from './private-bucket';

const bucket = (change: Partial<PrivateBucketProps> = {}) =>
  constructJson(
    (scope) =>
      new PrivateBucket(scope, 'bucket', {
        name: 'acme',
        noncurrentDays: 90,
        statements: () => [],
        ...change,
      }),
  );

test('nothing in it can be made public, and all of it belongs to the account', () => {
  expect(only(bucket(), 'aws_s3_bucket_public_access_block')).toMatchObject({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  expect(only(bucket(), 'aws_s3_bucket_ownership_controls').rule).toEqual({
    object_ownership: 'BucketOwnerEnforced',
  });
});

test('replaced versions are kept for their days, current ones for ever unless told', () => {
  const rules = (change?: Partial<PrivateBucketProps>): object[] =>
    only(bucket(change), 'aws_s3_bucket_lifecycle_configuration').rule as object[];
  expect(rules()).toMatchObject([
    { noncurrent_version_expiration: [{ noncurrent_days: 90 }] },
    { expiration: [{ expired_object_delete_marker: true }] },
  ]);
  expect(rules({ expirationDays: 365 })[1]).toMatchObject({ expiration: [{ days: 365 }] });
  expect(only(bucket(), 'aws_s3_bucket_versioning').versioning_configuration).toEqual({ status: 'Enabled' });
});

test('EventBridge hears what becomes of its objects, so that a deletion can raise an alarm', () => {
  expect(only(bucket(), 'aws_s3_bucket_notification')).toEqual({
    bucket: '${aws_s3_bucket.bucket.id}',
    eventbridge: true,
  });
});

test('it is destroyed only when empty', () => {
  expect(only(bucket(), 'aws_s3_bucket')).not.toHaveProperty('force_destroy');
});
