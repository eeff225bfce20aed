import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DriftResult } from '../workflows-src/comment/render-drift';
import { reportOf, type StackReport } from '../workflows-src/drift/report';
import type { SynthesizedStack } from '../workflows-src/graph/synthesized';
import { checkDrift } from '../workflows-src/operations/drift';
import type { Workspace } from '../workflows-src/operations/workspace';
import { findTerraform } from '../workflows-src/terraform/binary';
import { providerSource } from '../workflows-src/terraform/provider-mirror';
import { Terraform, type PlanOptions, type PlanOutcome } from '../workflows-src/terraform/terraform';
import { type Emulator, withoutAws } from './emulator';
import { emulated, startEmulator } from './emulator-in-tests';

const ROOT = join(__dirname, '..');

/** Notes what plans are asked for. */
class NotingTerraform extends Terraform {
  public readonly plans: Pick<PlanOptions, 'mode' | 'lock'>[] = [];

  public override async plan(folder: string, options: PlanOptions): Promise<PlanOutcome> {
    this.plans.push({ mode: options.mode ?? 'normal', lock: options.lock });
    return super.plan(folder, options);
  }
}

/**
 * A log group, and a security group whose rule is a resource of its own: what AWS says of the group differs from its state
 * once the rule is there, and nobody has changed anything.
 */
const configuration = (logGroup: object): object => ({
  terraform: { required_providers: { aws: { source: 'hashicorp/aws' } }, backend: { local: {} } },
  provider: { aws: { max_retries: 2 } },
  resource: {
    aws_cloudwatch_log_group: { log: { name: 'log', retention_in_days: 14, ...logGroup } },
    aws_vpc: { net: { cidr_block: '10.0.0.0/16' } },
    aws_security_group: { open: { name: 'open', vpc_id: '${aws_vpc.net.id}' } },
    aws_vpc_security_group_ingress_rule: {
      https: {
        security_group_id: '${aws_security_group.open.id}',
        cidr_ipv4: '10.0.0.0/8',
        ip_protocol: 'tcp',
        from_port: 443,
        to_port: 443,
      },
    },
  },
  output: { name: { value: '${aws_cloudwatch_log_group.log.name}' } },
});

emulated('drift of a stack on the emulator', () => {
  let folder: string;
  let emulator: Emulator;
  let terraform: NotingTerraform;
  let workspace: Workspace;
  let stack: SynthesizedStack;

  const configure = (logGroup: object = {}): void =>
    writeFileSync(join(stack.folder, 'cdk.tf.json'), JSON.stringify(configuration(logGroup)));
  const check = async (): Promise<{ result: DriftResult; report: StackReport }> => {
    const [result] = await checkDrift(workspace, [stack]);
    const facts = {
      environment: 'dev',
      commit: 'a'.repeat(40),
      checkedAt: new Date(),
      stacks: [stack.id],
    };
    return { result: result!, report: reportOf([result!], facts).results[0]! };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-drift-'));
    emulator = await startEmulator(folder);
    const providers = await providerSource({ env: process.env, cacheFolder: join(ROOT, '.fairlead') });
    const env = { ...withoutAws(process.env), ...providers.env, ...emulator.env };
    terraform = new NotingTerraform(await findTerraform(process.env), env);
    workspace = { terraform, images: new Map(), watch: () => undefined };
    stack = {
      id: 'dev-logs',
      folder: join(folder, 'dev-logs'),
      dependencies: [],
      reads: [],
      variables: [],
      stateBucket: '',
      stateRegion: '',
    };
    mkdirSync(stack.folder);
    copyFileSync(join(ROOT, 'stacks', 'terraform.lock.hcl'), join(stack.folder, '.terraform.lock.hcl'));
    configure();
  }, 60_000);
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  test('is found in two plans without a lock, apart from what settles, and also where planning fails', async () => {
    await terraform.init(stack.folder);
    await terraform.plan(stack.folder, { out: 'p', lock: true });
    await terraform.apply(stack.folder, 'p');
    terraform.plans.length = 0;

    const before = await check();
    expect(before.report.status).toBe('clean');
    expect(before.result).toMatchObject({
      changes: { drift: [], settled: [{ address: 'aws_security_group.open' }] },
    });
    expect(terraform.plans).toEqual([
      { mode: 'normal', lock: false },
      { mode: 'refresh-only', lock: false },
    ]);

    await emulator.aws('set-log-retention', { logGroup: 'log', days: 7 });
    const { report } = await check();
    expect(report).toMatchObject({ status: 'drifted', drifted: 1, pending: 0 });
    expect(report.body).toContain('!     retention_in_days: 14 → 7\n');

    // Renamed, so that it would be replaced, which it forbids: the refresh-only plan still knows the drift.
    configure({ name: 'other', lifecycle: { prevent_destroy: true } });
    const failing = await check();
    expect(failing.report.status).toBe('failed');
    expect(failing.report.body).toMatch(/Instance cannot be destroyed[\s\S]*retention_in_days: 14 → 7\n/);
  }, 300_000);
});
