import { rm } from 'node:fs/promises';

import type { Mismatch } from '../changes/ledger';
import type { Plan } from '../changes/planned-change';
import { runGraph } from '../graph/schedule';
import type { SynthesizedStack } from '../graph/synthesized';
import { coverageOf } from '../review/coverage';
import type { Reviews } from '../review/reviews';
import { applyPlanned } from './apply';
import { shownMessage } from './diagnostics';
import { changesAnything, messageOf, planned, summary } from './plan';
import type { LockInfo, StateStore } from './state-store';
import { Deferred, initialize, planFile, removePlan, variablesOf, type Workspace } from './workspace';

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

export interface ReviewedApply {
  readonly reviews: Reviews;
  /** Digests of plans that a person approved by hand. */
  readonly approved: ReadonlySet<string>;
  readonly store: StateStore;
  /** Address of this run, for whoever finds its lock. @default none */
  readonly run?: string;
  /** @default the clock's */
  readonly now?: () => Date;
}

/**
 * Applies what was reviewed, and nothing else. First every stack is planned and compared with the reviews: when one is not
 * covered, nothing is applied at all. Then along the graph each plan is applied as it is; a stack that reads from one that
 * has changed is planned and compared once more, because its plan is another one then.
 * @param stacks dependencies first
 * @returns one outcome a stack, in the given order; also of a run that was aborted after it had begun to apply
 * @throws only when the run was aborted before
 */
export async function applyReviewed(
  workspace: Workspace,
  stacks: readonly SynthesizedStack[],
  options: ReviewedApply,
): Promise<readonly ApplyOutcome[]> {
  const run = new ReviewedRun(workspace, stacks, options);
  try {
    return await run.outcomes();
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

  public constructor(
    private readonly workspace: Workspace,
    private readonly stacks: readonly SynthesizedStack[],
    private readonly options: ReviewedApply,
  ) {}

  public async outcomes(): Promise<readonly ApplyOutcome[]> {
    const newer = this.stacks.filter(({ id }) => Object.hasOwn(this.options.reviews.newer, id));
    if (newer.length > 0) return this.stacks.map((stack) => this.tooOld(stack));

    const first = await this.each((stack) => this.plan(stack), false);
    this.workspace.signal?.throwIfAborted();
    const stopped = first.some((one) => one?.outcome === 'not reviewed' || one?.outcome === 'failed');
    if (stopped) {
      return this.stacks.map(
        ({ id }, index) =>
          first[index] ?? { stack: id, outcome: 'not begun', because: 'another stack stopped the run' },
      );
    }
    const second = await this.each((stack) => this.apply(stack), true);
    return this.stacks.map(
      ({ id }, index) => second[index] ?? { stack: id, outcome: 'not begun', because: 'the run was stopped' },
    );
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

  /** Leaves a plan file that is covered, or says why there is none. */
  private async judge(stack: SynthesizedStack): Promise<Ready | ApplyOutcome> {
    const { workspace, options } = this;
    try {
      await initialize(workspace, stack);
      const { variables, images } = await variablesOf(workspace, stack);
      const plan = await planned(workspace, stack, { lock: true, variables });
      const { pullRequests } = options.reviews;
      const coverage = coverageOf(plan, pullRequests, options.approved, { images });
      if (coverage.isCovered) return { plan, by: coverage.by };
      const { mismatches, problems, digest } = coverage;
      workspace.watch(stack.id, 'not reviewed', 'end');
      return { stack: stack.id, outcome: 'not reviewed', mismatches, problems, digest };
    } catch (error) {
      return this.failed(stack, error);
    }
  }

  private async apply(stack: SynthesizedStack): Promise<ApplyOutcome> {
    const { workspace, options } = this;
    const waiting = this.ready.get(stack.id);
    const ready = waiting ?? (await this.judge(stack));
    if (!('plan' in ready)) return ready;
    const { store, reviews, run, now = () => new Date() } = options;
    try {
      const changes = changesAnything(ready.plan);
      const before = await store.applied(stack);
      const running = { commit: reviews.commit, at: now().toISOString(), ...(run !== undefined && { run }) };
      if (changes) await store.writeApplied(stack, { ...before, running });
      await applyPlanned(workspace, stack, ready.plan);
      const applied = { commit: reviews.commit, at: now().toISOString() };
      await store.writeApplied(stack, { format: 1, applied });
      return changes
        ? { stack: stack.id, outcome: 'applied', did: summary(ready.plan), by: ready.by }
        : { stack: stack.id, outcome: 'unchanged' };
    } catch (error) {
      return this.failed(stack, error, ready.plan);
    } finally {
      await rm(planFile(stack), { force: true });
    }
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
    const newer = this.options.reviews.newer[id];
    return {
      stack: id,
      outcome: 'not begun',
      because:
        newer === undefined
          ? 'another stack stopped the run'
          : `the newer commit ${newer} was applied to it already: run the apply of that one again instead`,
    };
  }
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
