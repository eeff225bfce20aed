import { Signer } from '@aws-sdk/rds-signer';

export interface IamUser {
  /** The name that the client asks for: it is signed, so an alias of the instance will not do. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly region: string;
}

/**
 * Gives a new token at each call, good for 15 minutes of signing in; a connection that stands outlives it. Credentials
 * are those of the environment or of the task's role, and are renewed in time.
 * A file of its own in `dist`, bundled with the signer: as packages that would be 17 MB more, for one signature.
 */
export function iamTokens({ host, port, user, region }: IamUser): () => Promise<string> {
  const signer = new Signer({ hostname: host, port, username: user, region });
  return () => signer.getAuthToken();
}
