import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { releaseParameter } from '../../stacks/names';
import { ask, type Engine } from '../../workflows-src/image/engine';
import { readPointer, type ReleasePointer } from '../../workflows-src/release/pointer';
import { prepareEngine } from '../engine/prepare';
import { Registry } from '../engine/registry';
import { freePort } from '../free-port';
import { provenance } from '../sigstore';
import { applyAll, holding, python } from './support';
import { type Infrastructure, type StackBody, World } from './world';

/**
 * A world that ships containers: a real engine builds them, a registry on loopback keeps them, and the emulator's ECS runs
 * them, against a real PostgreSQL with a database for each environment.
 */

const ROOT = join(__dirname, '../..');
const ECR = '111111111111.dkr.ecr.eu-west-1.amazonaws.com';
const REPOSITORY = 'fairlead/api';
export const ENVIRONMENTS = ['dev', 'prod'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export class Shipping {
  private constructor(
    public readonly world: World,
    private readonly engine: Engine,
    private readonly registry: Registry,
    public readonly urls: Readonly<Record<string, string>>,
  ) {}

  /** @param databases of each environment */
  public static async begin(databases: Readonly<Record<Environment, string>>): Promise<Shipping> {
    const prepared = await prepareEngine({ env: process.env, root: ROOT, services: ['api'] });
    if ('missing' in prepared) throw new Error(prepared.missing);
    const { engine } = prepared;
    const registry = await Registry.start(engine);
    const ports = { dev: await freePort(), prod: await freePort() };
    const urls = { dev: `http://127.0.0.1:${ports.dev}`, prod: `http://127.0.0.1:${ports.prod}` };
    const agent = {
      registry: { name: ECR, at: registry.host },
      ports: { 'shop-dev/shop-dev-api': ports.dev, 'shop-prod/shop-prod-api': ports.prod },
      databases: { 'shop-dev': databases.dev, 'shop-prod': databases.prod },
    };
    const jobEnv = Object.fromEntries(
      Object.entries(engine.env).filter(
        ([name, value]) => process.env[name] !== value && value !== undefined,
      ),
    ) as Record<string, string>;
    const world = await World.begin(
      python,
      {
        bootstrap: holding('the account'),
        'dev-platform': platform('dev', urls.dev),
        'prod-platform': platform('prod', urls.prod),
      },
      jobEnv,
      {
        agent,
        agentEnv: jobEnv,
        needs: NEEDED,
        programs: (emulator) => ({
          aws: `#!/bin/sh\nexec '${python}' '${join(ROOT, 'rehearsal/emulator/aws_cli.py')}' "$@"\n`,
          podman: enginesProgram('podman', registry.host, emulator.env),
          skopeo: enginesProgram('skopeo', registry.host, emulator.env),
        }),
      },
    );
    const shipping = new Shipping(world, engine, registry, urls);
    try {
      await world.emulator.aws('create-repository', { repository: REPOSITORY });
      await applyAll(world);
      return shipping;
    } catch (error) {
      await shipping.end();
      throw error;
    }
  }

  /** The containers of its services end with the emulator. */
  public async end(): Promise<void> {
    await this.world.end();
    await this.registry.stop();
  }

  /** What SSM says that runs; undefined before the first release. */
  public async pointer(environment: Environment): Promise<ReleasePointer | undefined> {
    const name = releaseParameter('fairlead', environment, 'api');
    const answer = (await this.world.emulator.aws('parameter', { name })) as { value: string | null };
    return answer.value === null ? undefined : readPointer(answer.value, name);
  }

  /** The digest of the image whose container runs, as the engine says. */
  public async runs(environment: Environment): Promise<string> {
    const args = [
      'container',
      'inspect',
      '--format={{.ImageName}} {{.State.Running}}',
      this.containerOf(environment),
    ];
    const [image = '', running] = (await ask(this.engine, args, `${environment} runs nothing`))
      .toString('utf8')
      .trim()
      .split(' ');
    return running === 'true' ? image.slice(image.indexOf('@') + 1) : 'nothing';
  }

  /** The images that ECS is told to run. */
  public async told(environment: Environment): Promise<unknown> {
    return this.world.emulator.aws('running-images', {
      cluster: `shop-${environment}`,
      service: `shop-${environment}-api`,
    });
  }

  /** The manifest that ECR has under a tag or digest, its digest, and all its tags. */
  public async inRegistry(id: { readonly tag: string } | { readonly digest: string }): Promise<Stored> {
    return (await this.world.emulator.aws('image', { repository: REPOSITORY, ...id })) as Stored;
  }

  /**
   * Builds and pushes an image of the branch that is checked out, outside of any workflow.
   * @param attested as a run of `apply` would have. @default true
   */
  public async image(tag: string, { attested = true } = {}): Promise<string> {
    const { world } = this;
    const repository = `${ECR}/${REPOSITORY}`;
    const output = join(world.checkout, '.fairlead', `${tag}.output`);
    mkdirSync(join(world.checkout, '.fairlead'), { recursive: true });
    rmSync(output, { force: true });
    const { code, out, err } = await world.command([
      ...['image', 'api', '--tag', `${repository}:${tag}`, '--push', '--github-output', output],
    ]);
    if (code !== 0) throw new Error(`${out}${err}`);
    const [, digest = ''] =
      /digest=(sha256:[0-9a-f]{64})/.exec(`${out}\n${readFileSync(output, 'utf8')}`) ?? [];
    if (attested) await this.attest(`${repository}@${digest}`);
    return `${repository}@${digest}`;
  }

  /** As `actions/attest` does in a run of the workflow on main. */
  public async attest(image: string): Promise<void> {
    const { owner, repo, id } = this.world.github.repository.names;
    const identity = {
      iss: 'https://token.actions.githubusercontent.com',
      repository: `${owner}/${repo}`,
      repository_id: String(id),
      repository_owner_id: '1',
      repository_visibility: 'private',
      workflow_ref: `${owner}/${repo}/.github/workflows/apply.yml@refs/heads/main`,
      ref: 'refs/heads/main',
      sha: this.world.git('rev-parse', 'HEAD'),
      event_name: 'push',
      run_id: '1',
      run_attempt: '1',
      runner_environment: 'github-hosted',
    };
    const [name = '', digest = ''] = image.split('@');
    const bundle = this.world.sigstore.attest(provenance({ name, digest }, identity), identity, {
      instance: 'github',
    });
    const answer = await fetch(`${this.world.github.url}/repos/${owner}/${repo}/attestations`, {
      method: 'POST',
      headers: { authorization: `token ${this.world.github.token}` },
      body: JSON.stringify({ bundle }),
    });
    if (!answer.ok) throw new Error(`the fake GitHub keeps no attestation: ${answer.status}`);
  }

  private containerOf(environment: Environment): string {
    return `fairlead-service-shop-${environment}-shop-${environment}-api`;
  }
}

export interface Stored {
  readonly digest: string | null;
  readonly manifest: string | null;
  readonly tags: readonly string[];
}

/** Files that the image is made of, and what its tests need. */
const NEEDED = /^(?:\.npmrc|\.dockerignore|jest\.config\.ts|services\/.*|rehearsal\/test-setup\.ts)$/;

/**
 * An engine's program, for which ECR's name leads to the registry on loopback; what is pushed there the emulator's ECR gets to
 * know, whose own cannot receive layers.
 */
function enginesProgram(name: string, host: string, env: Readonly<Record<string, string>>): string {
  const exports = Object.entries(env)
    .filter(([variable]) => variable.startsWith('AWS_'))
    .map(([variable, value]) => `${variable}='${value}'`)
    .join(' ');
  return [
    '#!/bin/bash',
    'set -euo pipefail',
    'PATH=${PATH//"$(dirname "$0"):"/}',
    `given=("$@") there=("\${@//${ECR}/${host}}")`,
    // As the real one would be told by its settings, that this registry has no TLS.
    'case "$1" in push | inspect) there=("$1" --tls-verify=false "${there[@]:1}") ;; esac',
    `${name} "\${there[@]}"`,
    'if [ "$1" = push ]; then',
    '  reference=${given[-1]} tag=${given[-1]##*:}',
    `  manifest=$(curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://${host}/v2/${REPOSITORY}/manifests/$tag")`,
    `  env ${exports} '${python}' '${join(ROOT, 'rehearsal/emulator/aws.py')}' put-image "$('${python}' -c 'import json,sys; print(json.dumps({"repository": sys.argv[1], "tag": sys.argv[2], "manifest": sys.argv[3]}))' '${REPOSITORY}' "$tag" "$manifest")" >&2`,
    'fi',
    '',
  ].join('\n');
}

/** Cluster and network of an environment: what an application's merge never plans. */
function platform(environment: Environment, url: string): StackBody {
  return {
    resource: {
      aws_vpc: { it: { cidr_block: '10.0.0.0/16' } },
      aws_subnet: { it: { vpc_id: '${aws_vpc.it.id}', cidr_block: '10.0.0.0/24' } },
      aws_security_group: { it: { name: `shop-${environment}`, vpc_id: '${aws_vpc.it.id}' } },
      aws_ecs_cluster: { it: { name: `shop-${environment}` } },
    },
    output: {
      url: { value: url },
      cluster_arn: { value: '${aws_ecs_cluster.it.arn}' },
      subnet_id: { value: '${aws_subnet.it.id}' },
      group_id: { value: '${aws_security_group.it.id}' },
    },
  };
}

/** The two stacks of the service in an environment, as stacks/tasks.ts and stacks/service.ts shape them. */
export function serviceStacks(environment: Environment): Infrastructure {
  const upstream = (stack: string, output: string): string =>
    `\${data.terraform_remote_state.${environment}-${stack}.outputs.${output}}`;
  const name = `shop-${environment}-api`;
  const container = (of: string, more: object): object => ({
    name: of,
    image: '${var.image}',
    cpu: 256,
    memory: 512,
    essential: true,
    environment: [{ name: 'LOG_LEVEL', value: 'info' }],
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': `/shop/${environment}/api-${of}`,
        'awslogs-region': 'eu-west-1',
        'awslogs-stream-prefix': of,
      },
    },
    ...more,
  });
  const definition = (family: string, of: object): object => ({
    family,
    network_mode: 'awsvpc',
    requires_compatibilities: ['EC2'],
    skip_destroy: true,
    container_definitions: JSON.stringify([of]),
  });
  return {
    [`${environment}-tasks-api`]: {
      reads: [`${environment}-platform`],
      variable: { image: { type: 'string', nullable: false } },
      resource: {
        aws_cloudwatch_log_group: {
          api: { name: `/shop/${environment}/api-api` },
          migrate: { name: `/shop/${environment}/api-migrate` },
        },
        aws_ecs_task_definition: {
          api: definition(name, container('api', { stopTimeout: 60 })),
          migrate: definition(
            `${name}-migrate`,
            container('migrate', { command: ['node', 'dist/migrate.js'] }),
          ),
        },
      },
      output: {
        task_definition_arn: { value: '${aws_ecs_task_definition.api.arn}' },
        deployed_image: { value: '${var.image}' },
        migration: {
          value: {
            task_definition_arn: '${aws_ecs_task_definition.migrate.arn}',
            container: 'migrate',
            cluster_arn: upstream('platform', 'cluster_arn'),
            capacity_provider: 'ec2',
            security_group_id: upstream('platform', 'group_id'),
            subnet_ids: [upstream('platform', 'subnet_id')],
            log_group: `/shop/${environment}/api-migrate`,
          },
        },
      },
    },
    [`${environment}-service-api`]: {
      reads: [`${environment}-platform`, `${environment}-tasks-api`],
      resource: {
        aws_ecs_service: {
          service: {
            name,
            cluster: upstream('platform', 'cluster_arn'),
            task_definition: upstream('tasks-api', 'task_definition_arn'),
            desired_count: 1,
            deployment_circuit_breaker: { enable: true, rollback: true },
            network_configuration: {
              subnets: [upstream('platform', 'subnet_id')],
              security_groups: [upstream('platform', 'group_id')],
            },
            wait_for_steady_state: true,
            lifecycle: {
              ignore_changes: ['desired_count'],
              postcondition: [
                {
                  condition: `\${self.task_definition == ${upstream('tasks-api', 'task_definition_arn').slice(2, -1)}}`,
                  error_message: `${name} runs another task definition than the one just applied: ECS rolled the deployment back.`,
                },
              ],
            },
          },
        },
      },
      output: { service_name: { value: '${aws_ecs_service.service.name}' } },
    },
  };
}
