import { request as octokitRequest } from '@octokit/request';

import { type GitHub, Gone, Uncertain } from '../../workflows-src/github/github';
import { restGitHub } from '../../workflows-src/github/rest';
import { upsertComment, type Upserted } from '../../workflows-src/github/sticky-comment';
import { FakeGitHub } from './fake-github';
import { seededRandom } from './faults';

const REPOSITORY = { owner: 'o', repo: 'r' };
const AUTHOR = 'github-actions[bot]';
const MARKER = '<!-- fairlead: plan -->';
const said = (text: string): string => `${MARKER}\n\n${text}`;
const RUNS = 100;
/** Of one pull request: its comment is created in the first, and changed in the next. */
const ROUNDS = 2;

let fake: FakeGitHub;
beforeAll(async () => {
  fake = await FakeGitHub.start({ repository: { ...REPOSITORY, id: 42 }, creationsPerMinute: Infinity });
});
afterAll(async () => {
  await fake.close();
  expect(fake.violations).toEqual([]);
});

const client = (random: () => number = () => 0): GitHub =>
  restGitHub(
    octokitRequest.defaults({ baseUrl: fake.url, headers: { authorization: `token ${fake.token}` } }),
    REPOSITORY,
    { sleep: async () => {}, random },
  );
const upsert = (github: GitHub, number: number, body: string): Promise<Upserted> =>
  upsertComment(github, number, { marker: MARKER, author: AUTHOR }, body, undefined, async () => {});
const ours = (number: number): string[] =>
  fake.repository
    .comments(number)
    .filter(({ author }) => author === AUTHOR)
    .map(({ body }) => body);

describe('the sticky comment, against the API', () => {
  it('writes once for what is said twice, and nothing for what a browser did to the line ends', async () => {
    const { number } = await fake.repository.openPullRequest();
    const before = fake.writes().length;
    const { comment } = await upsert(client(), number, said('a\nb'));
    expect((await upsert(client(), number, said('a\nb'))).result).toBe('unchanged');
    fake.repository.editComment(comment.id, said('a\nb'));
    expect(fake.repository.comments(number)[0]?.body).toContain('\r\n');
    expect((await upsert(client(), number, said('a\nb'))).result).toBe('unchanged');
    expect(fake.writes()).toHaveLength(before + 1);
  });

  it('undoes what a person made of it', async () => {
    const { number } = await fake.repository.openPullRequest();
    const { comment } = await upsert(client(), number, said('3 to destroy'));
    fake.repository.editComment(comment.id, said('nothing to destroy'));
    expect((await upsert(client(), number, said('3 to destroy'))).result).toBe('updated');
    expect(ours(number)).toEqual([said('3 to destroy')]);
  });

  it('is found on the second page', async () => {
    const { number } = await fake.repository.openPullRequest();
    for (let index = 0; index < 100; index += 1) fake.repository.comment(number, 'talk');
    await upsert(client(), number, said('one'));
    await upsert(client(), number, said('two'));
    expect(ours(number)).toEqual([said('two')]);
  });
});

describe('with faults by chance', () => {
  const ended = { well: 0, faults: 0 };

  // The pipeline on one pull request, on which people talk, imitate, and delete what is about to be changed.
  const live = async (seed: number): Promise<void> => {
    const random = seededRandom(seed);
    const { repository } = fake;
    const { number } = await repository.openPullRequest();
    const others = [
      repository.comment(number, 'talk'),
      repository.comment(number, said('imitated')),
      repository.commentOfDeletedAccount(number, said('of nobody')),
    ].map((comment) => ({ ...comment }));
    const github = client(random);
    const requestsBefore = fake.requests.length;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const body = said(`plan ${round}`);
      if (random() < 0.5) {
        fake.before({ method: 'PATCH' }, () => {
          for (const comment of repository.comments(number))
            if (comment.author === AUTHOR) repository.deleteComment(comment.id);
        });
      }
      fake.failByChance({ seed: seed * 10 + round, probability: 0.4 });
      const result = await upsert(github, number, body).catch((error: unknown) => error as Error);
      fake.failByChance(undefined);

      expect(ours(number).length).toBeLessThanOrEqual(1);
      if (result instanceof Error) continue;
      ended.well += 1;
      expect(ours(number)).toEqual([body]);
    }
    ended.faults += fake.requests.slice(requestsBefore).filter(({ fault }) => fault !== undefined).length;
    expect(repository.comments(number).filter(({ author }) => author !== AUTHOR)).toEqual(others);
  };

  it(`there is never a second comment, and nothing of others is touched, in ${RUNS} seeded runs`, async () => {
    for (let seed = 1; seed <= RUNS; seed += 1) await live(seed);
    expect(ended.faults).toBeGreaterThan(RUNS);
    expect(ended.well).toBeGreaterThan(0.8 * ROUNDS * RUNS);
  });

  it('an error at the end says whether there may be a comment', async () => {
    const { number } = await fake.repository.openPullRequest();
    fake.fail({ method: 'POST', kind: 'reset', times: 4 });
    await expect(upsert(client(), number, said('plan'))).rejects.toThrow(Uncertain);
    const { comment } = await upsert(client(), number, said('plan'));
    for (let index = 0; index < 4; index += 1)
      fake.before({ method: 'PATCH' }, () => {
        const [first] = fake.repository.comments(number);
        if (first) fake.repository.deleteComment(first.id);
        fake.repository.addComment(number, said('somehow back'), AUTHOR);
      });
    expect(comment.body).toBe(said('plan'));
    await expect(upsert(client(), number, said('new plan'))).rejects.toThrow(Gone);
  });
});
