import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { FlowLog } from '@cdktf/provider-aws/lib/flow-log';
import { Construct } from 'constructs';

import type { AccountRegion } from '../config';
import { EncryptionKey, logsMayUseKey } from './encryption-key';
import { Role, serviceTrust } from './role';

export interface FlowLogsProps {
  /** Of the role and the key's alias. */
  readonly name: string;
  readonly logGroupName: string;
  readonly where: AccountRegion;
  readonly vpcId: string;
  readonly boundaryArn: string;
  /** Of the key, days in which a deletion can be taken back. */
  readonly keyDeletionDays: number;
}

/** Who talked to whom in the VPC, accepted or not, for a year, under a key of its own. */
export class FlowLogs extends Construct {
  public constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const { name, logGroupName, where } = props;
    const key = new EncryptionKey(this, 'key', {
      alias: `alias/${name}`,
      description: `VPC flow logs in ${logGroupName}`,
      account: where.account,
      deletionDays: props.keyDeletionDays,
      statements: [logsMayUseKey(where, logGroupName)],
    });
    const group = new CloudwatchLogGroup(this, 'group', {
      name: logGroupName,
      retentionInDays: 365,
      kmsKeyId: key.arn,
    });
    const role = new Role(this, 'role', {
      name,
      description: 'Writes the VPC flow logs',
      boundaryArn: props.boundaryArn,
      trust: [
        serviceTrust(
          'vpc-flow-logs.amazonaws.com',
          where.account,
          `arn:aws:ec2:${where.region}:${where.account}:vpc-flow-log/*`,
        ),
      ],
      statements: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          Resource: [group.arn, `${group.arn}:*`],
        },
      ],
    });
    new FlowLog(this, 'Default', {
      vpcId: props.vpcId,
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: group.arn,
      iamRoleArn: role.arn,
      tags: { Name: name },
    });
  }
}
