import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findTerraform } from './binary';
import { Terraform, TerraformError } from './terraform';

/** The real terraform, with its builtin provider: no download, no cloud. */
let folder: string;
let terraform: Terraform;
beforeAll(async () => {
  terraform = new Terraform(await findTerraform(process.env), process.env);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-terraform-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (content: object): void => writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify(content));
const backend = { backend: { local: { path: 'a.tfstate' } } };

test('init, plan, show, apply and outputs of a real stack', async () => {
  write({
    terraform: backend,
    variable: { name: { type: 'string' } },
    resource: { terraform_data: { it: { input: '${var.name}' } } },
    output: { greeting: { value: 'hello ${var.name}' } },
  });
  const seen: unknown[] = [];
  await terraform.init(folder);
  expect(await terraform.outputs(folder)).toEqual({});
  await terraform.plan(folder, { out: 'p', lock: true, variables: { name: 'a b="c"' } });
  expect(JSON.parse((await terraform.show(folder, 'p')).toString())).toMatchObject({
    resource_changes: [{ address: 'terraform_data.it' }],
  });
  await terraform.apply(folder, 'p', { onProgress: (progress) => seen.push(progress) });
  expect(await terraform.outputs(folder)).toEqual({ greeting: 'hello a b="c"' });
  expect(seen).toEqual([{ address: 'terraform_data.it', action: 'create' }]);
});

test('a plan that changes nothing is told apart from one that changes an output, and from one with a failed check', async () => {
  const stack = (output: string, check: object = {}): object => ({
    terraform: backend,
    resource: { terraform_data: { it: { input: 1 }, other: { input: 2 } } },
    output: { greeting: { value: output } },
    ...check,
  });
  const planned = async (content: object): Promise<unknown> => {
    write(content);
    return terraform.plan(folder, { out: 'p', lock: false });
  };
  write(stack('hello'));
  await terraform.init(folder);
  expect(await planned(stack('hello'))).toEqual({ isEmpty: false, refreshed: 0 });
  await terraform.apply(folder, 'p');
  expect(await planned(stack('hello'))).toEqual({ isEmpty: true, refreshed: 2 });
  expect(await planned(stack('good day'))).toEqual({ isEmpty: false, refreshed: 2 });
  const check = {
    check: {
      always: { assert: { condition: '${terraform_data.it.output == 2}', error_message: 'It is not.' } },
    },
  };
  expect(await planned(stack('hello', check))).toEqual({ isEmpty: false, refreshed: 2 });
});

test("fails with terraform's own diagnostics, with file, line and address", async () => {
  write({ terraform: backend, resource: { terraform_data: { it: { input: '${var.nobody}' } } } });
  await terraform.init(folder);
  const error = await terraform.plan(folder, { out: 'p', lock: false }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TerraformError);
  expect((error as TerraformError).diagnostics).toMatchObject([
    { severity: 'error', summary: 'Reference to undeclared input variable', at: 'cdk.tf.json:1' },
  ]);
  expect((error as Error).message).toMatch(
    /^terraform plan failed \(exit 1\)\nError: Reference to undeclared input variable/,
  );
});

test('variables of the environment that would change our arguments are not passed on', async () => {
  write({ terraform: backend });
  const meddled = new Terraform(terraform.binary, {
    ...process.env,
    TF_CLI_ARGS_plan: '-nonsense',
    TF_WORKSPACE: 'other',
  });
  await meddled.init(folder);
  await meddled.plan(folder, { out: 'p', lock: false });
});

describe('finding terraform', () => {
  const fake = (script: string): string => {
    const file = join(folder, 'terraform');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  test('fails when it is not there, saying what to install', async () => {
    await expect(findTerraform({ PATH: folder })).rejects.toThrow(
      "'terraform' is not on the PATH. Install Terraform 1.11+",
    );
    await expect(findTerraform({ PATH: folder, TERRAFORM_BINARY_NAME: 'tofu' })).rejects.toThrow(
      "'tofu' is not on the PATH",
    );
  });

  test('fails when it is too old to lock state in S3', async () => {
    const file = fake(`[ "$2" = -json ] && echo '{"terraform_version":"1.9.8"}' || echo 'Terraform v1.9.8'`);
    await expect(findTerraform({ ...process.env, TERRAFORM_BINARY_NAME: file })).rejects.toThrow(
      'Terraform 1.9.8 is too old: native S3 locking needs Terraform 1.11 or newer',
    );
  });

  test('OpenTofu 1.10 is told from Terraform 1.10 and accepted', async () => {
    const file = fake(`[ "$2" = -json ] && echo '{"terraform_version":"1.10.3"}' || echo 'OpenTofu v1.10.3'`);
    expect(await findTerraform({ ...process.env, TERRAFORM_BINARY_NAME: file })).toEqual({
      file,
      product: 'OpenTofu',
      version: '1.10.3',
    });
  });

  test('fails when something else answers', async () => {
    const file = fake('echo hello');
    await expect(findTerraform({ ...process.env, TERRAFORM_BINARY_NAME: file })).rejects.toThrow(
      'gave no version',
    );
  });
});

test('what terraform says of an interrupted call is not lost', async () => {
  const controller = new AbortController();
  const slow = new Terraform(terraform.binary, process.env, controller.signal);
  write({
    terraform: backend,
    resource: { terraform_data: { it: { provisioner: [{ 'local-exec': { command: 'sleep 30' } }] } } },
  });
  await slow.init(folder);
  await slow.plan(folder, { out: 'p', lock: true });
  setTimeout(() => controller.abort(new Error('stop now')), 1500);
  await expect(slow.apply(folder, 'p')).rejects.toThrow(/^terraform apply failed \(exit 1\)\nError: /);
});
