import { BudgetsBudget } from '@cdktf/provider-aws/lib/budgets-budget';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';

import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig } from './config';
import { AccessLogBucket } from './constructs/access-log-bucket';
import { AlarmTopic, alarmsMayUseKey } from './constructs/alarm-topic';
import { Ec2Capacity } from './constructs/ec2-capacity';
import { EncryptionKey, logsMayUseKey } from './constructs/encryption-key';
import { LoadBalancer } from './constructs/load-balancer';
import { PlatformDashboard } from './constructs/platform-dashboard';
import { WEB_ACL_LOG_PREFIX, WebAcl } from './constructs/web-acl';
import {
  accessLogBucketName,
  balancerLogBucketName,
  boundaryArn,
  databaseIdentifier,
  withinLimit,
} from './names';
import type { NetworkStack } from './network';

/** Of every log group on the platform. */
export const LOG_RETENTION_DAYS = 365;

/** More than three times what the load tests allow 95 of 100 requests: whoever waits longer takes the service for broken. */
const SLOW_SECONDS = 1;

export interface PlatformStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly network: NetworkStack;
  /** Names of the services that will run on it, for the dashboard. */
  readonly services: readonly string[];
  /** Theirs in this environment, beside its domain, each once. */
  readonly hosts: readonly string[];
}

/** The container platform: ECS cluster on EC2 behind a load balancer. Holds no data but logs: safe to replace. */
export class PlatformStack extends BaseStack {
  public readonly clusterName: string;
  public readonly clusterArn: string;
  /** The association of the capacity provider with the cluster is part of this value: what uses it comes after. */
  public readonly capacityProviderName: string;
  /** The listener that services add their rules to: HTTPS with a domain, HTTP in an ephemeral environment. */
  public readonly listenerArn: string;
  public readonly loadBalancerSecurityGroupId: string;
  /** `app/…/…`, as CloudWatch and target tracking by requests name the balancer. */
  public readonly loadBalancerArnSuffix: string;
  /** Of alarms. */
  public readonly alarmTopicArn: string;
  /** Of the log groups in this environment: those whose names start with `/<project>/<environment>/`. */
  public readonly logKeyArn: string;

  public constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id, props);
    const { config, environment, settings, network, where } = props;
    const { project } = config;
    const { account } = where;
    const name = `${project}-${environment}`;
    const madeOf = { project, environment };
    const ephemeral = settings.domain === 'ephemeral';

    const key = new EncryptionKey(this, 'key', {
      alias: `alias/${name}-platform`,
      description: `Logs, sessions and alarms of ${name}`,
      account,
      deletionDays: ephemeral ? 7 : 30,
      statements: [
        logsMayUseKey(where, `/${project}/${environment}/`, `${WEB_ACL_LOG_PREFIX}${name}`),
        alarmsMayUseKey(account),
      ],
    });
    this.logKeyArn = key.arn;

    const sessionLog = new CloudwatchLogGroup(this, 'session-log', {
      name: `/${project}/${environment}/ecs-exec`,
      retentionInDays: LOG_RETENTION_DAYS,
      kmsKeyId: key.arn,
    });
    const cluster = new EcsCluster(this, 'cluster', {
      name,
      setting: [{ name: 'containerInsights', value: 'enhanced' }],
      configuration: {
        executeCommandConfiguration: {
          kmsKeyId: key.arn,
          logging: 'OVERRIDE',
          logConfiguration: { cloudWatchEncryptionEnabled: true, cloudWatchLogGroupName: sessionLog.name },
        },
      },
    });
    this.clusterName = cluster.name;
    this.clusterArn = cluster.arn;

    const capacity = new Ec2Capacity(this, 'capacity', {
      name,
      where,
      clusterName: cluster.name,
      instances: settings.cluster,
      vpcId: network.vpcId,
      cidr: settings.cidr,
      privateSubnetIds: network.privateSubnetIds,
      boundaryArn: boundaryArn(project, account),
      forceDelete: ephemeral,
    });
    this.capacityProviderName = capacity.capacityProviderName;

    const logBucket = new AccessLogBucket(this, 'access-logs', {
      name: balancerLogBucketName(project, environment, where),
      account,
      // The state's bucket is in the same region: an account has one.
      accessLogBucketName: accessLogBucketName(project, where),
      forceDestroy: ephemeral,
    });
    const balancer = new LoadBalancer(this, 'load-balancer', {
      name: withinLimit('loadBalancer', name, madeOf),
      vpcId: network.vpcId,
      publicSubnetIds: network.publicSubnetIds,
      domain: settings.domain,
      hosts: props.hosts,
      deletionProtection: settings.protection,
      logBucket: logBucket.name,
    });
    this.listenerArn = balancer.listenerArn;
    this.loadBalancerSecurityGroupId = balancer.securityGroupId;
    this.loadBalancerArnSuffix = balancer.arnSuffix;
    new WebAcl(this, 'web-acl', {
      name,
      loadBalancerArn: balancer.arn,
      logKeyArn: key.arn,
      logRetentionDays: LOG_RETENTION_DAYS,
    });

    const topic = new AlarmTopic(this, 'alarms', {
      name: `${name}-alarms`,
      where,
      keyArn: key.arn,
      email: settings.alarmEmail,
    });
    this.alarmTopicArn = topic.arn;
    const tellsTopic = { alarmActions: [topic.arn], okActions: [topic.arn] };
    new CloudwatchMetricAlarm(this, 'balancer-errors-alarm', {
      alarmName: `${name}-balancer-errors`,
      alarmDescription: 'The balancer itself answers 5xx: no healthy task, or tasks that close connections',
      namespace: 'AWS/ApplicationELB',
      metricName: 'HTTPCode_ELB_5XX_Count',
      dimensions: { LoadBalancer: balancer.arnSuffix },
      statistic: 'Sum',
      period: 60,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 10,
      // No errors, no data point.
      treatMissingData: 'notBreaching',
      ...tellsTopic,
    });
    new CloudwatchMetricAlarm(this, 'balancer-slow-alarm', {
      alarmName: `${name}-balancer-slow`,
      alarmDescription: `One request of a hundred has waited for more than ${SLOW_SECONDS} s, for a quarter of an hour`,
      namespace: 'AWS/ApplicationELB',
      metricName: 'TargetResponseTime',
      dimensions: { LoadBalancer: balancer.arnSuffix },
      extendedStatistic: 'p99',
      // AWS takes a p99 of fewer than 1,000 requests for insignificant; left out, a quiet environment would never alarm.
      // So it looks at each, and one slow request is outvoted by the two periods without.
      evaluateLowSampleCountPercentiles: 'evaluate',
      period: 300,
      evaluationPeriods: 3,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: SLOW_SECONDS,
      // No requests, no data point.
      treatMissingData: 'notBreaching',
      ...tellsTopic,
    });
    new CloudwatchMetricAlarm(this, 'cluster-full-alarm', {
      alarmName: `${name}-cluster-full`,
      alarmDescription:
        'CPU reservation stays near 100 %: instances are not being added, or maxInstances is reached',
      namespace: 'AWS/ECS',
      metricName: 'CPUReservation',
      dimensions: { ClusterName: cluster.name },
      statistic: 'Average',
      period: 60,
      evaluationPeriods: 15,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      threshold: 95,
      treatMissingData: 'missing',
      ...tellsTopic,
    });
    const { maxInstances } = settings.cluster;
    new CloudwatchMetricAlarm(this, 'instances-at-maximum-alarm', {
      alarmName: `${name}-instances-at-maximum`,
      alarmDescription: `All ${maxInstances} instances that maxInstances allows have run for half an hour: the next task may find no room`,
      namespace: 'AWS/AutoScaling',
      metricName: 'GroupInServiceInstances',
      dimensions: { AutoScalingGroupName: capacity.groupName },
      statistic: 'Minimum',
      // Longer than a deployment or the refresh of a few instances, which need the room for a while.
      period: 300,
      evaluationPeriods: 6,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      threshold: maxInstances,
      treatMissingData: 'missing',
      ...tellsTopic,
    });
    for (const [zone, natGatewayId] of Object.entries(network.natGatewayIds)) {
      new CloudwatchMetricAlarm(this, `nat-${zone}-alarm`, {
        alarmName: `${name}-nat-${zone}`,
        alarmDescription: `The NAT gateway in ${zone} has refused connections: it has no port left to one destination`,
        namespace: 'AWS/NATGateway',
        metricName: 'ErrorPortAllocation',
        dimensions: { NatGatewayId: natGatewayId },
        statistic: 'Sum',
        period: 60,
        evaluationPeriods: 5,
        datapointsToAlarm: 3,
        comparisonOperator: 'GreaterThanThreshold',
        threshold: 0,
        treatMissingData: 'notBreaching',
        ...tellsTopic,
      });
    }

    new BudgetsBudget(this, 'budget', {
      // Of the whole account: a filter by tag counts nothing until the tag is activated for billing, and stays silent.
      name: `${name}-monthly`,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      limitAmount: String(settings.budgetUsdPerMonth),
      limitUnit: 'USD',
      notification: [
        { notificationType: 'ACTUAL', threshold: 80 },
        { notificationType: 'FORECASTED', threshold: 100 },
      ].map((warning) => ({
        ...warning,
        comparisonOperator: 'GREATER_THAN',
        thresholdType: 'PERCENTAGE',
        subscriberEmailAddresses: [settings.alarmEmail],
      })),
    });

    new PlatformDashboard(this, 'dashboard', {
      name,
      region: where.region,
      clusterName: cluster.name,
      instanceGroupName: capacity.groupName,
      natGatewayIds: Object.values(network.natGatewayIds),
      loadBalancerArnSuffix: balancer.arnSuffix,
      services: props.services,
      webAclName: name,
      ...(settings.database !== 'none' && { databaseIdentifier: databaseIdentifier(project, environment) }),
    });

    new TerraformOutput(this, 'url', { value: balancer.url });
    new TerraformOutput(this, 'load_balancer_dns_name', { value: balancer.dnsName });
    new TerraformOutput(this, 'cluster_name', { value: cluster.name });
  }
}
