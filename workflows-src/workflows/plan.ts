import type { Job, Workflow } from '../model/workflow';
import type { Environment, Project } from './project';
import {
  checkout,
  FROM_THIS_REPOSITORY,
  prepared,
  RUNNER,
  setupNode,
  setupTerraform,
  SIGN_IN_PERMISSION,
  signIn,
} from './steps';

export const plan = ({ environments }: Project): Workflow => ({
  name: 'plan',
  about: `
      Plans every environment on a pull request and says the result in one comment.
      The plan role trusts the subject of a pull request, which a job with an environment would not have: so these jobs
      have none. Pull requests from forks get no credentials and no plan.`,
  on: { pull_request: { branches: ['main'] } },
  concurrency: { group: 'plan-${{ github.ref }}', 'cancel-in-progress': true },
  jobs: {
    ...Object.fromEntries(environments.map((environment) => [jobId(environment), planJob(environment)])),
    comment: {
      name: 'Comment',
      'runs-on': RUNNER,
      'timeout-minutes': 10,
      permissions: { contents: 'read', 'pull-requests': { write: 'to write the comment' } },
      needs: environments.map(jobId),
      // Also after a plan that failed: the comment says so.
      if: `!cancelled() && ${FROM_THIS_REPOSITORY}`,
      steps: [
        checkout,
        setupNode,
        {
          name: 'Get the plans',
          uses: 'actions/download-artifact',
          with: { pattern: 'plan-*', path: 'plans', 'merge-multiple': true },
        },
        {
          name: 'Comment on the pull request',
          uses: './.github/actions/plan-comment',
          with: { folder: 'plans', environments: environments.map(({ name }) => name).join(',') },
        },
      ],
    },
  },
});

const jobId = ({ name }: Environment): string => `plan-${name}`;

function planJob({ name, plan: role }: Environment): Job {
  const file = `plan-${name}.md`;
  return {
    name: `Plan ${name}`,
    'runs-on': RUNNER,
    'timeout-minutes': 30,
    permissions: { contents: 'read', 'id-token': SIGN_IN_PERMISSION },
    if: FROM_THIS_REPOSITORY,
    steps: [
      ...prepared,
      setupTerraform,
      signIn(role),
      { name: 'Plan', run: `npm run plan -- ${name} --markdown ${file}` },
      {
        name: 'Keep the summary',
        // A plan of which one stack failed has a summary that says which.
        if: '!cancelled()',
        uses: 'actions/upload-artifact',
        with: { name: `plan-${name}`, path: file, 'if-no-files-found': 'warn', 'retention-days': 7 },
      },
    ],
  };
}
