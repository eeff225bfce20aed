import type { Job, Workflow } from '../model/workflow';
import { rollbackMinutes } from './minutes';
import type { Environment, Project } from './project';
import {
  ATTESTATIONS_PERMISSION,
  checkout,
  getTrustedRoots,
  install,
  letTerraformEnd,
  PREPARED_NEEDS,
  RELEASE_NEEDS,
  restrictNetwork,
  RUNNER,
  setupK6,
  setupNode,
  setupTerraform,
  SIGN_IN_PERMISSION,
  signIn,
  TRUSTED_ROOTS,
} from './steps';

export const rollback = ({ environments, services }: Project): Workflow => ({
  name: 'rollback',
  about: `
    Puts a service back to an image that was released in the environment before: to the previous one, or to a digest from
    its ledger (npm run rollback -- <environment> <service> --ledger). Nothing is built, and nothing but the image changes.
    The database is left as it is: migrations are not undone. A second run with previous goes forth again.`,
  on: {
    workflow_dispatch: {
      inputs: {
        environment: {
          description: 'Environment',
          required: true,
          type: 'choice',
          options: environments.map(({ name }) => name),
        },
        service: {
          description: 'Service',
          required: true,
          type: 'choice',
          options: services.map(({ name }) => name),
        },
        to: {
          description: 'previous, or sha256:… of an image that was released there before',
          required: true,
          type: 'string',
          default: 'previous',
        },
      },
    },
  },
  concurrency: { group: 'rollback-${{ inputs.environment }}', 'cancel-in-progress': false, queue: 'max' },
  jobs: Object.fromEntries(
    environments.map((environment) => [`rollback-${environment.name}`, rollbackJob(environment)]),
  ),
});

function rollbackJob({ name, deploy, hosts }: Environment): Job {
  return {
    name: `Roll ${name} back`,
    'runs-on': RUNNER,
    'timeout-minutes': rollbackMinutes(),
    permissions: {
      attestations: ATTESTATIONS_PERMISSION,
      contents: 'read',
      'id-token': SIGN_IN_PERMISSION,
    },
    if: `inputs.environment == '${name}'`,
    environment: name,
    // That of the apply: two that write to one environment wait for each other.
    concurrency: { group: `apply-${name}`, 'cancel-in-progress': false, queue: 'max' },
    steps: [
      restrictNetwork([...PREPARED_NEEDS, ...RELEASE_NEEDS], hosts),
      // With its history, and whole: the stacks are those of the commit that was applied last, and no credentials are left to
      // fetch its files with.
      { ...checkout, with: { ...checkout.with, 'fetch-depth': 0 } },
      setupNode,
      install,
      setupTerraform,
      setupK6,
      getTrustedRoots,
      signIn(deploy),
      {
        name: 'Roll back',
        env: {
          SERVICE: '${{ inputs.service }}',
          TO: '${{ inputs.to }}',
          GITHUB_TOKEN: '${{ github.token }}',
        },
        // In place of the shell and without npm: GitHub signals the first process of a step alone, and neither hands it on.
        run: `exec node -r tsx/cjs workflows-src/cli/main.ts rollback ${name} "$SERVICE" "$TO" --trusted-roots ${TRUSTED_ROOTS} --summary "$GITHUB_STEP_SUMMARY"`,
      },
      letTerraformEnd,
    ],
  };
}
