import type { Job, Workflow } from '../model/workflow';
import type { Environment, Project } from './project';
import { prepared, RUNNER, setupTerraform, SIGN_IN_PERMISSION, signIn } from './steps';

export const drift = ({ environments }: Project): Workflow => ({
  name: 'drift',
  about: `
    Looks on working days for what was changed behind Terraform's back; a job fails when it finds something.
    It runs on main without an environment, as an approval would keep a schedule waiting: its OIDC subject is
    ref:refs/heads/main, which the plan role trusts besides pull_request. Started on another branch, AWS refuses it.`,
  // Off the full hour, when GitHub's schedules are late.
  on: { schedule: [{ cron: '17 5 * * 1-5' }], workflow_dispatch: { inputs: {} } },
  concurrency: { group: 'drift', 'cancel-in-progress': false },
  jobs: Object.fromEntries(
    environments.map((environment) => [`drift-${environment.name}`, driftJob(environment)]),
  ),
});

function driftJob({ name, plan }: Environment): Job {
  return {
    name: `Drift of ${name}`,
    'runs-on': RUNNER,
    'timeout-minutes': 30,
    permissions: { contents: 'read', 'id-token': SIGN_IN_PERMISSION },
    steps: [
      ...prepared,
      setupTerraform,
      signIn(plan),
      { name: 'Compare', run: `npm run --silent drift -- ${name} | tee -a "$GITHUB_STEP_SUMMARY"` },
    ],
  };
}
