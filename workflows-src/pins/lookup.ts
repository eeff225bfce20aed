import * as z from 'zod';

import { Failure } from '../github/failure';
import { REQUEST_TIMEOUT_MS, type Request } from '../github/rest';
import { type Patience, retry } from '../github/retry';
import { parsedVersion } from './version';

export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

/** A tag, and what it points to: a commit, or an object that says more of it. */
export interface Tag {
  readonly name: string;
  readonly object: { readonly type: string; readonly sha: string };
}

export interface Release {
  readonly publishedAt: Date;
  readonly isPrerelease: boolean;
}

export interface LookupOptions extends Patience {
  /** How long one attempt may take. @default REQUEST_TIMEOUT_MS */
  readonly requestTimeoutMs?: number;
}

/** A tag of a tag is possible, and of no use to anybody. */
const MAX_TAG_DEPTH = 3;

/** An `action.yml` is a few kilobytes. */
const MAX_FILE_BYTES = 256 * 1024;

const THERE = '/repos/{owner}/{repo}';

/**
 * What GitHub's API says of the actions' own repositories. They are public: a token is of use for its rate limit alone (60
 * requests an hour without one).
 *
 * Every call is repeated when GitHub or the network fails, and waits for rate limits, within `options`.
 * @throws Error (from each call) that names the repository, what was asked, and GitHub's words; the field, when an answer is
 * not what GitHub documents; the signal's reason once it is aborted
 */
export class Lookup {
  /** Several actions lie in one repository: nothing is asked twice. */
  private readonly asked = new Map<string, Promise<unknown>>();

  public constructor(
    private readonly request: Request,
    private readonly options: LookupOptions = {},
  ) {}

  /** All tags that look like a release: `v1.2.3`. */
  public async versionTags(repository: RepositoryName): Promise<readonly Tag[]> {
    const where = `${nameOf(repository)}: its tags`;
    const data = await this.ask(where, `GET ${THERE}/git/matching-refs/{ref}`, {
      ...repository,
      ref: 'tags/v',
    });
    return checked(where, z.array(gitRef), data)
      .map(({ ref, object }) => ({ name: ref.replace(/^refs\/tags\//, ''), object }))
      .filter(({ name }) => parsedVersion(name) !== undefined);
  }

  /** The commit that a tag stands for. */
  public async commitOf(repository: RepositoryName, { name, object }: Tag): Promise<string> {
    const where = `${nameOf(repository)}: its tag ${name}`;
    let { type, sha } = object;
    for (let depth = 0; type === 'tag' && depth < MAX_TAG_DEPTH; depth += 1) {
      const data = await this.ask(where, `GET ${THERE}/git/tags/{tag_sha}`, { ...repository, tag_sha: sha });
      ({ type, sha } = checked(where, gitTag, data).object);
    }
    if (type !== 'commit') throw new Error(`${where}: stands for a ${type}, and not for a commit`);
    return sha;
  }

  /** undefined: the tag has no published release. */
  public async release(repository: RepositoryName, tag: string): Promise<Release | undefined> {
    const where = `${nameOf(repository)}: its release ${tag}`;
    const data = await this.ask(where, `GET ${THERE}/releases/tags/{tag}`, { ...repository, tag });
    if (data === undefined) return undefined;
    const { published_at: publishedAt, prerelease, draft } = checked(where, release, data);
    return publishedAt === null || draft ? undefined : { publishedAt, isPrerelease: prerelease };
  }

  /** A file's text at a commit; undefined: there is none. */
  public async file(repository: RepositoryName, path: string, sha: string): Promise<string | undefined> {
    const where = `${nameOf(repository)}: ${path} at ${sha}`;
    const data = await this.ask(where, `GET ${THERE}/contents/{path}`, { ...repository, path, ref: sha });
    if (data === undefined) return undefined;
    const { content, size } = checked(where, contentFile, data);
    if (size > MAX_FILE_BYTES) throw new Error(`${where}: has ${size} bytes; valid: up to ${MAX_FILE_BYTES}`);
    return Buffer.from(content, 'base64').toString('utf8');
  }

  /** @returns undefined for 404 */
  private ask(
    where: string,
    route: string,
    // Not what else an action's place has: GitHub would be asked with it.
    { owner, repo, folder: _, ...rest }: RepositoryName & { readonly [name: string]: unknown },
  ): Promise<unknown> {
    const parameters = { owner, repo, ...rest };
    const key = JSON.stringify([route, parameters]);
    const before = this.asked.get(key);
    if (before) return before;
    const answer = this.askOnce(where, route, parameters);
    this.asked.set(key, answer);
    return answer;
  }

  private async askOnce(where: string, route: string, parameters: Record<string, unknown>): Promise<unknown> {
    const attempt = async (): Promise<unknown> => {
      try {
        const { data } = await this.request(route, {
          ...parameters,
          request: { signal: this.attemptSignal() },
        });
        // Octokit gives text for what is no JSON, or broke off.
        if (typeof data === 'string') throw Failure.noAnswer('the answer broke off, or is no JSON');
        return data;
      } catch (error) {
        this.options.signal?.throwIfAborted();
        throw error instanceof Failure ? error : Failure.ofThrown(error, Date.now());
      }
    };
    try {
      return await retry(
        attempt,
        (error) => (error instanceof Failure ? error.retryAfterMs : undefined),
        this.options,
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status === 404) return undefined;
      const hint = error.isRateLimit ? '; with a token in GITHUB_TOKEN it is larger' : '';
      throw new Error(`${where}: ${error.sentence}${hint}`, { cause: error });
    }
  }

  private attemptSignal(): AbortSignal {
    const timeout = AbortSignal.timeout(this.options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
    const { signal } = this.options;
    return signal ? AbortSignal.any([signal, timeout]) : timeout;
  }
}

function nameOf({ owner, repo }: RepositoryName): string {
  return `${owner}/${repo}`;
}

/** @throws Error naming the field that is not as GitHub documents it */
function checked<T>(where: string, schema: z.ZodType<T>, answer: unknown): T {
  if (answer === undefined) throw new Error(`${where}: GitHub does not have it`);
  const { success, data, error } = schema.safeParse(answer);
  if (success) return data;
  const { path, message } = error.issues[0] as z.core.$ZodIssue;
  throw new Error(
    `${where}: GitHub's answer is not what it documents: ${path.join('.') || 'it'}: ${message}`,
  );
}

const sha = z.string().regex(/^[0-9a-f]{40}$/, 'is no commit of 40 hexadecimal digits');
const object = z.looseObject({ type: z.string(), sha });
const gitRef = z.looseObject({ ref: z.string().startsWith('refs/tags/'), object });
const gitTag = z.looseObject({ object });
const release = z.looseObject({
  draft: z.boolean(),
  prerelease: z.boolean(),
  published_at: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .nullable(),
});
const contentFile = z.looseObject({
  type: z.literal('file'),
  encoding: z.literal('base64'),
  size: z.int().nonnegative(),
  content: z.string().regex(/^[A-Za-z0-9+/=\s]*$/, 'is no base64'),
});
