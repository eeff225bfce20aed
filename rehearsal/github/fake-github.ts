import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type Commits, GitCommits, MadeUpCommits } from './commits';
import { Description, type Operation } from './description';
import {
  Due,
  type Fault,
  FAULT_KINDS,
  type FaultKind,
  type RandomFaults,
  seededRandom,
  type Which,
} from './faults';
import { operations, type Permissions, Refusal, type Reply, type RequestBody, WHOLE } from './operations';
import { FakeRepository, type RepositoryNames, type RunState } from './repository';

export interface FakeGitHubOptions {
  readonly repository: RepositoryNames;
  /** Folder of a git repository whose history it is. @default made up, with one commit on `main` */
  readonly git?: string;
  /** @default the machine's */
  readonly clock?: () => Date;
  /** Comments and issues that may be created in a minute, after which the secondary rate limit answers. @default 80, as GitHub */
  readonly creationsPerMinute?: number;
  /** What the secondary rate limit asks to wait. @default 60 */
  readonly retryAfterSeconds?: number;
  /** Whether one may read without a token, as of public repositories. @default false */
  readonly isPublic?: boolean;
}

export interface LoggedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** 0: the connection was closed in place of an answer. */
  readonly status: number;
  readonly fault: FaultKind | undefined;
  /** Whether it was carried out and is one that changes something of GitHub's. */
  readonly changed: boolean;
}

interface Token {
  readonly login: string;
  readonly permissions: Permissions | 'all';
}

interface StoredFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Sent in pieces, without its length. */
  readonly isChunked: boolean;
}

/** A request that is as described. */
interface Received {
  readonly repository: FakeRepository;
  readonly path: Readonly<Record<string, string>>;
  readonly url: URL;
  readonly body: RequestBody | undefined;
  readonly actor: Token;
}

interface Handled extends Reply {
  readonly changed: boolean;
}

/**
 * GitHub's REST API on loopback, as far as our pipeline asks for it, for one repository.
 *
 * It refuses what GitHub refuses, and checks every request and each of its own answers against GitHub's published
 * description: what does not fit is in `violations`, which a test expects to be empty.
 */
export class FakeGitHub {
  /** State, and what people do in a browser. */
  public readonly repository: FakeRepository;
  /** All requests, in the order in which they were answered. */
  public readonly requests: LoggedRequest[] = [];
  /** What was asked or answered otherwise than GitHub describes it. */
  public readonly violations: string[] = [];
  /** A token that may do everything, as `github-actions[bot]`. */
  public readonly token: string;
  /** Requests for an OIDC token. */
  public oidcRequests = 0;

  private readonly others: FakeRepository[] = [];
  private readonly tokens = new Map<string, Token>();
  private readonly faults = new Due<Fault>();
  private readonly interventions = new Due<Which & { readonly action: () => void }>();
  private random: { readonly next: () => number; readonly faults: RandomFaults } | undefined;
  private creations: number[] = [];
  /** Paths in the storage, by the signatures of the addresses at which they can be read. */
  private readonly addresses = new Map<string, string>();
  private readonly api: Server;
  private readonly storage: Server;

  private constructor(
    private readonly options: FakeGitHubOptions,
    commits: Commits,
  ) {
    this.repository = new FakeRepository(options.repository, commits, () => this.now());
    this.token = this.addToken('github-actions[bot]');
    this.api = createServer((request, response) => void this.serve(request, response));
    this.storage = createServer((request, response) => this.serveStorage(request, response));
  }

  public static async start(options: FakeGitHubOptions): Promise<FakeGitHub> {
    const github = new FakeGitHub(
      options,
      options.git === undefined ? oneCommit() : new GitCommits(options.git),
    );
    for (const server of [github.api, github.storage]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return github;
  }

  /** Closes all connections. */
  public async close(): Promise<void> {
    for (const server of [this.api, this.storage]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  /** The API's base address, such as `http://127.0.0.1:40123`: what `GITHUB_API_URL` is to be. */
  public get url(): string {
    return addressOf(this.api);
  }

  /** The history that a test makes up. @throws Error when it is that of a git repository */
  public get commits(): MadeUpCommits {
    const { commits } = this.repository;
    if (commits instanceof MadeUpCommits) return commits;
    throw new Error('the history is that of a git repository: commit there');
  }

  /** One more repository, of others, with one commit on `main`. */
  public addRepository(names: RepositoryNames): FakeRepository {
    const repository = new FakeRepository(names, oneCommit(), () => this.now());
    this.others.push(repository);
    return repository;
  }

  /** @returns a new token of that login */
  public addToken(login: string, permissions: Permissions | 'all' = 'all'): string {
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    this.tokens.set(token, { login, permissions });
    return token;
  }

  /** The next requests of that kind fail; those to the storage have paths such as `/artifacts/1001`. */
  public fail(fault: Fault): void {
    this.faults.add(fault);
  }

  /** Requests fail by chance from now on; undefined: no more. */
  public failByChance(faults: RandomFaults | undefined): void {
    this.random = faults && { next: seededRandom(faults.seed), faults };
  }

  /** Something happens just before the next request of that kind is carried out: what somebody else did meanwhile. */
  public before(which: Which, action: () => void): void {
    this.interventions.add({ ...which, action });
  }

  /** Requests that changed something. */
  public writes(): readonly LoggedRequest[] {
    return this.requests.filter(({ changed }) => changed);
  }

  private now(): Date {
    return this.options.clock?.() ?? new Date();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', this.url);
    const body = await bytesOf(request);
    const fault = this.faultFor(method, url.pathname);
    const isBefore = fault !== undefined && !CARRIED_OUT.has(fault);
    let handled: Handled = { status: 0, changed: false };
    if (!isBefore) {
      this.interventions.take(method, url.pathname)?.action();
      handled = url.pathname.startsWith(FAKE_PREFIX)
        ? this.handleOurOwn(method, url, body)
        : await this.handle(method, url, request.headers.authorization, body).catch((error: unknown) => {
            this.violations.push(`${method} ${url.pathname}: the fake failed: ${String(error)}`);
            return errorOf(500, String(error));
          });
    }
    const reply = fault === undefined ? handled : this.replyOf(fault);
    this.requests.push({
      method,
      path: url.pathname + url.search,
      status: reply?.status ?? 0,
      fault,
      changed: handled.changed,
    });
    if (fault === 'cut') cut(response, handled);
    else if (!reply) request.socket.destroy();
    else send(response, reply);
  }

  private faultFor(method: string, path: string): FaultKind | undefined {
    const due = this.faults.take(method, path);
    if (due || !this.random || path.startsWith(FAKE_PREFIX)) return due?.kind;
    const { next, faults } = this.random;
    if (next() >= faults.probability) return undefined;
    const kinds = faults.kinds ?? FAULT_KINDS;
    return kinds[Math.floor(next() * kinds.length)];
  }

  /** undefined: none, the connection is closed. */
  private replyOf(fault: FaultKind): Reply | undefined {
    switch (fault) {
      case '500':
        return { status: 500, headers: HTML, body: '<html>Unicorn!</html>' };
      case '502-before':
      case '502-after':
        return { status: 502, headers: HTML, body: '<html>Unicorn!</html>' };
      case 'rate-limit':
        return this.secondaryRateLimit();
      case 'primary-rate-limit': {
        const reset = String(Math.ceil(this.now().getTime() / 1000) + 30);
        return {
          status: 403,
          headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
          body: { message: 'API rate limit exceeded for installation.', documentation_url: DOCUMENTATION },
        };
      }
      case 'reset':
      case 'reset-after':
      case 'cut':
        return undefined;
    }
  }

  private secondaryRateLimit(): Reply {
    return {
      status: 403,
      headers: { 'retry-after': String(this.options.retryAfterSeconds ?? 60) },
      body: {
        message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        documentation_url: DOCUMENTATION,
      },
    };
  }

  private async handle(
    method: string,
    url: URL,
    authorization: string | undefined,
    bytes: Buffer,
  ): Promise<Handled> {
    const name = `${method} ${url.pathname}`;
    const anybody = authorization === undefined && method === 'GET' && this.options.isPublic === true;
    const actor = anybody
      ? NOBODY
      : this.tokens.get(/^(?:token|bearer) (.+)$/i.exec(authorization ?? '')?.[1] ?? '');
    if (!actor)
      return errorOf(401, authorization === undefined ? 'Requires authentication' : 'Bad credentials');

    const matched = this.description.match(method, url.pathname);
    if (!matched) {
      this.violations.push(`${name}: openapi.json has no such operation`);
      return errorOf(404, 'Not Found');
    }
    const { operation, parameters } = matched;
    const repository = [this.repository, ...this.others].find(
      ({ names: { owner, repo } }) => parameters['owner'] === owner && parameters['repo'] === repo,
    );
    if (!repository) return errorOf(404, 'Not Found');

    let body: unknown;
    try {
      body = bytes.length === 0 ? undefined : JSON.parse(bytes.toString('utf8'));
    } catch {
      this.violations.push(`${name}: the body is not JSON`);
      return errorOf(400, 'Problems parsing JSON');
    }
    const problems = this.description.requestProblems(operation, parameters, url.searchParams, body);
    if (problems.length > 0) {
      this.violations.push(...problems.map((problem) => `${name}: ${problem}`));
      return errorOf(body === undefined ? 400 : 422, `Invalid request.\n\n${problems.join('\n')}`);
    }
    const request = { repository, path: parameters, url, body: body as RequestBody | undefined, actor };
    const reply = await this.carryOut(operation, request);
    return this.checked(name, operation, { ...reply, changed: method !== 'GET' && reply.status < 300 });
  }

  private async carryOut(
    operation: Operation,
    { repository, path, url, body, actor }: Received,
  ): Promise<Reply> {
    const fake = operations[operation.id];
    if (!fake) return errorOf(501, `the fake has no ${operation.id}`);
    if (fake.needs.length > 0 && !fake.needs.some(([scope, access]) => mayDo(actor, scope, access))) {
      return {
        ...errorOf(403, 'Resource not accessible by integration'),
        headers: { 'x-accepted-github-permissions': fake.needs.map(acceptedPermission).join('; ') },
      };
    }
    const ofPages = fake.hasCursors ? ['after', 'per_page'] : ['page', 'per_page'];
    const known = new Set([...(fake.query ?? []), ...(fake.list === undefined ? [] : ofPages)]);
    const unknown = [...url.searchParams.keys()].filter((parameter) => !known.has(parameter));
    if (unknown.length > 0) return errorOf(501, `the fake does not respect ${unknown.join(', ')}`);
    if (fake.creates && this.isAboveRateLimit()) return this.secondaryRateLimit();
    try {
      const reply = await fake.answer({
        repository,
        path,
        query: url.searchParams,
        body: body ?? {},
        actor: actor.login,
        addressInStorage: (kind, id) => this.addressInStorage(`/${kind}/${id}`),
      });
      if (fake.list === undefined) return reply;
      return fake.hasCursors ? pagedByCursor(reply, fake.list, url) : paged(reply, fake.list, url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return errorOf(error.status, error.message, error.errors);
    }
  }

  private isAboveRateLimit(): boolean {
    const now = this.now().getTime();
    this.creations = this.creations.filter((time) => now - time < 60_000);
    if (this.creations.length >= (this.options.creationsPerMinute ?? 80)) return true;
    this.creations.push(now);
    return false;
  }

  /** Fills in an answer and holds it against the description. */
  private checked(name: string, operation: Operation, handled: Handled): Handled {
    const { status } = handled;
    if (status === 501) {
      this.violations.push(`${name}: ${(handled.body as { message: string }).message}`);
      return handled;
    }
    const body = this.description.complete(operation, status, handled.body);
    const problems = this.description.answerProblems(operation, status, body);
    if (problems.length === 0) return { ...handled, body };
    this.violations.push(...problems.map((problem) => `${name}: ${problem}`));
    return {
      ...errorOf(500, `the fake's own answer is wrong: ${problems.join('; ')}`),
      changed: handled.changed,
    };
  }

  private addressInStorage(path: string): string {
    const signature = randomBytes(12).toString('hex');
    this.addresses.set(signature, path);
    return `${addressOf(this.storage)}${path}?signature=${signature}`;
  }

  /** Like the storage that GitHub redirects to: it knows nothing of tokens, and refuses to see one. */
  private serveStorage(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const isSigned = this.addresses.get(url.searchParams.get('signature') ?? '') === url.pathname;
    const file = isSigned ? this.stored(url.pathname) : undefined;
    const hasToken = request.headers.authorization !== undefined;
    if (hasToken) this.violations.push(`GET ${url.pathname}: the storage was sent a token`);
    if (hasToken || !file) {
      send(response, { status: 403, headers: HTML, body: 'AuthenticationFailed' });
      return;
    }
    const fault = this.faults.take('GET', url.pathname)?.kind;
    const reply = fault === undefined ? undefined : this.replyOf(fault);
    const whole = { status: 200, headers: { 'content-type': file.type }, body: file.bytes };
    if (fault === 'cut') cut(response, whole);
    else if (reply) send(response, reply);
    else if (fault !== undefined) request.socket.destroy();
    else if (file.isChunked) response.writeHead(200, whole.headers).end(file.bytes);
    else send(response, whole);
  }

  private stored(path: string): StoredFile | undefined {
    const [, kind, id] = path.split('/');
    const artifact = this.repository.artifacts.find((each) => kind === 'artifacts' && each.id === Number(id));
    if (artifact) return { type: 'application/zip', bytes: artifact.zip, isChunked: artifact.isChunked };
    const attestation = this.repository.attestations.find(
      (each) => kind === 'attestations' && each.id === Number(id),
    );
    return (
      attestation && {
        type: 'application/x-snappy',
        bytes: snappyBlock(Buffer.from(JSON.stringify(attestation.bundle))),
        isChunked: false,
      }
    );
  }

  /** What is no part of GitHub: what the runner's own services do for the actions that a rehearsal replaces. */
  private handleOurOwn(method: string, url: URL, body: Buffer): Handled {
    const name = `${method} ${url.pathname.slice(FAKE_PREFIX.length)}`;
    const { repository } = this;
    if (name === 'GET oidc') {
      this.oidcRequests += 1;
      return ok({ value: this.identityToken(url.searchParams) });
    }
    const [, uploadTo, artifactName] = /^PUT runs\/(\d+)\/artifacts\/([^/]+)$/.exec(name) ?? [];
    if (uploadTo !== undefined && artifactName !== undefined) {
      try {
        const { id } = repository.addArtifact(Number(uploadTo), decodeURIComponent(artifactName), body);
        return ok({ id });
      } catch (error) {
        return errorOf(409, (error as Error).message);
      }
    }
    const [, listOf] = /^GET runs\/(\d+)\/artifacts$/.exec(name) ?? [];
    if (listOf !== undefined) {
      const pattern = globPattern(url.searchParams.get('pattern') ?? '*');
      const found = repository.artifactsOf(Number(listOf)).filter((artifact) => pattern.test(artifact.name));
      return ok(found.map(({ id, name: called, zip }) => ({ id, name: called, size: zip.length })));
    }
    const [, download] = /^GET artifacts\/(\d+)$/.exec(name) ?? [];
    const artifact = repository.artifacts.find(({ id }) => id === Number(download));
    if (artifact?.isExpired === false)
      return { ...ok(artifact.zip), headers: { 'content-type': 'application/zip' } };
    return errorOf(artifact ? 410 : 404, 'Not Found');
  }

  /** Shaped as a JSON web token; its signature is no signature. Who asks says for which run. */
  private identityToken(query: URLSearchParams): string {
    const { owner, repo } = this.repository.names;
    const issued = Math.floor(this.now().getTime() / 1000);
    const run = this.repository.runs.find(({ id }) => id === Number(query.get('run')));
    const claims = {
      iss: 'https://token.actions.githubusercontent.com',
      aud: query.get('audience') ?? `https://github.com/${owner}`,
      sub: `repo:${owner}/${repo}:ref:refs/heads/main`,
      iat: issued,
      exp: issued + 300,
      ...(run && this.claimsOf(run)),
    };
    const parts = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)));
    return [...parts, randomBytes(32)].map((part) => part.toString('base64url')).join('.');
  }

  /** All are text, as in GitHub's own. */
  private claimsOf(run: RunState): Readonly<Record<string, string>> {
    const { owner, repo, id } = this.repository.names;
    const pull = this.repository.pullRequests.find(({ headSha }) => headSha === run.headSha);
    const ref =
      run.event === 'pull_request' ? `refs/pull/${pull?.number ?? 0}/merge` : `refs/heads/${run.headBranch}`;
    return {
      repository: `${owner}/${repo}`,
      repository_id: String(id),
      repository_owner: owner,
      repository_owner_id: '1',
      repository_visibility: 'private',
      workflow_ref: `${owner}/${repo}/${run.path.replace(/@.*$/, '')}@${ref}`,
      ref,
      sha: run.headSha,
      event_name: run.event,
      run_id: String(run.id),
      run_attempt: '1',
      runner_environment: 'github-hosted',
    };
  }

  /** One for the process: it only reads, and what it compiles is compiled once. */
  private get description(): Description {
    return (sharedDescription ??= new Description());
  }
}

let sharedDescription: Description | undefined;

const NOBODY: Token = { login: 'nobody', permissions: 'all' };
const FAKE_PREFIX = '/_fake/';
const HTML = { 'content-type': 'text/html; charset=utf-8' };
const DOCUMENTATION = 'https://docs.github.com/rest';
const CARRIED_OUT: ReadonlySet<FaultKind> = new Set(['502-after', 'reset-after', 'cut']);

/** What GitHub gives without `per_page`; of a comparison it gives all, up to 250. */
const DEFAULT_PAGE_SIZE = 30;
const MAX_PAGE_SIZE = 100;
const WHOLE_COMPARISON = 250;

function oneCommit(): MadeUpCommits {
  const commits = new MadeUpCommits();
  commits.point('main', commits.add([], 'first').sha);
  return commits;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function ok(body: unknown): Handled {
  return { status: 200, body, changed: false };
}

function errorOf(status: number, message: string, errors: Refusal['errors'] = []): Handled {
  const details = errors.length > 0 ? { errors } : {};
  return {
    status,
    body: { message, documentation_url: DOCUMENTATION, status: String(status), ...details },
    changed: false,
  };
}

function mayDo({ permissions }: Token, scope: keyof Permissions, access: 'read' | 'write'): boolean {
  if (permissions === 'all') return true;
  return permissions[scope] === 'write' || permissions[scope] === access;
}

function acceptedPermission([scope, access]: readonly [string, string]): string {
  return `${scope.replaceAll('-', '_')}=${access}`;
}

/** One page of an answer, with the addresses of the others as GitHub gives them. */
function paged(reply: Reply, list: string, url: URL): Reply {
  const whole = reply.body as Record<string, unknown> & unknown[];
  const entries = (list === WHOLE ? whole : whole[list]) as unknown[];
  const isWholeComparison =
    list === 'commits' && !url.searchParams.has('page') && !url.searchParams.has('per_page');
  const asked = Number(url.searchParams.get('per_page') ?? DEFAULT_PAGE_SIZE);
  const size = isWholeComparison ? WHOLE_COMPARISON : Math.min(Math.max(asked, 1), MAX_PAGE_SIZE);
  const page = Number(url.searchParams.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(entries.length / size));
  const link = (to: number, rel: string): string => {
    const address = new URL(url);
    address.searchParams.set('page', String(to));
    return `<${address.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ];
  const part = entries.slice((page - 1) * size, page * size);
  return {
    ...reply,
    headers: { ...reply.headers, ...(links.length > 0 ? { link: links.join(', ') } : {}) },
    body: list === WHOLE ? part : { ...whole, [list]: part },
  };
}

/** One page of an answer, and where the next one begins, in a form that is nobody's business. */
function pagedByCursor(reply: Reply, list: string, url: URL): Reply {
  const whole = reply.body as Record<string, unknown>;
  const entries = whole[list] as unknown[];
  const asked = Number(url.searchParams.get('per_page') ?? DEFAULT_PAGE_SIZE);
  const size = Math.min(Math.max(asked, 1), MAX_PAGE_SIZE);
  const from = Number(Buffer.from(url.searchParams.get('after') ?? '', 'base64url').toString('utf8'));
  const next = new URL(url);
  next.searchParams.set('after', Buffer.from(String(from + size)).toString('base64url'));
  const headers = from + size < entries.length ? { link: `<${next.href}>; rel="next"` } : {};
  return {
    ...reply,
    headers: { ...reply.headers, ...headers },
    body: { ...whole, [list]: entries.slice(from, from + size) },
  };
}

/** Snappy's form of it, with nothing compressed. */
function snappyBlock(bytes: Buffer): Buffer {
  const length = [];
  for (let rest = bytes.length; rest > 0; rest = Math.floor(rest / 128))
    length.push((rest % 128) + (rest > 127 ? 128 : 0));
  const literal = Buffer.alloc(4);
  literal.writeUInt8(62 << 2);
  literal.writeUIntLE(bytes.length - 1, 1, 3);
  return Buffer.concat([Buffer.from(length), literal, bytes]);
}

function globPattern(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

function bytesOfReply({ body }: Reply): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
}

function headersOf(reply: Reply, length: number): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(length),
    ...reply.headers,
  };
}

function send(response: ServerResponse, reply: Reply): void {
  const bytes = bytesOfReply(reply);
  response.writeHead(reply.status, headersOf(reply, bytes.length));
  response.end(bytes);
}

/** Half of an answer, and then nothing. */
function cut(response: ServerResponse, reply: Reply): void {
  const bytes = bytesOfReply(reply);
  response.writeHead(reply.status, headersOf(reply, Math.max(bytes.length, 1)));
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}
