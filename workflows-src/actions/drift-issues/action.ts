import type { ActionDefinition } from '../../model/action';

export const driftIssues = {
  name: 'Drift issues',
  description: 'Keeps one issue for each stack that drifted, and one for each that cannot be planned.',
  inputs: {
    reports: {
      description: 'Files that `npm run drift -- <environment> --report <file>` wrote, separated by commas.',
      required: true,
    },
    author: {
      description: 'Login that the token writes as. Only issues of this author are ever changed.',
      default: 'github-actions[bot]',
    },
    limit: {
      description: 'How many issues a run opens at most; the next run opens those that are left.',
      default: '5',
    },
    token: {
      description: 'Writes the issues; needs issues: write.',
      default: '${{ github.token }}',
    },
  },
  outputs: {
    result: { description: 'How many issues were written, unchanged, or left for the next run, in words.' },
  },
  calls: [
    'GET /repos/{owner}/{repo}/issues',
    'POST /repos/{owner}/{repo}/issues',
    'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
    'GET comments of an issue',
    'POST a comment on an issue',
  ],
} as const satisfies ActionDefinition;
