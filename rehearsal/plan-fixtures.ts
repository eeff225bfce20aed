import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { checkConfig, environmentNamed } from '../stacks/check-config';
import { config as givenConfig, type EnvironmentConfig } from '../stacks/config';
import { synthesize } from '../stacks/main';
import { repositoryName, repositoryUrl } from '../stacks/names';
import { loadServiceDescriptors } from '../stacks/services';
import { writeFixture } from '../workflows-src/changes/fixtures/write-fixture';
import { readPlan } from '../workflows-src/changes/read-plan';
import { runGraph, type GraphNode, type Outcome } from '../workflows-src/graph/schedule';
import {
  readSynthesized,
  stacksOf,
  type EnvironmentStacks,
  type SynthesizedStack,
} from '../workflows-src/graph/synthesized';
import { applyStack } from '../workflows-src/operations/apply';
import { bootstrap } from '../workflows-src/operations/bootstrap';
import { changesAnything, messageOf, planned } from '../workflows-src/operations/plan';
import { initialize, removePlan, type Workspace } from '../workflows-src/operations/workspace';
import { findTerraform } from '../workflows-src/terraform/binary';
import { run } from '../workflows-src/terraform/process';
import { providerSource } from '../workflows-src/terraform/provider-mirror';
import { Terraform, type PlanOptions, type PlanOutcome } from '../workflows-src/terraform/terraform';
import { Emulator, withoutAws } from './emulator';
import { imageManifest } from './image';
import { pythonEnvironment } from './python';
import { RunFolder } from './run-folder';
import { edited, rehearsedSettings, type RehearsedSettings } from './settings';

/**
 * Makes the fixtures `own-*` in workflows-src/changes/fixtures again: real plans of our own stacks, on the emulator. First
 * those of the first apply of `dev`, then those of some pull requests on the standing environment, of drift and of a destroy,
 * and of a zone that comes and goes. It takes about a quarter of an hour, most of it the provider's waiting for the database.
 * Use: node -r tsx/cjs rehearsal/plan-fixtures.ts
 */
async function main(): Promise<void> {
  const folder = await RunFolder.create(join(ROOT, '.fairlead'));
  let emulator: Emulator | undefined;
  try {
    const checked = checkConfig(givenConfig, loadServiceDescriptors(join(ROOT, 'services')));
    // A pull request adds the second.
    const settings = rehearsedSettings(checked, ENVIRONMENT, { ephemeral: true, oneInstance: true });
    const providers = await providerSource({ env: process.env, cacheFolder: join(ROOT, '.fairlead') });
    const { python } = await pythonEnvironment({ env: process.env, folder: join(ROOT, '.fairlead') });
    const { account, region } = environmentNamed(settings.config, ENVIRONMENT);
    emulator = await Emulator.start({
      python,
      env: withoutAws(process.env),
      account,
      region,
      log: join(folder.path, 'emulator.log'),
      onDeath: (error) => {
        throw error;
      },
    });
    const env = { ...withoutAws(process.env), ...providers.env, ...emulator.env };
    const terraform = new RecordingTerraform(await findTerraform(process.env), env);
    await new Walk(folder.path, emulator, terraform, settings, env).go();
  } finally {
    await emulator?.stop();
    await folder.remove();
  }
}

const ROOT = join(__dirname, '..');
const ENVIRONMENT = 'dev';

/** Plans in words, as `terraform plan` without -json does, and keeps what is shown of a plan while it has a name for it. */
class RecordingTerraform extends Terraform {
  /** The fixture that the plan of a stack becomes; undefined: none. */
  public nameOf: (stack: string) => string | undefined = () => undefined;
  /** What is different in every run, and what is written in its place. */
  public readonly stands: [string, string][] = [];
  private readonly texts = new Map<string, string>();

  public constructor(
    binary: Terraform['binary'],
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    super(binary, environment);
  }

  public override async plan(
    folder: string,
    { out, mode, variables = {} }: PlanOptions,
  ): Promise<PlanOutcome> {
    const values = Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`);
    const destroy = mode === 'destroy' ? ['-destroy'] : [];
    const { code, stdout, stderr } = await run(
      this.binary.file,
      ['plan', '-no-color', '-input=false', '-lock=false', `-out=${out}`, ...destroy, ...values],
      { cwd: folder, env: { ...this.environment, CHECKPOINT_DISABLE: '1' } },
    );
    if (code !== 0) throw new Error(`terraform plan in ${folder} ended with ${code}:\n${stderr}`);
    this.texts.set(out, stdout.toString('utf8'));
    return { isEmpty: false, refreshed: 0 };
  }

  public override async show(folder: string, planFile: string): Promise<Buffer> {
    const json = await super.show(folder, planFile);
    const stack = basename(folder);
    const name = this.nameOf(stack);
    const text = this.texts.get(planFile);
    if (name === undefined || text === undefined || !changesAnything(readPlan(json, stack))) return json;
    writeFixture(name, {
      json: json.toString('utf8'),
      text: text.replaceAll(planFile, 'plan.bin'),
      stands: this.stands,
    });
    process.stdout.write(`${name}\n`);
    return json;
  }
}

/** A pull request: a name, and what it edits. */
interface PullRequest {
  readonly name: string;
  readonly settings: RehearsedSettings;
  /**
   * How the stacks end whose plans are kept. Others that it changes as well would show the same again, or cannot be
   * planned before those they read from are applied.
   */
  readonly kept: readonly string[];
}

class Walk {
  private readonly images = new Map<string, string>();
  private readonly workspace: Workspace;
  private readonly service: string;

  public constructor(
    private readonly folder: string,
    private readonly emulator: Emulator,
    private readonly terraform: RecordingTerraform,
    private readonly settings: RehearsedSettings,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.workspace = {
      terraform,
      images: this.images,
      watch: (stack, state, end) => {
        if (end) process.stderr.write(`${stack}: ${state}\n`);
      },
    };
    this.service = Object.keys(settings.services)[0] ?? '';
    terraform.stands.push([folder, '/folder'], [emulator.endpoint, 'http://emulator']);
  }

  public async go(): Promise<void> {
    const stacks = this.synthesized(this.settings);
    this.terraform.nameOf = (stack) => `own-${stack}`;
    await bootstrap(this.workspace, stacks.bootstrap, {
      localState: join(this.folder, 'bootstrap.tfstate'),
      env: this.env,
    });
    await this.firstApply(stacks);
    for (const pullRequest of this.pullRequests()) await this.plan(pullRequest);
    await this.release(stacks);
    await this.drift(stacks);
    await this.destroy(stacks);
    await this.zones();
  }

  private async firstApply({ stacks }: EnvironmentStacks): Promise<void> {
    const nodes: (GraphNode & { readonly work: () => Promise<unknown> })[] = [
      { id: 'image', dependencies: ['registry'], work: () => this.registerImage('arm64') },
      ...stacks.map((stack) => ({
        id: stack.id,
        dependencies: [...stack.dependencies, ...(stack.variables.includes('image') ? ['image'] : [])],
        work: () => applyStack(this.workspace, stack),
      })),
    ];
    mustAllBeDone(await runGraph(nodes, ({ work }) => work()));
  }

  private pullRequests(): readonly PullRequest[] {
    const { settings } = this;
    const environment = environmentNamed(settings.config, ENVIRONMENT);
    const descriptor = settings.services[this.service]!;
    const inDev = (change: Partial<EnvironmentConfig>): RehearsedSettings => this.inDev(change);
    const inService = (change: Partial<typeof descriptor>): RehearsedSettings => ({
      config: settings.config,
      services: { ...settings.services, [this.service]: { ...descriptor, ...change } },
    });
    const { database } = environment;
    if (database === 'none') throw new Error(`${ENVIRONMENT} has no database to change`);
    const protection = {
      domain: { name: 'dev.example.com', hostedZoneId: 'Z0123456789EXAMPLE' },
      protection: true,
    };
    return [
      { name: 'size', settings: inService({ cpu: 512, memoryMiB: 1024 }), kept: [`-tasks-${this.service}`] },
      { name: 'scaling', settings: edited(settings, ENVIRONMENT), kept: [`-service-${this.service}`] },
      {
        name: 'architecture',
        settings: inDev({
          cluster: { ...environment.cluster, architecture: 'x86_64', instanceType: 't3.medium' },
        }),
        kept: ['-platform', `-tasks-${this.service}`],
      },
      { name: 'nat', settings: inDev({ nat: 'none' }), kept: ['-network'] },
      { name: 'nat-per-zone', settings: inDev({ nat: 'perZone' }), kept: ['-network'] },
      {
        name: 'without-database',
        settings: rehearsedSettings(settings, ENVIRONMENT, { database: false }),
        kept: [`-tasks-${this.service}`, `-service-${this.service}`, '-data'],
      },
      {
        name: 'database',
        settings: inDev({
          database: { ...database, instanceClass: 'db.t4g.small', backupDays: 7, multiAz: true },
        }),
        kept: ['-data'],
      },
      { name: 'protection', settings: inDev(protection), kept: ['-data'] },
    ];
  }

  private inDev(change: Partial<EnvironmentConfig>): RehearsedSettings {
    const { config, services } = this.settings;
    const environment = { ...environmentNamed(config, ENVIRONMENT), ...change };
    return { services, config: { ...config, environments: { [ENVIRONMENT]: environment } } };
  }

  private async plan({ name, settings, kept }: PullRequest): Promise<void> {
    const { stacks } = this.synthesized(settings);
    this.terraform.nameOf = (stack) => `own-${name}-${stack}`;
    for (const stack of kept.map((end) => named(stacks, end))) {
      // A plan on the emulator that fails costs one fixture, not the quarter of an hour that the rest takes.
      await this.planOnly(stack).catch((error: unknown) => {
        process.stderr.write(`own-${name}-${stack.id}: ${messageOf(error)}\n`);
        process.exitCode = 1;
      });
    }
    this.synthesized(this.settings);
  }

  /** A new image: the service sees it once the task definitions that name it are applied. */
  private async release({ stacks }: EnvironmentStacks): Promise<void> {
    await this.registerImage('x86_64');
    this.terraform.nameOf = (stack) => `own-release-${stack}`;
    await applyStack(this.workspace, named(stacks, `-tasks-${this.service}`));
    await applyStack(this.workspace, named(stacks, `-service-${this.service}`));
  }

  private async drift({ stacks }: EnvironmentStacks): Promise<void> {
    const tasks = named(stacks, `-tasks-${this.service}`);
    const state = (await this.terraform.showState(tasks.folder)).toString('utf8');
    const logGroup = /"name":"([^"]+)","name_prefix":"","retention_in_days"/.exec(state)?.[1];
    if (logGroup === undefined) throw new Error(`${tasks.id} has no log group to change`);
    await this.emulator.aws('set-log-retention', { logGroup, days: 7 });
    this.terraform.nameOf = (stack) => `own-drift-${stack}`;
    await this.planOnly(tasks);
  }

  private async destroy({ stacks }: EnvironmentStacks): Promise<void> {
    this.terraform.nameOf = (stack) => `own-destroy-${stack}`;
    for (const end of [`-service-${this.service}`, '-data'])
      await this.planOnly(named(stacks, end), 'destroy');
  }

  /**
   * A third zone comes for good, so that there is one in the middle to take out. The database's subnets are planned only:
   * moto forgets a subnet group that is changed.
   */
  private async zones(): Promise<void> {
    const { zones, region } = environmentNamed(this.settings.config, ENVIRONMENT);
    const [first = '', second = ''] = zones;
    const third = `${region}c`;
    const kept = ['-network', '-platform', `-service-${this.service}`];
    const { stacks } = this.synthesized(this.inDev({ zones: [first, second, third] }));
    this.terraform.nameOf = (stack) => `own-zone-added-${stack}`;
    for (const end of kept) await applyStack(this.workspace, named(stacks, end));
    await this.planOnly(named(stacks, '-data'));
    await this.plan({ name: 'zone-removed', settings: this.inDev({ zones: [first, third] }), kept });
    const settings = this.inDev({ zones: [second, third] });
    await this.plan({ name: 'first-zone-removed', settings, kept: ['-network'] });
  }

  private async planOnly(stack: SynthesizedStack, mode: 'normal' | 'destroy' = 'normal'): Promise<void> {
    try {
      await initialize(this.workspace, stack);
      await planned(this.workspace, stack, { lock: false, mode });
    } finally {
      await removePlan(stack);
    }
  }

  /** The emulator's registry holds no layers; another architecture is another manifest, and so another digest. */
  private async registerImage(architecture: 'arm64' | 'x86_64'): Promise<void> {
    const { config } = this.settings;
    const manifest = await imageManifest(join(ROOT, 'services'), this.service, architecture);
    const repository = repositoryName(config.project, this.service);
    const { digest } = (await this.emulator.aws('put-image', {
      repository,
      manifest,
      tag: architecture,
    })) as { digest: string };
    this.images.set(this.service, `${repositoryUrl(config, this.service)}@${digest}`);
    this.terraform.stands.push([digest, `sha256:${String(this.terraform.stands.length).padStart(64, '0')}`]);
  }

  private get outdir(): string {
    return join(this.folder, 'cdktf.out');
  }

  private synthesized({ config, services }: RehearsedSettings): EnvironmentStacks {
    synthesize(config, services, this.outdir);
    const all = readSynthesized(this.outdir);
    for (const { folder } of all) {
      // moto answers 500 to what it lacks, and the provider would try that 25 times.
      writeFileSync(
        join(folder, 'rehearsal_override.tf.json'),
        JSON.stringify({ provider: { aws: { max_retries: 5 } } }),
      );
    }
    return stacksOf(all, ENVIRONMENT);
  }
}

function named(stacks: readonly SynthesizedStack[], end: string): SynthesizedStack {
  const found = stacks.find(({ id }) => id.endsWith(end));
  if (!found)
    throw new Error(`no stack ends with ${end}: there are ${stacks.map(({ id }) => id).join(', ')}`);
  return found;
}

function mustAllBeDone(outcomes: ReadonlyMap<string, Outcome<unknown>>): void {
  const failures = [...outcomes].flatMap(([id, outcome]) => {
    if (outcome.state === 'done') return [];
    return [`${id}: ${outcome.state === 'failed' ? messageOf(outcome.error) : 'not begun'}`];
  });
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
