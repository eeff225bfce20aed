import { all, constructJson, only } from '../test-json';
import { WebAcl } from './web-acl';

const json = constructJson(
  (scope) =>
    new WebAcl(scope, 'acl', {
      name: 'acme-prod',
      loadBalancerArn: 'arn:lb',
      logKeyArn: 'arn:key',
      logRetentionDays: 365,
    }),
);

test('attacks that AWS knows are blocked, anonymous addresses counted, and anything else is let through', () => {
  const acl = only(json, 'aws_wafv2_web_acl');
  expect(acl).toMatchObject({ scope: 'REGIONAL', default_action: { allow: {} } });
  const rules = acl['rule'] as readonly {
    statement: { managed_rule_group_statement: { name: string } };
    override_action: object;
    priority: number;
  }[];
  expect(
    rules.map(({ statement, override_action, priority }) => [
      priority,
      statement.managed_rule_group_statement.name,
      override_action,
    ]),
  ).toEqual([
    [0, 'AWSManagedRulesCommonRuleSet', { none: {} }],
    [1, 'AWSManagedRulesKnownBadInputsRuleSet', { none: {} }],
    [2, 'AWSManagedRulesAnonymousIpList', { count: {} }],
  ]);
});

test('it stands in front of the balancer', () => {
  expect(only(json, 'aws_wafv2_web_acl_association')).toEqual({
    resource_arn: 'arn:lb',
    web_acl_arn: '${aws_wafv2_web_acl.acl.arn}',
  });
});

test('what it saw is kept for a year, encrypted, without credentials', () => {
  expect(only(json, 'aws_cloudwatch_log_group')).toEqual({
    name: 'aws-waf-logs-acme-prod',
    retention_in_days: 365,
    kms_key_id: 'arn:key',
  });
  expect(all(json, 'aws_wafv2_web_acl_logging_configuration')).toMatchObject([
    {
      redacted_fields: [{ single_header: { name: 'authorization' } }, { single_header: { name: 'cookie' } }],
    },
  ]);
});
