'use strict';
/**
 * The `app` of the rehearsed project: writes what CDKTF would, from `infrastructure.json`, in no time. Each stack there has
 * the stacks that it reads from, and the rest of its Terraform JSON.
 */
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const outdir = process.env.CDKTF_OUTDIR ?? 'cdktf.out';
const { bucket, region, stacks } = JSON.parse(readFileSync('infrastructure.json', 'utf8'));
const manifest = { version: '0.21.0', stacks: {} };
for (const [id, { reads = [], ...body }] of Object.entries(stacks)) {
  const folder = join(outdir, 'stacks', id);
  mkdirSync(folder, { recursive: true });
  const states = Object.fromEntries(
    reads.map((key) => [key, { backend: 's3', config: { bucket, key, region } }]),
  );
  const usesAws = Object.keys(body.resource ?? {}).some((type) => type.startsWith('aws_'));
  const configuration = {
    ...body,
    ...(reads.length > 0 && { data: { terraform_remote_state: states } }),
    // Starting the AWS provider takes six seconds, which a stack of terraform_data can do without.
    ...(usesAws && { provider: { aws: [{ region, max_retries: 3 }] } }),
    terraform: {
      backend: { s3: { bucket, key: id, region, use_lockfile: true } },
      ...(usesAws && { required_providers: { aws: { source: 'aws', version: '5.100.0' } } }),
    },
  };
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify(configuration, null, 2));
  if (usesAws) writeFileSync(join(folder, '.terraform.lock.hcl'), readFileSync('stacks/terraform.lock.hcl'));
  manifest.stacks[id] = {
    name: id,
    workingDirectory: `stacks/${id}`,
    synthesizedStackPath: `stacks/${id}/cdk.tf.json`,
    dependencies: reads,
  };
}
writeFileSync(join(outdir, 'manifest.json'), JSON.stringify(manifest));
