import { constructJson, only } from '../test-json';
import { AlarmTopic } from './alarm-topic';

const topic = constructJson(
  (scope) =>
    new AlarmTopic(scope, 'alarms', {
      name: 'acme-prod-alarms',
      where: { account: '222222222222', region: 'eu-west-1' },
      keyArn: 'arn:key',
      email: 'ops@example.com',
    }),
);

test('alarms are encrypted and mailed', () => {
  expect(only(topic, 'aws_sns_topic')).toEqual({ name: 'acme-prod-alarms', kms_master_key_id: 'arn:key' });
  expect(only(topic, 'aws_sns_topic_subscription')).toMatchObject({
    protocol: 'email',
    endpoint: 'ops@example.com',
  });
});

test("only this account's CloudWatch alarms may publish", () => {
  const { Statement } = JSON.parse(String(only(topic, 'aws_sns_topic_policy')['policy'])) as {
    Statement: unknown[];
  };
  expect(Statement).toEqual([
    {
      Sid: 'AlarmsOfThisAccount',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: '${aws_sns_topic.alarms_topic_CB6504A9.arn}',
      Condition: {
        StringEquals: { 'aws:SourceAccount': '222222222222' },
        ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:222222222222:alarm:*' },
      },
    },
  ]);
});
