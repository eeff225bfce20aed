import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { PullRequestState } from '../github/repository';
import {
  applyAll,
  applyComment,
  exported,
  holding,
  planComment,
  python,
  rehearsed,
  statusOf,
  TEST_MS,
} from './support';
import { type StackBody, World } from './world';

const logs = (...names: readonly string[]): StackBody => ({
  resource: {
    aws_cloudwatch_log_group: Object.fromEntries(names.map((name) => [name, { name: `/rehearsal/${name}` }])),
  },
});

rehearsed('a pull request that takes more than one attempt', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.begin(python, {
      bootstrap: holding('b'),
      'dev-network': holding('v1'),
      'dev-logs': logs('kept', 'old'),
      'prod-network': holding('v1'),
    });
    await applyAll(world);
  }, TEST_MS);
  afterAll(async () => {
    await world.end();
    expect(world.github.violations).toEqual([]);
  });

  const merged = async (pull: PullRequestState): Promise<string> => {
    const { code, log } = await world.plan(pull, 'opened');
    if (code !== 0) throw new Error(log);
    return world.merge(pull);
  };

  test(
    'a loss of data fails the check until a person approves it with the label; another label means nothing',
    async () => {
      const pull = await world.pullRequest('no-logs', (stacks) => (stacks['dev-logs'] = logs('kept')));
      const refused = await world.plan(pull, 'opened');
      expect(refused.jobs).toMatchObject({ 'plan-dev': 'success', comment: 'failure' });
      expect(refused.log).toContain("add the label 'data-loss-approved' to the pull request");
      expect(planComment(world, pull).body).toContain('nobody has approved that');
      expect(statusOf(world, pull)).toMatchObject({
        state: 'failure',
        description: expect.stringContaining('data loss is not approved') as string,
      });

      const { jobs } = await world.plan(pull, 'labeled', 'bug');
      expect(jobs).toEqual({});
      expect(statusOf(world, pull)?.state).toBe('failure');

      world.github.repository.addLabel(pull.number, 'data-loss-approved');
      expect((await world.plan(pull, 'labeled', 'data-loss-approved')).code).toBe(0);
      expect(planComment(world, pull).body).toContain('is approved by the label');
      expect(statusOf(world, pull)?.state).toBe('success');

      // After the merge the label plans nothing: nobody would have reviewed it.
      await world.merge(pull);
      expect((await world.plan(pull, 'labeled', 'data-loss-approved')).jobs).toEqual({});
    },
    TEST_MS,
  );

  test(
    'a stack that two environments share is planned for both, and shown once',
    async () => {
      const pull = await world.pullRequest('shared', (stacks) => (stacks.bootstrap = holding('roles')));
      const { code, jobs } = await world.plan(pull, 'opened');
      expect({ code, jobs }).toMatchObject({
        code: 0,
        jobs: { 'plan-dev': 'success', 'plan-prod': 'success' },
      });
      expect(planComment(world, pull).body.match(/^\| `bootstrap` \|/gm)).toHaveLength(1);
    },
    TEST_MS,
  );

  test(
    'a stack that reads from one which was never applied is deferred, and created with it',
    async () => {
      const pull = await world.pullRequest('new', (stacks) => {
        stacks['dev-data'] = holding('d');
        stacks['dev-app'] = holding('on ${data.terraform_remote_state.dev-data.outputs.it}', {
          reads: ['dev-data'],
        });
      });
      const before = await merged(pull);
      const { body } = planComment(world, pull);
      expect(body).toMatch(/`dev-app` \| \*?\*?deferred/);
      expect(body).toContain('dev-data, which it reads from, was never applied');
      const { code, log } = await world.apply(before);
      if (code !== 0) throw new Error(log);
      expect(await exported(world, 'dev-app')).toBe('on d');
      expect(applyComment(world, pull).body).toContain('creates only');
    },
    TEST_MS,
  );

  test(
    'an apply that fails says so on the pull request, and goes on where it was when it is run again',
    async () => {
      const ready = join(world.checkout, 'cdktf.out/ready');
      const pull = await world.pullRequest('half', (stacks) => {
        stacks['dev-network'] = holding('v2');
        stacks['dev-app'] = {
          reads: ['dev-network'],
          resource: {
            terraform_data: {
              first: { input: '${data.terraform_remote_state.dev-network.outputs.it}' },
              second: {
                depends_on: ['terraform_data.first'],
                provisioner: [{ 'local-exec': { command: `test -e '${ready}'` } }],
              },
            },
          },
        };
      });
      const before = await merged(pull);
      const failed = await world.apply(before);
      expect(failed.jobs).toMatchObject({ 'apply-dev': 'failure' });
      // Not begun: prod comes after dev.
      expect(failed.jobs).not.toHaveProperty('apply-prod');
      expect(await exported(world, 'dev-network')).toBe('v2');
      const { body } = applyComment(world, pull);
      expect(body).toContain('## `dev`: not applied whole, 1 stack left');
      expect(body).toContain('**Failed**: `dev-app`. What is done stays done');

      expect(existsSync(ready)).toBe(false);
      writeFileSync(ready, '');
      const { code, log } = await world.apply(before);
      rmSync(ready);
      if (code !== 0) throw new Error(log);
      expect(applyComment(world, pull).body).toContain('## `dev`: applied, 1 stack changed');
      expect(applyComment(world, pull).body).toContain('## `prod`: nothing to do');
    },
    TEST_MS,
  );
});
