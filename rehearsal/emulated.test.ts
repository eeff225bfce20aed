import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findTerraform } from '../workflows-src/terraform/binary';
import { Terraform } from '../workflows-src/terraform/terraform';
import { type Emulator, withoutAws } from './emulator';
import { emulated, startEmulator } from './emulator-in-tests';
import { accessKeyOf, TerraformOfRoles } from './permissions/roles';

const ROOT = join(__dirname, '..');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `npm start` without npm. */
function rehearsal(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, ['-r', 'tsx/cjs', join(ROOT, 'rehearsal', 'main.ts'), ...args], {
    cwd: ROOT,
    env: { ...env, FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, out, err }));
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(out);
      if (found) return found;
      const next = await Promise.race([once(child.stdout, 'data'), ended]);
      if (!Array.isArray(next)) throw new Error(`ended before it said ${pattern}: ${next.out}${next.err}`);
    }
  };
  return { child, ended, said };
}

const runFolder = (pid: number | undefined): string => join(ROOT, '.fairlead', 'rehearsal', `run-${pid}`);

/** What a run has begun, as process ids: its emulator, and terraform with its providers, which work in its folder. */
function processesOf(run: number | undefined): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+) (.*)$/.exec(line))
    .filter((line) => line !== null)
    .filter(
      ([, pid, args]) => args?.includes(`--parent ${run}`) || workingFolder(pid)?.startsWith(runFolder(run)),
    )
    .map(([, pid]) => Number(pid));
}

/** Undefined where the system does not tell, or the process has just ended. */
function workingFolder(pid: string | undefined): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

async function expectNothingLeft(pid: number | undefined): Promise<void> {
  expect(existsSync(runFolder(pid))).toBe(false);
  const deadline = Date.now() + 3000;
  while (processesOf(pid).length > 0 && Date.now() < deadline)
    await new Promise((done) => setTimeout(done, 50));
  expect(processesOf(pid)).toEqual([]);
}

describe('what a newcomer may lack or mistype', () => {
  test.each<[string, string[], NodeJS.ProcessEnv, number, RegExp]>([
    [
      'an unknown environment',
      ['--env', 'stage'],
      {},
      1,
      /unknown environment 'stage': stacks\/config\.ts has dev, prod/,
    ],
    ['a mistyped option', ['--fats'], {}, 2, /--fats[\s\S]*See npm start -- --help/],
    ['a port that is none', ['--port', 'http'], {}, 2, /--port must be a whole number/],
    [
      'no terraform',
      [],
      { TERRAFORM_BINARY_NAME: 'no-terraform-here' },
      1,
      /'no-terraform-here' is not on the PATH\. Install Terraform/,
    ],
  ])('%s is answered in a sentence', async (_, args, env, code, message) => {
    const { child, ended } = rehearsal(args, { ...process.env, ...env });
    const result = await ended;
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/\n\s+at /);
    expect(result.code).toBe(code);
    await expectNothingLeft(child.pid);
  });

  test('no Python is answered in a sentence', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'fairlead-bin-'));
    try {
      const { file } = await findTerraform(process.env);
      writeFileSync(join(bin, 'terraform'), `#!/bin/sh\nPATH='${process.env.PATH}' exec ${file} "$@"\n`, {
        mode: 0o755,
      });
      const { ended } = rehearsal([], { ...process.env, PATH: bin });
      const { code, err } = await ended;
      expect(err).toMatch(
        /needs Python 3\.10 or newer: python3 is not on the PATH, python is not on the PATH\. Install it/,
      );
      expect(code).toBe(1);
    } finally {
      rmSync(bin, { recursive: true });
    }
  });
});

emulated('with the emulator', () => {
  test('a taken port is answered in a sentence', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { child, ended } = rehearsal(['--port', String(port)]);
    const { code, err } = await ended;
    server.close();
    expect(err).toMatch(new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}.*give another port`));
    expect(code).toBe(1);
    await expectNothingLeft(child.pid);
  });

  test('Ctrl-C in the middle of an apply leaves no process and no folder behind', async () => {
    const { child, ended, said } = rehearsal(['--fast']);
    await said(/applying/);
    expect(processesOf(child.pid)).not.toEqual([]);
    child.kill('SIGINT');
    const { code, err } = await ended;
    expect(err).toMatch(/Interrupted; nothing is left behind/);
    expect(code).toBe(130);
    await expectNothingLeft(child.pid);
  }, 60_000);

  test('an emulator that dies is said, and ends the run', async () => {
    const { child, ended, said } = rehearsal(['--fast']);
    await said(/The AWS emulator listens on (\S+),/);
    for (const pid of processesOf(child.pid)) process.kill(pid, 'SIGKILL');
    const { code, err } = await ended;
    expect(err).toMatch(/The AWS emulator ended by itself \(SIGKILL\).*Run again/);
    expect(code).toBe(1);
    await expectNothingLeft(child.pid);
  }, 60_000);

  test('the emulator goes when its rehearsal is killed outright, and the next run clears its folder', async () => {
    const first = rehearsal(['--fast']);
    await first.said(/The AWS emulator listens on/);
    first.child.kill('SIGKILL');
    await first.ended;
    const next = rehearsal(['--env', 'stage']);
    await next.ended;
    await expectNothingLeft(first.child.pid);
  }, 60_000);
});

emulated('a state in S3', () => {
  let folder: string;
  let emulator: Emulator;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-lock-'));
    emulator = await startEmulator(folder);
    env = { ...withoutAws(process.env), ...emulator.env };
    const made = await fetch(`${emulator.endpoint}/states`, {
      method: 'PUT',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=rehearsal/20261101/eu-west-1/s3/aws4_request' },
      body: '<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>',
    });
    expect(made.status).toBe(200);
  }, 60_000);
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  test('that is locked: the second says who holds the lock, and since when', async () => {
    const stack = join(folder, 'stack');
    mkdirSync(stack);
    writeFileSync(
      join(stack, 'cdk.tf.json'),
      JSON.stringify({
        terraform: {
          backend: { s3: { bucket: 'states', key: 'a', region: 'eu-west-1', use_lockfile: true } },
        },
        resource: { terraform_data: { it: { input: 1 } } },
      }),
    );
    const binary = await findTerraform(process.env);
    const terraform = new Terraform(binary, env);
    await terraform.init(stack);

    // Somebody's own terminal: an apply that waits for its answer holds the lock.
    const other = spawn(binary.file, ['apply', '-no-color'], {
      cwd: stack,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let asked = '';
    other.stdout.on('data', (chunk: Buffer) => (asked += chunk.toString()));
    while (!asked.includes('Enter a value:')) await once(other.stdout, 'data');
    const error = await terraform
      .plan(stack, { out: 'p', lock: true, lockTimeoutSeconds: 0 })
      .catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).toMatch(
      /Error acquiring the state lock[\s\S]*Who: +\S+@[\s\S]*Created: +\d{4}-\d\d-\d\d/,
    );
    await terraform.plan(stack, { out: 'p', lock: false });

    other.stdin.end('no\n');
    await once(other, 'close');
    await terraform.plan(stack, { out: 'p', lock: true, lockTimeoutSeconds: 0 });
  }, 90_000);

  test('tells its callers apart: who plans without the lock, who applies, who bootstraps, and everybody else', async () => {
    const terraform = new TerraformOfRoles(await findTerraform(process.env), env, undefined, 1000);
    for (const name of ['roles', 'bootstrap']) {
      mkdirSync(join(folder, name));
      writeFileSync(
        join(folder, name, 'cdk.tf.json'),
        JSON.stringify({
          terraform: {
            backend: { s3: { bucket: 'states', key: name, region: 'eu-west-1', use_lockfile: true } },
          },
          resource: { terraform_data: { it: { input: 1 } } },
        }),
      );
      await terraform.init(join(folder, name));
      await terraform.plan(join(folder, name), { out: 'p', lock: false });
    }
    await terraform.plan(join(folder, 'roles'), { out: 'p', lock: true });
    await terraform.apply(join(folder, 'roles'), 'p');
    await emulator.aws('create-repository', { repository: 'acme/api' });

    const calls = await emulator.calls();
    const of = (key: string): string[] =>
      calls.filter((call) => call.key === key).map(({ action, resource }) => `${action} ${resource}`);
    const writing = /^(Put|Delete)Object /;
    expect(of(accessKeyOf('plan'))).toContain('HeadObject arn:aws:s3:::states/roles');
    expect(of(accessKeyOf('plan')).filter((call) => writing.test(call))).toEqual([]);
    expect(of(accessKeyOf('apply')).filter((call) => writing.test(call))).toEqual([
      'DeleteObject arn:aws:s3:::states/roles.tflock',
      'PutObject arn:aws:s3:::states/roles',
      'PutObject arn:aws:s3:::states/roles.tflock',
    ]);
    expect(of(accessKeyOf('administrator'))).toContain('HeadObject arn:aws:s3:::states/bootstrap');
    expect(of('rehearsal')).toEqual(
      expect.arrayContaining([
        'CreateBucket arn:aws:s3:::states',
        'CreateRepository arn:aws:ecr:eu-west-1:111111111111:repository/acme/api',
      ]),
    );
  }, 90_000);
});
