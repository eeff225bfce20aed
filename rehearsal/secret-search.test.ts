import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Emulator } from './emulator';
import { emulated, startEmulator } from './emulator-in-tests';
import { mustHoldNoSecret, spellings } from './secret-search';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test.each(['', 'a', 'ab', 'abc', 'abcd'])(
  'a text is found in base64 behind %j, whatever follows',
  (before) => {
    for (const after of ['', 'x', 'xy', 'xyz']) {
      const encoded = base64(`${before}0123456789abcdef0123456789abcdef${after}`);
      expect(spellings('0123456789abcdef0123456789abcdef').some((text) => encoded.includes(text))).toBe(true);
    }
  },
);

test('no spelling of a text is found in another that differs in its middle', () => {
  for (const before of ['', 'a', 'ab']) {
    const encoded = base64(`${before}0123456789abcdeX0123456789abcdef`);
    expect(spellings('0123456789abcdef0123456789abcdef').some((text) => encoded.includes(text))).toBe(false);
  }
});

test('a text is found in JSON also where that escapes it', () => {
  expect(JSON.stringify({ a: 'so "quoted"' })).toContain(spellings('so "quoted"')[1]);
});

emulated('the password of a database', () => {
  let folder: string;
  let searched: string;
  let emulator: Emulator;
  let password: string;

  const request = async (service: string, path: string, method: string, body = ''): Promise<void> => {
    const authorization = `AWS4-HMAC-SHA256 Credential=rehearsal/20261101/eu-west-1/${service}/aws4_request`;
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(`${emulator.endpoint}${path}`, {
      method,
      headers: { authorization, ...(service === 'rds' && type) },
      ...(body !== '' && { body }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  const put = (path: string, body: string): Promise<void> => request('s3', path, 'PUT', body);
  const search = (): Promise<string> =>
    mustHoldNoSecret(emulator, searched).then(
      ({ files, objectVersions }) => `nothing in ${files} files, ${objectVersions} of them from S3`,
      (error: Error) => error.message,
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-secrets-'));
    emulator = await startEmulator(folder);
  }, 60_000);
  beforeEach(() => {
    searched = mkdtempSync(join(folder, 'searched-'));
  });
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  test('cannot be searched for where there is none, or where there is no state', async () => {
    expect(await search()).toBe('Secrets Manager holds no secret: there is nothing to search for');
    const database = {
      Action: 'CreateDBInstance',
      Version: '2014-10-31',
      DBInstanceIdentifier: 'it',
      DBInstanceClass: 'db.t4g.micro',
      Engine: 'postgres',
      AllocatedStorage: '20',
      MasterUsername: 'app_owner',
      ManageMasterUserPassword: 'true',
    };
    await request('rds', '/', 'POST', String(new URLSearchParams(database)));
    expect(await search()).toBe('S3 holds no object: there is no state to search');
    const secrets = (await emulator.aws('secret-values', {})) as { values: string[] }[];
    password = secrets[0]!.values[0]!;
    expect(password).toMatch(/^[0-9a-f]{32}$/);
  });

  test('is found in a file, in an older version of a state, and in base64, each by its name', async () => {
    await put(
      '/states',
      '<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>',
    );
    await put(
      '/states?versioning',
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    );
    await put('/states/dev-network', '{}');
    await put('/states/dev-data', '{"app_owner": "dev-data"}');
    mkdirSync(join(searched, 'cdktf.out', 'stacks', 'dev-data', '.terraform', 'providers', 'aws'), {
      recursive: true,
    });
    const configuration = join(searched, 'cdktf.out', 'stacks', 'dev-data', 'cdk.tf.json');
    writeFileSync(configuration, '{"resource": {}}');
    writeFileSync(join(searched, 'cdktf.out/stacks/dev-data/.terraform/providers/aws/provider'), password);
    expect(await search()).toBe('nothing in 3 files, 2 of them from S3');

    writeFileSync(configuration, JSON.stringify({ locals: { password } }));
    expect(await search()).toMatch(
      /^a secret is where it must not be:\n {2}cdktf\.out\/stacks\/dev-data\/cdk\.tf\.json: rds!\S+$/,
    );
    writeFileSync(
      configuration,
      JSON.stringify({ user_data: base64(`#!/bin/sh\nexport PGPASSWORD=${password}\n`) }),
    );
    expect(await search()).toMatch(/:\n {2}cdktf\.out\/stacks\/dev-data\/cdk\.tf\.json: rds!\S+$/);
    writeFileSync(configuration, '{"resource": {}}');

    await put('/states/dev-data', JSON.stringify({ attributes: { password } }));
    await put('/states/dev-data', '{}');
    expect(await search()).toMatch(/:\n {2}s3\/states\/dev-data@\S+: rds!\S+$/);
  });
});
