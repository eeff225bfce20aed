import type { ScalingTargets, ScheduledTaskCount } from '../config';
import { all, constructJson, only, type StackJson } from '../test-json';
import { ServiceScaling } from './service-scaling';

const scaling = (
  targets: ScalingTargets,
  tasks = { min: 2, max: 10 },
  schedule?: readonly ScheduledTaskCount[],
): StackJson =>
  constructJson(
    (scope) =>
      new ServiceScaling(scope, 'scaling', {
        clusterName: 'acme-prod',
        serviceName: 'acme-prod-api',
        tasks,
        targets,
        requestCountLabel: 'app/acme-prod/1/targetgroup/api/2',
        ...(schedule && { schedule }),
      }),
  );
const tracked = (json: StackJson): unknown[] =>
  all(json, 'aws_appautoscaling_policy').map(
    ({ target_tracking_scaling_policy_configuration: { predefined_metric_specification, target_value } }) => [
      predefined_metric_specification,
      target_value,
    ],
  );

test('the number of tasks stays between the bounds', () => {
  expect(only(scaling({}), 'aws_appautoscaling_target')).toEqual({
    service_namespace: 'ecs',
    scalable_dimension: 'ecs:service:DesiredCount',
    resource_id: 'service/acme-prod/acme-prod-api',
    min_capacity: 2,
    max_capacity: 10,
  });
});

test('without targets it scales on CPU at 60 percent', () => {
  expect(tracked(scaling({}))).toEqual([[{ predefined_metric_type: 'ECSServiceAverageCPUUtilization' }, 60]]);
});

test('each target named is tracked at its value', () => {
  expect(tracked(scaling({ cpuPercent: 50, memoryPercent: 75, requestsPerTarget: 1000 }))).toEqual([
    [{ predefined_metric_type: 'ECSServiceAverageCPUUtilization' }, 50],
    [{ predefined_metric_type: 'ECSServiceAverageMemoryUtilization' }, 75],
    [
      {
        predefined_metric_type: 'ALBRequestCountPerTarget',
        resource_label: 'app/acme-prod/1/targetgroup/api/2',
      },
      1000,
    ],
  ]);
});

test('it adds tasks within a minute and takes them away after five', () => {
  expect(
    only(scaling({}), 'aws_appautoscaling_policy')['target_tracking_scaling_policy_configuration'],
  ).toMatchObject({
    scale_out_cooldown: 60,
    scale_in_cooldown: 300,
  });
});

test('fails when the maximum is below the minimum, saying where', () => {
  expect(() => scaling({}, { min: 3, max: 2 })).toThrow(
    'scaling: tasks.max must be 3 (tasks.min) or more, got 2',
  );
});

describe('by the clock', () => {
  const json = scaling({}, { min: 1, max: 4 }, [
    { at: 'cron(0 19 ? * MON-FRI *)', timezone: 'Europe/Berlin', min: 0, max: 0 },
    { at: 'cron(0 7 ? * MON-FRI *)', timezone: 'Europe/Berlin', min: 1, max: 4 },
  ]);

  test('each entry moves the bounds', () => {
    expect(
      all(json, 'aws_appautoscaling_scheduled_action').map(
        ({ schedule, timezone, scalable_target_action }) => [
          schedule as string,
          timezone as string,
          scalable_target_action as object,
        ],
      ),
    ).toEqual([
      ['cron(0 19 ? * MON-FRI *)', 'Europe/Berlin', { min_capacity: '0', max_capacity: '0' }],
      ['cron(0 7 ? * MON-FRI *)', 'Europe/Berlin', { min_capacity: '1', max_capacity: '4' }],
    ]);
  });

  test('an apply leaves the bounds where the clock has put them', () => {
    const lifecycle = { ignore_changes: ['min_capacity', 'max_capacity'] };
    expect(only(json, 'aws_appautoscaling_target')).toMatchObject({ lifecycle });
    expect(only(scaling({}), 'aws_appautoscaling_target')).not.toHaveProperty('lifecycle');
  });
});
