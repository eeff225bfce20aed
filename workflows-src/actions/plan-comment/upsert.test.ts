import { MARKER, PAGE_SIZE, upsertComment, type Comment, type Comments } from './upsert';

const AUTHOR = 'github-actions[bot]';

class InMemoryComments implements Comments {
  public readonly calls: string[] = [];
  public constructor(public readonly all: Comment[]) {}

  public async list(page: number): Promise<readonly Comment[]> {
    this.calls.push(`list ${page}`);
    return this.all.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  }

  public async create(body: string): Promise<void> {
    this.calls.push('create');
    this.all.push({ id: this.all.length + 1, author: AUTHOR, body });
  }

  public async update(id: number, body: string): Promise<void> {
    this.calls.push(`update ${id}`);
    const at = this.all.findIndex((comment) => comment.id === id);
    this.all[at] = { ...(this.all[at] as Comment), body };
  }
}

const comment = (id: number, body: string, author: string | undefined = AUTHOR): Comment => ({
  id,
  author,
  body,
});
const said = (text: string): string => `${MARKER}\n\n${text}`;

describe('one comment on a pull request', () => {
  it('is created where there is none', async () => {
    const comments = new InMemoryComments([comment(1, 'hello')]);
    expect(await upsertComment(comments, AUTHOR, said('plan'))).toBe('created');
    expect(comments.all.map(({ body }) => body)).toEqual(['hello', said('plan')]);
  });

  it('is updated where it says something else', async () => {
    const comments = new InMemoryComments([comment(7, said('old'))]);
    expect(await upsertComment(comments, AUTHOR, said('new'))).toBe('updated');
    expect(comments.all).toEqual([comment(7, said('new'))]);
  });

  it('is not written where it says the same, whatever GitHub did to its line ends', async () => {
    const comments = new InMemoryComments([comment(7, said('a\r\nb'))]);
    expect(await upsertComment(comments, AUTHOR, said('a\nb\n'))).toBe('unchanged');
    expect(comments.calls).toEqual(['list 1']);
  });

  it.each([
    ['somebody else who wrote the marker', comment(1, said('fake'), 'octocat')],
    ['a deleted account', { id: 1, author: undefined, body: said('fake') }],
    ['our own answer that quotes it', comment(1, `> ${said('quoted')}`)],
  ])('is never mistaken for %s', async (_who, other) => {
    const comments = new InMemoryComments([other]);
    expect(await upsertComment(comments, AUTHOR, said('plan'))).toBe('created');
    expect(comments.all[0]).toEqual(other);
  });

  it('is found behind a full page of others, and the search stops at the page that is not full', async () => {
    const others = Array.from({ length: PAGE_SIZE }, (_, index) => comment(index, 'talk'));
    const found = new InMemoryComments([...others, comment(900, said('old'))]);
    await upsertComment(found, AUTHOR, said('new'));
    expect(found.calls).toEqual(['list 1', 'list 2', 'update 900']);

    const none = new InMemoryComments(others);
    await upsertComment(none, AUTHOR, said('new'));
    expect(none.calls).toEqual(['list 1', 'list 2', 'create']);
  });

  it('takes 65,536 bytes and refuses one more before any call', async () => {
    const full = MARKER + 'x'.repeat(65_536 - MARKER.length);
    expect(await upsertComment(new InMemoryComments([]), AUTHOR, full)).toBe('created');

    const comments = new InMemoryComments([]);
    await expect(upsertComment(comments, AUTHOR, `${full.slice(0, -1)}é`)).rejects.toThrow(
      'the comment has 65537 bytes, GitHub takes 65536: shorten it',
    );
    expect(comments.calls).toEqual([]);
  });

  it('fails when the body would never be found again', async () => {
    await expect(upsertComment(new InMemoryComments([]), AUTHOR, 'plan')).rejects.toThrow(
      'must begin with <!-- fairlead',
    );
  });

  it('fails when GitHub does', async () => {
    const comments = new InMemoryComments([]);
    comments.create = () => Promise.reject(new Error('403'));
    await expect(upsertComment(comments, AUTHOR, said('plan'))).rejects.toThrow('403');
  });
});
