import type { ActionDefinition } from '../model/action';
import type { AnyJob, AnyWorkflow, Job, Step } from '../model/workflow';
import { type Call, type CallName, CALLS, type Permission } from './calls';
import { CALLS_OF_COMMANDS, CALLS_OF_PINNED } from './declared';

type Actions = Readonly<Record<string, ActionDefinition>>;

/** What a step asks of GitHub. */
export interface StepCall {
  readonly step: string;
  readonly call: CallName;
}

/** A permission of a job, and what would fail without it. */
export interface Use {
  readonly permission: Permission;
  readonly fails: readonly StepCall[];
}

/**
 * Which permissions of a workflow's jobs no call needs, and which calls lack theirs: a line each, naming the job. It goes by
 * what actions and commands declare; a step that declares nothing and gets the token is a problem too.
 */
export function permissionProblems(name: string, workflow: AnyWorkflow, actions: Actions): string[] {
  return Object.entries(workflow.jobs).flatMap(([id, job]) => {
    // Held against the jobs of the workflow that it calls.
    if (!hasSteps(job)) return [];
    const where = `${name}, job '${id}'`;
    const granted = grantedTo(job);
    const { calls, undeclared } = callsOf(job, actions);
    return [
      ...undeclared.map((problem) => `${where}${problem}`),
      ...calls
        .filter(({ call }) => !isAllowed(call, granted))
        .map(
          ({ step, call }) =>
            `${where}, step '${step}': ${call} needs ${CALLS[call].needs.map(said).join(' or ')}, which the job's permissions lack`,
        ),
      ...usesOf(job, actions).flatMap(({ permission, fails }) => {
        if (fails.length === 0)
          return [`${where}: permissions: no step needs ${said(permission)}: remove it`];
        const isReadEnough =
          permission[1] === 'write' && lost(calls, granted, permission[0], 'read').length === 0;
        return isReadEnough
          ? [`${where}: permissions: no step needs ${said(permission)}: ${permission[0]}: read is enough`]
          : [];
      }),
    ];
  });
}

function hasSteps(job: AnyJob): job is Job {
  return 'steps' in job;
}

/** For each permission of a job: the calls that fail when it is taken away, and no other is. */
export function usesOf(job: Job, actions: Actions): readonly Use[] {
  const granted = grantedTo(job);
  const { calls } = callsOf(job, actions);
  return [...granted].map((permission) => ({ permission, fails: lost(calls, granted, permission[0]) }));
}

/** @param instead what is granted in place of it; undefined: nothing */
function lost(
  calls: readonly StepCall[],
  granted: ReadonlyMap<string, 'read' | 'write'>,
  scope: string,
  instead?: 'read',
): readonly StepCall[] {
  const without = new Map(granted);
  without.delete(scope);
  if (instead) without.set(scope, instead);
  return calls.filter(({ call }) => isAllowed(call, granted) && !isAllowed(call, without));
}

/** The permissions of a job: what is not named is `none`. */
export function grantedTo({ permissions }: Job): ReadonlyMap<string, 'read' | 'write'> {
  return new Map(
    Object.entries(permissions).map(([scope, access]: [string, unknown]) => [
      scope,
      access === 'read' || (typeof access === 'object' && access !== null && 'read' in access)
        ? 'read'
        : 'write',
    ]),
  );
}

function isAllowed(call: CallName, granted: ReadonlyMap<string, 'read' | 'write'>): boolean {
  const { needs }: Call = CALLS[call];
  return (
    needs.length === 0 ||
    needs.some(([scope, access]) => granted.get(scope) === 'write' || granted.get(scope) === access)
  );
}

interface Declared {
  readonly calls: readonly StepCall[];
  /** Each begins with the step. */
  readonly undeclared: readonly string[];
}

function callsOf(job: Job, actions: Actions): Declared {
  const all = job.steps.map((step) => ({ step: step.name, calls: callsOfStep(step, actions) }));
  return {
    calls: all.flatMap(({ step, calls }) => calls?.map((call) => ({ step, call })) ?? []),
    undeclared: all
      .filter(({ calls }) => calls === undefined)
      .map(
        ({ step }) =>
          `, step '${step}': is given the token, and nothing says what it asks of GitHub: declare it (workflows-src/permissions/declared.ts, or calls of our own action)`,
      ),
  };
}

/** undefined: it gets the token, and declares nothing. */
function callsOfStep(step: Step, actions: Actions): readonly CallName[] | undefined {
  if (step.uses === undefined) {
    const hasToken = Object.values(step.env ?? {}).some((value) =>
      /\bgithub\.token\b|\bsecrets\.GITHUB_TOKEN\b/.test(value),
    );
    if (!hasToken) return [];
    return CALLS_OF_COMMANDS.find(({ command }) => command.test(step.run))?.calls;
  }
  const local = /^\.\/\.github\/actions\/(.+)$/.exec(step.uses)?.[1];
  if (local !== undefined) {
    const calls = Object.hasOwn(actions, local) ? actions[local]?.calls : undefined;
    return calls?.every(isCall) ? calls : undefined;
  }
  const declared = Object.entries(CALLS_OF_PINNED).find(([name]) => name === step.uses)?.[1];
  return typeof declared === 'function' ? declared({ ...step.with }) : declared;
}

function isCall(name: string): name is CallName {
  return Object.hasOwn(CALLS, name);
}

function said([scope, access]: Permission): string {
  return `${scope}: ${access}`;
}
