import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
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

const MEDIA_TYPE = 'application/problem+json';

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
    .type(MEDIA_TYPE)
    .send({
      ...problemDocument(problem),
      requestId: request.id,
      ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    });
}

const BROKEN_OFF = new Problem(400, 'The request broke off.');

/** The caller left before the end of the body. The code is the same as that of a database which does. */
function brokeOff({ code }: FastifyError | (Problem & { code?: never }), { raw }: FastifyRequest): boolean {
  return code === 'ECONNRESET' && raw.complete === false;
}

/** Of what Node's parser refuses; anything else is a 400. */
const REFUSED_BYTES: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'The headers are too large.'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'The request took too long to arrive.'),
};
const NO_HTTP = new Problem(400, 'The request is not valid HTTP.');

/** What arrives and is no HTTP gets a problem as well, without an id: it became no request. Then the connection ends. */
export function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = REFUSED_BYTES[error.code ?? ''] ?? NO_HTTP;
  const body = JSON.stringify(problemDocument(problem));
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `content-type: ${MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function problemDocument({ status, message }: Problem): object {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: message };
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
  // Fastify would repeat the path, whatever it holds.
  if (error.code === 'FST_ERR_BAD_URL') return new Problem(400, 'The path is not a valid one.');
  if (error.code === 'FST_ERR_MAX_PARAM_LENGTH') return new Problem(414, 'A part of the path is too long.');
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
