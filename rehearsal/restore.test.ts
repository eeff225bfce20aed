import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { findTerraform } from '../workflows-src/terraform/binary';
import { run } from '../workflows-src/terraform/process';
import { providerSource } from '../workflows-src/terraform/provider-mirror';
import { Terraform } from '../workflows-src/terraform/terraform';
import { type Emulator, withoutAws } from './emulator';
import { emulated, python, startEmulator, synthesizedResource } from './emulator-in-tests';

const ROOT = join(__dirname, '..');

type Json = Record<string, any>;

/** The commands of docs/restore.md in their order. A point in time is restored beside the snapshot, not in its place. */
function documentedCommands(): string {
  const text = readFileSync(join(ROOT, 'docs', 'restore.md'), 'utf8');
  const blocks = [...text.matchAll(/^```sh(?<instead> point-in-time)?\n(?<commands>[^]*?)^```$/gm)];
  return blocks
    .map(({ groups }) =>
      groups?.instead ? `(restored=$restored-in-time\n${groups.commands})` : groups?.commands,
    )
    .join('\n');
}

/** What stands before: as much of `dev` as the commands ask for. */
const STANDING = `
vpc=$(aws ec2 describe-vpcs --query 'Vpcs[0].VpcId' --output text)
subnets=$(aws ec2 describe-subnets --query 'Subnets[].SubnetId' --output text)
group=$(aws ec2 create-security-group --group-name fairlead-dev-database --description it --vpc-id "$vpc" --query GroupId --output text)
key=$(aws kms create-key --query KeyMetadata.Arn --output text)
aws kms create-alias --alias-name alias/fairlead-dev-database --target-key-id "$key"
aws rds create-db-subnet-group --db-subnet-group-name fairlead-dev-database --db-subnet-group-description it --subnet-ids $subnets
aws rds create-db-parameter-group --db-parameter-group-name fairlead-dev-database-postgres16 --db-parameter-group-family postgres16 --description it
aws rds create-db-instance --db-instance-identifier fairlead-dev-database --db-instance-class db.t4g.micro --engine postgres \
  --engine-version 16 --db-name app --allocated-storage 20 --storage-type gp3 --storage-encrypted --kms-key-id "$key" \
  --master-username app_owner --manage-master-user-password --master-user-secret-kms-key-id "$key" \
  --db-subnet-group-name fairlead-dev-database --db-parameter-group-name fairlead-dev-database-postgres16 \
  --vpc-security-group-ids "$group" --enable-iam-database-authentication --no-publicly-accessible --deletion-protection
aws ecs create-cluster --cluster-name fairlead-dev
aws ecs register-task-definition --family api --container-definitions '[{"name": "api", "image": "api", "memory": 128}]'
aws ecs create-service --cluster fairlead-dev --service-name fairlead-dev-api --task-definition api --desired-count 1
aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount \
  --resource-id service/fairlead-dev/fairlead-dev-api --min-capacity 1 --max-capacity 4
echo "$group $key" > standing
`;

/** The database of `dev-data` as it is synthesized, with the names of what stands in place of what the stack makes. */
function synthesizedDatabase(group: string, key: string): Json {
  const { depends_on: _, ...database } = synthesizedResource(
    'dev-data',
    'aws_db_instance',
    'postgres',
  ) as Json;
  return {
    ...database,
    db_subnet_group_name: 'fairlead-dev-database',
    parameter_group_name: 'fairlead-dev-database-postgres16',
    vpc_security_group_ids: [group],
    kms_key_id: key,
    master_user_secret_kms_key_id: key,
    performance_insights_kms_key_id: key,
    monitoring_role_arn: 'arn:aws:iam::111111111111:role/fairlead-dev-database-monitoring',
  };
}

emulated('restoring a database as docs/restore.md says', () => {
  let folder: string;
  let stack: string;
  let emulator: Emulator;
  let env: NodeJS.ProcessEnv;

  const shell = async (commands: string): Promise<string> => {
    const { code, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd: folder,
      env,
    });
    if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
    return stdout.toString('utf8');
  };
  const program = (name: string, line: string): void => {
    const file = join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n${line}\n`);
    chmodSync(file, 0o755);
  };
  const asked = (query: string): Promise<string> =>
    shell(`aws ${query} --output text`).then((answer) => answer.trim());

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-restore-'));
    stack = join(folder, 'cdktf.out', 'stacks', 'dev-data');
    mkdirSync(stack, { recursive: true });
    mkdirSync(join(folder, 'bin'));
    emulator = await startEmulator(folder);
    const providers = await providerSource({ env: process.env, cacheFolder: join(ROOT, '.fairlead') });
    const { file } = await findTerraform(process.env);
    program('aws', `exec '${python}' '${join(__dirname, 'emulator', 'aws_cli.py')}' "$@"`);
    program('npm', `echo "$@" >> '${join(folder, 'npm-commands')}'`);
    env = {
      ...withoutAws(process.env),
      ...providers.env,
      ...emulator.env,
      CHECKPOINT_DISABLE: '1',
      PATH: [join(folder, 'bin'), dirname(file), process.env.PATH].join(':'),
    };
    await shell(STANDING);
    const [group = '', key = ''] = readFileSync(join(folder, 'standing'), 'utf8').trim().split(' ');
    copyFileSync(join(ROOT, 'stacks', 'terraform.lock.hcl'), join(stack, '.terraform.lock.hcl'));
    writeFileSync(
      join(stack, 'cdk.tf.json'),
      JSON.stringify({
        terraform: { required_providers: { aws: { source: 'hashicorp/aws' } }, backend: { local: {} } },
        provider: { aws: { max_retries: 2 } },
        resource: { aws_db_instance: { postgres: synthesizedDatabase(group, key) } },
      }),
    );
    await shell(
      `cd ${stack} && terraform init && terraform import aws_db_instance.postgres fairlead-dev-database`,
    );
  }, 120_000);
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  test('leaves the restored one in the place of the old, and a plan that replaces nothing', async () => {
    const ids = 'rds describe-db-instances --query DBInstances[].[DBInstanceIdentifier,DbiResourceId]';
    const [, before] = (await asked(ids)).split('\t');
    const said = await shell(documentedCommands());

    const rows = said.split('\n').filter((line) => line.startsWith('postgres\t16\t20\t'));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toBe(rows[1]);
    expect(rows[0]).toMatch(/\tTrue\tarn:aws:kms:\S+\tFalse$/);

    const after = new Map((await asked(ids)).split('\n').map((line) => line.split('\t') as [string, string]));
    expect([...after.keys()].sort()).toEqual([
      'fairlead-dev-database',
      'fairlead-dev-database-restored-in-time',
    ]);
    expect(after.get('fairlead-dev-database')).not.toBe(before);
    expect(
      await asked(
        'rds describe-db-snapshots --snapshot-type manual --query DBSnapshots[].DBSnapshotIdentifier',
      ),
    ).toBe('fairlead-dev-database-before-final');
    expect(
      await asked(
        'ecs describe-services --cluster fairlead-dev --services fairlead-dev-api --query services[].desiredCount',
      ),
    ).toBe('1');
    expect(readFileSync(join(folder, 'npm-commands'), 'utf8').trim().split('\n')).toEqual([
      'run synth',
      'run plan -- dev data',
      'run apply -- dev',
    ]);

    const terraform = new Terraform(await findTerraform(process.env), env);
    await terraform.plan(stack, { out: 'p', lock: true });
    const plan = JSON.parse((await terraform.show(stack, 'p')).toString('utf8')) as Json;
    const [{ address, change }] = plan.resource_changes as [Json];
    expect(plan.resource_changes).toHaveLength(1);
    expect([address, change.actions, change.before.id]).toEqual([
      'aws_db_instance.postgres',
      ['update'],
      after.get('fairlead-dev-database'),
    ]);
  }, 300_000);
});
