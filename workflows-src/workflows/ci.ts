import type { Job, PinnedStep, RunStep, Workflow } from '../model/workflow';
import type { Project } from './project';
import { install, prepared, RUNNER, setupNode, setupTerraform, withHistory } from './steps';

export const ci = ({ environments, services }: Project): Workflow => {
  const checks = checksOf(
    environments.map(({ name }) => name),
    services.map(({ name }) => name),
  );
  return {
    name: 'ci',
    about: `
      Checks every pull request and every commit on main, with the same commands as on a laptop, side by side.
      The last job is the one that a rule for main demands: it fails unless every other one succeeded. None of them has
      credentials of AWS: what they do there, they do on an emulator.`,
    on: { pull_request: { branches: ['main'] }, push: { branches: ['main'] } },
    // A new push makes the old verdict on a pull request worthless; on main every commit keeps its own.
    concurrency: {
      group: 'ci-${{ github.ref }}',
      'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
    },
    jobs: { ...checks, required: requiredJob(Object.keys(checks)) },
  };
};

type Step = PinnedStep | RunStep;

function checksOf(
  environments: readonly string[],
  services: readonly string[],
): Readonly<Record<string, Job>> {
  return {
    static: check('Types, lint, format, generated files', 15, [
      ...prepared,
      { name: 'Types, lint, format, generated files', run: 'npm run check:static' },
    ]),
    test: check('Unit tests', 30, [
      ...prepared,
      setupTerraform,
      startPostgres,
      { name: 'Tests of stacks, workflows, services and the rehearsal', env: ON_POSTGRES, run: 'npm test' },
    ]),
    image: check('Image', 30, [
      ...preparedWithHistory,
      { name: 'Built twice, run as ECS runs it, pushed', run: 'npm run test:image' },
    ]),
    ...Object.fromEntries(services.map((service) => [`service-${service}`, serviceJob(service)])),
    policy: check('Policy', 15, [
      ...prepared,
      setupTerraform,
      { name: 'checkov over the plans of all stacks', run: 'npm run policy' },
    ]),
    weaknesses: check('Seeded weaknesses', 20, [
      ...prepared,
      { name: 'Each is caught by a test of the stacks', run: 'npm run weaknesses' },
    ]),
    linters: check('Linters', 10, [
      ...prepared,
      { name: 'actionlint, shellcheck, zizmor, hadolint', run: 'npm run test:linters' },
    ]),
    pipeline: check('Pipeline', 90, [
      ...preparedWithHistory,
      setupTerraform,
      startPostgres,
      { name: 'The generated workflows, through act', env: ON_POSTGRES, run: 'npm run test:pipeline' },
    ]),
    rehearsal: {
      ...check('Rehearsal of ${{ matrix.environment }}', 45, [
        ...preparedWithHistory,
        setupTerraform,
        {
          name: 'The life cycle against an emulator',
          env: { ENVIRONMENT: '${{ matrix.environment }}' },
          run: 'npm start -- --env "$ENVIRONMENT" --policy --destroy',
        },
      ]),
      strategy: { matrix: { environment: environments }, 'fail-fast': false },
    },
  };
}

function check(name: string, minutes: number, steps: readonly Step[]): Job {
  return {
    name,
    'runs-on': RUNNER,
    'timeout-minutes': minutes,
    permissions: { contents: 'read' },
    steps,
  };
}

/** What an image is built in: the time of its files is that of the commit that changed it last. */
const preparedWithHistory = [withHistory, setupNode, install] as const;

function serviceJob(service: string): Job {
  const env = { SERVICE_IMAGE: `localhost/${service}:ci` };
  return check(`Service ${service} under faults`, 30, [
    ...preparedWithHistory,
    {
      name: 'Build the image',
      env,
      run: `npm run --silent image -- ${service} --tag "$SERVICE_IMAGE" --platform host`,
    },
    { name: 'Stops, a killed database, malformed requests', env, run: 'npm run test:service' },
  ]);
}

/** The runner's image has one, which sleeps. https://github.com/actions/runner-images */
const startPostgres = {
  name: 'Start PostgreSQL',
  run: [
    'sudo systemctl start postgresql.service',
    `sudo -u postgres psql --command="alter user postgres password 'postgres'"`,
  ].join('\n'),
} as const satisfies RunStep;
const ON_POSTGRES = { TEST_DATABASE_URL: 'postgres://postgres:postgres@127.0.0.1:5432/postgres' } as const;

/**
 * The one check that a rule demands. It runs also after a cancellation, because GitHub takes a required check that was
 * skipped for one that passed, and asks for success, because a skipped check has checked nothing.
 */
function requiredJob(needs: readonly string[]): Job {
  return {
    name: 'All checks',
    'runs-on': RUNNER,
    'timeout-minutes': 5,
    permissions: {},
    needs,
    if: 'always()',
    steps: [
      {
        name: 'Each succeeded',
        env: { RESULTS: "${{ join(needs.*.result, ' ') }}" },
        run: 'echo "$RESULTS"; [[ "$RESULTS" =~ ^success( success)*$ ]]',
      },
    ],
  };
}
