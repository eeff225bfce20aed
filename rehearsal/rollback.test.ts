import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { child } from '../workflows-src/changes/json';
import { findTerraform } from '../workflows-src/terraform/binary';
import { providerSource } from '../workflows-src/terraform/provider-mirror';
import { Terraform, TerraformError } from '../workflows-src/terraform/terraform';
import { type Emulator, withoutAws } from './emulator';
import { emulated, startEmulator, synthesizedResource } from './emulator-in-tests';
import { imageManifest } from './image';

const ROOT = join(__dirname, '..');

type Json = Record<string, any>;

/** The ECS service of `dev-service-api` as it is synthesized: its postcondition is what is tested. */
const synthesizedService = (): Json =>
  synthesizedResource('dev-service-api', 'aws_ecs_service', 'service') as Json;

/** A resource's attribute in place of each output of another stack, which this one stack does not have. */
function standingAlone(service: Json): Json {
  const upstream = (name: string, stack: string): [string, string] => [
    /data\.terraform_remote_state\.[\w.-]+/.exec(String(service[name]))?.[0] ?? `no ${name}`,
    stack,
  ];
  const {
    alarms: _alarms,
    capacity_provider_strategy: _strategy,
    depends_on: _dependsOn,
    health_check_grace_period_seconds: _grace,
    load_balancer: _loadBalancer,
    network_configuration: _network,
    ...kept
  } = service;
  const network = { subnets: ['${aws_subnet.it.id}'], security_groups: ['${aws_security_group.it.id}'] };
  const text = [
    upstream('task_definition', 'aws_ecs_task_definition.it.arn'),
    upstream('cluster', 'aws_ecs_cluster.it.arn'),
  ].reduce((all, [from, to]) => all.replaceAll(from, to), JSON.stringify(kept));
  return { ...(JSON.parse(text) as Json), network_configuration: network };
}

const configuration = (service: Json): Json => ({
  terraform: { required_providers: { aws: { source: 'hashicorp/aws' } }, backend: { local: {} } },
  provider: { aws: { max_retries: 2 } },
  variable: { image: { type: 'string' } },
  resource: {
    aws_vpc: { it: { cidr_block: '10.0.0.0/16' } },
    aws_subnet: { it: { vpc_id: '${aws_vpc.it.id}', cidr_block: '10.0.0.0/24' } },
    aws_security_group: { it: { name: 'it', vpc_id: '${aws_vpc.it.id}' } },
    aws_ecs_cluster: { it: { name: 'it' } },
    aws_ecs_task_definition: {
      it: {
        family: 'api',
        network_mode: 'awsvpc',
        requires_compatibilities: ['EC2'],
        tags: { Name: 'api' },
        skip_destroy: true,
        container_definitions: JSON.stringify([
          { name: 'api', image: '${var.image}', memory: 128, essential: true },
        ]),
      },
    },
    aws_ecs_service: { service },
  },
});

emulated('a deployment that ECS rolls back', () => {
  const service = synthesizedService();
  const repository = '111111111111.dkr.ecr.eu-west-1.amazonaws.com/fairlead/api';
  let folder: string;
  let emulator: Emulator;
  let terraform: Terraform;
  let stack: string;
  let good: string;
  let broken: string;

  const configure = (it: Json): void =>
    writeFileSync(join(stack, 'cdk.tf.json'), JSON.stringify(configuration(it)));
  const register = async (tag: string, architecture: 'arm64' | 'x86_64'): Promise<string> => {
    const manifest = await imageManifest(join(ROOT, 'services'), 'api', architecture);
    const put = await emulator.aws('put-image', { repository: 'fairlead/api', manifest, tag });
    return `${repository}@${String(child(put, 'digest'))}`;
  };
  /** @returns whether there was anything to apply */
  const plan = async (image: string): Promise<boolean> =>
    !(await terraform.plan(stack, { out: 'p', lock: true, variables: { image } })).isEmpty;
  const release = async (image: string): Promise<void> => {
    await plan(image);
    await terraform.apply(stack, 'p');
  };
  /** The image of the task definition that the service runs, as ECS says. */
  const running = async (): Promise<unknown> =>
    child(await emulator.aws('running-images', { cluster: 'it', service: String(service.name) }), 'images');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-rollback-'));
    emulator = await startEmulator(folder);
    await emulator.aws('create-repository', { repository: 'fairlead/api' });
    good = await register('good', 'arm64');
    // Built for another processor: it starts nowhere.
    broken = await register('broken', 'x86_64');
    const providers = await providerSource({ env: process.env, cacheFolder: join(ROOT, '.fairlead') });
    const env = { ...withoutAws(process.env), ...providers.env, ...emulator.env };
    terraform = new Terraform(await findTerraform(process.env), env);
    stack = join(folder, 'stack');
    mkdirSync(stack);
    copyFileSync(join(ROOT, 'stacks', 'terraform.lock.hcl'), join(stack, '.terraform.lock.hcl'));
    configure(standingAlone(service));
    await terraform.init(stack);
  }, 60_000);
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  test('fails the apply in the words of the postcondition; the digest before it, applied again, converges', async () => {
    await release(good);
    expect(await running()).toEqual([good]);

    const error = await release(broken).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TerraformError);
    const { code, message } = error as TerraformError;
    expect(code).toBe(1);
    expect(message).toContain('Resource postcondition failed');
    expect(message).toContain(String(service.lifecycle.postcondition[0].error_message));
    expect(await running()).toEqual([good]);
    // What was not deployed stays to be done, so that neither a plan nor the drift check calls it well.
    expect(await plan(broken)).toBe(true);

    await release(good);
    expect(await running()).toEqual([good]);
    expect(await plan(good)).toBe(false);
  }, 300_000);

  test('is a success to Terraform without the postcondition', async () => {
    const { postcondition: _, ...lifecycle } = standingAlone(service).lifecycle as Json;
    configure({ ...standingAlone(service), lifecycle });
    await release(broken);
    expect(await running()).toEqual([good]);
  }, 300_000);
});
