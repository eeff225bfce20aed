import type { ActionDefinition } from '../../model/action';

export const planComment = {
  name: 'Plan comment',
  description: 'Keeps one comment on a pull request up to date with the plans of all environments.',
  inputs: {
    folder: {
      description: 'Where the summaries are: `plan-<environment>.md` for each environment.',
      required: true,
    },
    environments: {
      description: 'Names of the environments, in order, separated by commas.',
      required: true,
    },
    author: {
      description: 'Login that the token writes as. Only a comment of this author is ever changed.',
      default: 'github-actions[bot]',
    },
    token: {
      description: 'Writes the comment; needs pull-requests: write.',
      default: '${{ github.token }}',
    },
  },
  outputs: {
    result: { description: 'created, updated, or unchanged when the comment said the same already.' },
  },
} as const satisfies ActionDefinition;
