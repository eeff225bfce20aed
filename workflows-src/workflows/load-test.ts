import type { Job, Workflow } from '../model/workflow';
import type { Environment, Project } from './project';
import { prepared, RUNNER, setupTerraform, SIGN_IN_PERMISSION, signIn } from './steps';

/** The profiles of `loadtests/`, which the workflows do not import. */
const PROFILES = ['smoke'];

export const loadTest = ({ environments }: Project): Workflow => ({
  name: 'load-test',
  about: `
    Runs a k6 profile against an environment. The address is read from the environment's outputs with the plan role, so
    from main only, as in drift.`,
  on: {
    workflow_dispatch: {
      inputs: {
        environment: {
          description: 'Environment to test',
          required: true,
          type: 'choice',
          options: environments.map(({ name }) => name),
        },
        profile: { description: 'Load profile', required: true, type: 'choice', options: PROFILES },
      },
    },
  },
  // Two at once would measure each other.
  concurrency: { group: 'load-test-${{ inputs.environment }}', 'cancel-in-progress': false },
  jobs: Object.fromEntries(
    environments.map((environment) => [`load-test-${environment.name}`, loadTestJob(environment)]),
  ),
});

function loadTestJob({ name, plan }: Environment): Job {
  return {
    name: `Load test of ${name}`,
    'runs-on': RUNNER,
    'timeout-minutes': 60,
    permissions: { contents: 'read', 'id-token': SIGN_IN_PERMISSION },
    if: `inputs.environment == '${name}'`,
    steps: [
      ...prepared,
      setupTerraform,
      { name: 'Set up k6', uses: 'grafana/setup-k6-action', with: { 'k6-version': '1.1.0' } },
      signIn(plan),
      {
        name: 'Load test',
        env: { PROFILE: '${{ inputs.profile }}' },
        run: `npm run loadtest -- --profile "$PROFILE" --env ${name}`,
      },
    ],
  };
}
