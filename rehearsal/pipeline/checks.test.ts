import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { workflows } from '../../workflows-src/workflows';
import { LICENCES } from '../../workflows-src/workflows/dependency-review';
import { type ActEvent, type ActRun, runAct, standIns } from './act';
import { rehearsed } from './support';

/** Of one test: one run of a workflow whose commands take no time. */
const TEST_MS = 120_000;
const ROOT = join(__dirname, '../..');
const DATABASE = 'postgres://postgres:postgres@127.0.0.1:5432/postgres';
const PULL_REQUEST: ActEvent = {
  name: 'pull_request',
  payload: {
    action: 'opened',
    number: 1,
    pull_request: {
      number: 1,
      head: { ref: 'change', sha: '0'.repeat(40) },
      base: { ref: 'main', sha: '1'.repeat(40) },
    },
  },
};
const PUSH: ActEvent = { name: 'push', payload: { ref: 'refs/heads/main' } };

/** The workflows alone, in a repository. */
function checkoutIn(folder: string): string {
  const checkout = join(folder, 'checkout');
  cpSync(join(ROOT, '.github/workflows'), join(checkout, '.github/workflows'), { recursive: true });
  standIns(checkout);
  const git = (...args: readonly string[]): Buffer => execFileSync('git', args, { cwd: checkout });
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://github.com/acme/shop.git');
  git('add', '--all');
  git(
    '-c',
    'user.name=A Developer',
    '-c',
    'user.email=developer@example.com',
    'commit',
    '--quiet',
    '-m',
    'The workflows',
  );
  return checkout;
}

/** By which test here each workflow is run to its end, and how that test says so. */
const RUN_BY: Readonly<Record<string, readonly [file: string, call: string]>> = {
  apply: ['pull-request.test.ts', 'world.apply('],
  ci: ['checks.test.ts', "run('ci.yml'"],
  codeql: ['checks.test.ts', "run('codeql.yml'"],
  'dependency-review': ['checks.test.ts', "run('dependency-review.yml'"],
  drift: ['drift.test.ts', 'world.drift('],
  'load-test': ['load-test.test.ts', 'world.loadTest('],
  plan: ['pull-request.test.ts', 'world.plan('],
  rollback: ['release.test.ts', 'world.rollback('],
  scorecard: ['checks.test.ts', "run('scorecard.yml'"],
};

test('every workflow is run by a test', () => {
  expect(Object.keys(RUN_BY)).toEqual(Object.keys(workflows).sort());
  for (const [file, call] of Object.values(RUN_BY))
    expect(readFileSync(join(__dirname, file), 'utf8')).toContain(call);
});

rehearsed(
  'the workflows that check, by act, with npm and sudo replaced by what writes down the command and ends as it is told',
  () => {
    let folder = '';
    let checkout = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'fairlead-checks-'));
      checkout = checkoutIn(folder);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** @param failing the commands that fail, such as `npm run policy` @returns also what was called, in alphabetical order */
    const run = async (
      workflow: string,
      event: ActEvent,
      failing: readonly string[] = [],
    ): Promise<ActRun & { readonly called: readonly string[] }> => {
      const log = join(folder, 'called');
      writeFileSync(log, '');
      const recorder = (name: string): string =>
        [
          '#!/bin/sh',
          `said="${name} $*"`,
          'for setting in "$SERVICE_IMAGE" "$TEST_DATABASE_URL"; do',
          '  [ -z "$setting" ] || said="$said # $setting"',
          'done',
          `echo "$said" >> '${log}'`,
          'case "$said" in',
          ...failing.map((command) => `"${command}") exit 1 ;;`),
          'esac',
          '',
        ].join('\n');
      const ran = await runAct({
        folder,
        checkout,
        workflow,
        event,
        token: 'a-token-of-the-rehearsal',
        env: { GITHUB_REPOSITORY: 'acme/shop' },
        programs: { npm: recorder('npm'), sudo: recorder('sudo') },
      });
      const called = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').sort() : [];
      return { ...ran, called };
    };

    const CHECKS = [
      'static',
      'test',
      'image',
      'service-api',
      'policy',
      'weaknesses',
      'linters',
      'pipeline',
      'rehearsal',
    ];
    const allBut = (failed: Readonly<Record<string, 'failure'>>): Record<string, string> => ({
      ...Object.fromEntries([...CHECKS, 'required'].map((job) => [job, 'success'])),
      ...failed,
    });

    test.each([
      ['a pull request', PULL_REQUEST],
      ['a push to main', PUSH],
    ])(
      '%s: ci runs each check once, and all checks pass',
      async (_what, event) => {
        const { code, jobs, called } = await run('ci.yml', event);
        expect({ code, jobs }).toEqual({ code: 0, jobs: allBut({}) });
        expect(called.filter((command) => command !== 'npm ci')).toEqual([
          'npm run --silent image -- api --tag localhost/api:ci --platform host # localhost/api:ci',
          'npm run check:static',
          'npm run policy',
          'npm run test:image',
          'npm run test:linters',
          `npm run test:pipeline # ${DATABASE}`,
          'npm run test:service # localhost/api:ci',
          'npm run weaknesses',
          'npm start -- --env dev --policy --destroy',
          'npm start -- --env prod --policy --destroy',
          `npm test # ${DATABASE}`,
          ...Array.from({ length: 2 }, () => [
            "sudo -u postgres psql --command=alter user postgres password 'postgres'",
            'sudo systemctl start postgresql.service',
          ])
            .flat()
            .sort(),
        ]);
        // One for each job that runs a command of ours: the rehearsal is two.
        expect(called.filter((command) => command === 'npm ci')).toHaveLength(CHECKS.length + 1);
      },
      TEST_MS,
    );

    test.each([
      ['npm run policy', 'policy'],
      [`npm test # ${DATABASE}`, 'test'],
      [
        'npm run --silent image -- api --tag localhost/api:ci --platform host # localhost/api:ci',
        'service-api',
      ],
      ['npm start -- --env dev --policy --destroy', 'rehearsal'],
      ['npm start -- --env prod --policy --destroy', 'rehearsal'],
    ])(
      '%s fails: its job fails, all others end, and all checks do not pass',
      async (command, job) => {
        const { code, jobs, log } = await run('ci.yml', PULL_REQUEST, [command]);
        expect(code).not.toBe(0);
        expect(jobs).toEqual(allBut({ [job]: 'failure', required: 'failure' }));
        const verdict = log.split('\n').find((line) => /^((success|failure) ?){2,}$/.test(line.trim()));
        expect(verdict?.trim().split(' ').sort()).toEqual([
          'failure',
          ...CHECKS.slice(1).map(() => 'success'),
        ]);
      },
      TEST_MS,
    );

    test(
      'everything fails: all checks say so',
      async () => {
        const { jobs } = await run('ci.yml', PULL_REQUEST, ['npm ci']);
        expect(jobs).toEqual(Object.fromEntries([...CHECKS, 'required'].map((job) => [job, 'failure'])));
      },
      TEST_MS,
    );

    test(
      'dependency-review ends, and its action, of which only the inputs are real, is given severity and licences',
      async () => {
        const { code, jobs, log } = await run('dependency-review.yml', PULL_REQUEST);
        expect({ code, jobs }).toEqual({ code: 0, jobs: { review: 'success' } });
        expect(log).toContain('fail-on-severity = high');
        expect(log).toContain(`allow-licenses = ${LICENCES.join(', ')}`);
      },
      TEST_MS,
    );

    test.each([
      ['a pull request', PULL_REQUEST],
      ['a push to main', PUSH],
      ['the schedule', { name: 'schedule', payload: { schedule: '43 4 * * 2' } }],
    ])(
      '%s: codeql ends, and its actions, of which only the inputs are real, are given each language',
      async (_what, event) => {
        const { code, jobs, log } = await run('codeql.yml', event);
        expect({ code, jobs }).toEqual({ code: 0, jobs: { analyze: 'success' } });
        for (const language of ['javascript-typescript', 'actions']) {
          expect(log).toContain(`languages = ${language}\n`);
          expect(log).toContain(`category = /language:${language}\n`);
        }
      },
      TEST_MS,
    );

    test.each([
      ['a push to main', PUSH],
      ['the schedule', { name: 'schedule', payload: { schedule: '29 4 * * 3' } }],
    ])(
      '%s: scorecard ends, and its actions, of which only the inputs are real, hand on one file and publish nothing',
      async (_what, event) => {
        const { code, jobs, log } = await run('scorecard.yml', event);
        expect({ code, jobs }).toEqual({ code: 0, jobs: { judge: 'success' } });
        expect(log).toContain('results_file = scorecard.sarif\n');
        expect(log).toContain('publish_results = false\n');
        expect(log).toContain('sarif_file = scorecard.sarif\n');
      },
      TEST_MS,
    );
  },
);
