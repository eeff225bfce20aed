import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Construct } from 'constructs';

import type { AccountRegion } from '../config';
import { policyJson } from './policy';

export interface AlarmTopicProps {
  readonly name: string;
  readonly where: AccountRegion;
  /** Its policy must let CloudWatch use it. */
  readonly keyArn: string;
  /** Must be confirmed once from the message that AWS sends. */
  readonly email: string;
}

/** Where alarms go, and who reads them. */
export class AlarmTopic extends Construct {
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    const { account, region } = props.where;
    const topic = new SnsTopic(this, 'topic', { name: props.name, kmsMasterKeyId: props.keyArn });
    new SnsTopicPolicy(this, 'policy', {
      arn: topic.arn,
      policy: policyJson([
        {
          Sid: 'AlarmsOfThisAccount',
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: topic.arn,
          Condition: {
            StringEquals: { 'aws:SourceAccount': account },
            ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:${region}:${account}:alarm:*` },
          },
        },
      ]),
    });
    new SnsTopicSubscription(this, 'email', {
      topicArn: topic.arn,
      protocol: 'email',
      endpoint: props.email,
    });
    this.arn = topic.arn;
  }
}
