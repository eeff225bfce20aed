import { EVENT_OF, GITHUB_PROPERTIES, PROPERTIES } from './contexts';
import type { Reference } from './expressions';
import { choice, lookUp, oneOf, same } from './names';
import { actionOf, outputsOf, stepsOf, type Scope } from './scope';
import type { Step } from './workflow';

/** Says what is wrong with a reference's names; undefined where they are right, or cannot be known. */
export function resolve([context = '', ...path]: Reference, scope: Scope): string | undefined {
  return RESOLVE[context.toLowerCase()]?.(path, scope);
}

const RESOLVE: Readonly<Record<string, (path: Reference, scope: Scope) => string | undefined>> = {
  github: ([property, ...rest], { workflow: { on } }) => {
    const [part = '', name] = rest;
    if (property !== undefined && same(property, 'event') && part !== '' && on.workflow_call === undefined) {
      if (part === 'inputs' && name !== undefined)
        return oneOf('input of workflow_dispatch', name, Object.keys(on.workflow_dispatch?.inputs ?? {}));
      const event = EVENT_OF[part];
      if (event !== undefined && !Object.hasOwn(on, event))
        return `only the event ${event} has it; ${choice('triggers of this workflow', Object.keys(on))}`;
    }
    return oneOf('property of github', property, GITHUB_PROPERTIES);
  },
  inputs: ([name], { workflow: { on } }) => {
    const from = [
      ...(on.workflow_call ? ['workflow_call'] : []),
      ...(on.workflow_dispatch || !on.workflow_call ? ['workflow_dispatch'] : []),
    ];
    const declared = { ...on.workflow_call?.inputs, ...on.workflow_dispatch?.inputs };
    return name === undefined
      ? undefined
      : oneOf(`input of ${from.join(' or ')}`, name, Object.keys(declared));
  },
  needs: ([id, kind, output], { workflow: { jobs }, workflows, job: at }) => {
    const [own, job] = at ?? [];
    const others = Object.keys(jobs).filter((other) => other !== own);
    if (job?.needs === undefined) {
      if (id === undefined || id === '*')
        return 'reads whatever is needed, and needs is not written; valid: needs written out';
      const problem = oneOf('other job', id, others);
      if (problem) return problem;
    } else {
      const known = others.some((other) => same(other, id ?? ''));
      const hint = known ? ' (add it, or leave needs out, which is then inferred)' : undefined;
      const problem = oneOf('job in needs', id, job.needs, hint);
      if (problem) return problem;
    }
    if (id === undefined || kind === undefined || id === '*') return undefined;
    return resolveJob(`needs.${id}`, kind, output, outputsOf(lookUp(jobs, id), workflows), id);
  },
  jobs: ([id, kind, output], { workflow: { jobs }, workflows }) => {
    const problem = oneOf('job', id, Object.keys(jobs));
    if (problem || id === undefined || id === '*') return problem;
    return resolveJob(`jobs.${id}`, kind, output, outputsOf(lookUp(jobs, id), workflows), id);
  },
  steps: ([id, kind, output], { steps, job, workflow, actions }) => {
    if (id === undefined || id === '*') return undefined;
    const step = steps.find((other) => other.id !== undefined && same(other.id, id));
    if (!step) {
      const elsewhere = Object.entries(workflow.jobs).find(([, other]) =>
        stepsOf(other).some((one) => one.id === id),
      )?.[0];
      const hint =
        elsewhere === undefined
          ? ''
          : elsewhere === job?.[0]
            ? ' (a later one has: read it after that step)'
            : ` (job '${elsewhere}' has one: make it an output of that job)`;
      const ids = steps.flatMap((other) => other.id ?? []);
      return `no earlier step of this job has the id '${id}'${hint}; ${choice('ids', ids)}`;
    }
    const outputs = outputNames(step, actions);
    if (kind === undefined) return undefined;
    if (!same(kind, 'outputs')) {
      const hint = outputs.some((name) => same(name, kind))
        ? ` (did you mean 'steps.${id}.outputs.${kind}'?)`
        : undefined;
      return oneOf(`property of steps.${id}`, kind, ['outputs', 'outcome', 'conclusion'], hint);
    }
    return output === undefined ? undefined : oneOf(`output of step '${id}'`, output, outputs);
  },
  matrix: ([name, property], { job }) => {
    const matrix = job?.[1].strategy?.matrix ?? {};
    if (typeof matrix === 'string' || typeof matrix['include'] === 'string' || name === undefined)
      return undefined;
    const { include = [], exclude: _exclude, ...axes } = matrix;
    const added = (include as readonly object[]).flatMap(Object.keys);
    const problem = oneOf('matrix value', name, [...new Set([...Object.keys(axes), ...added])]);
    const values = lookUp(axes, name);
    if (problem || property === undefined || !Array.isArray(values)) return problem;
    const objects = values.filter((value): value is object => typeof value === 'object');
    if (objects.length < values.length) return `matrix.${name} has values without properties`;
    return oneOf(`property of matrix.${name}`, property, [...new Set(objects.flatMap(Object.keys))]);
  },
  env: ([name], { workflow, job, step }) => {
    const ofJob = job && 'env' in job[1] ? job[1].env : undefined;
    const declared = [workflow.env, ofJob, step?.env].flatMap((env) => Object.keys(env ?? {}));
    return name === undefined ? undefined : oneOf('env', name, declared);
  },
  secrets: ([name], { workflow }) =>
    oneOf('secret', name, [
      'GITHUB_TOKEN',
      ...(workflow.secrets ?? []),
      ...Object.keys(workflow.on.workflow_call?.secrets ?? {}),
    ]),
  vars: ([name], { workflow }) => oneOf('variable', name, workflow.vars ?? []),
  job: ([name]) => property('job', name),
  runner: ([name]) => property('runner', name),
  strategy: ([name]) => property('strategy', name),
};

function property(context: keyof typeof PROPERTIES, name: string | undefined): string | undefined {
  return name === undefined ? undefined : oneOf(`property of ${context}`, name, PROPERTIES[context]);
}

function resolveJob(
  path: string,
  kind: string | undefined,
  output: string | undefined,
  outputs: readonly string[],
  id: string,
): string | undefined {
  if (kind === undefined) return undefined;
  if (!same(kind, 'outputs')) return oneOf(`property of ${path}`, kind, ['result', 'outputs']);
  return output === undefined ? undefined : oneOf(`output of job '${id}'`, output, outputs);
}

function outputNames(step: Step, actions: Scope['actions']): string[] {
  return step.uses === undefined
    ? [...(step.outputs ?? [])]
    : Object.keys(actionOf(step, actions)?.outputs ?? {});
}
