import { resolve } from 'node:path';

import * as z from 'zod';

import { CannotStart, run } from './process';

export interface TerraformBinary {
  /** As given: a name on the PATH or a path. */
  readonly file: string;
  readonly product: 'Terraform' | 'OpenTofu';
  readonly version: string;
}

/** Both lock S3 state by themselves from their 1.10; Terraform 1.10 still calls it experimental. */
const OLDEST = { Terraform: [1, 11], OpenTofu: [1, 10] } as const;

const versionAnswer = z.object({ terraform_version: z.string().regex(/^\d+\.\d+\.\d+/) });

/**
 * The terraform (or tofu) to use: `TERRAFORM_BINARY_NAME`, as CDKTF calls it, else `terraform`.
 * @throws Error saying what to install when it is missing, broken or too old
 */
export async function findTerraform(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<TerraformBinary> {
  const name = env.TERRAFORM_BINARY_NAME || 'terraform';
  // A relative path would mean another file in each stack's folder.
  const file = name.includes('/') ? resolve(name) : name;
  const remedy =
    'Install Terraform 1.11+ (https://developer.hashicorp.com/terraform/install) or OpenTofu 1.10+ and set TERRAFORM_BINARY_NAME=tofu.';
  const answered = await run(file, ['version', '-json'], {
    env: { ...env, CHECKPOINT_DISABLE: '1' },
    signal,
  }).catch((error: unknown) => {
    if (!(error instanceof CannotStart)) throw error;
    throw new Error(
      `'${file}' ${error.errno === 'ENOENT' ? 'is not on the PATH' : `cannot be started (${error.errno})`}. ${remedy}`,
      { cause: error },
    );
  });
  const parsed = versionAnswer.safeParse(parseJson(answered.stdout.toString('utf8')));
  if (answered.code !== 0 || !parsed.success) {
    throw new Error(`'${file} version -json' gave no version (exit ${answered.code}). ${remedy}`);
  }
  const version = parsed.data.terraform_version;
  // OpenTofu answers in the same words; only its plain output names it.
  const plain = await run(file, ['version'], { env: { ...env, CHECKPOINT_DISABLE: '1' }, signal });
  const product = plain.stdout.toString('utf8').startsWith('OpenTofu') ? 'OpenTofu' : 'Terraform';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldMajor, oldMinor] = OLDEST[product];
  if (major < oldMajor || (major === oldMajor && minor < oldMinor)) {
    throw new Error(
      `${product} ${version} is too old: native S3 locking needs ${product} ${oldMajor}.${oldMinor} or newer. ${remedy}`,
    );
  }
  return { file, product, version };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
