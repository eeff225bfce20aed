import type { PullRequestState } from '../github/repository';
import {
  applyAll,
  applyComment,
  exported,
  holding,
  planComment,
  python,
  rehearsed,
  TEST_MS,
} from './support';
import { type RanWorkflow, type StackBody, World } from './world';

const logs = (days: number): StackBody => ({
  resource: { aws_cloudwatch_log_group: { it: { name: '/rehearsal', retention_in_days: days } } },
});

rehearsed('what was changed after the review is not applied', () => {
  let world: World;
  let version = 1;

  beforeAll(async () => {
    world = await World.begin(python, {
      bootstrap: holding('b'),
      'dev-network': holding('v1'),
      'dev-logs': logs(7),
      'prod-network': holding('v1'),
    });
    await applyAll(world);
  }, TEST_MS);
  afterAll(async () => {
    await world.end();
    expect(world.github.violations).toEqual([]);
  });

  /** A pull request that changes one value, planned. */
  const planned = async (): Promise<PullRequestState> => {
    version += 1;
    const pull = await world.pullRequest(
      `change-${version}`,
      (stacks) => (stacks['dev-network'] = holding(`v${version}`)),
    );
    const { code, log } = await world.plan(pull, 'opened');
    if (code !== 0) throw new Error(log);
    return pull;
  };

  /** Nothing of dev is changed, the run fails, and the reason is on the pull request. Then a person approves it by its digest. */
  const expectStopped = async (before: string, pull: PullRequestState, reason: string): Promise<void> => {
    const state = await world.state('dev-network');
    const stopped = await world.apply(before);
    expect(stopped.code).not.toBe(0);
    expect(stopped.jobs).toMatchObject({ 'apply-dev': 'failure' });
    expect(await world.state('dev-network')).toBe(state);
    const { body } = applyComment(world, pull);
    expect(body).toContain('## `dev`: stopped, and nothing was changed');
    expect(body).toContain(reason);
    await approved(stopped, body);
  };

  const approved = async (stopped: RanWorkflow, body: string): Promise<void> => {
    const digests = /approve: ([0-9a-f,]+)/.exec(body)?.[1] ?? '';
    expect(stopped.log).toContain(digests);
    const { code, log } = await world.applyByHand(digests);
    if (code !== 0) throw new Error(log);
  };

  test(
    'a commit on main that was never planned; and its digest lets it through',
    async () => {
      const pull = await planned();
      const before = await world.merge(pull);
      version += 1;
      world.commit('straight to main', (stacks) => (stacks['dev-network'] = holding(`v${version}`)));
      await expectStopped(before, pull, 'input becomes something else than was reviewed');
      expect(await exported(world, 'dev-network')).toBe(`v${version}`);
    },
    TEST_MS,
  );

  test(
    'a value that was changed by hand in between',
    async () => {
      const pull = await world.pullRequest('retention', (stacks) => (stacks['dev-logs'] = logs(30)));
      expect((await world.plan(pull, 'opened')).code).toBe(0);
      await world.emulator.aws('set-log-retention', { logGroup: '/rehearsal', days: 14 });
      await expectStopped(
        await world.merge(pull),
        pull,
        'retention_in_days is not what it was at the review: somebody has changed it since',
      );
    },
    TEST_MS,
  );

  test(
    'an artifact of another run under the right name',
    async () => {
      const pull = await planned();
      const { repository } = world.github;
      const run = repository.runs.findLast(({ headSha }) => headSha === pull.headSha);
      const foreign = repository.addRun({
        workflow: 'plan.yml',
        headSha: pull.headSha,
        headRepository: { owner: 'stranger', repo: 'shop', id: 999 },
      });
      const artifacts = repository.artifactsOf(run?.id ?? 0);
      for (const { name, zip } of artifacts) repository.addArtifact(foreign.id, name, zip);
      for (const { id } of artifacts)
        repository.artifacts.splice(
          repository.artifacts.findIndex((one) => one.id === id),
          1,
        );
      await expectStopped(await world.merge(pull), pull, 'its plan run left no review');
    },
    TEST_MS,
  );

  test(
    'a plan of an older commit of the branch',
    async () => {
      const pull = await planned();
      version += 1;
      world.push(pull, (stacks) => (stacks['dev-network'] = holding(`v${version}`)));
      await expectStopped(await world.merge(pull), pull, 'was never planned');
    },
    TEST_MS,
  );

  test(
    'a comment that a person has edited',
    async () => {
      const pull = await planned();
      const comment = planComment(world, pull);
      world.github.repository.editComment(comment.id, comment.body.replace(/v\d+" → "v\d+/, 'v1" → "v1'));
      await expectStopped(await world.merge(pull), pull, 'was edited after it was written');
    },
    TEST_MS,
  );

  test(
    'two pull requests whose applies became one: both are applied, nothing else, and both are told',
    async () => {
      const one = await planned();
      const two = await world.pullRequest('logs', (stacks) => (stacks['dev-logs'] = logs(60)));
      expect((await world.plan(two, 'opened')).code).toBe(0);
      await world.merge(one);
      const between = await world.merge(two);
      expect((await world.apply(between)).code).toBe(0);
      expect(await exported(world, 'dev-network')).toBe(`v${version}`);
      for (const pull of [one, two])
        expect(applyComment(world, pull).body).toContain('## `dev`: applied, 2 stacks changed');
    },
    TEST_MS,
  );
});
