import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import { LbListenerRule } from '@cdktf/provider-aws/lib/lb-listener-rule';
import { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Op, TerraformOutput, TerraformSelf } from 'cdktf';
import type { Construct } from 'constructs';

import { BaseStack, type BaseStackProps } from './base-stack';
import type { EnvironmentConfig, ServiceDescriptor } from './config';
import { Connection, HttpsOut } from './constructs/connection';
import { ServiceScaling } from './constructs/service-scaling';
import { skipCheck } from './constructs/skip-check';
import type { DatabaseAccess } from './data';
import { hostsOf, withinLimit } from './names';
import type { NetworkStack } from './network';
import type { PlatformStack } from './platform';
import type { TasksStack } from './tasks';

/** From a task's start until a failed health check of the balancer counts against it. */
const HEALTH_CHECK_GRACE_SECONDS = 60;

export interface ServiceStackProps extends BaseStackProps {
  readonly environment: string;
  readonly settings: EnvironmentConfig;
  readonly service: string;
  readonly descriptor: ServiceDescriptor;
  readonly network: NetworkStack;
  readonly platform: PlatformStack;
  readonly tasks: TasksStack;
  /** @default none: the service uses no database */
  readonly database?: DatabaseAccess;
}

/** One service running on the platform: its tasks, its share of the balancer, its scaling. Holds no data: safe to replace. */
export class ServiceStack extends BaseStack {
  public constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { config, environment, service, descriptor, network, platform, tasks, database } = props;
    const { project } = config;
    const { port, route } = descriptor;
    const hosts = route.hosts && hostsOf(config, environment, route.hosts);
    const name = `${project}-${environment}-${service}`;
    const own = descriptor.environments?.[environment];
    const count = own?.tasks ?? descriptor.tasks;
    const schedule = own?.schedule ?? descriptor.schedule;

    const group = new SecurityGroup(this, 'security-group', {
      namePrefix: `${name}-`,
      description: `Tasks of ${service}: reached by the load balancer only`,
      vpcId: network.vpcId,
      lifecycle: { createBeforeDestroy: true },
    });
    new HttpsOut(this, 'https', { fromSecurityGroupId: group.id });
    const fromBalancer = new Connection(this, 'from-balancer', {
      fromSecurityGroupId: platform.loadBalancerSecurityGroupId,
      toSecurityGroupId: group.id,
      port,
      description: `Load balancer to ${service}`,
    });
    const toDatabase =
      database &&
      new Connection(this, 'to-database', {
        fromSecurityGroupId: group.id,
        toSecurityGroupId: database.securityGroupId,
        port: database.port,
        description: `${service} to PostgreSQL`,
      });

    const targets = new LbTargetGroup(this, 'targets', {
      // AWS cannot change a group's port; with the port in its name the new group can stand beside the old one.
      name: withinLimit('targetGroup', `${name}-${port}`, {
        project,
        environment,
        service,
        port: String(port),
      }),
      vpcId: network.vpcId,
      targetType: 'ip',
      protocol: 'HTTP',
      port,
      // Requests in flight have as long on the balancer's side as the process has to finish them.
      deregistrationDelay: String(descriptor.stopSeconds),
      healthCheck: {
        path: descriptor.readinessPath,
        matcher: '200',
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
      lifecycle: { createBeforeDestroy: true },
    });
    skipCheck(
      targets,
      'CKV_AWS_378',
      'TLS ends at the balancer; behind it only its security group reaches the tasks',
    );
    const rule = new LbListenerRule(this, 'route', {
      listenerArn: platform.listenerArn,
      priority: route.priority,
      condition: [
        ...(route.paths ? [{ pathPattern: { values: [...route.paths] } }] : []),
        ...(hosts ? [{ hostHeader: { values: [...hosts] } }] : []),
      ],
      action: [{ type: 'forward', targetGroupArn: targets.arn }],
    });

    const metrics = {
      namespace: 'AWS/ApplicationELB',
      dimensions: { LoadBalancer: platform.loadBalancerArnSuffix, TargetGroup: targets.arnSuffix },
      period: 60,
      // No requests, no data point.
      treatMissingData: 'notBreaching',
      alarmActions: [platform.alarmTopicArn],
      okActions: [platform.alarmTopicArn],
    };
    const errors = new CloudwatchMetricAlarm(this, 'errors-alarm', {
      ...metrics,
      alarmName: `${name}-errors`,
      alarmDescription: `${service} answers 5xx; a deployment in progress is rolled back`,
      metricName: 'HTTPCode_Target_5XX_Count',
      statistic: 'Sum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 10,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    });
    new CloudwatchMetricAlarm(this, 'unhealthy-alarm', {
      ...metrics,
      alarmName: `${name}-unhealthy`,
      alarmDescription: `Tasks of ${service} fail their readiness check`,
      metricName: 'UnHealthyHostCount',
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: 5,
    });

    const ecsService = new EcsService(this, 'service', {
      name,
      cluster: platform.clusterArn,
      taskDefinition: tasks.taskDefinitionArn,
      capacityProviderStrategy: [{ capacityProvider: platform.capacityProviderName, weight: 1, base: 0 }],
      desiredCount: count.min,
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      alarms: { enable: true, rollback: true, alarmNames: [errors.alarmName] },
      availabilityZoneRebalancing: 'ENABLED',
      orderedPlacementStrategy: [
        { type: 'spread', field: 'attribute:ecs.availability-zone' },
        { type: 'spread', field: 'instanceId' },
      ],
      networkConfiguration: {
        subnets: network.privateSubnetIds,
        securityGroups: [group.id],
        assignPublicIp: false,
      },
      loadBalancer: [
        { targetGroupArn: targets.arn, containerName: tasks.containerName, containerPort: port },
      ],
      healthCheckGracePeriodSeconds: HEALTH_CHECK_GRACE_SECONDS,
      enableExecuteCommand: false,
      enableEcsManagedTags: true,
      propagateTags: 'SERVICE',
      waitForSteadyState: true,
      // ECS takes a target group only when a listener uses it; and tasks that cannot be reached, or reach nothing, fail the deployment.
      dependsOn: [rule, ...fromBalancer.rules, ...(toDatabase?.rules ?? [])],
      lifecycle: {
        // Autoscaling owns it from the first moment on.
        ignoreChanges: ['desired_count'],
        postcondition: [
          {
            // The circuit breaker returns to the old revision and ECS calls that steady: only this tells the two apart.
            condition: Op.eq(TerraformSelf.getString('task_definition'), tasks.taskDefinitionArn),
            errorMessage: `${name} runs another task definition than the one just applied: ECS rolled the deployment back. The service's events in ECS say why.`,
          },
        ],
      },
    });
    new ServiceScaling(this, 'scaling', {
      clusterName: platform.clusterName,
      serviceName: ecsService.name,
      tasks: count,
      targets: descriptor.scaling,
      ...(schedule && { schedule }),
      requestCountLabel: `${platform.loadBalancerArnSuffix}/${targets.arnSuffix}`,
    });

    new TerraformOutput(this, 'service_name', { value: ecsService.name });
  }
}
