import { writeFileSync } from 'node:fs';
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
  withWrites,
} from './support';
import { type StackBody, World } from './world';

const app = (word: string): StackBody =>
  holding(`${word} \${data.terraform_remote_state.dev-network.outputs.it}`, { reads: ['dev-network'] });

rehearsed('the life of a pull request, by act and a GitHub on loopback', () => {
  let world: World;
  let pull: PullRequestState;

  beforeAll(async () => {
    world = await World.begin(python, {
      bootstrap: holding('b'),
      'dev-network': holding('v1'),
      'dev-app': app('on'),
      'prod-network': holding('v1'),
    });
    await applyAll(world);
  }, TEST_MS);
  afterAll(async () => {
    await world.end();
    expect(world.github.violations).toEqual([]);
  });

  test(
    'opened: one comment, a status and a summary say what changes, through to the stack that only reads it',
    async () => {
      pull = await world.pullRequest('change', (stacks) => {
        stacks['dev-network'] = holding('v2');
        stacks['prod-network'] = holding('v2');
      });
      const { jobs, summary } = await world.plan(pull, 'opened');
      expect(jobs).toEqual({
        begin: 'success',
        affected: 'success',
        'plan-dev': 'success',
        'plan-prod': 'success',
        comment: 'success',
      });
      const { body } = planComment(world, pull);
      expect(body).toContain('! terraform_data.it\n!     input: "v1" → "v2"');
      expect(body).toContain('"on v1" → (known after apply)');
      expect(body).toContain('**Provisional**: dev-network will be applied first');
      expect(summary).toContain('## Plan: 3 to update');
      expect(statusOf(world, pull)?.state).toBe('success');
    },
    TEST_MS,
  );

  test(
    'planned again, nothing is written; pushed again, the same comment says the new plan',
    async () => {
      const again = await withWrites(world, () => world.plan(pull));
      expect(again.result.code).toBe(0);
      expect(again.writes.filter(({ path }) => !path.startsWith('/_fake/'))).toEqual([]);

      world.push(pull, (stacks) => (stacks['dev-network'] = holding('v3')));
      const pushed = await withWrites(world, () => world.plan(pull));
      expect(planComment(world, pull).body).toContain('"v1" → "v3"');
      const comments = pushed.writes.filter(({ path }) => path.includes('/comments'));
      // First that it is outdated, then what is new.
      expect(comments.map(({ method }) => method)).toEqual(['PATCH', 'PATCH']);
      expect(world.github.repository.comments(pull.number)).toHaveLength(1);
    },
    TEST_MS,
  );

  test(
    'merged: what was reviewed is applied in the order of the environments, and the pull request is told',
    async () => {
      const { code, jobs } = await world.apply(await world.merge(pull));
      expect({ code, jobs }).toEqual({
        code: 0,
        jobs: { changes: 'success', 'apply-dev': 'success', 'apply-prod': 'success' },
      });
      expect(await exported(world, 'dev-network')).toBe('v3');
      expect(await exported(world, 'dev-app')).toBe('on v3');
      expect(await exported(world, 'prod-network')).toBe('v2');
      const { body } = applyComment(world, pull);
      expect(body).toContain('## `dev`: applied, 2 stacks changed');
      expect(body).toContain('## `prod`: applied, 1 stack changed');
    },
    TEST_MS,
  );

  test(
    'a second merge with nothing to do applies nothing',
    async () => {
      const second = await world.pullRequest('words', () => {
        writeFileSync(join(world.checkout, 'README.md'), 'Words.\n');
      });
      const planned = await world.plan(second, 'opened');
      expect(planned.jobs).toEqual({ begin: 'success', affected: 'success', comment: 'success' });
      const serial = await world.state('dev-network');
      const { code } = await world.apply(await world.merge(second));
      expect(code).toBe(0);
      expect(await world.state('dev-network')).toBe(serial);
      expect(applyComment(world, second).body).toContain('## `dev`: nothing to do');
    },
    TEST_MS,
  );

  test(
    'a plan that fails is said with terraform’s own words, and the check fails',
    async () => {
      const broken = await world.pullRequest('broken', (stacks) => {
        stacks['dev-app'] = holding('${terraform_data.nobody.output}', { reads: ['dev-network'] });
      });
      const { code, jobs } = await world.plan(broken, 'opened');
      expect(code).not.toBe(0);
      expect(jobs).toMatchObject({ 'plan-dev': 'failure', comment: 'failure' });
      const { body } = planComment(world, broken);
      expect(body).toContain('**Planning failed**: `dev-app`');
      expect(body).toContain('Reference to undeclared resource');
      expect(statusOf(world, broken)?.state).toBe('failure');
    },
    TEST_MS,
  );

  test(
    'from a fork: no token is asked for, nothing is written, and the summary has a preview',
    async () => {
      const fork = { owner: 'stranger', repo: 'shop', id: 999 };
      const strange = await world.pullRequest(
        'strange',
        (stacks) => (stacks['dev-network'] = holding('mine')),
        { fork },
      );
      const before = world.github.oidcRequests;
      const { result, writes } = await withWrites(world, () => world.plan(strange, 'opened'));
      expect(result.jobs).toEqual({ affected: 'success' });
      expect(world.github.oidcRequests).toBe(before);
      expect(writes).toEqual([]);
      expect(result.summary).toContain('## Preview: 2 stacks affected');
      expect(result.log).toContain('input: "v3" → "mine"');
    },
    TEST_MS,
  );
});
