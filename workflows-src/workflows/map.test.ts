import { definitions, ourWorkflows } from '../generate';
import { generate } from '../model/generate';
import type { Workflow } from '../model/workflow';
import { MAP_FILE, workflowsMap } from './map';

const steps = [{ name: 'Say', run: 'echo' }] as const;
const ship: Workflow = {
  name: 'ship',
  about: `
    Ships <one> thing.
    Twice.`,
  on: { push: { branches: ['main'] }, workflow_dispatch: { inputs: {} }, schedule: [{ cron: '1 2 * * *' }] },
  concurrency: { group: 'ship', 'cancel-in-progress': false, queue: 'max' },
  jobs: {
    build: {
      name: 'Build ${{ matrix.part }}',
      'runs-on': 'ubuntu-24.04',
      'timeout-minutes': 5,
      permissions: {},
      strategy: { matrix: { part: ['hull', 'mast'] }, 'fail-fast': false },
      steps,
    },
    test: {
      name: 'Test',
      'runs-on': 'ubuntu-24.04',
      'timeout-minutes': 10,
      permissions: { contents: 'read' },
      needs: ['build'],
      if: "github.ref == 'a' || github.ref == 'b'",
      steps,
    },
    'roll-out': {
      name: 'Roll out',
      'runs-on': 'ubuntu-24.04',
      'timeout-minutes': 100,
      permissions: { contents: 'read', 'id-token': { write: 'to sign in' } },
      needs: ['build', 'test'],
      environment: { name: 'prod' },
      steps: [
        {
          name: 'Restrict',
          uses: 'step-security/harden-runner',
          with: { 'allowed-endpoints': 'a.example.com:443 b.example.com:443' },
        },
        {
          name: 'Sign in',
          uses: 'aws-actions/configure-aws-credentials',
          with: { 'aws-region': 'eu-west-1', 'role-to-assume': 'arn:aws:iam::111111111111:role/ship-prod' },
        },
      ],
    },
  },
};

it('draws each workflow, and says of each job what it waits for, may do, and may reach', () => {
  expect(workflowsMap({ ship }).split('\n\n## ship\n\n')[1]).toBe(`Ships &lt;one> thing.
Twice.

Starts on \`push\` to \`main\`; on \`workflow_dispatch\`; on schedule \`1 2 * * *\` (UTC). One run at a time in \`ship\`; all others wait, in order.

\`\`\`mermaid
flowchart LR
  job_build["Build hull / mast"]
  job_test["Test"]
  job_roll_out[["Roll out"]]
  job_build --> job_test
  job_test --> job_roll_out
\`\`\`

| job        | after           | environment | role in AWS | permissions                         | network | minutes at most |
| ---------- | --------------- | ----------- | ----------- | ----------------------------------- | ------- | --------------: |
| \`build\`    |                 |             |             | none                                | open    |               5 |
| \`test\`     | \`build\`         |             |             | \`contents: read\`                    | open    |              10 |
| \`roll-out\` | \`build\`, \`test\` | \`prod\`      | \`ship-prod\` | \`contents: read\`, \`id-token: write\` | 2 hosts |             100 |

- \`test\` runs if \`github.ref == 'a' || github.ref == 'b'\`
`);
});

it('is the same whatever order the workflows come in', () => {
  const all = ourWorkflows();
  expect(workflowsMap(Object.fromEntries(Object.entries(all).reverse()))).toBe(workflowsMap(all));
});

it('is one of the generated files, so that --check finds it stale', () => {
  expect(generate(definitions()).get(MAP_FILE)).toBe(workflowsMap(ourWorkflows()));
});
