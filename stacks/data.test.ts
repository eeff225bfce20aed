import { given, stackOf, stacksOf } from './test-app';
import { all, only } from './test-json';

const stacks = stacksOf();
const prod = stackOf(stacks, 'prod-data');

test('a protected environment cannot lose its database by a destroy', () => {
  expect(only(prod, 'aws_db_instance')).toMatchObject({
    deletion_protection: true,
    delete_automated_backups: false,
    skip_final_snapshot: false,
    final_snapshot_identifier: 'fairlead-prod-database-final',
    backup_retention_period: 30,
    multi_az: true,
    apply_immediately: false,
  });
});

test('an ephemeral one can, and leaves nothing behind', () => {
  const { prod: settings } = given.config.environments;
  const environments = { prod: { ...settings!, domain: 'ephemeral' as const, protection: false } };
  const ephemeral = stackOf(stacksOf({ ...given.config, environments }), 'prod-data');
  expect(only(ephemeral, 'aws_db_instance')).toMatchObject({
    deletion_protection: false,
    delete_automated_backups: true,
    skip_final_snapshot: true,
    apply_immediately: true,
  });
  expect(only(ephemeral, 'aws_db_instance')).not.toHaveProperty('final_snapshot_identifier');
});

test('the security group has no rule of its own: each service admits itself', () => {
  const group = only(prod, 'aws_security_group');
  expect(group).not.toHaveProperty('ingress');
  expect(group).not.toHaveProperty('egress');
  expect(all(prod, 'aws_vpc_security_group_ingress_rule')).toEqual([]);
});

test('it stands in the database subnets', () => {
  const subnets = only(prod, 'aws_db_subnet_group').subnet_ids as string[];
  expect(subnets).toHaveLength(3);
  for (const subnet of subnets) expect(subnet).toMatch(/subnetdatabase/);
});
