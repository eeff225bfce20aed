import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Construct } from 'constructs';

import type { AccountRegion } from '../config';
import { policyJson, type PolicyStatement } from './policy';

const CLOUDWATCH = 'cloudwatch.amazonaws.com';
const RDS_EVENTS = 'events.rds.amazonaws.com';

export interface AlarmTopicProps {
  readonly name: string;
  readonly where: AccountRegion;
  /** Its policy must let those who publish use it: `alarmsMayUseKey`. */
  readonly keyArn: string;
  /** Must be confirmed once from the message that AWS sends. */
  readonly email: string;
  /** ARNs of what RDS tells events of here. @default none */
  readonly eventsOf?: readonly string[];
}

/** Where alarms go, and who reads them. Holds no data: a message that nobody has read is not kept. */
export class AlarmTopic extends Construct {
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    const { account, region } = props.where;
    const topic = new SnsTopic(this, 'topic', { name: props.name, kmsMasterKeyId: props.keyArn });
    const mayPublish = (
      Sid: string,
      Service: string,
      sources: string | readonly string[],
    ): PolicyStatement => ({
      Sid,
      Effect: 'Allow',
      Principal: { Service },
      Action: 'sns:Publish',
      Resource: topic.arn,
      Condition: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': sources } },
    });
    const policy = new SnsTopicPolicy(this, 'policy', {
      arn: topic.arn,
      policy: policyJson([
        mayPublish('AlarmsOfThisAccount', CLOUDWATCH, `arn:aws:cloudwatch:${region}:${account}:alarm:*`),
        ...(props.eventsOf ? [mayPublish('EventsOfDatabases', RDS_EVENTS, props.eventsOf)] : []),
      ]),
    });
    new SnsTopicSubscription(this, 'email', {
      topicArn: topic.arn,
      protocol: 'email',
      endpoint: props.email,
    });
    // By way of the policy: RDS tries to publish when it is told of the topic.
    this.arn = props.eventsOf ? policy.arn : topic.arn;
  }
}

/** Lets alarms, and the events of RDS where asked, publish to an encrypted topic: without it nobody is told, and no error says so. */
export function alarmsMayUseKey(account: string, { rdsEvents = false } = {}): PolicyStatement {
  return {
    Sid: 'Alarms',
    Effect: 'Allow',
    Principal: { Service: rdsEvents ? [CLOUDWATCH, RDS_EVENTS] : CLOUDWATCH },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceAccount': account } },
  };
}
