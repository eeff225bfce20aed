import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Masking } from '../changes/masking';
import { shownMessage } from './diagnostics';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-diagnostics-'));
  const variable = { group: { default: 'of-the-configuration', sensitive: true } };
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ variable }));
});
afterEach(() => rmSync(folder, { recursive: true }));

const said = (name: string): string => `terraform apply failed\nError: creating Log Group (${name}): exists`;

test.each(['of-the-environment', 'of-the-configuration', 'of-the-plan-alone'])(
  'a line of an error is not shown that holds a secret %s',
  (secret) => {
    const plan = { masking: new Masking(['of-the-plan-alone']) };
    const shown = shownMessage({ secrets: ['of-the-environment'] }, { folder }, said(secret), plan);
    expect(shown).toBe('terraform apply failed\n(sensitive)');
  },
);

test('an error without a secret is shown as it is, also where the configuration is not there', () => {
  expect(shownMessage({}, { folder }, said('api'))).toBe(said('api'));
  expect(shownMessage({}, { folder: join(folder, 'none') }, said('api'))).toBe(said('api'));
});

test('nothing is shown of an error whose secret no single line holds', () => {
  const key = '-----BEGIN RSA PRIVATE KEY-----\nabc';
  expect(shownMessage({}, { folder }, said(key))).toBe(
    'What terraform said holds a secret, and is not shown.',
  );
});
