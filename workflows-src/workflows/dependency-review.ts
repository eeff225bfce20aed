import { workflow, type Workflow } from '../model/workflow';
import { RUNNER } from './steps';

/** Licences that a package may come under. One that asks to publish our own code is not among them. */
export const LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Unlicense',
] as const;

/** Packages whose licence is none of those and was looked at: data under CC-BY-4.0, and what is in the public domain. */
export const LOOKED_AT = ['pkg:npm/caniuse-lite', 'pkg:npm/jsonify'] as const;

export const dependencyReview = (): Workflow =>
  workflow({
    name: 'dependency-review',
    about: `
      Fails a pull request that brings a package with a known vulnerability, high or critical, or under a licence that is not
      on the list. GitHub compares the lock files of both commits; nothing is checked out or installed here.`,
    on: { pull_request: { branches: ['main'] } },
    concurrency: { group: 'dependency-review-${{ github.ref }}', 'cancel-in-progress': true },
    jobs: {
      review: {
        name: 'Dependency review',
        'runs-on': RUNNER,
        'timeout-minutes': 5,
        permissions: { contents: 'read' },
        steps: [
          {
            name: 'Compare the dependencies',
            uses: 'actions/dependency-review-action',
            with: {
              'fail-on-severity': 'high',
              'fail-on-scopes': 'runtime, development, unknown',
              'allow-licenses': LICENCES.join(', '),
              'allow-dependencies-licenses': LOOKED_AT.join(', '),
            },
          },
        ],
      },
    },
  });
