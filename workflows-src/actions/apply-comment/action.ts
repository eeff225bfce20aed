import type { ActionDefinition } from '../../model/action';

export const applyComment = {
  name: 'Apply comment',
  description: 'Says on the merged pull requests what became of them in an environment.',
  inputs: {
    report: { description: 'File that `npm run apply -- <environment> --report` wrote.', required: true },
    environment: { description: 'Name of the environment.', required: true },
    pulls: {
      description: 'JSON list of numbers, of those to tell when there is no report; empty for none.',
      default: '',
    },
    author: {
      description: 'Login that the token writes as. Only a comment of this author is ever changed.',
      default: 'github-actions[bot]',
    },
    token: {
      description: 'Writes the comments; needs pull-requests: write.',
      default: '${{ github.token }}',
    },
  },
  outputs: {
    told: { description: 'JSON list of the pull requests whose comment was written.' },
  },
  calls: [
    'GET comments of a pull request',
    'POST a comment on a pull request',
    'PATCH a comment on a pull request',
  ],
} as const satisfies ActionDefinition;
