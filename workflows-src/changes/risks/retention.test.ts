import { told } from './test-change';

test('backups that stay as they are, or are kept longer, are not told', () => {
  const kept = (days: number) => ({ backup_retention_period: days });
  expect(told({ type: 'aws_rds_cluster', before: kept(7), after: kept(7) })).toEqual([]);
  expect(told({ type: 'aws_rds_cluster', before: kept(0), after: kept(7) })).toEqual([]);
});

test.each<[unknown, unknown, readonly string[]]>([
  [
    0,
    30,
    ['logs-shortened (high): Logs are kept for fewer days, 30 instead of unlimited: older ones are deleted.'],
  ],
  [
    null,
    30,
    ['logs-shortened (high): Logs are kept for fewer days, 30 instead of unlimited: older ones are deleted.'],
  ],
  [30, 0, []],
  [30, null, []],
])('of a log group, nothing set means for ever: %j to %j', (from, to, expected) => {
  expect(
    told({
      type: 'aws_cloudwatch_log_group',
      before: { retention_in_days: from },
      after: { retention_in_days: to },
    }),
  ).toEqual(expected);
});

test.each<[string, unknown, unknown, string]>([
  [
    'aws_kms_key',
    null,
    { deletion_window_in_days: 7 },
    'key-window-shortened (medium): A deleted key could be saved for 7 instead of 30 days.',
  ],
  [
    'aws_secretsmanager_secret',
    {},
    { recovery_window_in_days: 0 },
    'secret-window-shortened (high): A destroy deletes the secret at once from now on, without a way back.',
  ],
  [
    'aws_sqs_queue',
    {},
    { message_retention_seconds: 60 },
    'messages-shortened (high): Messages are kept 60 instead of 345600 seconds: older ones are deleted unread.',
  ],
])('%s is compared with the default of AWS where nothing was set', (type, before, after, expected) => {
  expect(told({ type, before, after })).toEqual([expected]);
});

test('a retention whose default is not known here is not guessed', () => {
  expect(told({ type: 'aws_kinesis_stream', before: {}, after: { retention_period: 24 } })).toEqual([]);
});

const VERSIONED = { versioning_configuration: [{ status: 'Enabled' }] };

test('versioning stops when its resource goes', () => {
  expect(
    told({ type: 'aws_s3_bucket_versioning', action: 'delete', before: VERSIONED, after: null }),
  ).toEqual([
    'versioning-suspended (high): Versioning stops, unless the bucket goes too: an object that is overwritten or deleted is then gone.',
  ]);
});

test('it does not when it was off, or its resource is back at once', () => {
  const off = { versioning_configuration: [{ status: 'Suspended' }] };
  expect(told({ type: 'aws_s3_bucket_versioning', action: 'delete', before: off, after: null })).toEqual([]);
  expect(
    told({
      type: 'aws_s3_bucket_versioning',
      action: 'delete-then-create',
      before: VERSIONED,
      after: VERSIONED,
    }),
  ).toEqual([]);
});

const rule = (expiry: object, more: object = {}) => ({ id: 'a', status: 'Enabled', ...expiry, ...more });
const days = (count: number) => ({ expiration: [{ days: count }] });
const noncurrent = (count: number) => ({ noncurrent_version_expiration: [{ noncurrent_days: count }] });
const lifecycle = (before: readonly object[] | null, after: readonly object[], more: object = {}) =>
  told({
    type: 'aws_s3_bucket_lifecycle_configuration',
    action: before ? 'update' : 'create',
    before: before && { rule: before },
    after: { rule: after, bucket: 'files' },
    ...more,
  });

const IN_30 =
  'objects-expire (high): Objects are deleted 30 days after they were made, those that are older at once.';

test.each<[string, readonly object[] | null, readonly object[]]>([
  ['a new rule', [], [rule(days(30))]],
  ['a rule that comes with its configuration', null, [rule(days(30))]],
  ['fewer days', [rule(days(90))], [rule(days(30))]],
  ['a rule that is switched on', [rule(days(30), { status: 'Disabled' })], [rule(days(30))]],
  ['a rule that moves versions and now deletes', [rule({ transition: [{ days: 1 }] })], [rule(days(30))]],
])('%s deletes objects sooner', (_, before, after) => {
  expect(lifecycle(before, after)).toEqual([IN_30]);
});

test.each<[string, readonly object[], readonly object[]]>([
  ['more days', [rule(days(30))], [rule(days(90))]],
  ['the same days', [rule(days(30))], [rule(days(30))]],
  ['a rule that is off', [], [rule(days(30), { status: 'Disabled' })]],
  ['a rule that goes', [rule(days(30))], []],
  [
    'a rule that only ends uploads',
    [],
    [rule({ abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }] })],
  ],
  ['a rule that only moves objects', [], [rule({ transition: [{ days: 30 }] })]],
  [
    'a rule that only tidies up markers',
    [],
    [rule({ expiration: [{ expired_object_delete_marker: true }] })],
  ],
])('%s deletes none', (_, before, after) => {
  expect(lifecycle(before, after)).toEqual([]);
});

test('earlier versions and dates are told as such', () => {
  expect(lifecycle([rule(noncurrent(90))], [rule(noncurrent(7))])).toEqual([
    'objects-expire (high): Earlier versions of objects are deleted 7 days after they were replaced, those that are older at once.',
  ]);
  expect(lifecycle([], [rule({ expiration: [{ date: '2030-01-01' }] })])).toEqual([
    'objects-expire (high): Objects are deleted on a fixed date.',
  ]);
});

test('a rule that deletes elsewhere is told', () => {
  const on = (prefix: string) => ({ filter: [{ prefix }] });
  expect(lifecycle([rule(days(30), on('tmp/'))], [rule(days(30), on(''))])).toEqual([
    'objects-expire (high): A rule that deletes objects by age applies to other objects than before.',
  ]);
});

test('a bucket that is made in the same plan has no objects to lose', () => {
  expect(lifecycle(null, [rule(days(30))], { afterUnknown: { bucket: true } })).toEqual([]);
});

test('days that are not known yet are told', () => {
  expect(
    lifecycle([rule(days(90))], [{ id: 'a', status: 'Enabled', expiration: [{}] }], {
      afterUnknown: { rule: [{ expiration: [{ days: true }] }] },
    }),
  ).toEqual(['objects-expire (medium): It is not known until the apply which objects are deleted by age.']);
});

const images = (policy: string) => ({ policy });

test('another lifecycle of images is told, a new one or the same one is not', () => {
  const type = 'aws_ecr_lifecycle_policy';
  expect(told({ type, before: images('{"rules":[1]}'), after: images('{"rules":[2]}') })).toEqual([
    'images-expire (high): Other images than before are deleted by age or number, within a day: also those that a service still runs or would go back to.',
  ]);
  expect(told({ type, before: images('{}'), after: images('{}') })).toEqual([]);
  expect(told({ type, action: 'create', before: null, after: images('{}') })).toEqual([]);
  expect(told({ type, before: images('{}'), after: {}, afterUnknown: { policy: true } })).toEqual([
    'images-expire (medium): It is not known until the apply which images are deleted by age or number.',
  ]);
});
