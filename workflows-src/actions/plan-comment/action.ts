import type { ActionDefinition } from '../../model/action';

export const planComment = {
  name: 'Plan comment',
  description: 'Keeps one comment and one commit status on a pull request up to date with its plans.',
  inputs: {
    phase: {
      description: '`begin` marks what is there as outdated; `report` says what was planned.',
      required: true,
      options: ['begin', 'report'],
    },
    stacks: {
      description: 'JSON list of the stacks that should have been planned; empty when that is not known.',
      default: '',
    },
    removed: { description: 'JSON list of the stacks that are not configured any more.', default: '[]' },
    folder: {
      description: 'Where the result files are: `plan-<environment>/<stack>.json`.',
      default: 'plans',
    },
    seal: { description: 'File to write what the comment was made from to.', default: 'review.json' },
    author: {
      description: 'Login that the token writes as. Only a comment of this author is ever changed.',
      default: 'github-actions[bot]',
    },
    token: {
      description: 'Writes the comment and the status; needs pull-requests: write and statuses: write.',
      default: '${{ github.token }}',
    },
  },
  outputs: {
    result: { description: 'created, updated, unchanged, or outdated when a newer commit was pushed.' },
    verdict: { description: 'success or failure: whether a merge would be applied.' },
  },
  calls: [
    'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    'GET comments of a pull request',
    'POST a comment on a pull request',
    'PATCH a comment on a pull request',
    'GET /repos/{owner}/{repo}/commits/{ref}/status',
    'POST /repos/{owner}/{repo}/statuses/{sha}',
  ],
} as const satisfies ActionDefinition;
