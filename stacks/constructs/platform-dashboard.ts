import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';

export interface PlatformDashboardProps {
  /** `<project>-<environment>`. */
  readonly name: string;
  readonly region: string;
  readonly clusterName: string;
  /** The Auto Scaling group. */
  readonly instanceGroupName: string;
  /** None where there is no NAT. */
  readonly natGatewayIds: readonly string[];
  /** `app/…/…` */
  readonly loadBalancerArnSuffix: string;
  /** Names of the services; each runs as `<name>-<service>`. */
  readonly services: readonly string[];
  readonly webAclName: string;
  /** Of the RDS instance. @default none */
  readonly databaseIdentifier?: string;
}

/** Of the dashboard's 24 columns, and 6 rows high. */
const WIDTH = 12;
const HEIGHT = 6;

type Metric = readonly [namespace: string, metric: string, ...dimensions: string[]];

interface Graph {
  readonly title: string;
  readonly metrics: readonly Metric[];
  /** Such as `Sum`, or `p99`. */
  readonly stat: string;
}

/**
 * One page that answers, from top to bottom: do users get answers, do the services have room, does the cluster, does the
 * database. Holds no data.
 */
export class PlatformDashboard extends Construct {
  public constructor(scope: Construct, id: string, props: PlatformDashboardProps) {
    super(scope, id);
    new CloudwatchDashboard(this, 'Default', {
      dashboardName: props.name,
      dashboardBody: JSON.stringify({
        widgets: graphsOf(props).map(({ title, metrics, stat }, index) => ({
          type: 'metric',
          x: (index % 2) * WIDTH,
          y: Math.floor(index / 2) * HEIGHT,
          width: WIDTH,
          height: HEIGHT,
          properties: { title, metrics, stat, region: props.region, period: 60, view: 'timeSeries' },
        })),
      }),
    });
  }
}

function graphsOf(props: PlatformDashboardProps): readonly Graph[] {
  const balancer = (metric: string): Metric => [
    'AWS/ApplicationELB',
    metric,
    'LoadBalancer',
    props.loadBalancerArnSuffix,
  ];
  const services = (metric: string): readonly Metric[] =>
    props.services.map((service) => [
      'AWS/ECS',
      metric,
      'ClusterName',
      props.clusterName,
      'ServiceName',
      `${props.name}-${service}`,
    ]);
  const cluster = (metric: string): Metric => ['AWS/ECS', metric, 'ClusterName', props.clusterName];
  return [
    { title: 'Requests', stat: 'Sum', metrics: [balancer('RequestCount')] },
    {
      title: 'Errors: of the services, of the balancer, refused by the firewall',
      stat: 'Sum',
      metrics: [
        balancer('HTTPCode_Target_5XX_Count'),
        balancer('HTTPCode_ELB_5XX_Count'),
        ['AWS/WAFV2', 'BlockedRequests', 'WebACL', props.webAclName, 'Region', props.region, 'Rule', 'ALL'],
      ],
    },
    { title: 'Response time, 99th percentile', stat: 'p99', metrics: [balancer('TargetResponseTime')] },
    {
      title: 'Tasks running',
      stat: 'Average',
      metrics: props.services.map((service) => [
        'ECS/ContainerInsights',
        'RunningTaskCount',
        'ClusterName',
        props.clusterName,
        'ServiceName',
        `${props.name}-${service}`,
      ]),
    },
    { title: 'CPU of the services', stat: 'Average', metrics: services('CPUUtilization') },
    { title: 'Memory of the services', stat: 'Average', metrics: services('MemoryUtilization') },
    {
      title: 'Reserved of the cluster',
      stat: 'Average',
      metrics: [cluster('CPUReservation'), cluster('MemoryReservation')],
    },
    {
      title: 'Instances: in service, wanted, at most',
      stat: 'Average',
      metrics: ['GroupInServiceInstances', 'GroupDesiredCapacity', 'GroupMaxSize'].map((metric): Metric => [
        'AWS/AutoScaling',
        metric,
        'AutoScalingGroupName',
        props.instanceGroupName,
      ]),
    },
    ...natGraphs(props.natGatewayIds),
    ...databaseGraphs(props.databaseIdentifier),
  ];
}

function natGraphs(ids: readonly string[]): readonly Graph[] {
  if (ids.length === 0) return [];
  return [
    {
      title: 'Connections that NAT gateways refused',
      stat: 'Sum',
      metrics: ids.map((id): Metric => ['AWS/NATGateway', 'ErrorPortAllocation', 'NatGatewayId', id]),
    },
  ];
}

function databaseGraphs(identifier: string | undefined): readonly Graph[] {
  if (identifier === undefined) return [];
  const database = (metric: string): Metric => ['AWS/RDS', metric, 'DBInstanceIdentifier', identifier];
  return [
    { title: 'CPU of the database', stat: 'Average', metrics: [database('CPUUtilization')] },
    {
      title: 'Load of the database, 1 a CPU',
      stat: 'Average',
      metrics: [database('DBLoadRelativeToNumVCPUs')],
    },
    { title: 'Connections to the database', stat: 'Maximum', metrics: [database('DatabaseConnections')] },
    { title: 'Free storage of the database', stat: 'Minimum', metrics: [database('FreeStorageSpace')] },
  ];
}
