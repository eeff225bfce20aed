import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { actions } from '../actions';
import { problemsOf } from '../model/check';
import type { Job } from '../model/workflow';
import { config } from '../../stacks/config';
import type { Config } from '../../stacks/config';
import type { Services } from '../../stacks/check-config';
import service from '../../services/api/service';
import { apply } from './apply';
import { ci } from './ci';
import { workflows } from './index';
import { plan } from './plan';
import { type Project, projectOf } from './project';

const services: Services = { api: service, web: service };
const project = projectOf(config, services, ['smoke']);

/** The step of a job with this name, as plain data. */
function step(job: Job | undefined, name: string): Record<string, unknown> {
  const found = job?.steps.find((other) => other.name === name);
  if (!found) throw new Error(`no step '${name}'`);
  return { ...found };
}

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

  it('check a pull request with the commands of a laptop, policy among them, and without credentials', () => {
    const { on, jobs } = ci();
    expect(on.pull_request?.branches).toEqual(['main']);
    expect(Object.values(jobs).map(({ steps }) => steps.at(-1))).toMatchObject([
      { run: 'npm run check' },
      { run: 'npm run test:pipeline' },
      { run: 'npm run policy' },
      { run: 'npm start -- --fast' },
    ]);
    for (const job of Object.values(jobs)) {
      expect(job.permissions).toEqual({ contents: 'read' });
      expect(job.if).toBeUndefined();
      expect(job.steps.slice(0, -1).map(({ name }) => name)).toEqual([
        'Check out',
        'Set up Node',
        'Install',
        'Set up Terraform',
      ]);
    }
  });

  it('build on the runner of the architecture that the clusters have', () => {
    const runner = (of: Project): unknown => apply(of).jobs['build-api']?.['runs-on'];
    expect(runner(project)).toBe('ubuntu-24.04-arm');
    expect(runner({ ...project, architecture: 'x86_64' })).toBe('ubuntu-24.04');
  });

  it('test an image before it is pushed, and name it after the commit only when it was attested', () => {
    const steps = apply(project).jobs['build-api']?.steps ?? [];
    expect(steps.map(({ name }) => name)).toEqual([
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
    const conditions = new Set(steps.slice(5).map((one) => one.if));
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
