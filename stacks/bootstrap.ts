import type { Construct } from 'constructs';
import { BaseStack, type BaseStackProps } from './base-stack';

export interface BootstrapStackProps extends BaseStackProps {
  /** Environments of this account; each gets its plan, apply and deploy roles. */
  readonly environments: readonly string[];
  /** Whether the images are pushed to this account; then it has the push role. */
  readonly registry: boolean;
}

/** The state bucket, GitHub's identity and the roles of the pipeline in one account. Holds the state of every stack: protected from destroy. */
export class BootstrapStack extends BaseStack {
  public constructor(scope: Construct, id: string, props: BootstrapStackProps) {
    super(scope, id, props);
  }
}
