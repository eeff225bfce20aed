import { TerraformOutput } from 'cdktf';

import { constructJson, only, type StackJson } from '../test-json';
import { statementsOf } from '../test-policy';
import { AlarmTopic, type AlarmTopicProps, alarmsMayUseKey } from './alarm-topic';

const topicWith = (more: Partial<AlarmTopicProps> = {}): StackJson =>
  constructJson((scope) => {
    const { arn } = new AlarmTopic(scope, 'alarms', {
      name: 'acme-prod-alarms',
      where: { account: '222222222222', region: 'eu-west-1' },
      keyArn: 'arn:key',
      email: 'ops@example.com',
      ...more,
    });
    new TerraformOutput(scope, 'arn', { value: arn });
  });
const topic = topicWith();

test('alarms are encrypted and mailed', () => {
  expect(only(topic, 'aws_sns_topic')).toEqual({ name: 'acme-prod-alarms', kms_master_key_id: 'arn:key' });
  expect(only(topic, 'aws_sns_topic_subscription')).toMatchObject({
    protocol: 'email',
    endpoint: 'ops@example.com',
  });
});

const alarms = {
  Sid: 'AlarmsOfThisAccount',
  Effect: 'Allow',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: '${aws_sns_topic.alarms_topic_CB6504A9.arn}',
  Condition: {
    StringEquals: { 'aws:SourceAccount': '222222222222' },
    ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:222222222222:alarm:*' },
  },
};
const policyOf = (stack: StackJson): unknown => statementsOf(only(stack, 'aws_sns_topic_policy')['policy']);

test("only this account's CloudWatch alarms may publish", () => {
  expect(policyOf(topic)).toEqual([alarms]);
});

describe('with the events of a database', () => {
  const database = 'arn:aws:rds:eu-west-1:222222222222:db:acme-prod-database';
  const told = topicWith({ eventsOf: [database] });

  test('RDS may publish those of that database beside the alarms', () => {
    expect(policyOf(told)).toEqual([
      alarms,
      {
        ...alarms,
        Sid: 'EventsOfDatabases',
        Principal: { Service: 'events.rds.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': '222222222222' },
          ArnLike: { 'aws:SourceArn': [database] },
        },
      },
    ]);
  });

  test('the topic is told of once it may be published to', () => {
    expect(topic.output['arn']?.value).toBe('${aws_sns_topic.alarms_topic_CB6504A9.arn}');
    expect(told.output['arn']?.value).toMatch(/^\$\{aws_sns_topic_policy\..*\.arn\}$/);
  });
});

test.each([
  [{}, 'cloudwatch.amazonaws.com'],
  [{ rdsEvents: true }, ['cloudwatch.amazonaws.com', 'events.rds.amazonaws.com']],
])('with %j its key is used for this account by who publishes', (publishers, Service) => {
  expect(alarmsMayUseKey('222222222222', publishers)).toEqual({
    Sid: 'Alarms',
    Effect: 'Allow',
    Principal: { Service },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceAccount': '222222222222' } },
  });
});
