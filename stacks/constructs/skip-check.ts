import type { TerraformResource } from 'cdktf';

/**
 * Checks of checkov that may be skipped, on single resources: never more than these, so that a further one is a decision.
 * docs/adr/0018-policy-scan.md says why these.
 */
export type SkippableCheck =
  /** Replication to another region. */
  | 'CKV_AWS_144'
  /** A bucket under a KMS key. */
  | 'CKV_AWS_145'
  /** Port 80 open to the world. */
  | 'CKV_AWS_260'
  /** A target group that speaks HTTP. */
  | 'CKV_AWS_378'
  /** A security group that is attached to nothing. */
  | 'CKV2_AWS_5';

/**
 * Says beside the resource that a check does not hold for it, and why. `npm run policy` hands it to checkov, which reports
 * the reason; Terraform does not read it. checkov knows resources by type and name, whatever stack they are in: a skip holds
 * for those of the same name in all stacks.
 * @param reason one line
 */
export function skipCheck(resource: TerraformResource, id: SkippableCheck, reason: string): void {
  resource.addOverride(`//.checkov.${id}`, reason);
}
