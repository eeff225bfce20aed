import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Emulator } from './emulator';
import { emulated, startEmulator } from './emulator-in-tests';

emulated('a call that a client tries again', () => {
  let folder: string;
  let emulator: Emulator;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-once-'));
    emulator = await startEmulator(folder);
  }, 60_000);
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  const ec2 = async (call: string, attempt: number, body: string): Promise<[number, string]> => {
    const response = await fetch(emulator.endpoint, {
      method: 'POST',
      headers: {
        'amz-sdk-invocation-id': call,
        'amz-sdk-request': `attempt=${attempt}; max=5`,
        authorization:
          'AWS4-HMAC-SHA256 Credential=x/20261125/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `${body}&Version=2016-11-15`,
    });
    return [response.status, await response.text()];
  };
  const create = 'Action=CreateVpc&CidrBlock=10.0.0.0/16';

  test('is done once, and answered the same', async () => {
    const first = await ec2('one', 1, create);
    expect(first[0]).toBe(200);
    expect(await ec2('one', 2, create)).toEqual(first);
    expect(await ec2('another', 1, create)).not.toEqual(first);
  });

  test('is done when it was refused before', async () => {
    expect((await ec2('refused', 1, 'Action=DeleteVpc&VpcId=vpc-0'))[0]).toBe(400);
    expect((await ec2('refused', 2, create))[0]).toBe(200);
  });
});
