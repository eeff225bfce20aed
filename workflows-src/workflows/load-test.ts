import type { Job, Workflow } from '../model/workflow';
import type { Environment, Project } from './project';
import {
  prepared,
  PREPARED_NEEDS,
  restrictNetwork,
  RUNNER,
  setupK6,
  setupTerraform,
  SIGN_IN_PERMISSION,
  signIn,
} from './steps';

export const loadTest = ({ environments, profiles }: Project): Workflow => ({
  name: 'load-test',
  about: `
    Runs a k6 profile against an environment and keeps what it measured. The address is read from the environment's
    outputs with the plan role, so from main only, as in drift.`,
  on: {
    workflow_dispatch: {
      inputs: {
        environment: {
          description: 'Environment to test',
          required: true,
          type: 'choice',
          options: environments.map(({ name }) => name),
        },
        profile: { description: 'Load profile', required: true, type: 'choice', options: profiles },
      },
    },
  },
  // Two at once would measure each other.
  concurrency: { group: 'load-test-${{ inputs.environment }}', 'cancel-in-progress': false },
  jobs: Object.fromEntries(
    environments.map((environment) => [`load-test-${environment.name}`, loadTestJob(environment)]),
  ),
});

const REPORT = 'load-test-report';

function loadTestJob({ name, plan, hosts }: Environment): Job {
  return {
    name: `Load test of ${name}`,
    'runs-on': RUNNER,
    'timeout-minutes': 60,
    permissions: { contents: 'read', 'id-token': SIGN_IN_PERMISSION },
    if: `inputs.environment == '${name}'`,
    steps: [
      restrictNetwork([...PREPARED_NEEDS, 'terraform', 'k6'], hosts),
      ...prepared,
      setupTerraform,
      setupK6,
      signIn(plan),
      {
        name: 'Load test',
        env: { PROFILE: '${{ inputs.profile }}' },
        run: `npm run loadtest -- --profile "$PROFILE" --env ${name} --output ${REPORT}`,
      },
      {
        name: 'Keep what was measured',
        // A verdict that fails the job is worth reading most.
        if: '!cancelled()',
        uses: 'actions/upload-artifact',
        with: { name: `load-test-${name}`, path: REPORT, 'if-no-files-found': 'warn', 'retention-days': 30 },
      },
    ],
  };
}
