/** Plans as `terraform show -json` writes them, of a size that nobody wants to apply to measure it. */

/** Nothing but creates, each with 10 attributes, with the parts of a plan that are not looked at: 1.4 kB a resource. */
export function creates(count: number): string {
  const values = (index: number): object => ({
    bucket: null,
    count: index,
    description: `resource number ${index} of the benchmark`,
    enabled: true,
    engine: 'postgres',
    name: `item-${index}`,
    size: 20,
    tags: { Environment: 'dev', Name: `item-${index}`, Owner: 'platform' },
    type: 'gp3',
    zone: 'eu-west-1a',
  });
  const facts = (index: number): object => ({
    address: `aws_thing.items[${index}]`,
    mode: 'managed',
    type: 'aws_thing',
    name: 'items',
    index,
    provider_name: 'registry.terraform.io/hashicorp/aws',
  });
  const all = Array.from({ length: count }, (_, index) => index);
  return plan({
    planned_values: {
      root_module: {
        resources: all.map((index) => ({
          ...facts(index),
          schema_version: 0,
          values: values(index),
          sensitive_values: { tags: {} },
        })),
      },
    },
    resource_changes: all.map((index) => ({
      ...facts(index),
      change: {
        actions: ['create'],
        before: null,
        after: values(index),
        after_unknown: { arn: true, id: true, tags: {} },
        before_sensitive: false,
        after_sensitive: { tags: {} },
      },
    })),
    configuration: {
      root_module: {
        resources: all.map((index) => ({
          ...facts(index),
          expressions: {
            name: { references: ['local.names', 'count.index'] },
            description: { constant_value: `resource number ${index} of the benchmark` },
            engine: { constant_value: 'postgres' },
            size: { constant_value: 20 },
          },
        })),
      },
    },
  });
}

/** Updates that each hold a policy document of some 200 lines, in which one action of one statement changes. */
export function policyUpdates(count: number): string {
  const policy = (index: number, action: string): string =>
    JSON.stringify(
      {
        Version: '2012-10-17',
        Statement: Array.from({ length: 11 }, (_, at) => ({
          Sid: `Statement${at}`,
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:PutObject', at === 7 ? action : 's3:ListBucket'],
          Resource: [`arn:aws:s3:::bucket-${index}-${at}/*`, `arn:aws:s3:::bucket-${index}-${at}`],
          Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
        })),
      },
      null,
      2,
    );
  const values = (index: number, action: string): object => ({
    id: `policy-${index}`,
    name: `policy-${index}`,
    path: '/',
    policy: policy(index, action),
    tags: {},
  });
  return plan({
    planned_values: {},
    resource_changes: Array.from({ length: count }, (_, index) => ({
      address: `aws_iam_policy.policies[${index}]`,
      mode: 'managed',
      type: 'aws_iam_policy',
      name: 'policies',
      index,
      change: {
        actions: ['update'],
        before: values(index, 's3:DeleteObject'),
        after: values(index, 's3:*'),
        after_unknown: { tags: {} },
        before_sensitive: { tags: {} },
        after_sensitive: { tags: {} },
      },
    })),
  });
}

function plan(parts: object): string {
  return `${JSON.stringify({ format_version: '1.2', terraform_version: '1.11.4', ...parts, complete: true, errored: false })}\n`;
}
