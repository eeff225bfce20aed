/** What octokit's `request` and `fetch` answer, as far as we read it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

/** Codes with which GitHub, or what stands before it, says that trying again may help. */
const TRANSIENT = new Set([500, 502, 503, 504]);

/** GitHub's advice for a rate limit that does not say how long: at least a minute. */
const UNSAID_RATE_LIMIT_WAIT_MS = 60_000;

/** How much of GitHub's own words an error repeats: a proxy may answer with a whole page. */
const MAX_WORDS = 300;

/** One request that failed: an answer that is an error, or no answer that can be read. */
export class Failure extends Error {
  public override readonly name = 'Failure';

  private constructor(
    /** undefined: no answer, or one that broke off. */
    public readonly status: number | undefined,
    /** GitHub's or the network's words, on one line. */
    public readonly words: string,
    /** How long a rate limit asks to wait; undefined when it is none. */
    public readonly rateLimitWaitMs: number | undefined,
  ) {
    super(words);
  }

  public static noAnswer(why: string): Failure {
    return new Failure(undefined, oneLine(why), undefined);
  }

  /** @param now epoch milliseconds: a primary rate limit says at what time it ends */
  public static of(answer: Answer, now: number): Failure {
    const words = wordsOf(answer.data);
    return new Failure(answer.status, words, rateLimitWaitMs(answer, words, now));
  }

  /** An error thrown by octokit's `request`: it has a `response` unless there was no answer. */
  public static ofThrown(error: unknown, now: number): Failure {
    const { response } = (error ?? {}) as { response?: Answer };
    if (response !== undefined) return Failure.of(response, now);
    return Failure.noAnswer(error instanceof Error ? error.message : String(error));
  }

  public get isRateLimit(): boolean {
    return this.rateLimitWaitMs !== undefined;
  }

  /** How long to wait at least before trying again; undefined when that is useless. */
  public get retryAfterMs(): number | undefined {
    if (this.rateLimitWaitMs !== undefined) return this.rateLimitWaitMs;
    return this.status === undefined || TRANSIENT.has(this.status) ? 0 : undefined;
  }

  /** `GitHub answers 403 "Bad credentials"`. */
  public get sentence(): string {
    if (this.status === undefined) return `no answer from GitHub (${this.words})`;
    const words = this.words === '' ? '' : ` "${this.words}"`;
    const limit =
      this.rateLimitWaitMs === undefined
        ? ''
        : `, its rate limit: it asks to wait ${Math.ceil(this.rateLimitWaitMs / 1000)} s`;
    return `GitHub answers ${this.status}${words}${limit}`;
  }
}

/** Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
function rateLimitWaitMs({ status, headers }: Answer, words: string, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const retryAfter = Number(headers['retry-after'] ?? NaN);
  if (Number.isFinite(retryAfter)) return Math.max(0, retryAfter * 1000);
  const reset = Number(headers['x-ratelimit-reset'] ?? NaN);
  if (String(headers['x-ratelimit-remaining']) === '0' && Number.isFinite(reset))
    return Math.max(0, reset * 1000 - now);
  return status === 429 || /rate limit/i.test(words) ? UNSAID_RATE_LIMIT_WAIT_MS : undefined;
}

/** `message` and `errors` of GitHub's JSON; nothing of a page. */
function wordsOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const { message, errors } = data as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors) ? errors.map(detailOf) : [];
  return oneLine([message, ...details].filter((part) => typeof part === 'string' && part !== '').join(': '));
}

function detailOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error;
  const { field, code, message } = error as Record<string, unknown>;
  return message ?? [field, code].filter((part) => typeof part === 'string').join(' ');
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_WORDS);
}
