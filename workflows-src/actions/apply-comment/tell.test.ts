import { InMemoryGitHub } from '../../github/in-memory-github';
import type { ApplyReport } from '../../review/apply-report';
import { tell, type Telling } from './tell';

const report: ApplyReport = {
  format: 1,
  environment: 'dev',
  commit: 'a'.repeat(40),
  releases: [],
  pullRequests: [1, 2, 3],
  stacks: [{ stack: 'dev-a', outcome: 'applied', did: '1 to add', by: 'reviewed' }],
};
const telling = (more: Partial<Telling> = {}): Telling => ({
  environment: 'dev',
  report,
  pulls: [1, 2, 3],
  runUrl: 'https://github.test/run',
  author: 'github-actions[bot]',
  ...more,
});

test('who can be told is told, and then it is said who cannot', async () => {
  const github = new InMemoryGitHub();
  const { createComment } = github;
  github.createComment = (number, body) =>
    number === 2
      ? Promise.reject(new Error('createComment(2): 403 locked'))
      : createComment.call(github, number, body);
  await expect(tell(github, telling())).rejects.toThrow(
    'pull request 2 was not told: createComment(2): 403 locked',
  );
  expect([1, 2, 3].map((number) => github.commentsOf.get(number)?.length ?? 0)).toEqual([1, 0, 1]);
});

test('each environment has a part of the one comment, and saying it again writes nothing', async () => {
  const github = new InMemoryGitHub();
  expect(await tell(github, telling({ pulls: [1] }))).toEqual([1]);
  const prod = { ...report, environment: 'prod' };
  expect(await tell(github, telling({ pulls: [1], environment: 'prod', report: prod }))).toEqual([1]);
  expect(await tell(github, telling({ pulls: [1] }))).toEqual([1]);
  const [comment, ...others] = github.commentsOf.get(1)!;
  expect(others).toEqual([]);
  expect(comment?.body.match(/^## .*/gm)).toEqual([
    '## `prod`: applied, 1 stack changed',
    '## `dev`: applied, 1 stack changed',
  ]);
  expect(await tell(github, telling({ pulls: [1] }))).toEqual([]);
});

test('an apply that left no report is told as one that was not applied', async () => {
  const github = new InMemoryGitHub();
  await tell(github, telling({ pulls: [1], report: undefined }));
  expect(github.commentsOf.get(1)?.[0]?.body).toContain('## `dev`: not applied');
});
