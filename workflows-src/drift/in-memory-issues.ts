import type { Comment, Issue, IssueChange } from '../github/github';
import type { IssueCalls } from './write-issues';

/** Issues as GitHub keeps them, for tests, with every call noted. */
export class InMemoryIssues implements IssueCalls {
  public readonly calls: string[] = [];
  public readonly all: Issue[] = [];
  public readonly said = new Map<number, Comment[]>();
  /** Each is thrown by the next call of its name, before anything is done, or after when it says so. */
  public readonly failing: { readonly call: string; readonly error: Error; readonly done?: true }[] = [];

  public constructor(
    private readonly author: string,
    /** When a change is made. */
    public now: Date,
  ) {}

  /** Calls that write, without those that only read. */
  public get writes(): readonly string[] {
    return this.calls.filter((call) => !/^(?:issues|comments) /.test(call));
  }

  public async issues(label: string): Promise<readonly Issue[]> {
    this.calls.push(`issues ${label}`);
    return [...this.all].reverse();
  }

  public async createIssue({
    title,
    body,
    labels,
  }: Parameters<IssueCalls['createIssue']>[0]): Promise<Issue> {
    this.calls.push(`create ${labels.join()}`);
    return this.perhaps('create', () => this.add({ title, body }));
  }

  public async updateIssue(number: number, { stateReason, ...change }: IssueChange): Promise<Issue> {
    const said = [...Object.keys(change), ...(stateReason ? [stateReason] : [])].join();
    this.calls.push(`update #${number} ${said}`);
    return this.perhaps('update', () => {
      const at = this.all.findIndex((issue) => issue.number === number);
      const updated = { ...(this.all[at] as Issue), ...change, updatedAt: this.now };
      this.all[at] = updated;
      return updated;
    });
  }

  public async comments(number: number): Promise<readonly Comment[]> {
    this.calls.push(`comments #${number}`);
    return this.said.get(number) ?? [];
  }

  public async createComment(number: number, body: string): Promise<Comment> {
    this.calls.push(`comment #${number}`);
    return this.perhaps('comment', () => {
      const before = this.said.get(number) ?? [];
      const comment = { id: before.length + 1, author: this.author, body, url: '' };
      this.said.set(number, [...before, comment]);
      return comment;
    });
  }

  /** An issue that is there without a call. */
  public add(given: Partial<Issue>): Issue {
    const issue: Issue = {
      number: this.all.length + 1,
      author: this.author,
      state: 'open',
      title: '',
      body: '',
      updatedAt: this.now,
      url: '',
      ...given,
    };
    this.all.push(issue);
    return issue;
  }

  private perhaps<T>(call: string, work: () => T): T {
    const at = this.failing.findIndex((one) => one.call === call);
    const failure = at < 0 ? undefined : this.failing.splice(at, 1)[0];
    if (failure && !failure.done) throw failure.error;
    const result = work();
    if (failure) throw failure.error;
    return result;
  }
}
