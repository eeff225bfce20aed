import type { Job, Workflow } from '../model/workflow';
import type { Environment, Project } from './project';
import {
  checkout,
  prepared,
  PREPARED_NEEDS,
  restrictNetwork,
  RUNNER,
  setupNode,
  setupTerraform,
  SIGN_IN_PERMISSION,
  signIn,
} from './steps';

export const drift = ({ environments }: Project): Workflow => ({
  name: 'drift',
  about: `
    Looks on working days for what was changed behind Terraform's back, and keeps one issue a stack that says so.
    The issue is the alarm: a job fails only when something could not be looked at.
    It runs on main without an environment, as an approval would keep a schedule waiting: its OIDC subject is
    ref:refs/heads/main, which the plan role trusts besides pull_request. Started on another branch, AWS refuses it.`,
  // Off the full hour, when GitHub's schedules are late.
  on: { schedule: [{ cron: '17 5 * * 1-5' }], workflow_dispatch: { inputs: {} } },
  concurrency: { group: 'drift', 'cancel-in-progress': false },
  jobs: {
    ...Object.fromEntries(environments.map((environment) => [jobId(environment), driftJob(environment)])),
    issues: {
      name: 'Issues',
      'runs-on': RUNNER,
      'timeout-minutes': 10,
      permissions: { contents: 'read', issues: { write: 'to open, update and close the issues' } },
      needs: environments.map(jobId),
      // Also after a check that failed: it leaves a report of what could not be planned, or its absence is said.
      if: '!cancelled()',
      steps: [
        checkout,
        setupNode,
        {
          name: 'Get the reports',
          uses: 'actions/download-artifact',
          with: { pattern: 'drift-*', path: 'reports', 'merge-multiple': true },
        },
        {
          name: 'Keep the issues',
          uses: './.github/actions/drift-issues',
          with: { reports: environments.map((environment) => `reports/${fileOf(environment)}`).join(',') },
        },
      ],
    },
  },
});

const jobId = ({ name }: Environment): string => `drift-${name}`;
const fileOf = ({ name }: Environment): string => `drift-${name}.json`;

function driftJob(environment: Environment): Job {
  const { name, plan, hosts } = environment;
  const file = fileOf(environment);
  return {
    name: `Drift of ${name}`,
    'runs-on': RUNNER,
    'timeout-minutes': 30,
    permissions: { contents: 'read', 'id-token': SIGN_IN_PERMISSION },
    steps: [
      restrictNetwork([...PREPARED_NEEDS, 'terraform'], hosts),
      ...prepared,
      setupTerraform,
      signIn(plan),
      {
        name: 'Compare',
        // 3 is drift, which the issue tells; anything else is a check that did not work.
        run: [
          'status=0',
          `npm run --silent drift -- ${name} --report ${file} | tee -a "$GITHUB_STEP_SUMMARY" || status=$?`,
          'if [ "$status" -ne 3 ]; then exit "$status"; fi',
        ].join('\n'),
      },
      {
        name: 'Keep the report',
        if: '!cancelled()',
        uses: 'actions/upload-artifact',
        with: { name: `drift-${name}`, path: file, 'if-no-files-found': 'warn', 'retention-days': 7 },
      },
    ],
  };
}
