import { stacksOf } from '../test-app';

interface Notes {
  readonly '//'?: { readonly checkov?: Readonly<Record<string, string>> };
}

/** Every skip of the app: the check, the resource as checkov knows it, the reason. */
const skips = Object.values(stacksOf()).flatMap(({ resource }) =>
  Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).flatMap(([name, values]) =>
      Object.entries((values as Notes)['//']?.checkov ?? {}).map(([id, reason]) => ({
        id,
        skipped: `${id} ${type}.${name}`,
        reason,
      })),
    ),
  ),
);

test('five checks are skipped, on these resources and on no others', () => {
  expect([...new Set(skips.map(({ skipped }) => skipped))].sort()).toEqual([
    'CKV2_AWS_5 aws_security_group.migrate-security-group',
    'CKV_AWS_144 aws_s3_bucket.access-logs_bucket_7E528747',
    'CKV_AWS_144 aws_s3_bucket.state',
    'CKV_AWS_144 aws_s3_bucket.state_log_4041D13C',
    'CKV_AWS_145 aws_s3_bucket.access-logs_bucket_7E528747',
    'CKV_AWS_145 aws_s3_bucket.state_log_4041D13C',
    'CKV_AWS_260 aws_security_group.load-balancer_security-group_80A0008E',
    'CKV_AWS_260 aws_vpc_security_group_ingress_rule.load-balancer_http-from-the-world_0E2A120B',
    'CKV_AWS_378 aws_lb_target_group.targets',
  ]);
});

test('each has its reason, in one line, as checkov takes it', () => {
  expect(skips.filter(({ reason }) => !/^[A-Z][^\n]{20,}$/.test(reason))).toEqual([]);
});
