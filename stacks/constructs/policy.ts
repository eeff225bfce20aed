/** One statement of a policy document, in AWS's own keys. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | PolicyPrincipal;
  readonly Action: string | readonly string[];
  /** Left out where the document belongs to the resource: trust and repository policies. */
  readonly Resource?: string | readonly string[];
  /** Everything else than these. */
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

interface PolicyPrincipal {
  readonly AWS?: string | readonly string[];
  readonly Service?: string | readonly string[];
  readonly Federated?: string | readonly string[];
}

/** The document as the text that IAM, KMS, S3 and SNS take. */
export function policyJson(statements: readonly PolicyStatement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
