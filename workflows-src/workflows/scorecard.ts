import { workflow, type Workflow } from '../model/workflow';
import { checkout, RUNNER } from './steps';

const RESULTS = 'scorecard.sarif';

export const scorecard = (): Workflow =>
  workflow({
    name: 'scorecard',
    about: `
      Judges once a week, and after every merge, how the repository is kept: rules for main, tokens, pins, reviews (OpenSSF
      Scorecard). What it finds is in the repository's security tab and is published nowhere else.
      A private repository needs GitHub Code Security for it.`,
    on: { push: { branches: ['main'] }, schedule: [{ cron: '29 4 * * 3' }] },
    concurrency: { group: 'scorecard', 'cancel-in-progress': false },
    jobs: {
      judge: {
        name: 'OpenSSF Scorecard',
        'runs-on': RUNNER,
        'timeout-minutes': 15,
        permissions: {
          actions: { read: 'to look at the runs of a private repository' },
          contents: 'read',
          'security-events': { write: 'to report what was found' },
        },
        steps: [
          checkout,
          {
            name: 'Judge',
            uses: 'ossf/scorecard-action',
            with: { results_file: RESULTS, results_format: 'sarif', publish_results: false },
          },
          {
            name: 'Report',
            uses: 'github/codeql-action/upload-sarif',
            with: { sarif_file: RESULTS, 'wait-for-processing': true },
          },
        ],
      },
    },
  });
