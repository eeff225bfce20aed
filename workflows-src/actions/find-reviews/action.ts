import type { ActionDefinition } from '../../model/action';

export const findReviewsAction = {
  name: 'Find reviews',
  description: 'Collects what was reviewed and merged since each stack of an environment was last applied.',
  inputs: {
    environment: { description: 'Name of the environment.', required: true },
    applied: {
      description: 'File that `npm run apply -- <environment> --last-applied` wrote.',
      required: true,
    },
    output: { description: 'File to write, for `npm run apply -- <environment> --reviews`.', required: true },
    before: {
      description: 'The commit before the push; empty or forty zeros when there is none.',
      default: '',
    },
    token: {
      description: 'Reads pull requests, runs and artifacts; needs actions: read and pull-requests: read.',
      default: '${{ github.token }}',
    },
  },
  outputs: {
    pulls: { description: 'JSON list of their numbers.' },
  },
  calls: [
    'GET /repos/{owner}/{repo}',
    'GET /repos/{owner}/{repo}/compare/{basehead}',
    'GET /repos/{owner}/{repo}/pulls',
    'GET comments of a pull request',
    'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs',
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
  ],
} as const satisfies ActionDefinition;
