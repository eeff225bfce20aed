import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';

export interface ConnectionProps {
  /** Security group of the side that opens the connection. */
  readonly fromSecurityGroupId: string;
  /** Security group of the side that listens. */
  readonly toSecurityGroupId: string;
  readonly port: number;
  readonly description: string;
}

/** Lets one security group reach another on one TCP port: both halves, by id, so that no address range is trusted. */
export class Connection extends Construct {
  /** For `dependsOn` of what fails while the way is closed. */
  public readonly rules: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: ConnectionProps) {
    super(scope, id);
    const rule = {
      ipProtocol: 'tcp',
      fromPort: props.port,
      toPort: props.port,
      description: props.description,
    };
    const out = new VpcSecurityGroupEgressRule(this, 'out', {
      ...rule,
      securityGroupId: props.fromSecurityGroupId,
      referencedSecurityGroupId: props.toSecurityGroupId,
    });
    const into = new VpcSecurityGroupIngressRule(this, 'in', {
      ...rule,
      securityGroupId: props.toSecurityGroupId,
      referencedSecurityGroupId: props.fromSecurityGroupId,
    });
    this.rules = [out, into];
  }
}

/** Lets a security group reach any HTTPS endpoint: AWS's own have no fixed addresses. */
export class HttpsOut extends Construct {
  public constructor(scope: Construct, id: string, props: { readonly fromSecurityGroupId: string }) {
    super(scope, id);
    new VpcSecurityGroupEgressRule(this, 'out', {
      securityGroupId: props.fromSecurityGroupId,
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      cidrIpv4: '0.0.0.0/0',
      description: 'HTTPS to AWS endpoints',
    });
  }
}
