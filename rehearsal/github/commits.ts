import { createHash } from 'node:crypto';

import { run } from '../../workflows-src/terraform/process';

export interface Commit {
  readonly sha: string;
  readonly date: Date;
  readonly message: string;
  readonly parents: readonly string[];
}

/** What GitHub knows of a repository's history. */
export interface Commits {
  /** @param ref a branch or a commit */
  find(ref: string): Promise<Commit | undefined>;
  /** Commits that lead to `head` and are not part of `base`, oldest first. */
  between(base: string, head: string): Promise<readonly Commit[]>;
  /** The newest commit that both have; undefined when they have nothing in common. */
  mergeBase(base: string, head: string): Promise<Commit | undefined>;
}

/** A history that a test makes up. */
export class MadeUpCommits implements Commits {
  private readonly all = new Map<string, Commit>();
  private readonly branches = new Map<string, string>();

  /** @param date @default one minute after the newest of its parents, from 2026-01-01 on */
  public add(parents: readonly string[] = [], message = 'a change', date?: Date): Commit {
    const before = parents.map((parent) => this.known(parent).date.getTime());
    const commit = {
      sha: createHash('sha1').update(`${this.all.size}${parents.join()}${message}`).digest('hex'),
      date: date ?? new Date(Math.max(Date.UTC(2026, 0, 1), ...before) + 60_000),
      message,
      parents: [...parents],
    };
    this.all.set(commit.sha, commit);
    return commit;
  }

  /** Lets a branch point to a commit. */
  public point(branch: string, sha: string): void {
    this.branches.set(branch, this.known(sha).sha);
  }

  public async find(ref: string): Promise<Commit | undefined> {
    return this.all.get(this.branches.get(ref) ?? ref);
  }

  public async between(base: string, head: string): Promise<readonly Commit[]> {
    const reached = this.reachedFrom(base);
    return [...this.reachedFrom(head).values()].filter(({ sha }) => !reached.has(sha)).reverse();
  }

  public async mergeBase(base: string, head: string): Promise<Commit | undefined> {
    const reached = this.reachedFrom(base);
    return [...this.reachedFrom(head).values()].find(({ sha }) => reached.has(sha));
  }

  /** Children before their parents: a commit is added after its parents, so the order of adding is the order of time. */
  private reachedFrom(sha: string): Map<string, Commit> {
    const wanted = new Set([sha]);
    const found = new Map<string, Commit>();
    for (const commit of [...this.all.values()].reverse()) {
      if (!wanted.has(commit.sha)) continue;
      found.set(commit.sha, commit);
      for (const parent of commit.parents) wanted.add(parent);
    }
    return found;
  }

  private known(sha: string): Commit {
    const commit = this.all.get(sha);
    if (!commit) throw new Error(`there is no commit ${sha}`);
    return commit;
  }
}

/** The history of a git repository on this machine, bare or not. */
export class GitCommits implements Commits {
  public constructor(private readonly folder: string) {}

  public async find(ref: string): Promise<Commit | undefined> {
    for (const name of [`refs/heads/${ref}`, ref]) {
      const [sha] = await this.lines([
        'rev-parse',
        '--verify',
        '--quiet',
        '--end-of-options',
        `${name}^{commit}`,
      ]);
      if (sha !== undefined) return (await this.log(['--max-count=1', sha]))[0];
    }
    return undefined;
  }

  public async between(base: string, head: string): Promise<readonly Commit[]> {
    return this.log(['--topo-order', '--reverse', `${base}..${head}`]);
  }

  public async mergeBase(base: string, head: string): Promise<Commit | undefined> {
    const [sha] = await this.lines(['merge-base', base, head]);
    return sha === undefined ? undefined : this.find(sha);
  }

  private async log(which: readonly string[]): Promise<Commit[]> {
    const lines = await this.lines(['log', '--format=%H%x09%cI%x09%P%x09%s', ...which, '--']);
    return lines.map((line) => {
      const [sha = '', date = '', parents = '', message = ''] = line.split('\t');
      return { sha, date: new Date(date), message, parents: parents.split(' ').filter(Boolean) };
    });
  }

  /** @returns nothing when git says that there is no such commit */
  private async lines(args: readonly string[]): Promise<string[]> {
    const { code, stdout, stderr } = await run('git', ['-C', this.folder, ...args]);
    if (code > 1) throw new Error(`git ${args.join(' ')}: exit code ${code}: ${stderr}`);
    return stdout.toString('utf8').split('\n').filter(Boolean);
  }
}
