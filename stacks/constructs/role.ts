import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { Construct } from 'constructs';

import { policyJson, type PolicyStatement } from './policy';

export interface RoleProps {
  /** At most 64 characters. */
  readonly name: string;
  readonly description: string;
  readonly boundaryArn: string;
  /** Who may assume it; see `serviceTrust`. */
  readonly trust: readonly PolicyStatement[];
  /** What it may do; AWS takes 10,240 characters. */
  readonly statements: readonly PolicyStatement[];
  /** Of managed policies beside its own, by the id of their attachment. @default none */
  readonly managedPolicyArns?: Readonly<Record<string, string>>;
}

/** An IAM role under the permissions boundary, with one policy of its own. */
export class Role extends Construct {
  public readonly arn: string;
  public readonly name: string;

  public constructor(scope: Construct, id: string, props: RoleProps) {
    super(scope, id);
    const role = new IamRole(this, 'Default', {
      name: props.name,
      description: props.description,
      permissionsBoundary: props.boundaryArn,
      assumeRolePolicy: policyJson(props.trust),
    });
    new IamRolePolicy(this, 'policy', { name: 'own', role: role.id, policy: policyJson(props.statements) });
    for (const [attachment, policyArn] of Object.entries(props.managedPolicyArns ?? {})) {
      new IamRolePolicyAttachment(this, attachment, { role: role.name, policyArn });
    }
    this.arn = role.arn;
    this.name = role.name;
  }
}

/**
 * An AWS service acting for this account only: without the condition, another account could make the service use the
 * role (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
 * @param service such as `ecs-tasks.amazonaws.com`
 * @param sourceArn narrows it to resources of the service, `*` allowed. @default any of the account
 */
export function serviceTrust(service: string, account: string, sourceArn?: string): PolicyStatement {
  return {
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'sts:AssumeRole',
    Condition: {
      StringEquals: { 'aws:SourceAccount': account },
      ...(sourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': sourceArn } }),
    },
  };
}
