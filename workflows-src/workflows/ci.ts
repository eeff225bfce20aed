import { workflow, type Workflow } from '../model/workflow';
import { prepared, RUNNER, setupTerraform } from './steps';

export const ci = (): Workflow =>
  workflow({
    name: 'ci',
    about: 'Checks every pull request and every commit on main, with the same commands as on a laptop.',
    on: { pull_request: { branches: ['main'] }, push: { branches: ['main'] } },
    // A new push makes the old verdict on a pull request worthless; on main every commit keeps its own.
    concurrency: {
      group: 'ci-${{ github.ref }}',
      'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
    },
    jobs: {
      check: {
        name: 'Check',
        'runs-on': RUNNER,
        'timeout-minutes': 15,
        permissions: { contents: 'read' },
        steps: [
          ...prepared,
          setupTerraform,
          { name: 'Types, lint, format, generated files, tests', run: 'npm run check' },
        ],
      },
      pipeline: {
        name: 'Pipeline',
        'runs-on': RUNNER,
        'timeout-minutes': 30,
        permissions: { contents: 'read' },
        steps: [
          ...prepared,
          setupTerraform,
          { name: 'The generated workflows, through act', run: 'npm run test:pipeline' },
        ],
      },
      policy: {
        name: 'Policy',
        'runs-on': RUNNER,
        'timeout-minutes': 15,
        permissions: { contents: 'read' },
        steps: [
          ...prepared,
          setupTerraform,
          { name: 'checkov over the plans of all stacks', run: 'npm run policy' },
        ],
      },
      rehearsal: {
        name: 'Rehearsal',
        'runs-on': RUNNER,
        'timeout-minutes': 30,
        permissions: { contents: 'read' },
        steps: [
          ...prepared,
          setupTerraform,
          { name: 'The life cycle against an emulator', run: 'npm start -- --fast' },
        ],
      },
    },
  });
