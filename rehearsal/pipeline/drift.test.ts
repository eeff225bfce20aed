import type { IssueState } from '../github/repository';
import { applyAll, holding, python, rehearsed, TEST_MS, withWrites } from './support';
import { type RanWorkflow, type StackBody, World } from './world';

const LOG_GROUP = '/rehearsal';

/** The only stack that can drift: nobody but terraform knows of what is in the others. */
const logs = (more: Partial<StackBody> = {}): StackBody => ({
  resource: { aws_cloudwatch_log_group: { it: { name: LOG_GROUP, retention_in_days: 7 } } },
  ...more,
});

rehearsed('the scheduled drift check, by act and a GitHub on loopback', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.begin(python, {
      bootstrap: {},
      'dev-logs': logs(),
      'dev-network': holding('v1'),
      'prod-network': holding('v1'),
    });
    await applyAll(world);
  }, TEST_MS);
  afterAll(async () => {
    await world.end();
    expect(world.github.violations).toEqual([]);
  });

  /** @returns also what it changed on GitHub, each as `POST /issues` */
  const checked = async (
    event?: 'schedule' | 'workflow_dispatch',
  ): Promise<{ ran: RanWorkflow; wrote: readonly string[] }> => {
    const { result: ran, writes } = await withWrites(world, () => world.drift(event));
    return {
      ran,
      wrote: writes.map(({ method, path }) => `${method} ${path.replace('/repos/acme/shop', '')}`),
    };
  };
  const somebodyKeepsLogs = (days: number): Promise<unknown> =>
    world.emulator.aws('set-log-retention', { logGroup: LOG_GROUP, days });
  const issues = (): readonly IssueState[] => world.github.repository.issues;
  const lastWord = (issue: number): string | undefined =>
    world.github.repository.comments(issue).at(-1)?.body;
  const GREEN = { 'drift-dev': 'success', 'drift-prod': 'success', issues: 'success' };

  test(
    'drift opens one issue, and is said in the summary of a job that stays green',
    async () => {
      await somebodyKeepsLogs(14);
      const { ran, wrote } = await checked();
      expect({ code: ran.code, jobs: ran.jobs }).toEqual({ code: 0, jobs: GREEN });
      expect(wrote).toEqual(['POST /issues']);
      expect(issues()).toMatchObject([
        { number: 1, title: 'Drift in dev-logs: 1 resource', state: 'open', labels: ['drift'] },
      ]);
      expect(issues()[0]?.body).toContain('!     retention_in_days: 7 → 14\n');
      expect(ran.summary).toContain('## Drift: 1 resource changed outside of Terraform, in `dev-logs`');
      expect(ran.summary).toContain('## Drift issues: 1 written');
    },
    TEST_MS,
  );

  test(
    'the same drift again writes nothing',
    async () => {
      const before = structuredClone(issues());
      const { ran, wrote } = await checked('workflow_dispatch');
      expect(ran.jobs).toEqual(GREEN);
      expect(wrote).toEqual([]);
      expect(issues()).toEqual(before);
      expect(ran.summary).toContain('## Drift issues: 1 unchanged');
    },
    TEST_MS,
  );

  test(
    'other drift writes the issue anew, in one PATCH',
    async () => {
      await somebodyKeepsLogs(30);
      const { ran, wrote } = await checked();
      expect(ran.jobs).toEqual(GREEN);
      expect(wrote).toEqual(['PATCH /issues/1']);
      expect(issues()[0]?.body).toContain('!     retention_in_days: 7 → 30\n');
    },
    TEST_MS,
  );

  test(
    'what an apply has repaired closes the issue, with a word that names the apply',
    async () => {
      const { code } = await world.command(['apply', 'dev', 'dev-logs']);
      expect(code).toBe(0);
      const { ran, wrote } = await checked();
      expect(ran.jobs).toEqual(GREEN);
      expect(wrote).toEqual(['POST /issues/1/comments', 'PATCH /issues/1']);
      expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'completed' }]);
      expect(lastWord(1)).toContain(`an apply of \`${world.git('rev-parse', 'main').slice(0, 12)}\` on 20`);
      expect(ran.summary).toContain('No drift in 3 stacks.');
    },
    TEST_MS,
  );

  test(
    'drift after that reopens the same issue, in one PATCH',
    async () => {
      await somebodyKeepsLogs(14);
      const { ran, wrote } = await checked('workflow_dispatch');
      expect(ran.jobs).toEqual(GREEN);
      expect(wrote).toEqual(['PATCH /issues/1']);
      expect(issues()).toMatchObject([{ number: 1, state: 'open', stateReason: 'reopened' }]);
      expect(issues()[0]?.body).toContain('!     retention_in_days: 7 → 14\n');
    },
    TEST_MS,
  );

  test(
    'a stack that cannot be planned opens an issue of its own and fails its job; that of the drift is left alone',
    async () => {
      world.commit('broken', (stacks) => {
        stacks['dev-logs'] = logs({ output: { it: { value: '${terraform_data.nobody.output}' } } });
      });
      const drift = structuredClone(issues()[0]);
      const { ran, wrote } = await checked();
      expect(ran.code).not.toBe(0);
      expect(ran.jobs).toEqual({ ...GREEN, 'drift-dev': 'failure' });
      expect(wrote).toEqual(['POST /issues']);
      expect(issues()).toMatchObject([drift, { title: 'dev-logs cannot be planned', state: 'open' }]);
      expect(issues()[1]?.body).toContain('Reference to undeclared resource');
      expect(ran.summary).toContain('**1 stack could not be looked at**: `dev-logs`.');
    },
    TEST_MS,
  );

  test(
    'a stack that is removed has its issues closed as not planned, with a word',
    async () => {
      const removed = world.commit('without logs', (stacks) => delete stacks['dev-logs']);
      const { ran, wrote } = await checked();
      expect(ran.jobs).toEqual(GREEN);
      expect([...wrote].sort()).toEqual([
        'PATCH /issues/1',
        'PATCH /issues/2',
        'POST /issues/1/comments',
        'POST /issues/2/comments',
      ]);
      for (const { number, ...issue } of issues()) {
        expect(issue).toMatchObject({ state: 'closed', stateReason: 'not_planned' });
        expect(lastWord(number)).toContain(
          `\`dev-logs\` is not among the stacks of \`dev\` any more, as of \`${removed.slice(0, 12)}\``,
        );
      }
    },
    TEST_MS,
  );
});
