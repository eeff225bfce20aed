import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { Wafv2WebAcl } from '@cdktf/provider-aws/lib/wafv2-web-acl';
import { Wafv2WebAclAssociation } from '@cdktf/provider-aws/lib/wafv2-web-acl-association';
import { Wafv2WebAclLoggingConfiguration } from '@cdktf/provider-aws/lib/wafv2-web-acl-logging-configuration';
import { Construct } from 'constructs';

/**
 * Rule groups that AWS keeps up to date, in the order in which they see a request.
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
const MANAGED_RULES = [
  { group: 'AWSManagedRulesCommonRuleSet', metric: 'common', does: 'block' },
  { group: 'AWSManagedRulesKnownBadInputsRuleSet', metric: 'known-bad-inputs', does: 'block' },
  // Hosting providers are on it, and with them customers' own servers: worth a look, not a refusal.
  { group: 'AWSManagedRulesAnonymousIpList', metric: 'anonymous-ip', does: 'count' },
] as const;

/** CloudWatch takes the log of a web ACL only in groups of such a name. */
export const WEB_ACL_LOG_PREFIX = 'aws-waf-logs-';

export interface WebAclProps {
  /** `<project>-<environment>`. */
  readonly name: string;
  readonly loadBalancerArn: string;
  /** Of the log group; its policy must let CloudWatch Logs use it for names that start with `aws-waf-logs-<name>`. */
  readonly logKeyArn: string;
  readonly logRetentionDays: number;
}

/**
 * The web application firewall in front of a load balancer: blocks what AWS knows to be attacks, and keeps a log of what it
 * saw, without credentials. The common rules refuse bodies above 8 KiB. Holds no data but that log.
 */
export class WebAcl extends Construct {
  public constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const { name } = props;
    const metrics = (metric: string) => ({
      cloudwatchMetricsEnabled: true,
      sampledRequestsEnabled: true,
      metricName: `${name}-${metric}`,
    });
    const acl = new Wafv2WebAcl(this, 'Default', {
      name,
      description: `In front of the load balancer ${name}`,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      rule: MANAGED_RULES.map(({ group, metric, does }, index) => ({
        name: metric,
        priority: index,
        overrideAction: does === 'block' ? { none: {} } : { count: {} },
        // Statements nest without end, so the binding takes them as Terraform spells them.
        statement: { managed_rule_group_statement: { vendor_name: 'AWS', name: group } },
        visibilityConfig: metrics(metric),
      })),
      visibilityConfig: metrics('requests'),
    });
    new Wafv2WebAclAssociation(this, 'association', {
      resourceArn: props.loadBalancerArn,
      webAclArn: acl.arn,
    });
    const log = new CloudwatchLogGroup(this, 'log', {
      name: `${WEB_ACL_LOG_PREFIX}${name}`,
      retentionInDays: props.logRetentionDays,
      kmsKeyId: props.logKeyArn,
    });
    new Wafv2WebAclLoggingConfiguration(this, 'logging', {
      resourceArn: acl.arn,
      logDestinationConfigs: [log.arn],
      redactedFields: ['authorization', 'cookie'].map((header) => ({ singleHeader: { name: header } })),
    });
  }
}
