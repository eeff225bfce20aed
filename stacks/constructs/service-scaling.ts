import { AppautoscalingPolicy } from '@cdktf/provider-aws/lib/appautoscaling-policy';
import { AppautoscalingScheduledAction } from '@cdktf/provider-aws/lib/appautoscaling-scheduled-action';
import { AppautoscalingTarget } from '@cdktf/provider-aws/lib/appautoscaling-target';
import { Construct } from 'constructs';

import type { ScalingTargets, ScheduledTaskCount, TaskCount } from '../config';

/** What the service scales to where it names no CPU target. */
const DEFAULT_CPU_PERCENT = 60;

/** Out within a minute, in only after five quiet ones: a missing task costs requests, a spare one costs cents. */
const COOLDOWN = { scaleOutCooldown: 60, scaleInCooldown: 300 };

export interface ServiceScalingProps {
  readonly clusterName: string;
  /** As the ECS service names itself, so that scaling comes after it. */
  readonly serviceName: string;
  readonly tasks: TaskCount;
  readonly targets: ScalingTargets;
  /** @default never */
  readonly schedule?: readonly ScheduledTaskCount[];
  /** `app/…/…/targetgroup/…/…`, for scaling by requests. */
  readonly requestCountLabel: string;
}

/** Keeps a service's number of tasks between two bounds, so that each of its targets holds; the one that asks for most wins. */
export class ServiceScaling extends Construct {
  public constructor(scope: Construct, id: string, props: ServiceScalingProps) {
    super(scope, id);
    const { min, max } = props.tasks;
    if (max < min)
      throw new Error(`${this.node.path}: tasks.max must be ${min} (tasks.min) or more, got ${max}`);

    const target = new AppautoscalingTarget(this, 'target', {
      serviceNamespace: 'ecs',
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${props.clusterName}/${props.serviceName}`,
      minCapacity: min,
      maxCapacity: max,
      // A scheduled action moves the bounds themselves: an apply at night must not wake what is parked.
      ...(props.schedule && { lifecycle: { ignoreChanges: ['min_capacity', 'max_capacity'] } }),
    });
    const track = (metric: string, type: string, value: number, label?: string): void => {
      new AppautoscalingPolicy(this, metric, {
        name: `${props.serviceName}-${metric}`,
        policyType: 'TargetTrackingScaling',
        serviceNamespace: target.serviceNamespace,
        scalableDimension: target.scalableDimension,
        resourceId: target.resourceId,
        targetTrackingScalingPolicyConfiguration: {
          ...COOLDOWN,
          targetValue: value,
          predefinedMetricSpecification: {
            predefinedMetricType: type,
            ...(label !== undefined && { resourceLabel: label }),
          },
        },
      });
    };
    const { cpuPercent, memoryPercent, requestsPerTarget } = props.targets;
    track('cpu', 'ECSServiceAverageCPUUtilization', cpuPercent ?? DEFAULT_CPU_PERCENT);
    if (memoryPercent !== undefined) track('memory', 'ECSServiceAverageMemoryUtilization', memoryPercent);
    if (requestsPerTarget !== undefined) {
      track('requests', 'ALBRequestCountPerTarget', requestsPerTarget, props.requestCountLabel);
    }
    props.schedule?.forEach(({ at, timezone, min: from, max: to }, index) => {
      new AppautoscalingScheduledAction(this, `schedule-${index}`, {
        name: `${props.serviceName}-${index}`,
        serviceNamespace: target.serviceNamespace,
        scalableDimension: target.scalableDimension,
        resourceId: target.resourceId,
        schedule: at,
        timezone,
        scalableTargetAction: { minCapacity: String(from), maxCapacity: String(to) },
      });
    });
  }
}
