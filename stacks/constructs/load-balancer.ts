import { AcmCertificate } from '@cdktf/provider-aws/lib/acm-certificate';
import { AcmCertificateValidation } from '@cdktf/provider-aws/lib/acm-certificate-validation';
import { Lb } from '@cdktf/provider-aws/lib/lb';
import { LbListener } from '@cdktf/provider-aws/lib/lb-listener';
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import { Construct } from 'constructs';

import type { DomainConfig } from '../config';
import { skipCheck } from './skip-check';

/** A connection without traffic is closed after this; what listens behind must keep it open longer, or requests are lost. */
export const IDLE_TIMEOUT_SECONDS = 60;

/** TLS 1.3, and 1.2 with forward secrecy. */
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-2021-06';

const PORT_80 = 'It sends to HTTPS, and serves in ephemeral environments only';

const NOT_FOUND = [
  {
    type: 'fixed-response',
    fixedResponse: { contentType: 'text/plain', messageBody: 'Not found', statusCode: '404' },
  },
];

export interface LoadBalancerProps {
  readonly name: string;
  readonly vpcId: string;
  readonly publicSubnetIds: string[];
  /** HTTPS under this name; `ephemeral` is plain HTTP. */
  readonly domain: DomainConfig | 'ephemeral';
  /**
   * What services have for hosts of their own, in lower case, each once: names in the certificate, and aliases of the
   * balancer. One more replaces the certificate, the new one before the old; AWS gives it 10 names until asked for more.
   */
  readonly hosts: readonly string[];
  readonly deletionProtection: boolean;
  /** Receives access and connection logs. */
  readonly logBucket: string;
}

/**
 * A public application load balancer that answers 404 until services add their rules. It reaches nothing by itself:
 * each service opens the way to its own tasks. Holds no data; its DNS name changes when it is replaced.
 */
export class LoadBalancer extends Construct {
  /** Where services add their rules. */
  public readonly listenerArn: string;
  public readonly securityGroupId: string;
  public readonly arn: string;
  /** `app/…/…` */
  public readonly arnSuffix: string;
  public readonly dnsName: string;
  /** What a user types. */
  public readonly url: string;

  public constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    const group = new SecurityGroup(this, 'security-group', {
      namePrefix: `${props.name}-load-balancer-`,
      description: 'Public load balancer',
      vpcId: props.vpcId,
      lifecycle: { createBeforeDestroy: true },
    });
    // Once it stands, AWS counts its rules as its own.
    skipCheck(group, 'CKV_AWS_260', PORT_80);
    this.securityGroupId = group.id;

    const balancer = new Lb(this, 'balancer', {
      name: props.name,
      loadBalancerType: 'application',
      internal: false,
      subnets: props.publicSubnetIds,
      securityGroups: [group.id],
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      dropInvalidHeaderFields: true,
      enableDeletionProtection: props.deletionProtection,
      accessLogs: { enabled: true, bucket: props.logBucket, prefix: 'access' },
      connectionLogs: { enabled: true, bucket: props.logBucket, prefix: 'connection' },
    });
    this.arn = balancer.arn;
    this.arnSuffix = balancer.arnSuffix;
    this.dnsName = balancer.dnsName;

    this.openToTheWorld('http', 80);
    if (props.domain === 'ephemeral') {
      this.url = `http://${balancer.dnsName}`;
      this.listenerArn = new LbListener(this, 'http', {
        loadBalancerArn: balancer.arn,
        port: 80,
        protocol: 'HTTP',
        defaultAction: NOT_FOUND,
      }).arn;
      return;
    }

    this.openToTheWorld('https', 443);
    new LbListener(this, 'http', {
      loadBalancerArn: balancer.arn,
      port: 80,
      protocol: 'HTTP',
      defaultAction: [
        { type: 'redirect', redirect: { port: '443', protocol: 'HTTPS', statusCode: 'HTTP_301' } },
      ],
    });
    this.listenerArn = new LbListener(this, 'https', {
      loadBalancerArn: balancer.arn,
      port: 443,
      protocol: 'HTTPS',
      sslPolicy: TLS_POLICY,
      certificateArn: this.validatedCertificate(props.domain, props.hosts),
      defaultAction: NOT_FOUND,
    }).arn;
    for (const { id, name } of namesOf(props.domain, props.hosts)) {
      new Route53Record(this, `alias${id}`, {
        zoneId: props.domain.hostedZoneId,
        name,
        type: 'A',
        alias: { name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true },
      });
    }
    this.url = `https://${props.domain.name}`;
  }

  private openToTheWorld(id: string, port: number): void {
    const rule = new VpcSecurityGroupIngressRule(this, `${id}-from-the-world`, {
      securityGroupId: this.securityGroupId,
      ipProtocol: 'tcp',
      fromPort: port,
      toPort: port,
      cidrIpv4: '0.0.0.0/0',
      description: `${id.toUpperCase()} from anywhere`,
    });
    if (port === 80) skipCheck(rule, 'CKV_AWS_260', PORT_80);
  }

  /** The ARN once the certificate is issued: a listener takes no other. */
  private validatedCertificate(domain: DomainConfig, hosts: readonly string[]): string {
    const names = namesOf(domain, hosts);
    const certificate = new AcmCertificate(this, 'certificate', {
      domainName: domain.name,
      ...(names.length > 1 && { subjectAlternativeNames: names.slice(1).map(({ name }) => name) }),
      validationMethod: 'DNS',
      lifecycle: { createBeforeDestroy: true },
    });
    const records = names.map(({ id, name }) => {
      // They are a set, in no order: by number a further name would shift the others.
      const proof = (attribute: string): string =>
        `\${one([for proof in ${certificate.fqn}.domain_validation_options : proof.${attribute} if proof.domain_name == "${name}"])}`;
      return new Route53Record(this, `certificate-proof${id}`, {
        zoneId: domain.hostedZoneId,
        name: proof('resource_record_name'),
        type: proof('resource_record_type'),
        records: [proof('resource_record_value')],
        ttl: 60,
        // A replacement certificate of the same name asks for the same record.
        allowOverwrite: true,
      });
    });
    return new AcmCertificateValidation(this, 'certificate-issued', {
      certificateArn: certificate.arn,
      validationRecordFqdns: records.map(({ fqdn }) => fqdn),
    }).certificateArn;
  }
}

/** The domain first, and what is added to the id of that which each has. */
function namesOf(domain: DomainConfig, hosts: readonly string[]): readonly { id: string; name: string }[] {
  const others = hosts.filter((host) => host !== domain.name);
  return [{ id: '', name: domain.name }, ...others.map((name) => ({ id: `-${name}`, name }))];
}
