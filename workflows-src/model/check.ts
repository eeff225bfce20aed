import { callCircles, checkCall } from './check-call';
import { readCondition, readExpressions } from './check-expressions';
import { checkStep } from './check-step';
import { checkTriggers } from './check-triggers';
import { KEYS } from './keys';
import { choice, didYouMean, oneOf, same } from './names';
import { circles } from './needs';
import { ID, ID_RULE, unknownKeys } from './rules';
import { isCall, type Actions, type Report, type Scope, type Workflows } from './scope';
import type { AnyJob, AnyWorkflow, CallingJob, Job, Step } from './workflow';

export type { Actions, Workflows } from './scope';
export { localActionName } from './scope';

/**
 * Everything that would fail on GitHub, or that we do not allow, and that the compiler cannot see. One sentence each:
 * where, what is wrong, what is valid.
 * @param name the workflow's file name without `.yml`
 * @param workflows those that it may call, by file name
 */
export function problemsOf(
  name: string,
  workflow: AnyWorkflow,
  actions: Actions,
  workflows: Workflows = {},
): string[] {
  const problems: string[] = [];
  const at = (place: string) => (problem: string) =>
    problems.push(`${[name, place].filter(Boolean).join(', ')}: ${problem}`);

  const top = at('');
  const scope: Scope = { workflow, workflows, actions, job: undefined, steps: [] };
  checkWorkflow(workflow, scope, top);

  for (const [id, job] of Object.entries(workflow.jobs)) {
    const here = at(`job '${id}'`);
    checkJob(id, job, workflow, here);
    const jobScope: Scope = { ...scope, job: [id, job] };
    readExpressions({ name: job.name, concurrency: job.concurrency }, 'job', jobScope, here);
    readExpressions({ strategy: job.strategy }, 'strategy', jobScope, here);
    if (job.if !== undefined) readCondition(job.if, 'jobIf', jobScope, here);
    if (isCall(job)) checkCallingJob(job, jobScope, here);
    else checkStepsJob(job, jobScope, here, (step) => at(`job '${id}', step '${step.name}'`));
  }
  for (const circle of circles(workflow))
    top(`jobs wait for each other: ${circle.join(' needs ')}; valid: an order`);
  return problems;
}

/** What is wrong between workflows: each can be right, and all together not. */
export function problemsBetween(workflows: Workflows): string[] {
  return callCircles(workflows).map(
    (circle) => `${circle[0]}: workflows call each other: ${circle.join(' calls ')}; valid: an order`,
  );
}

function checkWorkflow(workflow: AnyWorkflow, scope: Scope, report: Report): void {
  unknownKeys(workflow, KEYS.workflow, report);
  checkTriggers(workflow, report);
  readExpressions({ concurrency: workflow.concurrency }, 'workflowConcurrency', scope, report);
  readExpressions({ env: workflow.env }, 'workflowEnv', scope, report);
  for (const [output, { value }] of Object.entries(workflow.on.workflow_call?.outputs ?? {}))
    readExpressions({ [`on.workflow_call.outputs.${output}`]: value }, 'callOutput', scope, report);
  for (const secret of workflow.secrets ?? []) {
    if (!/^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/i.test(secret))
      report(
        `secrets: got '${secret}'; valid: letters, digits and _, no digit first, and not GITHUB_… first`,
      );
  }
}

function checkCallingJob(job: CallingJob, scope: Scope, report: Report): void {
  checkCall(job, scope.workflow, scope.workflows, report);
  readExpressions({ with: job.with }, 'job', scope, report);
  readExpressions({ secrets: job.secrets }, 'jobEnv', scope, report);
}

function checkStepsJob(job: Job, scope: Scope, report: Report, inStep: (step: Step) => Report): void {
  const all: Scope = { ...scope, steps: job.steps };
  const { environment } = job;
  const [name, url] = typeof environment === 'object' ? [environment.name, environment.url] : [environment];
  readExpressions({ environment: name }, 'job', scope, report);
  readExpressions({ 'environment.url': url }, 'environmentUrl', all, report);
  readExpressions({ env: job.env }, 'jobEnv', scope, report);
  readExpressions({ outputs: job.outputs }, 'jobOutputs', all, report);

  job.steps.forEach((step, index) => {
    const here = inStep(step);
    const before: Scope = { ...scope, steps: job.steps.slice(0, index), step };
    checkStep(step, before, here);
    const { id: _id, if: _if, ...rest } = step;
    readExpressions({ ...rest, run: undefined, uses: undefined }, 'step', before, here);
    if (step.if !== undefined) readCondition(step.if, 'stepIf', before, here);
  });
}

function checkJob(id: string, job: AnyJob, workflow: AnyWorkflow, report: Report): void {
  unknownKeys(job, isCall(job) ? KEYS.callingJob : KEYS.job, report);
  const ids = Object.keys(workflow.jobs);
  if (!ID.test(id)) report(`got this id; valid: ${ID_RULE}`);
  const twin = ids.find((other) => other !== id && same(other, id));
  if (twin !== undefined && ids.indexOf(twin) < ids.indexOf(id))
    report(`has the id of '${twin}' but for capitals, which GitHub does not tell; valid: another`);
  if (job.permissions === undefined)
    report('permissions: got nothing; valid: what the job needs, {} for nothing');
  for (const [scope, granted] of Object.entries(job.permissions ?? {})) {
    const reason = granted === 'read' ? scope === 'contents' : Object.values(granted)[0]?.trim();
    if (!reason) report(`permissions.${scope}: got no reason; valid: { read: 'why' } or { write: 'why' }`);
  }
  const others = ids.filter((other) => other !== id);
  for (const need of job.needs ?? []) {
    if (!others.includes(need))
      report(`needs: no job '${need}'${didYouMean(need, others)}; ${choice('jobs', others)}`);
  }
  if (job.concurrency && job.concurrency.group === workflow.concurrency?.group)
    report(
      `concurrency: the group '${job.concurrency.group}' is the workflow's too, so the job would wait for itself; valid: another`,
    );
  checkMatrix(job, report);
  if (!isCall(job)) checkJobOfSteps(job, report);
}

function checkJobOfSteps(job: Job, report: Report): void {
  if (!(job['timeout-minutes'] >= 1 && job['timeout-minutes'] <= 360)) {
    report(`timeout-minutes: got ${job['timeout-minutes']}; valid: 1 to 360`);
  }
  const stepIds = job.steps.flatMap(({ id }) => id ?? []);
  stepIds.forEach((id, index) => {
    if (!ID.test(id)) report(`step id: got '${id}'; valid: ${ID_RULE}`);
    if (stepIds.slice(0, index).some((other) => same(other, id)))
      report(`two steps have the id '${id}'; valid: one`);
  });
  const signsIn = job.steps.some(({ uses }) => uses === 'aws-actions/configure-aws-credentials');
  if (signsIn && job.permissions?.['id-token'] === undefined) {
    report(
      "assumes an AWS role without the permission to sign in; valid: permissions { 'id-token': { write: 'why' } }",
    );
  }
}

function checkMatrix({ strategy }: AnyJob, report: Report): void {
  if (!strategy || typeof strategy.matrix === 'string') return;
  const { include: _include, exclude, ...axes } = strategy.matrix;
  if (!Array.isArray(exclude)) return;
  for (const name of exclude.flatMap(Object.keys)) {
    const problem = oneOf('matrix value', name, Object.keys(axes));
    if (problem) report(`strategy.matrix.exclude: ${problem}`);
  }
}
