import { all, constructJson, only } from '../test-json';
import { PostgresAlarms } from './postgres-alarms';

const json = constructJson(
  (scope) =>
    new PostgresAlarms(scope, 'alarms', {
      name: 'acme-prod-database',
      identifier: 'the-instance',
      storageGiB: 100,
      topicArn: 'arn:topic',
    }),
);

test('storage is alarming at half of where RDS would have let it grow, CPU at 90 percent, sessions at two a CPU', () => {
  expect(
    all(json, 'aws_cloudwatch_metric_alarm').map(
      ({ alarm_name, metric_name, comparison_operator, threshold, evaluation_periods }) =>
        [alarm_name, metric_name, comparison_operator, threshold, evaluation_periods].join(' '),
    ),
  ).toEqual([
    'acme-prod-database-cpu CPUUtilization GreaterThanThreshold 90 15',
    'acme-prod-database-load DBLoadRelativeToNumVCPUs GreaterThanThreshold 2 15',
    `acme-prod-database-storage FreeStorageSpace LessThanThreshold ${5 * 1024 ** 3} 10`,
  ]);
});

test('each looks at that instance every minute, and tells the topic when it fires and when it is over', () => {
  for (const alarm of all(json, 'aws_cloudwatch_metric_alarm')) {
    expect(alarm).toMatchObject({
      namespace: 'AWS/RDS',
      dimensions: { DBInstanceIdentifier: 'the-instance' },
      period: 60,
      alarm_actions: ['arn:topic'],
      ok_actions: ['arn:topic'],
    });
  }
});

test('RDS tells the same topic of failures and failovers of that instance, and of no other', () => {
  expect(only(json, 'aws_db_event_subscription')).toEqual({
    name: 'acme-prod-database',
    sns_topic: 'arn:topic',
    source_type: 'db-instance',
    source_ids: ['the-instance'],
    event_categories: ['failover', 'failure', 'low storage', 'recovery'],
  });
});
