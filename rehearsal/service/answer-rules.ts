import { hostname } from 'node:os';

/** A response, however it was asked for. */
export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Of the request: a response to HEAD has no body. @default not HEAD */
  readonly method?: string;
}

/** What no caller is to learn: each is found in what a careless error handler passes on. */
const INTERNALS: readonly (readonly [string, RegExp])[] = [
  ['SQL', /\b(select .* from|insert into|delete from|update .* set|returning id)\b/i],
  [
    "a message of PostgreSQL's",
    /relation \\?"|column \\?"|invalid (input|byte)|violates|out of range|syntax error/i,
  ],
  ['a stack', /\bat (async )?\S+ \(|:\d+:\d+\)?(\n|\\n|$)/],
  ['a file', /node:internal|node_modules|\.[cm]?[jt]s\b|\/(app|home|root|tmp|usr|var|work|services|dist)\//],
  ['an address', /ECONN|ENOTFOUND|127\.0\.0\.1|localhost|postgres/i],
  ['the host', new RegExp(`\\b${hostname().replace(/[^\w-]/g, '\\$&')}\\b`, 'i')],
];

/**
 * What is wrong with the answer to a request that may be anything, while nothing is wrong with the service: it is no
 * failure of the server's, and every refusal is a problem document (RFC 9457) that tells nothing of its inside.
 */
export function mistakesOf({ status, headers, body, method }: Answer): string[] {
  const mistakes: string[] = [];
  if (status >= 500) mistakes.push(`status ${status}`);
  if (status >= 400 && !(method === 'HEAD' && body === '')) {
    const type = headers.get('content-type') ?? 'none';
    if (!/^application\/problem\+json(;|$)/.test(type)) mistakes.push(`${status} with content-type ${type}`);
    const problem = parsed(body);
    if (problem?.status !== status || typeof problem.title !== 'string')
      mistakes.push(`${status} whose body is no problem document: ${body.slice(0, 200)}`);
  }
  for (const [what, pattern] of INTERNALS) {
    const found = pattern.exec(body);
    if (found !== null && status >= 400) mistakes.push(`${status} that tells ${what}: ${found[0]}`);
  }
  return mistakes;
}

function parsed(body: string): { readonly status?: unknown; readonly title?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
