import { circlesIn } from './needs';
import { choice, didYouMean, lookUp, same } from './names';
import { calledBy, isCall, type Report, type Workflows } from './scope';
import type { AnyJob, AnyWorkflow, CallingJob, Permissions } from './workflow';

/** What is wrong with a job's call of a workflow, apart from expressions. */
export function checkCall(
  job: CallingJob,
  { concurrency }: AnyWorkflow,
  workflows: Workflows,
  report: Report,
): void {
  const found = calledBy(job, workflows);
  if (!found) {
    const valid = Object.keys(workflows)
      .filter((name) => workflows[name]?.on.workflow_call)
      .map((name) => `./.github/workflows/${name}.yml`);
    report(`uses: no workflow '${job.uses}'${didYouMean(job.uses, valid)}; ${choice('workflows', valid)}`);
    return;
  }
  const [name, { on, concurrency: ofCalled }] = found;
  if (!on.workflow_call) {
    report(`uses: ${name} is not there to be called; valid: a workflow with on.workflow_call`);
    return;
  }
  const { inputs = {}, secrets = {} } = on.workflow_call;
  checkGiven('with', 'input', job.with ?? {}, inputs, name, report);
  for (const [input, value] of Object.entries(job.with ?? {})) {
    const type = lookUp(inputs, input)?.type;
    if (type !== undefined && typeof value !== type && !String(value).includes('${{'))
      report(`with: ${name} takes a ${type} as '${input}', got ${JSON.stringify(value)}; valid: a ${type}`);
  }
  checkGiven('secrets', 'secret', job.secrets ?? {}, secrets, name, report);
  checkPermissions(job, name, workflows, report);
  if (ofCalled.group === concurrency.group)
    report(
      `concurrency: ${name} has this workflow's group, '${concurrency.group}', and would wait for it; valid: another`,
    );
}

function checkGiven(
  key: string,
  what: string,
  given: object,
  taken: Readonly<Record<string, { readonly required?: boolean }>>,
  called: string,
  report: Report,
): void {
  const names = Object.keys(taken);
  for (const name of Object.keys(given)) {
    if (!names.some((other) => same(other, name)))
      report(
        `${key}: ${called} has no ${what} '${name}'${didYouMean(name, names)}; ${choice(`${what}s`, names)}`,
      );
  }
  for (const [name, { required }] of Object.entries(taken)) {
    if (required && lookUp(given as Record<string, unknown>, name) === undefined)
      report(`${key}: ${called} requires '${name}'`);
  }
}

/**
 * GitHub refuses the whole workflow when any called job asks for more than the calling one has, even if it is to be skipped.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/reusable-workflows#access-and-permissions
 */
function checkPermissions(
  { permissions }: CallingJob,
  called: string,
  workflows: Workflows,
  report: Report,
): void {
  for (const [id, job] of Object.entries(workflows[called]?.jobs ?? {}) as [string, AnyJob][]) {
    for (const [scope, granted] of Object.entries(job.permissions)) {
      const [asked, has] = [accessOf(granted), accessOf(permissions[scope as keyof Permissions])];
      if (LEVELS.indexOf(asked) > LEVELS.indexOf(has))
        report(
          `permissions: job '${id}' of ${called} asks for ${scope}: ${asked}, and this call has ${scope}: ${has}; valid: ${scope}: ${asked}`,
        );
    }
  }
}

const LEVELS = ['none', 'read', 'write'];

type Grant = Permissions[keyof Permissions];

/** `read` or `write`, or `none` where nothing is granted. */
export function accessOf(granted: Grant): string {
  if (granted === undefined) return 'none';
  return granted === 'read' ? granted : (Object.keys(granted)[0] ?? 'none');
}

/** Workflows that call themselves through others, each circle once. */
export function callCircles(workflows: Workflows): string[][] {
  return circlesIn(Object.keys(workflows), (name) =>
    Object.values(workflows[name]?.jobs ?? {}).flatMap((job) =>
      isCall(job) ? (calledBy(job, workflows)?.[0] ?? []) : [],
    ),
  );
}
