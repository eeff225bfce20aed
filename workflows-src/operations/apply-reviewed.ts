import { rm } from 'node:fs/promises';

import type { Mismatch } from '../changes/ledger';
import type { Plan } from '../changes/planned-change';
import { runGraph } from '../graph/schedule';
import type { SynthesizedStack } from '../graph/synthesized';
import { serviceOf, type PutBack, type Release, type ReleaseOutcome, ReleaseRun } from '../release/release';
import type { Coverage } from '../review/coverage';
import { applyPlanned } from './apply';
import { shownMessage } from './diagnostics';
import { changesAnything, messageOf, planned, summary } from './plan';
import { besidesImages } from '../review/image-only';
import type { Applied, LockInfo, StateStore } from './state-store';
import { appliedNow, configurationDigest, revisionsRead } from './applied';
import {
  Deferred,
  initialize,
  planFile,
  removePlan,
  type Variables,
  variablesOf,
  type Workspace,
} from './workspace';

/** What became of a stack. */
export type ApplyOutcome =
  | {
      readonly stack: string;
      readonly outcome: 'applied';
      readonly did: string;
      /** By what right. */
      readonly by: string;
    }
  | { readonly stack: string; readonly outcome: 'unchanged' }
  /** Stopped before anything was touched, because not all of it was reviewed. */
  | {
      readonly stack: string;
      readonly outcome: 'not reviewed';
      readonly mismatches: readonly Mismatch[];
      readonly problems: readonly string[];
      readonly digest: string;
    }
  | { readonly stack: string; readonly outcome: 'failed'; readonly message: string; readonly unlock?: Unlock }
  | { readonly stack: string; readonly outcome: 'not begun'; readonly because: string };

/** What a person needs to know who takes a lock off that a dead apply left. */
export interface Unlock {
  readonly lock: LockInfo;
  /** The run that had begun last and did not end. */
  readonly run?: string;
}

/** @returns undefined where nobody holds the lock; it is never taken off here */
export async function unlockOf(store: StateStore, stack: SynthesizedStack): Promise<Unlock | undefined> {
  const lock = await store.lock(stack);
  if (lock === undefined) return undefined;
  const { running } = await store.applied(stack);
  return { lock, ...(running?.run !== undefined && { run: running.run }) };
}

/** By what right plans are applied. */
export interface ApplyRule {
  /** What is to be applied. */
  readonly commit: string;
  /** Stacks to which a newer commit was applied already, and that commit. */
  readonly newer: Readonly<Record<string, string>>;
  /** @param images that count as one and the same in the plan */
  coverage(plan: Plan, images: readonly string[]): Coverage;
}

export interface ApplyOptions {
  readonly rule: ApplyRule;
  readonly store: StateStore;
  /** Images to release, each with the two stacks of its service. @default none: every service keeps its image */
  readonly releases?: readonly Release[];
  /** Whether stacks are planned, too, of which nothing has changed since they were last applied. @default false */
  readonly everything?: boolean;
  /** All stacks of the environment: among them those that the given ones read from. @default the given ones */
  readonly known?: readonly SynthesizedStack[];
  /** Address of this run, for whoever finds its lock. @default none */
  readonly run?: string;
  /** @default the clock's */
  readonly now?: () => Date;
}

export interface ApplyResult {
  /** One a stack, in the given order. */
  readonly stacks: readonly ApplyOutcome[];
  readonly releases: readonly ReleaseOutcome[];
}

/**
 * Applies what the rule covers, and nothing else. First every stack is planned and compared with it: when one is not
 * covered, nothing is applied at all. Then along the graph each plan is applied as it is; a stack that reads from one that
 * has changed is planned and compared once more, because its plan is another one then.
 *
 * An image is released on the way: its attestation is verified before anything is planned, its migration runs between the
 * two stacks of its service, and after those it is tested and recorded. When one of these steps fails, the image that ran
 * before is put back.
 * @param stacks dependencies first
 * @returns also for a run that was aborted after it had begun to apply
 * @throws only when the run was aborted before
 */
export async function applyReviewed(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
  options: ApplyOptions,
): Promise<ApplyResult> {
  const run = new ReviewedRun(workspace, stacks, options);
  try {
    return await run.result();
  } finally {
    await Promise.all(stacks.map(removePlan));
  }
}

/** A plan file that waits to be applied. */
interface Ready {
  readonly plan: Plan;
  readonly by: string;
}

class ReviewedRun {
  private readonly ready = new Map<string, Ready>();
  private readonly changed = new Set<string>();
  /** Stacks that are not planned, because nothing of them has changed since they were last applied. */
  private readonly asApplied = new Set<string>();
  /** What this run has changed, by stack: that may be changed once more to put an image back. */
  private readonly touched = new Map<string, ReadonlySet<string>>();
  /** The revisions of what each stack read from when it was planned. */
  private readonly read = new Map<string, Readonly<Record<string, string>>>();
  /** Stacks that the image from before was put back into. */
  private readonly restored = new Set<string>();
  private readonly releases: ReadonlyMap<string, ReleaseRun>;
  private readonly workspace: Workspace;

  public constructor(
    workspace: Workspace,
    private readonly stacks: readonly SynthesizedStack[],
    private readonly options: ApplyOptions,
  ) {
    const releases = options.releases ?? [];
    this.releases = new Map(releases.map((release) => [release.service, new ReleaseRun(release)]));
    const images = releases.map(({ service, image }) => [service, image] as const);
    this.workspace = { ...workspace, images: new Map([...workspace.images, ...images]) };
  }

  public async result(): Promise<ApplyResult> {
    const outcomes = await this.outcomes();
    const releases: ReleaseOutcome[] = [];
    for (const release of this.releases.values()) {
      release.mustHaveEnded();
      const back: PutBack = release.hasFailed ? await this.putBack(release) : { state: 'untouched' };
      const outcome = release.outcome(back, 'its stacks were not applied');
      releases.push(outcome.outcome === 'failed' ? { ...outcome, message: this.shown(outcome) } : outcome);
    }
    return { stacks: outcomes.map((one) => this.afterPuttingBack(one)), releases };
  }

  private afterPuttingBack(one: ApplyOutcome): ApplyOutcome {
    if (one.outcome !== 'applied' || !this.restored.has(one.stack)) return one;
    return { ...one, did: `${one.did}; then the image from before was put back` };
  }

  /** What a container or AWS said may hold a secret of this process. */
  private shown({ service, message }: { readonly service: string; readonly message: string }): string {
    const stack = this.stacks.find((one) => serviceOf(one)?.service === service);
    return stack === undefined ? message : shownMessage(this.workspace, stack, message);
  }

  private async outcomes(): Promise<readonly ApplyOutcome[]> {
    const newer = this.stacks.filter(({ id }) => Object.hasOwn(this.options.rule.newer, id));
    if (newer.length > 0) return this.stacks.map((stack) => this.tooOld(stack));

    const doubtful = await this.unverified();
    if (doubtful !== undefined) return this.stacks.map(({ id }) => notBegun(id, doubtful));

    const first = await this.each((stack) => this.plan(stack), false);
    this.workspace.signal?.throwIfAborted();
    const stopped = first.some((one) => one?.outcome === 'not reviewed' || one?.outcome === 'failed');
    if (stopped) {
      return this.stacks.map(
        ({ id }, index) => first[index] ?? notBegun(id, 'another stack stopped the run'),
      );
    }
    const second = await this.each((stack) => this.apply(stack), true);
    return this.stacks.map(({ id }, index) => second[index] ?? notBegun(id, 'the run was stopped'));
  }

  /** @returns why nothing is begun, when an image is not what it should be */
  private async unverified(): Promise<string | undefined> {
    for (const run of this.releases.values()) {
      const { service, image } = run.release;
      this.workspace.watch(`release ${service}`, 'verifying the attestation');
      try {
        await run.at('attestation', () => run.release.verify());
      } catch {
        this.workspace.signal?.throwIfAborted();
        // The release says why.
        this.workspace.watch(`release ${service}`, 'failed: attestation', 'end');
        return `the attestation of ${image} was not verified`;
      }
    }
    return undefined;
  }

  private async each<R extends ApplyOutcome | undefined>(
    work: (stack: SynthesizedStack) => Promise<R>,
    inOrder: boolean,
  ): Promise<readonly (ApplyOutcome | undefined)[]> {
    const nodes = this.stacks.map((stack) => ({
      id: stack.id,
      // A plan waits for those that it reads from, to know whether they will change.
      dependencies: inOrder ? stack.dependencies : stack.reads,
      stack,
    }));
    const outcomes = await runGraph(
      nodes,
      async ({ stack }) => {
        const outcome = await work(stack);
        // Whatever stands on it must not begin.
        if (inOrder && outcome !== undefined && !isDone(outcome)) throw new Stopped(outcome);
        return outcome;
      },
      this.workspace,
    );
    return this.stacks.map((stack): ApplyOutcome | undefined => {
      const { id } = stack;
      const outcome = outcomes.get(id);
      if (outcome?.state === 'done') return outcome.result;
      if (outcome?.state === 'skipped') return { stack: id, outcome: 'not begun', because: outcome.because };
      if (outcome?.error instanceof Stopped) return outcome.error.outcome;
      const message = shownMessage(this.workspace, stack, messageOf(outcome?.error));
      return { stack: id, outcome: 'failed', message };
    });
  }

  /** @returns undefined when it may be applied, or can be judged only after those that it reads from */
  private async plan(stack: SynthesizedStack): Promise<ApplyOutcome | undefined> {
    if (await this.isAsApplied(stack)) {
      this.asApplied.add(stack.id);
      this.workspace.watch(stack.id, 'as it was last applied', 'end');
      return undefined;
    }
    if (stack.reads.some((id) => this.changed.has(id))) {
      this.changed.add(stack.id);
      this.workspace.watch(stack.id, 'waits for what it reads from', 'end');
      return undefined;
    }
    const judged = await this.judge(stack);
    if (!('plan' in judged)) return judged;
    if (changesAnything(judged.plan)) this.changed.add(stack.id);
    this.ready.set(stack.id, judged);
    this.workspace.watch(stack.id, summary(judged.plan), 'end');
    return undefined;
  }

  /**
   * Whether a plan could say nothing but what has become of it in AWS, which is the drift check's business: its configuration
   * and its image are those of its last apply, which ended well, and so is all that it reads.
   */
  private async isAsApplied(stack: SynthesizedStack): Promise<boolean> {
    const { store, everything = false, known = this.stacks } = this.options;
    const of = serviceOf(stack);
    if (everything || (of !== undefined && this.releases.has(of.service))) return false;
    if (stack.reads.some((id) => this.changed.has(id))) return false;
    const { applied, running } = await store.applied(stack);
    if (applied === undefined || running !== undefined) return false;
    if (applied.configuration !== configurationDigest(stack)) return false;
    if (of?.part === 'tasks') {
      const image = await this.imageOf(of.service);
      if (image === undefined || image !== applied.image) return false;
    }
    const now = await revisionsRead(store, stack, known);
    const upstreams = known.filter(({ id }) => stack.reads.includes(id));
    // One that was cut off has none: it may have written what this one has not read yet.
    return upstreams.every(({ id }) => now[id] !== undefined && now[id] === applied.reads?.[id]);
  }

  private async imageOf(service: string): Promise<string | undefined> {
    const { images, released } = this.workspace;
    return images.get(service) ?? (await released?.(service));
  }

  /** Leaves a plan file that is covered, or says why there is none. */
  private async judge(
    stack: SynthesizedStack,
    workspace = this.workspace,
    coverage: ApplyRule['coverage'] = this.options.rule.coverage,
  ): Promise<Ready | ApplyOutcome> {
    try {
      const { store, known = this.stacks } = this.options;
      // Before it is planned: whatever is applied to those meanwhile was not read.
      this.read.set(stack.id, await revisionsRead(store, stack, known));
      await initialize(workspace, stack);
      const { variables, images } = await variablesOf(workspace, stack);
      const covered = await this.judged(workspace, stack, { variables, images }, coverage);
      const { plan } = covered;
      if (covered.isCovered) return { plan, by: covered.by };
      const { mismatches, problems, digest } = covered;
      workspace.watch(stack.id, 'not reviewed', 'end');
      return { stack: stack.id, outcome: 'not reviewed', mismatches, problems, digest };
    } catch (error) {
      return this.failed(stack, error);
    }
  }

  /** Plans, and asks the rule. What it does not cover may still be nothing but one image in another's place. */
  private async judged(
    workspace: Workspace,
    stack: SynthesizedStack,
    { variables, images }: Variables,
    coverage: ApplyRule['coverage'],
  ): Promise<Coverage & { readonly plan: Plan }> {
    const planWith = (image: Readonly<Record<string, string>>): Promise<Plan> =>
      planned(workspace, stack, { lock: true, variables: image });
    const plan = await planWith(variables);
    const covered = coverage(plan, images);
    if (covered.isCovered) return { ...covered, plan };
    const of = serviceOf(stack);
    if (of?.part === 'service' && this.movesToImage(stack, of.service)) {
      const mismatches = besidesImages(plan, images);
      return mismatches.length === 0 ? { isCovered: true, by: 'image alone', plan } : { ...covered, plan };
    }
    const [, deployed] = images;
    if (of?.part !== 'tasks' || deployed === undefined) return { ...covered, plan };
    // Terraform decides: what AWS answers of a container is not written as we write it.
    const now = await planWith({ image: deployed });
    if (now.changes.length + now.invocations.length === 0)
      return { isCovered: true, by: 'image alone', plan: await planWith(variables) };
    return { ...covered, plan: now };
  }

  /** Whether a new revision for the service is no surprise: it is released, or its task definitions change in this run. */
  private movesToImage(stack: SynthesizedStack, service: string): boolean {
    return this.releases.has(service) || stack.reads.some((id) => this.changed.has(id));
  }

  private async apply(stack: SynthesizedStack): Promise<ApplyOutcome> {
    const of = serviceOf(stack);
    const release = of && this.releases.get(of.service);
    if (of === undefined || release === undefined) return this.applyOne(stack);
    const outcome = await release.at(of.part, () => this.applyOne(stack, () => release.touch()));
    if (!isDone(outcome)) {
      release.fail(of.part, whyNot(outcome));
      return outcome;
    }
    await this.goOn(release, stack, of.part, outcome);
    return outcome;
  }

  /** The steps that follow a stack of the service. @throws Stopped, so that nothing that stands on it begins */
  private async goOn(
    run: ReleaseRun,
    stack: SynthesizedStack,
    part: 'tasks' | 'service',
    outcome: ApplyOutcome,
  ): Promise<void> {
    const { release } = run;
    const watched = `release ${release.service}`;
    const { watch, terraform } = this.workspace;
    try {
      if (part === 'tasks') {
        watch(watched, 'migrating');
        await run.at('migration', async () => release.migrate(await terraform.outputs(stack.folder)));
        watch(watched, 'migrated');
        return;
      }
      watch(watched, 'smoke test');
      await run.at('smoke test', () => release.smokeTest());
      await run.at('release pointer', () => release.record());
      run.done();
      watch(watched, 'released', 'end');
    } catch {
      watch(watched, 'failed', 'end');
      throw new Stopped(outcome);
    }
  }

  /** @param onTouch called before anything of it changes */
  private async applyOne(stack: SynthesizedStack, onTouch?: () => void): Promise<ApplyOutcome> {
    const { workspace, options } = this;
    const { store, rule, run, now = () => new Date() } = options;
    if (this.asApplied.has(stack.id)) {
      // From this commit on, so that the next apply looks at no older reviews.
      const { applied } = await store.applied(stack);
      const at = now().toISOString();
      await store.writeApplied(stack, { format: 1, applied: { ...applied, commit: rule.commit, at } });
      return { stack: stack.id, outcome: 'unchanged' };
    }
    const waiting = this.ready.get(stack.id);
    const ready = waiting ?? (await this.judge(stack));
    if (!('plan' in ready)) return ready;
    try {
      const changes = changesAnything(ready.plan);
      const before = await store.applied(stack);
      const running = { commit: rule.commit, at: now().toISOString(), ...(run !== undefined && { run }) };
      if (changes) await store.writeApplied(stack, { ...before, running });
      onTouch?.();
      this.touched.set(stack.id, new Set(ready.plan.changes.map(({ address }) => address)));
      await applyPlanned(workspace, stack, ready.plan);
      await this.recordApplied(stack, before.applied, changes);
      return changes
        ? { stack: stack.id, outcome: 'applied', did: summary(ready.plan), by: ready.by }
        : { stack: stack.id, outcome: 'unchanged' };
    } catch (error) {
      return this.failed(stack, error, ready.plan);
    } finally {
      await rm(planFile(stack), { force: true });
    }
  }

  private async recordApplied(
    stack: SynthesizedStack,
    before: Applied | undefined,
    changed: boolean,
    workspace = this.workspace,
  ): Promise<void> {
    const { store, rule, now = () => new Date() } = this.options;
    const reads = this.read.get(stack.id) ?? {};
    const applied = await appliedNow(workspace, stack, {
      commit: rule.commit,
      at: now(),
      before,
      changed,
      reads,
    });
    await store.writeApplied(stack, { format: 1, applied });
  }

  /** Puts the image that ran before back into the two stacks: that alone, whatever else is pending. */
  private async putBack(run: ReleaseRun): Promise<PutBack> {
    const { previous, service } = run.release;
    if (!run.isTouched) return { state: 'untouched' };
    if (previous === undefined) return { state: 'nothing before' };
    if (this.workspace.signal?.aborted)
      return { state: 'not put back', because: 'the run was interrupted; run it again, and it goes on' };
    const workspace = { ...this.workspace, images: new Map([...this.workspace.images, [service, previous]]) };
    for (const stack of this.stacks.filter((one) => serviceOf(one)?.service === service)) {
      workspace.watch(stack.id, 'putting the image from before back');
      const touched = this.touched.get(stack.id);
      const ready = await this.judge(stack, workspace, (plan, images) =>
        imagesOnly(plan, images, (address) => touched?.has(address) === true),
      );
      if (!('plan' in ready)) {
        // It was not reached: it runs what it ran before, and what is pending there is the next run's.
        if (touched === undefined && ready.outcome === 'not reviewed') continue;
        return { state: 'not put back', because: `${stack.id}: ${whyNot(ready)}` };
      }
      try {
        const { applied } = await this.options.store.applied(stack);
        await applyPlanned(workspace, stack, ready.plan);
        await this.recordApplied(stack, applied, changesAnything(ready.plan), workspace);
        this.restored.add(stack.id);
      } catch (error) {
        return {
          state: 'not put back',
          because: `${stack.id}: ${whyNot(await this.failed(stack, error, ready.plan))}`,
        };
      } finally {
        await rm(planFile(stack), { force: true });
      }
    }
    return { state: 'put back', image: previous };
  }

  private async failed(stack: SynthesizedStack, error: unknown, plan?: Plan): Promise<ApplyOutcome> {
    const { workspace, options } = this;
    workspace.watch(stack.id, error instanceof Deferred ? 'deferred' : 'failed', 'end');
    const message = shownMessage(workspace, stack, messageOf(error), plan);
    const outcome = { stack: stack.id, outcome: 'failed', message } as const;
    // Terraform gives its lock back when it ends in order, whatever it ended with.
    if (workspace.signal?.aborted) return outcome;
    try {
      const unlock = await unlockOf(options.store, stack);
      return unlock === undefined ? outcome : { ...outcome, unlock };
    } catch (unreadable) {
      return { ...outcome, message: `${message}\n${messageOf(unreadable)}` };
    }
  }

  private tooOld({ id }: SynthesizedStack): ApplyOutcome {
    const newer = this.options.rule.newer[id];
    return notBegun(
      id,
      newer === undefined
        ? 'another stack stopped the run'
        : `the newer commit ${newer} was applied to it already: run the apply of that one again instead`,
    );
  }
}

function notBegun(stack: string, because: string): ApplyOutcome {
  return { stack, outcome: 'not begun', because };
}

/** Of a stack that was not applied. */
function whyNot(outcome: ApplyOutcome): string {
  switch (outcome.outcome) {
    case 'failed':
      return outcome.message;
    case 'not begun':
      return outcome.because;
    case 'not reviewed':
      return outcome.mismatches.map(({ address, sentence }) => `${address} ${sentence}`).join('; ');
    default:
      return outcome.outcome;
  }
}

/**
 * To put an image back is no change to review: it ran before.
 * @param isOurs says what may be changed besides, by address. @default nothing
 */
export function imagesOnly(
  plan: Plan,
  images: readonly string[],
  isOurs: (address: string) => boolean = () => false,
): Coverage {
  const mismatches = besidesImages(plan, images).filter(({ address }) => !isOurs(address));
  return mismatches.length === 0
    ? { isCovered: true, by: 'image alone' }
    : { isCovered: false, mismatches, problems: [], digest: '' };
}

function isDone({ outcome }: ApplyOutcome): boolean {
  return outcome === 'applied' || outcome === 'unchanged';
}

/** Carries the outcome of a stack that the ones after it must not follow. */
class Stopped extends Error {
  public constructor(public readonly outcome: ApplyOutcome) {
    super(outcome.outcome);
  }
}
