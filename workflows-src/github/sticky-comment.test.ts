import { type Comment, Gone, Uncertain } from './github';
import { MAX_ROUNDS, upsertComment } from './sticky-comment';

const MARKER = '<!-- fairlead: plan -->';
const AUTHOR = 'github-actions[bot]';
const PULL_REQUEST = 7;

/** The three calls in memory; a test replaces one to make it fail. */
class InMemoryComments {
  public readonly calls: string[] = [];
  public constructor(public readonly all: Comment[] = []) {}

  public async comments(): Promise<readonly Comment[]> {
    this.calls.push('list');
    return [...this.all];
  }

  public async createComment(_number: number, body: string): Promise<Comment> {
    this.calls.push('create');
    const created = comment(100 + this.all.length, body);
    this.all.push(created);
    return created;
  }

  public async updateComment(id: number, body: string): Promise<Comment> {
    this.calls.push(`update ${id}`);
    const at = this.all.findIndex((each) => each.id === id);
    return (this.all[at] = { ...(this.all[at] as Comment), body });
  }
}

const comment = (id: number, body: string, author: string | undefined = AUTHOR): Comment => ({
  id,
  author,
  body,
  url: `https://github.example/c/${id}`,
});
const said = (text: string): string => `${MARKER}\n\n${text}`;
const upsert = (
  github: InMemoryComments,
  body: string,
  isSame?: (a: string, b: string) => boolean,
): ReturnType<typeof upsertComment> =>
  upsertComment(github, PULL_REQUEST, { marker: MARKER, author: AUTHOR }, body, isSame, async () => {});

describe('one comment on a pull request', () => {
  it('is created where there is none', async () => {
    const github = new InMemoryComments([comment(1, 'hello')]);
    expect(await upsert(github, said('plan'))).toEqual({
      result: 'created',
      comment: comment(101, said('plan')),
    });
    expect(github.all.map(({ body }) => body)).toEqual(['hello', said('plan')]);
  });

  it('is updated where it says something else', async () => {
    const github = new InMemoryComments([comment(7, said('old'))]);
    expect(await upsert(github, said('new'))).toEqual({
      result: 'updated',
      comment: comment(7, said('new')),
    });
    expect(github.all).toEqual([comment(7, said('new'))]);
  });

  it('is not written where it says the same, whatever GitHub did to its line ends', async () => {
    const old = comment(7, said('a\r\nb').replaceAll('\n\n', '\r\n\r\n'));
    const github = new InMemoryComments([old]);
    expect(await upsert(github, said('a\nb\n'))).toEqual({ result: 'unchanged', comment: old });
    expect(github.calls).toEqual(['list']);
  });

  it('is not written where the caller finds both the same', async () => {
    const github = new InMemoryComments([comment(7, said('plan of run 1'))]);
    const exceptRun = (a: string, b: string): boolean =>
      a.replace(/run \d+/, '') === b.replace(/run \d+/, '');
    expect((await upsert(github, said('plan of run 2'), exceptRun)).result).toBe('unchanged');
    expect((await upsert(github, said('new plan of run 2'), exceptRun)).result).toBe('updated');
  });

  it.each([
    ['somebody else who wrote the marker', comment(1, said('fake'), 'octocat')],
    ['a deleted account', { ...comment(1, said('fake')), author: undefined }],
    ['our own answer that quotes it', comment(1, `> ${said('quoted')}`)],
    ['our other comment, whose marker only begins the same', comment(1, `${MARKER} <!-- other -->\n\nx`)],
  ])('is never mistaken for %s', async (_who, other) => {
    const github = new InMemoryComments([other]);
    expect((await upsert(github, said('plan'))).result).toBe('created');
    expect(github.all[0]).toEqual(other);
  });

  it('is the oldest where there are several, and the others stay as they are', async () => {
    const github = new InMemoryComments([comment(3, said('first')), comment(5, said('second'))]);
    await upsert(github, said('new'));
    expect(github.all).toEqual([comment(3, said('new')), comment(5, said('second'))]);
  });

  it('takes 65,536 bytes and refuses one more before any call', async () => {
    const full = said('x'.repeat(65_536 - said('').length));
    expect((await upsert(new InMemoryComments(), full)).result).toBe('created');

    const github = new InMemoryComments();
    await expect(upsert(github, `${full.slice(0, -1)}é`)).rejects.toThrow(
      'the comment has 65537 bytes, GitHub takes 65536: shorten it',
    );
    expect(github.calls).toEqual([]);
  });

  it.each(['plan', `${MARKER} plan`, `\n${MARKER}`])(
    'fails when %j would never be found again',
    async (body) => {
      const github = new InMemoryComments();
      await expect(upsert(github, body)).rejects.toThrow(`must have ${MARKER} as its first line`);
      expect(github.calls).toEqual([]);
    },
  );

  it('fails when GitHub does', async () => {
    const github = new InMemoryComments();
    github.createComment = () => Promise.reject(new Error('403'));
    await expect(upsert(github, said('plan'))).rejects.toThrow('403');
  });
});

describe('a create that may have happened', () => {
  it('is not repeated when it did', async () => {
    const github = new InMemoryComments();
    const create = github.createComment.bind(github);
    github.createComment = async (...how) => {
      await create(...how);
      throw new Uncertain('502');
    };
    expect((await upsert(github, said('plan'))).result).toBe('created');
    expect(github.calls).toEqual(['list', 'create', 'list']);
    expect(github.all).toHaveLength(1);
  });

  it('is repeated when it did not, a few times', async () => {
    const github = new InMemoryComments();
    github.createComment = async () => {
      github.calls.push('create');
      throw new Uncertain('502');
    };
    await expect(upsert(github, said('plan'))).rejects.toThrow(Uncertain);
    expect(github.calls.filter((call) => call === 'create')).toHaveLength(MAX_ROUNDS);
    expect(github.calls.at(-1)).toBe('list');
  });
});

describe('a comment that is deleted while we write', () => {
  it('is made anew', async () => {
    const github = new InMemoryComments([comment(7, said('old'))]);
    const update = github.updateComment.bind(github);
    github.updateComment = async (id) => {
      github.all.splice(0);
      github.updateComment = update;
      throw new Gone(`comment ${id}`);
    };
    expect((await upsert(github, said('new'))).result).toBe('created');
    expect(github.all.map(({ body }) => body)).toEqual([said('new')]);
  });

  it('fails when that happens every time', async () => {
    const github = new InMemoryComments([comment(7, said('old'))]);
    github.updateComment = async (id) => {
      throw new Gone(`comment ${id}`);
    };
    await expect(upsert(github, said('new'))).rejects.toThrow(Gone);
  });
});
