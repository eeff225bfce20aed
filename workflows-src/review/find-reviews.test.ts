import { zipSync } from 'fflate';

import { type Artifact, type GitHub, Gone, type PullRequest, type WorkflowRun } from '../github/github';
import { InMemoryGitHub } from '../github/in-memory-github';
import { sha256 } from './artifact';
import { findReviews, type FindOptions, planArtifact } from './find-reviews';
import { readReviews, type ReviewedPullRequest, type Reviews } from './reviews';
import { resultFileText } from './result-file';
import { commentDigest, type Seal } from './seal';

const sha = (name: string): string => Buffer.from(name).toString('hex').padEnd(40, '0').slice(0, 40);
const [ROOT, ONE, TWO, THREE] = ['root', 'one', 'two', 'three'].map(sha) as [string, string, string, string];
const FORK = 8;

const failedResult = (stack: string): string =>
  resultFileText({ format: 1, commit: ROOT, result: { stack, status: 'deferred', reason: 'x' } });

/** A pull request whose plan was shown, reviewed and merged; everything about it can be changed afterwards. */
class Reviewed {
  public readonly headSha: string;
  public readonly runId: number;
  public readonly commentId: number;
  public files: Record<string, string> = { 'dev-network.json': failedResult('dev-network') };
  public seal: Seal;

  public constructor(
    private readonly github: InMemoryGitHub,
    public readonly number: number,
    mergeCommit: string,
  ) {
    this.headSha = sha(`head ${number}`);
    this.runId = github.newId();
    this.commentId = github.newId();
    github.pulls.push({
      number,
      state: 'closed',
      title: 'a change',
      headSha: this.headSha,
      headRepositoryId: github.id,
      baseBranch: 'main',
      labels: [],
      mergedAt: github.dateOf(mergeCommit),
      mergeCommit,
    });
    const body = `<!-- fairlead: plan -->\nplan of ${number}`;
    github.commentsOf.set(number, [{ id: this.commentId, author: 'bot', body, url: 'https://x' }]);
    this.seal = this.sealed(body);
    github.runs.push({
      id: this.runId,
      path: '.github/workflows/plan.yml',
      event: 'pull_request',
      headSha: this.headSha,
      headRepositoryId: github.id,
      status: 'completed',
      conclusion: 'success',
      url: `https://github.test/runs/${this.runId}`,
    });
    this.upload();
  }

  private sealed(body: string): Seal {
    return {
      format: 1,
      pullRequest: this.number,
      headSha: this.headSha,
      comment: { id: this.commentId, digest: commentDigest(body) },
      results: Object.fromEntries(
        Object.entries(this.files).map(([name, text]) => [`plan-dev/${name}`, sha256(text)]),
      ),
    };
  }

  /** Leaves the files and the seal as they are now. */
  public upload(files: Record<string, Record<string, string>> = {}): void {
    this.github.artifactsOf.set(this.runId, []);
    const artifacts = {
      'plan-dev': this.files,
      review: { 'review.json': JSON.stringify(this.seal) },
      ...files,
    };
    for (const [name, content] of Object.entries(artifacts)) this.add(name, content);
  }

  public add(name: string, content: Record<string, string>, more: Partial<Artifact> = {}): void {
    const zip = zipSync(
      Object.fromEntries(
        Object.entries(content).map(([file, text]) => [file, new Uint8Array(Buffer.from(text))]),
      ),
    );
    this.addZip(name, zip, more);
  }

  public addZip(name: string, zip: Uint8Array, more: Partial<Artifact> = {}): void {
    const artifact = { id: this.github.newId(), name, size: zip.length, isExpired: false, ...more, zip };
    this.github.artifactsOf.get(this.runId)!.push(artifact);
  }

  public sealWhatIsThere(): void {
    this.seal = this.sealed(this.github.commentsOf.get(this.number)![0]!.body);
    this.upload();
  }

  public changeRun(change: Partial<WorkflowRun>): void {
    this.github.runs = this.github.runs.map((run) => (run.id === this.runId ? { ...run, ...change } : run));
  }

  public changePull(change: Partial<PullRequest>): void {
    this.github.pulls = this.github.pulls.map((one) =>
      one.number === this.number ? { ...one, ...change } : one,
    );
  }

  public comment(change: (body: string) => string): void {
    const comments = this.github.commentsOf.get(this.number)!;
    this.github.commentsOf.set(
      this.number,
      comments.map((one) => ({ ...one, body: change(one.body) })),
    );
  }
}

let github: InMemoryGitHub;
beforeEach(() => {
  github = new InMemoryGitHub();
  github.history = [ROOT, ONE, TWO, THREE];
});

const find = (options: Partial<FindOptions> = {}): Promise<Reviews> =>
  findReviews(github, {
    environment: 'dev',
    commit: THREE,
    branch: 'main',
    lastApplied: { 'dev-network': ROOT },
    ...options,
  });

const stacksOf = ({ pullRequests }: Reviews): unknown =>
  Object.fromEntries(pullRequests.map(({ number, stacks }) => [number, stacks]));

describe('which pull requests count', () => {
  beforeEach(() => {
    // Not in the order of their numbers.
    new Reviewed(github, 9, ONE);
    new Reviewed(github, 7, TWO);
    new Reviewed(github, 8, THREE);
  });

  test('are those that were merged since a stack was last applied, for that stack, the oldest merge first', async () => {
    const found = await find({
      lastApplied: { 'dev-network': ROOT, 'dev-data': TWO, 'dev-platform': THREE },
    });
    expect(found.pullRequests.map(({ number, stacks }) => [number, stacks])).toEqual([
      [9, ['dev-network']],
      [7, ['dev-network']],
      [8, ['dev-network', 'dev-data']],
    ]);
    expect(found).toMatchObject({ format: 1, environment: 'dev', commit: THREE, newer: {} });
    expect(github.since).toEqual(github.dateOf(ONE));
    expect(readReviews(Buffer.from(JSON.stringify(found)), 'reviews.json')).toEqual(found);
  });

  test('of merges in the same second are in the order of their numbers', async () => {
    github.pulls = github.pulls.map((pull) => ({ ...pull, mergedAt: github.dateOf(ONE) }));
    expect((await find()).pullRequests.map(({ number }) => number)).toEqual([7, 8, 9]);
  });

  test('for a stack that was never applied are those of the push', async () => {
    expect(stacksOf(await find({ lastApplied: { 'dev-network': null }, before: ONE }))).toEqual({
      7: ['dev-network'],
      8: ['dev-network'],
    });
  });

  test('and those that another stack has not had yet, as when the run of the push before has failed', async () => {
    expect(
      stacksOf(await find({ lastApplied: { 'dev-new': null, 'dev-network': ROOT }, before: TWO })),
    ).toEqual({
      9: ['dev-new', 'dev-network'],
      7: ['dev-new', 'dev-network'],
      8: ['dev-new', 'dev-network'],
    });
  });

  test.each([undefined, '', '0'.repeat(40), 'main', '-x'])(
    'or, where the push began nowhere (%j), that of the commit alone',
    async (before) => {
      expect(stacksOf(await find({ lastApplied: { 'dev-network': null }, before }))).toEqual({
        8: ['dev-network'],
      });
    },
  );

  test('are none where nothing was merged since, and then GitHub is asked no more', async () => {
    for (const call of ['mergedAs', 'repositoryId', 'runsOf'] as const)
      github.fails.set(call, new Error(call));
    expect((await find({ lastApplied: { 'dev-network': THREE } })).pullRequests).toEqual([]);
    expect((await find({ lastApplied: {} })).pullRequests).toEqual([]);
  });

  test('are none for a stack to which a newer commit was applied, which is named', async () => {
    const found = await find({ commit: TWO, lastApplied: { 'dev-network': ROOT, 'dev-data': THREE } });
    expect(found.newer).toEqual({ 'dev-data': THREE });
    expect(stacksOf(found)).toEqual({ 9: ['dev-network'], 7: ['dev-network'] });
  });

  test('are none of a push back to an older commit, for a stack that was never applied', async () => {
    const found = await find({ commit: ONE, before: TWO, lastApplied: { 'dev-network': null } });
    expect([found.newer, found.pullRequests]).toEqual([{}, []]);
  });

  test('are only those into the branch that is applied', async () => {
    github.pulls = github.pulls.map((pull) => (pull.number === 7 ? { ...pull, baseBranch: 'other' } : pull));
    expect(Object.keys(stacksOf(await find()) as object)).toEqual(['8', '9']);
  });
});

describe('a pull request', () => {
  let pull: Reviewed;
  beforeEach(() => {
    pull = new Reviewed(github, 7, TWO);
  });
  const found = async (): Promise<ReviewedPullRequest> => (await find()).pullRequests[0]!;
  const problem = async (): Promise<string> => {
    const { problem: said, results } = await found();
    expect(results).toEqual([]);
    return said ?? 'none';
  };
  const AGAIN =
    / Plan again: open a pull request whose plan shows what is to be done, or approve it by its digest\.$/;

  test('counts with the plans that were shown', async () => {
    pull.files = { ...pull.files, 'dev-data.json': failedResult('dev-data') };
    pull.sealWhatIsThere();
    expect(await found()).toEqual({
      number: 7,
      headSha: pull.headSha,
      stacks: ['dev-network'],
      results: ['dev-network', 'dev-data'].map((stack) => ({
        format: 1,
        commit: ROOT,
        result: { stack, status: 'deferred', reason: 'x' },
      })),
    });
  });

  test('that affects none of the environment has no plans, and no problem', async () => {
    github.artifactsOf.set(
      pull.runId,
      github.artifactsOf.get(pull.runId)!.filter(({ name }) => name !== planArtifact('dev')),
    );
    expect(await found()).toMatchObject({ results: [] });
    expect(await found()).not.toHaveProperty('problem');
  });

  test.each<[string, () => void, RegExp]>([
    ['comes from a fork', () => pull.changePull({ headRepositoryId: FORK }), /^it comes from a fork, which/],
    [
      'comes from a fork that is gone',
      () => pull.changePull({ headRepositoryId: undefined }),
      /^it comes from a fork/,
    ],
    ['was never planned', () => (github.runs = []), /^its last commit [0-9a-f]{40} was never planned\./],
    [
      'has only a run of another workflow',
      () => pull.changeRun({ path: '.github/workflows/other.yml' }),
      /^its last commit .* was never planned/,
    ],
    [
      'has only a run of a workflow that is called alike elsewhere',
      () => pull.changeRun({ path: 'other/.github/workflows/plan.yml' }),
      /^its last commit .* was never planned/,
    ],
    ['has only a run by hand', () => pull.changeRun({ event: 'workflow_dispatch' }), /was never planned/],
    ['has only a run of a fork', () => pull.changeRun({ headRepositoryId: FORK }), /was never planned/],
    ['has only a run that was skipped', () => pull.changeRun({ conclusion: 'skipped' }), /was never planned/],
    [
      'has a plan that failed',
      () => pull.changeRun({ conclusion: 'failure' }),
      /\/runs\/\d+ ended with failure\./,
    ],
    [
      'was merged while it was planned',
      () => pull.changeRun({ conclusion: undefined, status: 'in_progress' }),
      /^the plan of its last commit is not good: .* ended with in_progress\./,
    ],
    ['was changed after its plan', () => pull.changePull({ headSha: sha('later') }), /was never planned/],
    [
      'has no comment any more',
      () => github.commentsOf.set(7, []),
      /^the comment with its plan was deleted\./,
    ],
    [
      'has a comment that was edited',
      () => pull.comment((body) => `${body}!`),
      /^the comment with its plan was edited/,
    ],
    [
      'has a comment that says what another one said',
      () => {
        const other = { id: 1, author: 'bot', body: github.commentsOf.get(7)![0]!.body, url: '' };
        github.commentsOf.set(7, [other]);
      },
      /^the comment with its plan was deleted/,
    ],
    ['left no seal', () => github.artifactsOf.set(pull.runId, []), /^its plan run left no review\./],
    ['left an empty seal', () => pull.upload({ review: {} }), /^its plan run left no review\./],
    [
      'left a seal that cannot be read',
      () => pull.upload({ review: { 'review.json': '{}' } }),
      /^review\.json: format: Invalid input/,
    ],
    [
      'left the seal of another',
      () => pull.upload({ review: { 'review.json': JSON.stringify({ ...pull.seal, pullRequest: 8 }) } }),
      /^what its plan run left is of pull request #8 at [0-9a-f]{40}\./,
    ],
    [
      'left the seal of another commit',
      () => pull.upload({ review: { 'review.json': JSON.stringify({ ...pull.seal, headSha: ROOT }) } }),
      /^what its plan run left is of pull request #7 at [0-9a-f]{40}\./,
    ],
    [
      'left a plan that nobody was shown',
      () => pull.upload({ 'plan-dev': { ...pull.files, 'dev-data.json': failedResult('dev-data') } }),
      /^plan-dev\/dev-data\.json is not what its comment was made from\./,
    ],
    [
      'left another plan than was shown',
      () => pull.upload({ 'plan-dev': { 'dev-network.json': `${failedResult('dev-network')} ` } }),
      /^plan-dev\/dev-network\.json is not what its comment was made from\./,
    ],
    [
      'left a plan in the name of another stack',
      () => {
        pull.files = { 'dev-network.json': failedResult('dev-data') };
        pull.sealWhatIsThere();
      },
      /^plan-dev\/dev-network\.json is not what its comment was made from\./,
    ],
    [
      'left a plan that cannot be read, though it is sealed',
      () => {
        pull.files = { 'dev-network.json': '{}' };
        pull.sealWhatIsThere();
      },
      /^dev-network\.json: format: Invalid input/,
    ],
    [
      'left a plan that is no zip file',
      () => pull.addZip('plan-dev', new Uint8Array(30)),
      /^the artifact plan-dev cannot be unpacked: /,
    ],
    [
      'has a plan that is known to have expired',
      () => pull.add('plan-dev', pull.files, { isExpired: true }),
      /^its plan has expired\./,
    ],
    [
      'has a seal that is known to have expired',
      () => pull.add('review', {}, { isExpired: true }),
      /^its plan has expired\./,
    ],
    [
      'has a plan that is gone when it is read',
      () => github.fails.set('downloadArtifact', new Gone('410')),
      /^its plan has expired\./,
    ],
  ])('that %s has no plans, and says why and what to do', async (_what, change, message) => {
    expect(await found()).not.toHaveProperty('problem');
    change();
    expect(await problem()).toMatch(message);
    expect(await problem()).toMatch(AGAIN);
  });

  test('is read without the files that are no plans, such as the page', async () => {
    pull.upload({ 'plan-dev': { ...pull.files, 'plan-dev.html': '<html>' } });
    expect((await found()).results).toHaveLength(1);
  });

  test('counts though GitHub gives its comment back with other line ends', async () => {
    pull.comment((body) => `${body.replaceAll('\n', '\r\n')}\r\n`);
    expect((await found()).results).toHaveLength(1);
  });

  const anotherRun = (change: Partial<WorkflowRun>): WorkflowRun => {
    const run = { ...github.runs.find(({ id }) => id === pull.runId)!, id: github.newId(), ...change };
    github.runs.push(run);
    return run;
  };

  test('that was planned several times counts as the newest run says', async () => {
    const newest = anotherRun({ conclusion: 'failure' });
    expect(await problem()).toContain('ended with failure');
    github.artifactsOf.set(newest.id, github.artifactsOf.get(pull.runId)!);
    github.runs = github.runs.map((run) => (run.id === newest.id ? { ...run, conclusion: 'success' } : run));
    expect((await found()).results).toHaveLength(1);
    pull.changeRun({ conclusion: 'failure' });
    expect((await found()).results).toHaveLength(1);
  });

  test('is not undone by a run that was skipped, such as of a label that means nothing', async () => {
    anotherRun({ conclusion: 'skipped' });
    expect((await found()).results).toHaveLength(1);
  });

  test('whose job ran again counts with the artifact that it left last', async () => {
    const [first] = github.artifactsOf.get(pull.runId)!;
    pull.add('plan-dev', { 'dev-network.json': 'altered' });
    expect(await problem()).toMatch(/^dev-network\.json: is not JSON/);
    github.artifactsOf.get(pull.runId)!.push({ ...first!, id: github.newId() });
    expect((await found()).results).toHaveLength(1);
  });

  test('with a problem takes nothing from the others', async () => {
    new Reviewed(github, 8, THREE);
    pull.changeRun({ conclusion: 'failure' });
    expect((await find()).pullRequests.map(({ results }) => results.length)).toEqual([0, 1]);
  });

  test.each<keyof GitHub>([
    'compare',
    'mergedAs',
    'repositoryId',
    'runsOf',
    'artifacts',
    'downloadArtifact',
    'comments',
  ])('fails when GitHub refuses %s: that is no problem of the pull request', async (call) => {
    github.fails.set(call, new Error('GitHub answers 403'));
    await expect(find()).rejects.toThrow('GitHub answers 403');
  });

  test('fails when the commit that was last applied is unknown to GitHub', async () => {
    await expect(find({ lastApplied: { 'dev-network': sha('gone') } })).rejects.toThrow('GitHub answers 404');
  });
});
