import type { Construct } from 'constructs';
import { BaseStack, type BaseStackProps } from './base-stack';

export interface RegistryStackProps extends BaseStackProps {
  /** Names of the services; each gets a repository. */
  readonly services: readonly string[];
}

/** One ECR repository a service, for all environments. Replacing a repository loses its images. */
export class RegistryStack extends BaseStack {
  public constructor(scope: Construct, id: string, props: RegistryStackProps) {
    super(scope, id, props);
  }
}
