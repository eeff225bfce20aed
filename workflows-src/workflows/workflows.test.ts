import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { actions } from '../actions';
import { problemsOf } from '../model/check';
import type { Job } from '../model/workflow';
import { MIGRATION_MINUTES } from '../release/limits';
import { config } from '../../stacks/config';
import type { Config } from '../../stacks/config';
import type { Services } from '../../stacks/check-config';
import lock from '../../package-lock.json';
import { scripts } from '../../package.json';
import service from '../../services/api/service';
import { apply } from './apply';
import { ci } from './ci';
import { LICENCES, LOOKED_AT } from './dependency-review';
import { workflows } from './index';
import { applyMinutes } from './minutes';
import { plan } from './plan';
import { type Project, projectOf } from './project';

const services: Services = { api: service, web: service };
const project = projectOf(config, services, ['smoke']);

/** The step of a job with this name, as plain data. */
function step(job: Pick<Job, 'steps'> | undefined, name: string): Record<string, unknown> {
  const found = job?.steps.find((other) => other.name === name);
  if (!found) throw new Error(`no step '${name}'`);
  return { ...found };
}

const restriction = (job: Job): Readonly<Record<string, unknown>> =>
  step(job, 'Restrict the network')['with'] as Readonly<Record<string, unknown>>;

describe('the workflows of a project with two services', () => {
  it.each(Object.entries(workflows))('%s has no problems', (name, of) => {
    expect(problemsOf(name, of(project), actions)).toEqual([]);
  });

  it('build each service once, and give every environment its digest', () => {
    const { jobs } = apply(project);
    expect(Object.keys(jobs)).toEqual(['changes', 'build-api', 'build-web', 'apply-dev', 'apply-prod']);
    expect(step(jobs['apply-prod'], 'Apply')).toEqual({
      name: 'Apply',
      env: {
        APPROVE: '${{ inputs.approve }}',
        EVERYTHING: "${{ github.event_name == 'workflow_dispatch' && 'yes' || '' }}",
        GITHUB_TOKEN: '${{ github.token }}',
        API_DIGEST: "${{ needs.build-api.result == 'success' && needs.build-api.outputs.digest || '' }}",
        WEB_DIGEST: "${{ needs.build-web.result == 'success' && needs.build-web.outputs.digest || '' }}",
      },
      run: [
        'exec node -r tsx/cjs workflows-src/cli/main.ts apply prod --reviews reviews.json --report report.json',
        '--trusted-roots trusted-roots.jsonl ${EVERYTHING:+--everything} ${APPROVE:+--approve "$APPROVE"}',
        '${API_DIGEST:+--image "api=111111111111.dkr.ecr.eu-west-1.amazonaws.com/fairlead/api@$API_DIGEST"}',
        '${WEB_DIGEST:+--image "web=111111111111.dkr.ecr.eu-west-1.amazonaws.com/fairlead/web@$WEB_DIGEST"}',
      ].join(' '),
    });
  });

  it('go on to the next environment only when the one before succeeded, with builds that succeeded or had nothing to do', () => {
    const { jobs } = apply(project);
    expect(jobs['apply-prod']?.needs).toEqual(['changes', 'build-api', 'build-web', 'apply-dev']);
    expect(jobs['apply-prod']?.if).toBe(
      [
        '!cancelled()',
        "needs.changes.result == 'success'",
        "needs.apply-dev.result == 'success'",
        'contains(fromJSON(\'["success","skipped"]\'), needs.build-api.result)',
        'contains(fromJSON(\'["success","skipped"]\'), needs.build-web.result)',
      ].join(' && '),
    );
  });

  it('assume the role of the environment in its own account, and name the environment where the role asks for it', () => {
    const applied = apply(project).jobs['apply-prod'];
    expect(applied?.environment).toBe('prod');
    expect(step(applied, 'Sign in to AWS').with).toEqual({
      'aws-region': 'eu-west-1',
      'role-to-assume': 'arn:aws:iam::222222222222:role/fairlead-prod-apply',
      'allowed-account-ids': '222222222222',
    });
    const planned = plan(project).jobs['plan-dev'];
    expect(planned?.environment).toBeUndefined();
    expect(step(planned, 'Sign in to AWS').with).toMatchObject({
      'role-to-assume': 'arn:aws:iam::111111111111:role/fairlead-dev-plan',
    });
  });

  it('push and apply in one workflow, because their roles trust no other', () => {
    const signingIn = Object.entries(workflows).flatMap(([name, of]) =>
      Object.values(of(project).jobs)
        .flatMap(({ steps }) => steps)
        .map((each) => JSON.stringify(each).match(/role-to-assume":"([^"]*)/)?.[1] ?? '')
        .filter((role) => /-(push|apply)$/.test(role))
        .map((role) => [name, role.split('/')[1]]),
    );
    expect(signingIn).toEqual([
      ['apply', 'fairlead-push'],
      ['apply', 'fairlead-push'],
      ['apply', 'fairlead-dev-apply'],
      ['apply', 'fairlead-prod-apply'],
    ]);
  });

  it('give forks no job that signs in or writes, and one that reads', () => {
    const { affected, ...others } = plan(project).jobs;
    for (const job of Object.values(others)) {
      expect(job.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    }
    expect(affected?.permissions).toEqual({ contents: 'read' });
    expect(affected?.steps.map(({ name }) => name)).toEqual([
      'Check out',
      'Set up Node',
      'Install',
      'Compare with the base',
    ]);
  });

  it('plan again for the one label that means something, and stop nothing for another', () => {
    const { jobs, concurrency } = plan(project);
    const other = `contains(fromJSON('["labeled","unlabeled"]'), github.event.action) && github.event.label.name != 'data-loss-approved'`;
    for (const job of [jobs.begin, jobs.affected, jobs.comment])
      expect(job?.if).toContain(`github.event.pull_request.state == 'open' && !(${other})`);
    expect(concurrency.group).toBe(`plan-\${{ github.ref }}-\${{ ${other} }}`);
  });

  it('get the plans of each environment by name, and comment also where none were left', () => {
    const { comment } = plan(project).jobs;
    // By a pattern, the only artifact of a run would have no folder of its own.
    expect(step(comment, 'Get the plans of prod')).toMatchObject({
      if: "!cancelled() && needs.affected.outputs.prod == 'true'",
      with: { name: 'plan-prod', path: 'plans/plan-prod' },
    });
    expect(step(comment, 'Comment on the pull request').if).toBe('!cancelled()');
  });

  it('apply what was reviewed, and tell the pull requests whatever happened', () => {
    const { 'apply-dev': job } = apply(project).jobs;
    expect(job?.steps.slice(-5).map(({ name }) => name)).toEqual([
      'Find when each stack was applied',
      'Find what was reviewed',
      'Apply',
      'Let terraform end',
      'Tell the pull requests',
    ]);
    expect(step(job, 'Tell the pull requests').if).toBe('always()');
  });

  it('hand a cancellation on to the apply, and then wait for the terraform that it leaves', async () => {
    const { 'apply-dev': job } = apply(project).jobs;
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-cancel-'));
    const main = join(folder, 'workflows-src/cli/main.ts');
    mkdirSync(join(folder, 'cdktf.out/stacks/a'), { recursive: true });
    mkdirSync(dirname(main), { recursive: true });
    symlinkSync(join(__dirname, '../../node_modules'), join(folder, 'node_modules'));
    writeFileSync(
      main,
      `process.on('SIGINT', () => {
        require('node:child_process').spawn('sleep', ['1'], { cwd: 'cdktf.out/stacks/a', detached: true });
        console.log('interrupted');
        setTimeout(() => process.exit(130), 100);
      });
      console.log('begun');
      setInterval(() => {}, 1000);`,
    );
    const bash = (script: unknown) =>
      spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', String(script)], { cwd: folder });
    const applying = bash(step(job, 'Apply')['run']);
    let out = '';
    applying.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out === 'begun\n') applying.kill('SIGINT');
    });
    expect(await once(applying, 'close')).toEqual([130, null]);
    expect(out).toContain('interrupted');
    const begun = Date.now();
    expect(await once(bash(step(job, 'Let terraform end')['run']), 'close')).toEqual([0, null]);
    expect(Date.now() - begun).toBeGreaterThan(500);
    rmSync(folder, { recursive: true });
  });

  it('never cancel an apply, and keep every one that waits', () => {
    const { concurrency, jobs } = apply(project);
    const expected = { 'cancel-in-progress': false, queue: 'max' };
    expect(concurrency).toMatchObject(expected);
    expect(jobs['apply-dev']?.concurrency).toEqual({ group: 'apply-dev', ...expected });
  });

  it('check a pull request with the commands of a laptop, side by side, and without credentials', () => {
    const { on, jobs } = ci(project);
    expect(on.pull_request?.branches).toEqual(['main']);
    const { required: _last, ...checks } = jobs;
    const ran = Object.entries(checks).map(([id, { steps }]) => [
      id,
      step({ steps }, steps.at(-1)!.name)['run'],
    ]);
    expect(Object.fromEntries(ran)).toEqual({
      static: 'npm run check:static',
      test: 'npm test',
      image: 'npm run test:image',
      'service-api': 'npm run test:service',
      'service-web': 'npm run test:service',
      policy: 'npm run policy',
      weaknesses: 'npm run weaknesses',
      linters: 'npm run test:linters',
      pipeline: 'npm run test:pipeline',
      rehearsal: 'npm start -- --env "$ENVIRONMENT" --policy --destroy',
    });
    for (const job of Object.values(checks)) {
      expect(job.permissions).toEqual({ contents: 'read' });
      expect([job.if, job.needs]).toEqual([undefined, undefined]);
      expect(job.steps.slice(0, 3).map(({ name }) => name)).toEqual(['Check out', 'Set up Node', 'Install']);
    }
  });

  it('together run every test script and every check that package.json has', () => {
    const commands = Object.values(ci(project).jobs)
      .flatMap(({ steps }) => steps)
      .map((one) => (one.uses === undefined ? one.run : ''));
    const checked = Object.keys(scripts).filter((name) =>
      /^test(:|$)|^(policy|weaknesses|check:static)$/.test(name),
    );
    expect(checked.length).toBeGreaterThan(6);
    for (const name of checked) expect(commands).toContain(name === 'test' ? 'npm test' : `npm run ${name}`);
    expect(scripts.check).toBe('npm run check:static && npm test --');
  });

  it('demand one check, which needs all others, runs whatever happens, and takes nothing but success', () => {
    const { required, ...others } = ci(project).jobs;
    expect(required).toMatchObject({ name: 'All checks', if: 'always()', permissions: {} });
    expect(required?.needs).toEqual(Object.keys(others));
    const verdict = (results: string): number | null =>
      spawnSync('bash', ['-eo', 'pipefail', '-c', String(step(required, 'Each succeeded')['run'])], {
        env: { PATH: process.env.PATH, RESULTS: results },
      }).status;
    expect(verdict('success success')).toBe(0);
    expect(verdict('success')).toBe(0);
    for (const results of [
      'success failure',
      'cancelled success',
      'success skipped',
      'skipped',
      '',
      'successful',
    ])
      expect([results, verdict(results)]).toEqual([results, 1]);
  });

  it('build on the runner of the architecture that the clusters have', () => {
    const runner = (of: Project): unknown => apply(of).jobs['build-api']?.['runs-on'];
    expect(runner(project)).toBe('ubuntu-24.04-arm');
    expect(runner({ ...project, architecture: 'x86_64' })).toBe('ubuntu-24.04');
  });

  it('test an image before it is pushed, and name it after the commit only when it was attested', () => {
    const steps = apply(project).jobs['build-api']?.steps ?? [];
    expect(steps.map(({ name }) => name)).toEqual([
      'Restrict the network',
      'Check out',
      'Set up Node',
      'Install',
      'Sign in to AWS',
      'Look for the image',
      'PostgreSQL for the tests',
      'Unit tests',
      'Sign in to the registry',
      'Build, try and push',
      'Attest its origin',
      'Attest its contents',
      'Name it after the commit',
    ]);
    // An image that is there is not made again.
    expect(apply(project).jobs['build-api']?.if).toBe(
      "inputs.release || contains(fromJSON(needs.changes.outputs.services), 'api')",
    );
    const conditions = new Set(steps.slice(6).map((one) => one.if));
    expect([...conditions]).toEqual(["steps.existing.outputs.digest == ''"]);
  });

  it('roll back in the environment that was chosen, with the role that can do nothing else', () => {
    const { jobs } = workflows.rollback!(project);
    expect(
      Object.values(jobs).map((job) => [job.if, job.environment, step(job, 'Sign in to AWS').with]),
    ).toEqual([
      [
        "inputs.environment == 'dev'",
        'dev',
        expect.objectContaining({ 'role-to-assume': 'arn:aws:iam::111111111111:role/fairlead-dev-deploy' }),
      ],
      [
        "inputs.environment == 'prod'",
        'prod',
        expect.objectContaining({ 'role-to-assume': 'arn:aws:iam::222222222222:role/fairlead-prod-deploy' }),
      ],
    ]);
  });
});

describe('what no linter and no rehearsal holds', () => {
  const all = Object.entries(workflows).flatMap(([name, of]) =>
    Object.entries(of(project).jobs).map(([id, job]) => ({ place: `${name}/${id}`, job })),
  );
  const signIns = (job: Job): readonly object[] =>
    job.steps.filter(({ uses }) => uses === 'aws-actions/configure-aws-credentials');
  const signing = all.filter(({ job }) => signIns(job).length > 0);

  it('each workflow says what runs at once, and cancels only what writes nothing', () => {
    for (const [name, of] of Object.entries(workflows)) {
      const { concurrency } = of(project);
      expect([name, concurrency.group]).toEqual([name, expect.stringMatching(new RegExp(`^${name}(-|$)`))]);
      const cancels = concurrency['cancel-in-progress'] !== false;
      expect([name, cancels]).toEqual([name, ['ci', 'codeql', 'dependency-review', 'plan'].includes(name)]);
    }
  });

  it('each job that holds credentials restricts the network first, and names what it reaches', () => {
    expect(signing.map(({ place }) => place)).toEqual([
      'apply/build-api',
      'apply/build-web',
      'apply/apply-dev',
      'apply/apply-prod',
      'drift/drift-dev',
      'drift/drift-prod',
      'load-test/load-test-dev',
      'load-test/load-test-prod',
      'plan/plan-dev',
      'plan/plan-prod',
      'rollback/rollback-dev',
      'rollback/rollback-prod',
    ]);
    for (const { place, job } of signing) {
      expect([place, job.steps[0]]).toMatchObject([
        place,
        {
          uses: 'step-security/harden-runner',
          with: { 'egress-policy': 'block', 'disable-telemetry': true },
        },
      ]);
      const hosts = String(restriction(job)['allowed-endpoints']).split(' ');
      expect(hosts).toContain('sts.eu-west-1.amazonaws.com:443');
      for (const host of hosts) expect(host).toMatch(/^[a-z0-9.-]+:(443|80)$/);
      const needs = {
        'releases.hashicorp.com:443': 'hashicorp/setup-terraform',
        'fulcio.sigstore.dev:443': 'actions/attest',
      };
      for (const [host, action] of Object.entries(needs))
        expect([place, host, hosts.includes(host)]).toEqual([
          place,
          host,
          job.steps.some(({ uses }) => uses === action),
        ]);
    }
  });

  it('only what needs docker keeps sudo, which can end the guard', () => {
    const kept = signing.filter(({ job }) => restriction(job)['disable-sudo-and-containers'] !== true);
    expect(kept.map(({ place }) => place)).toEqual(['apply/build-api', 'apply/build-web']);
  });

  it('no code of packages is installed once there are credentials', () => {
    for (const { place, job } of signing) {
      const names = job.steps.map(({ name }) => name);
      expect([place, names.indexOf('Install') < names.indexOf('Sign in to AWS')]).toEqual([place, true]);
    }
  });

  it('each job that writes to an environment names it, and its roles are of that environment', () => {
    for (const { place, job } of signing) {
      const [role = ''] = signIns(job).map((given) => /role\/([^"]*)/.exec(JSON.stringify(given))?.[1] ?? '');
      const [, environment, purpose] = /^fairlead-(?:(\w+)-)?(\w+)$/.exec(role) ?? [];
      const writes = purpose === 'apply' || purpose === 'deploy';
      expect([place, job.environment]).toEqual([place, writes ? environment : undefined]);
      if (writes) expect(place.endsWith(`-${environment}`)).toBe(true);
    }
  });

  it('two jobs that write to one environment wait for each other, whatever workflow they are of', () => {
    const writing = all.filter(({ job }) => job.environment !== undefined);
    expect(writing.length).toBe(4);
    for (const { job } of writing)
      expect(job.concurrency).toEqual({
        group: `apply-${String(job.environment)}`,
        'cancel-in-progress': false,
        queue: 'max',
      });
  });

  it('each job ends in a time of its own, and nothing needs more than it says', () => {
    const minutes = Object.fromEntries(all.map(({ place, job }) => [place, job['timeout-minutes']]));
    // What waits for migrations, services and databases may take long; nothing else may.
    const long = Object.entries(minutes).filter(([, limit]) => limit > 60);
    expect(Object.fromEntries(long)).toEqual({
      'apply/apply-dev': 170,
      'apply/apply-prod': 170,
      'ci/pipeline': 90,
    });
  });

  it('a read token is all that strangers start: pull requests get no secret but the token, and no write but the comment', () => {
    const writes = Object.entries(workflows).flatMap(([name, of]) => {
      const { on, jobs } = of(project);
      if (on.pull_request === undefined) return [];
      return Object.entries(jobs).flatMap(([id, { permissions }]) =>
        Object.entries(permissions).flatMap(([scope, access]) =>
          JSON.stringify(access).includes('write') ? [`${name}/${id} ${scope}`] : [],
        ),
      );
    });
    expect(writes).toEqual([
      'codeql/analyze security-events',
      'plan/begin pull-requests',
      'plan/begin statuses',
      'plan/plan-dev id-token',
      'plan/plan-prod id-token',
      'plan/comment pull-requests',
      'plan/comment statuses',
    ]);
  });
});

it('lets an apply take as long as migrations, services that settle and smoke tests may, and no longer than GitHub does', () => {
  expect([0, 1, 4, 5, 20].map(applyMinutes)).toEqual([75, 150, 210, 285, 360]);
  expect(applyMinutes(1)).toBeGreaterThan(MIGRATION_MINUTES + 20 + 20);
});

it('takes every package that is in the lock file under one of the licences, or one that was looked at', () => {
  const { packages } = lock as { packages: Record<string, { license?: string; link?: boolean }> };
  const theirs = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  );
  expect(theirs.length).toBeGreaterThan(500);
  const allowed = (licence = ''): boolean =>
    licence
      .replace(/^\((.*)\)$/, '$1')
      .split(' OR ')
      .some((one) => (LICENCES as readonly string[]).includes(one));
  const others = theirs.flatMap(([path, { license }]) =>
    allowed(license) ? [] : `pkg:npm/${path.replace(/^.*node_modules\//, '')}`,
  );
  expect([...new Set(others)].sort()).toEqual([...LOOKED_AT].sort());
});

it('fails when the environments want images of different architectures', () => {
  const { dev, prod } = config.environments;
  const mixed = {
    ...config,
    environments: { dev, prod: { ...prod, cluster: { ...prod?.cluster, architecture: 'x86_64' } } },
  } as Config;
  expect(() => projectOf(mixed, services, [])).toThrow(
    'environments.*.cluster.architecture: got dev arm64, prod x86_64; valid: one for all, because one image goes through all environments',
  );
});
