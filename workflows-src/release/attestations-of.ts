import type { GitHub } from '../github/github';
import { MAX_BUNDLE_BYTES, MAX_BUNDLES } from './attestation';
import { unsnap } from './snappy';

/**
 * The attestations of an image's build, for `verifyAttestation`: nothing of them is trusted.
 * @param digest `sha256:` and 64 hexadecimal digits
 * @throws Error of GitHub's client, and when one cannot be decompressed
 */
export async function attestationsOf(
  client: Pick<GitHub, 'attestations'>,
  digest: string,
): Promise<readonly string[]> {
  const found = await client.attestations(digest, { bundles: MAX_BUNDLES, bytes: MAX_BUNDLE_BYTES });
  return found.map((bundle) => {
    if (typeof bundle === 'string') return bundle;
    try {
      return Buffer.from(unsnap(bundle, MAX_BUNDLE_BYTES)).toString('utf8');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`attestations(${digest}): a bundle in GitHub's storage is no block of Snappy: ${why}`, {
        cause: error,
      });
    }
  });
}
