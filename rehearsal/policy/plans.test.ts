import { filesToPlanAlone, withoutStandIn } from './plans';

test('what a stack reads from AWS is put off to an apply that never comes', () => {
  const files = filesToPlanAlone('dev-platform', {
    data: {
      terraform_remote_state: { network: { backend: 's3' } },
      aws_ssm_parameter: { image: { name: '/aws/service/image' } },
      aws_default_tags: { tags: {} },
    },
  });
  const later = '${terraform_data.fairlead-pending.id}';
  expect(files).toMatchObject({
    'policy_override.tf.json': {
      terraform: { backend: { local: { path: 'none.tfstate' } } },
      data: {
        terraform_remote_state: { network: { workspace: later } },
        aws_ssm_parameter: { image: { name: later } },
      },
    },
    'pending.tf.json': { resource: { terraform_data: { 'fairlead-pending': {} } } },
  });
  expect(files['policy_override.tf.json']).not.toHaveProperty('data.aws_default_tags');
});

test('a stack that reads nothing gets no stand-in', () => {
  expect(Object.keys(filesToPlanAlone('registry', {}))).toEqual(['policy_override.tf.json']);
});

test('fails when a data source is new, because nobody knows whether it asks AWS', () => {
  expect(() => filesToPlanAlone('dev-data', { data: { aws_vpc: { main: {} } } })).toThrow(
    'dev-data reads data.aws_vpc, and nobody said how to plan that without AWS: add it in rehearsal/policy/plans.ts',
  );
});

test('the stand-in is not counted among the resources', () => {
  const standIn = { type: 'terraform_data', name: 'fairlead-pending' };
  const vpc = { type: 'aws_vpc', name: 'main' };
  const within = (...resources: object[]): object => ({ root_module: { resources } });
  expect(
    withoutStandIn({
      planned_values: within(standIn, vpc),
      resource_changes: [vpc, standIn],
      configuration: { provider_config: {}, ...within(standIn, vpc) },
    }),
  ).toEqual({
    planned_values: within(vpc),
    resource_changes: [vpc],
    configuration: { provider_config: {}, ...within(vpc) },
  });
});
