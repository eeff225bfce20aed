import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { DbEventSubscription } from '@cdktf/provider-aws/lib/db-event-subscription';
import { Construct } from 'constructs';

/**
 * Share of the storage it was made with, free. RDS lets storage grow when less than a tenth is free, so half of that says
 * that it does not: it is at its maximum, or has grown within the last six hours.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
 */
const LOW_STORAGE_SHARE = 0.05;

/**
 * Sessions at work for each CPU. More than one wait: for a CPU, the disk or each other. Not the number of connections:
 * where that ends depends on the memory of the class, and what uses it up is sessions that wait.
 */
const SESSIONS_PER_CPU = 2;

/**
 * What RDS tells of by itself. `failure` holds what becomes of storage that cannot grow, too; `maintenance` is foreseen, and
 * `availability` comes with every restart.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
 */
const EVENTS = ['failover', 'failure', 'low storage', 'recovery'] as const;

export interface PostgresAlarmsProps {
  /** `<project>-<environment>-database`; the names of alarms start with it. */
  readonly name: string;
  /** Of the instance, so that it is there: RDS takes no other. */
  readonly identifier: string;
  /** GiB that the instance was made with. */
  readonly storageGiB: number;
  readonly topicArn: string;
}

/** Tells a topic when the database is short of storage or CPU, when its sessions wait, and of what RDS says itself. Holds no data. */
export class PostgresAlarms extends Construct {
  public constructor(scope: Construct, id: string, props: PostgresAlarmsProps) {
    super(scope, id);
    const { name, storageGiB } = props;
    const ofDatabase = {
      namespace: 'AWS/RDS',
      dimensions: { DBInstanceIdentifier: props.identifier },
      statistic: 'Average',
      period: 60,
      // An instance that is stopped, or fails over, tells nothing; of the second an event tells.
      treatMissingData: 'missing',
      alarmActions: [props.topicArn],
      okActions: [props.topicArn],
    };
    new CloudwatchMetricAlarm(this, 'storage', {
      ...ofDatabase,
      alarmName: `${name}-storage`,
      alarmDescription: `Less than ${LOW_STORAGE_SHARE * 100} % of ${storageGiB} GiB is free: storage does not grow by itself any more`,
      metricName: 'FreeStorageSpace',
      evaluationPeriods: 10,
      comparisonOperator: 'LessThanThreshold',
      threshold: Math.round(LOW_STORAGE_SHARE * storageGiB * 2 ** 30),
    });
    new CloudwatchMetricAlarm(this, 'cpu', {
      ...ofDatabase,
      alarmName: `${name}-cpu`,
      alarmDescription: 'CPU has stayed above 90 % for a quarter of an hour',
      metricName: 'CPUUtilization',
      evaluationPeriods: 15,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 90,
    });
    new CloudwatchMetricAlarm(this, 'load', {
      ...ofDatabase,
      alarmName: `${name}-load`,
      alarmDescription:
        'Sessions wait for each other, the disk or a CPU: Performance Insights says for which',
      metricName: 'DBLoadRelativeToNumVCPUs',
      evaluationPeriods: 15,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: SESSIONS_PER_CPU,
    });
    new DbEventSubscription(this, 'events', {
      name,
      snsTopic: props.topicArn,
      sourceType: 'db-instance',
      sourceIds: [props.identifier],
      eventCategories: [...EVENTS],
    });
  }
}
