import { workflow, type Workflow } from '../model/workflow';
import { checkout, RUNNER } from './steps';

export const codeql = (): Workflow =>
  workflow({
    name: 'codeql',
    about: `
      Looks for what can be attacked in our TypeScript and in the workflows: in every pull request, on main, and once a week,
      because the queries learn. What it finds is in the repository's security tab, and in the pull request that brings it.
      A private repository needs GitHub Code Security for it.`,
    on: {
      pull_request: { branches: ['main'] },
      push: { branches: ['main'] },
      schedule: [{ cron: '43 4 * * 2' }],
    },
    concurrency: {
      group: 'codeql-${{ github.ref }}',
      'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
    },
    jobs: {
      analyze: {
        name: 'Analyze ${{ matrix.language }}',
        'runs-on': RUNNER,
        'timeout-minutes': 20,
        permissions: {
          actions: { read: 'to name the run in a private repository' },
          contents: 'read',
          'security-events': { write: 'to report what was found' },
        },
        strategy: { matrix: { language: ['javascript-typescript', 'actions'] }, 'fail-fast': false },
        steps: [
          checkout,
          {
            name: 'Prepare the queries',
            uses: 'github/codeql-action/init',
            with: {
              languages: '${{ matrix.language }}',
              'build-mode': 'none',
              'analysis-kinds': 'code-scanning',
            },
          },
          {
            name: 'Analyze',
            uses: 'github/codeql-action/analyze',
            with: { category: '/language:${{ matrix.language }}' },
          },
        ],
      },
    },
  });
