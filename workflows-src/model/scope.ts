import type { ActionDefinition } from './action';
import { PINS, type Pin } from './pinned';
import type { AnyJob, AnyWorkflow, CallingJob, Job, Step } from './workflow';

/** Our actions by folder name. */
export type Actions = Readonly<Record<string, ActionDefinition>>;

/** The workflows of a repository by file name without `.yml`. */
export type Workflows = Readonly<Record<string, AnyWorkflow>>;

/** Where an expression stands, and all that can be known there. */
export interface Scope {
  readonly workflow: AnyWorkflow;
  readonly workflows: Workflows;
  readonly actions: Actions;
  /** With its id; undefined outside of jobs. */
  readonly job: readonly [id: string, job: AnyJob] | undefined;
  /** The steps whose results can be read here. */
  readonly steps: readonly Step[];
  readonly step?: Step;
}

export type Report = (problem: string) => void;

export function isCall(job: AnyJob): job is CallingJob {
  return job.uses !== undefined;
}

export function stepsOf(job: AnyJob): readonly Step[] {
  return isCall(job) ? [] : job.steps;
}

const LOCAL = './.github/actions/';

/** The folder name in `./.github/actions/<name>`, or undefined for an action of others. */
export function localActionName(uses: string): string | undefined {
  return uses.startsWith(LOCAL) ? uses.slice(LOCAL.length) : undefined;
}

export type KnownAction = Pick<Pin, 'inputs' | 'outputs'>;

export function actionOf({ uses }: Step, actions: Actions): KnownAction | undefined {
  if (uses === undefined) return undefined;
  const local = localActionName(uses);
  return own<KnownAction>(local === undefined ? PINS : actions, local ?? uses);
}

/** All that a step can use. */
export function usable(actions: Actions): string[] {
  return [...Object.keys(PINS), ...Object.keys(actions).map((name) => `${LOCAL}${name}`)];
}

/** The workflow that a job calls, and its name; undefined where there is none. */
export function calledBy(
  { uses }: CallingJob,
  workflows: Workflows,
): readonly [name: string, called: AnyWorkflow] | undefined {
  const name = /^\.\/\.github\/workflows\/(.+)\.yml$/.exec(uses)?.[1] ?? '';
  const called = own(workflows, name);
  return called && [name, called];
}

/** The names of a job's outputs, for those who need it. */
export function outputsOf(job: AnyJob | undefined, workflows: Workflows): string[] {
  if (job === undefined) return [];
  if (!isCall(job)) return Object.keys((job as Job).outputs ?? {});
  return Object.keys(calledBy(job, workflows)?.[1].on.workflow_call?.outputs ?? {});
}

function own<T>(all: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}
