import type { CommentState, PullRequestState } from '../github/repository';
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
import { World } from './world';

rehearsed('GitHub fails while a pull request is planned and applied', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.begin(python, {
      bootstrap: holding('b'),
      'dev-network': holding('v1'),
      'prod-network': holding('v1'),
    });
    await applyAll(world);
  }, TEST_MS);
  afterAll(async () => {
    await world.end();
    expect(world.github.violations).toEqual([]);
  });

  let version = 1;
  const changed = (): Promise<PullRequestState> => {
    version += 1;
    const value = `v${version}`;
    return world.pullRequest(value, (stacks) => (stacks['dev-network'] = holding(value)));
  };
  const commentsOf = (pull: PullRequestState): readonly CommentState[] =>
    world.github.repository.comments(pull.number);

  test(
    'with 502 twice, its rate limit and an answer that is lost: there is one comment, and it is whole',
    async () => {
      const pull = await changed();
      const comments = /\/comments$/;
      world.github.fail({ method: 'GET', path: comments, kind: '502-before', times: 2 });
      world.github.fail({ method: 'POST', path: comments, kind: 'rate-limit' });
      world.github.fail({ method: 'POST', path: comments, kind: '502-after' });
      world.github.fail({ method: 'POST', path: /\/statuses\//, kind: '500', times: 2 });
      expect((await world.plan(pull, 'opened')).code).toBe(0);
      expect(commentsOf(pull)).toHaveLength(1);
      expect(planComment(world, pull).body).toContain(`"v1" → "v${version}"`);
      expect(statusOf(world, pull)?.state).toBe('success');
      expect(world.github.requests.filter(({ fault }) => fault !== undefined)).toHaveLength(6);
    },
    TEST_MS,
  );

  test(
    'and the comment is deleted while it is written: it is there again',
    async () => {
      const pull = await changed();
      await world.plan(pull, 'opened');
      world.push(pull, (stacks) => (stacks['dev-network'] = holding('another')));
      let deleted = 0;
      const remove = (): void => {
        for (const { id } of commentsOf(pull)) {
          world.github.repository.deleteComment(id);
          deleted += 1;
        }
      };
      // The first write of this run says that it is outdated, the second what is new.
      world.github.before({ method: 'PATCH' }, () => undefined);
      world.github.before({ method: 'PATCH' }, remove);
      expect((await world.plan(pull)).code).toBe(0);
      expect(deleted).toBe(1);
      expect(planComment(world, pull).body).toContain('"v1" → "another"');
    },
    TEST_MS,
  );

  test(
    'for good: the job says why, the run shows the plan, no status is good; and the next run writes the comment',
    async () => {
      const pull = await changed();
      world.github.fail({ method: 'POST', path: /\/comments$/, kind: '500', times: 6 });
      const { code, jobs, log, summary, runId } = await world.plan(pull, 'opened');
      expect(code).not.toBe(0);
      expect(jobs).toMatchObject({ 'plan-dev': 'success', comment: 'failure' });
      expect(log).toMatch(/createComment\(\d+\).* 500/);
      expect(summary).toContain(`"v1" → "v${version}"`);
      expect(statusOf(world, pull)?.state).toBe('pending');
      expect(commentsOf(pull)).toEqual([]);
      const left = world.github.repository.artifactsOf(runId).map(({ name }) => name);
      expect(left).toEqual(['plan-dev']);

      expect((await world.plan(pull)).code).toBe(0);
      expect(commentsOf(pull)).toHaveLength(1);
      expect(statusOf(world, pull)?.state).toBe('success');
    },
    TEST_MS,
  );

  test(
    'to take what is too long: the comment fits, counts everything, and the whole is in the artifact',
    async () => {
      const text = 'a line of a text that nobody reads in a comment\n'.repeat(4);
      const pull = await world.pullRequest('many', (stacks) => {
        stacks['dev-network'] = {
          resource: { terraform_data: { it: { count: 4_000, input: `${text}\${count.index}` } } },
        };
      });
      const { code, runId } = await world.plan(pull, 'opened');
      expect(code).toBe(0);
      const { body } = planComment(world, pull);
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_000);
      expect(body).toContain('## Plan: 3,999 to create, 1 to update');
      expect(body).toMatch(/\d of 3,999 shown/);
      const [plans] = world.github.repository.artifactsOf(runId);
      expect(plans?.name).toBe('plan-dev');
      // All of the comment is for what was read in it: 4,000 resources are not.
      expect(plans!.zip.length).toBeGreaterThan(65_000);
    },
    TEST_MS,
  );

  test(
    'now and then: what was reviewed is applied, and told once',
    async () => {
      const pull = await changed();
      expect((await world.plan(pull, 'opened')).code).toBe(0);
      const before = await world.merge(pull);
      const { requests } = world.github;
      const first = requests.length;
      world.github.failByChance({
        seed: 5,
        probability: 0.25,
        kinds: ['500', '502-before', 'reset', 'cut', '502-after'],
      });
      const { code, log } = await world.apply(before);
      world.github.failByChance(undefined);
      if (code !== 0) throw new Error(log);
      expect(requests.slice(first).some(({ fault }) => fault !== undefined)).toBe(true);
      expect(await exported(world, 'dev-network')).toBe(`v${version}`);
      expect(applyComment(world, pull).body).toContain('## `dev`: applied, 1 stack changed');
    },
    TEST_MS,
  );
});
