import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseUnavailable } from './database';

/** An answer that is not a success, for the caller to read. Its text is sent as it stands. */
export class Problem extends Error {
  public constructor(
    public readonly status: number,
    message: string,
    public readonly errors?: readonly FieldError[],
  ) {
    super(message);
  }
}

export interface FieldError {
  /** Where, as a JSON pointer into the request: `/body/origin`, `/query/limit`. */
  readonly path: string;
  readonly message: string;
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** The answers of a route that are problems: those statuses it is known to give, and any other. */
export function problemResponses(...statuses: readonly number[]): Record<string, object> {
  const content = { 'application/problem+json': { schema: problemSchema } };
  const known = statuses.map((status) => [status, { description: STATUS_CODES[status] ?? 'Error', content }]);
  return Object.fromEntries([...known, ['default', { description: 'A problem', content }]]);
}

/** Seconds after which a request that met an unavailable database is worth repeating. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Fastify's error handler: every error leaves as `application/problem+json` (RFC 9457) with the request's id. What the
 * service did not mean to say — an exception's text, SQL, a host name — goes to the log only.
 */
export function replyWithProblem(
  error: FastifyError | Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = brokeOff(error, request) ? BROKEN_OFF : asProblem(error);
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
  if (problem.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      title: STATUS_CODES[problem.status] ?? 'Error',
      status: problem.status,
      detail: problem.message,
      requestId: request.id,
      ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    });
}

const BROKEN_OFF = new Problem(400, 'The request broke off.');

/** The caller left before the end of the body. The code is the same as that of a database which does. */
function brokeOff({ code }: FastifyError | (Problem & { code?: never }), { raw }: FastifyRequest): boolean {
  return code === 'ECONNRESET' && raw.complete === false;
}

/** For what is no HTTP request, so that Fastify never sees it. Ends the connection: what follows on it cannot be told apart. */
export function replyToBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  log: FastifyBaseLogger,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status] ?? 'Error';
  const detail = 'The request could not be read.';
  const requestId = randomUUID();
  log.info({ requestId, status, code: error.code }, 'request refused');
  const body = JSON.stringify({ type: 'about:blank', title, status, detail, requestId });
  const headers = `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${headers}\r\n\r\n${body}`);
}

function asProblem(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error;
  if (error.validation !== undefined) {
    const part = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'request');
    return new Problem(
      400,
      'The request is not valid.',
      error.validation.map((entry) => fieldError(part, entry)),
    );
  }
  if (isDatabaseUnavailable(error)) return new Problem(503, 'The database is not available at the moment.');
  if (error.code === 'FST_ERR_HANDLER_TIMEOUT') return new Problem(503, 'The request took too long.');
  // Fastify's own refusals: malformed JSON, another media type, a body that is too large.
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500 && error.code?.startsWith('FST_'))
    return new Problem(status, error.message);
  return new Problem(500, 'The request failed for a reason that is in the log under its id.');
}

type ValidationEntry = NonNullable<FastifyError['validation']>[number] & {
  /** Given by Ajv in verbose mode. */
  readonly parentSchema?: { readonly description?: string };
};

function fieldError(part: string, entry: ValidationEntry): FieldError {
  const property = entry.params['missingProperty'] ?? entry.params['additionalProperty'];
  const path = `/${part}${entry.instancePath}${typeof property === 'string' ? `/${property}` : ''}`;
  if (entry.keyword === 'required') return { path, message: 'is required' };
  if (entry.keyword === 'additionalProperties') return { path, message: 'is not known' };
  const description = entry.parentSchema?.description;
  // A regular expression explains nothing; a property's schema says in words what it takes.
  const message = description === undefined ? (entry.message ?? 'is not valid') : `must be ${description}`;
  return { path, message };
}
