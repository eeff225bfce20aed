import { constructJson, only } from '../test-json';
import { statementsOf } from '../test-policy';
import { EncryptionKey, logsMayUseKey, type EncryptionKeyProps } from './encryption-key';

const key = (change: Partial<EncryptionKeyProps> = {}) =>
  constructJson(
    (scope) =>
      new EncryptionKey(scope, 'key', {
        alias: 'alias/acme-logs',
        description: 'Logs',
        account: '111111111111',
        ...change,
      }),
  );

test('it rotates, and a deletion can be taken back for 30 days', () => {
  expect(only(key(), 'aws_kms_key')).toMatchObject({
    enable_key_rotation: true,
    deletion_window_in_days: 30,
  });
  expect(only(key({ deletionDays: 7 }), 'aws_kms_key')).toMatchObject({ deletion_window_in_days: 7 });
});

test('only what it is told to protect is protected from destroy', () => {
  expect(only(key({ preventDestroy: true }), 'aws_kms_key').lifecycle).toEqual({ prevent_destroy: true });
  expect(only(key(), 'aws_kms_key')).not.toHaveProperty('lifecycle');
});

test('IAM of the account decides on it, and CloudWatch Logs uses it for the log groups named', () => {
  const where = { account: '111111111111', region: 'eu-west-1' };
  const [iam, logs, ...others] = statementsOf(
    only(key({ statements: [logsMayUseKey(where, '/acme/dev/')] }), 'aws_kms_key').policy,
  );
  expect(iam?.Principal).toEqual({ AWS: 'arn:aws:iam::111111111111:root' });
  expect(logs?.Principal).toEqual({ Service: 'logs.eu-west-1.amazonaws.com' });
  expect(logs?.Condition).toEqual({
    ArnLike: {
      'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-west-1:111111111111:log-group:/acme/dev/*',
    },
  });
  expect(others).toEqual([]);
});
