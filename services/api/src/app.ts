import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify';
import type { Database } from './database';
import { serveDocs } from './docs';
import type { Lifecycle } from './lifecycle';
import type { Metrics } from './metrics';
import { Problem, replyToBrokenRequest, replyWithProblem } from './problems';
import { healthRoutes } from './routes/health';
import { shipmentRoutes } from './routes/shipments';
import { HEADERS_SECONDS, KEEP_ALIVE_SECONDS, LONGEST_REQUEST_SECONDS, REQUEST_SECONDS } from './timings';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Not logged when it succeeds, and not counted. */
    readonly quiet?: boolean;
  }
}

export interface AppDependencies {
  readonly database: Database;
  readonly lifecycle: Lifecycle;
  readonly log: FastifyBaseLogger;
  /** @default none are kept */
  readonly metrics?: Metrics;
  /** Whether `/docs` is served. @default false */
  readonly docs?: boolean;
}

/** The HTTP service, ready to listen or to be called in a test. The database stays the caller's to close. */
export function buildApp({
  database,
  lifecycle,
  log,
  metrics,
  docs = false,
}: AppDependencies): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    genReqId: requestId,
    // One line a request, written below when its outcome is known.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: 16 * 1_024,
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1_000,
    requestTimeout: REQUEST_SECONDS * 1_000,
    handlerTimeout: LONGEST_REQUEST_SECONDS * 1_000,
    // What arrives on an open connection while the server closes is still served.
    return503OnClosing: false,
    // What has no route has no hooks either.
    frameworkErrors: (error, request, reply) => {
      request.log.info({ status: error.statusCode, code: error.code }, 'request refused');
      void replyWithProblem(error, request, reply.header('x-request-id', request.id));
    },
    // Node's own refusal has no body; `refuseWithoutHost` takes its place.
    http: { requireHostHeader: false },
    clientErrorHandler: (error, socket) => replyToBrokenRequest(error, socket, log),
    // A weight of "12" is a mistake to report; verbose, because problems quote the schema's own description.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true, verbose: true } },
  });
  app.server.headersTimeout = HEADERS_SECONDS * 1_000;
  // An expectation that nobody here knows is no reason for a refusal, and Node's has no body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  app.addHook('onRequest', refuseWithoutHost);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (lifecycle.draining) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { quiet = false } = request.routeOptions.config;
    if (!quiet) {
      metrics?.request(request.method, request.routeOptions.url, reply.statusCode, reply.elapsedTime);
    }
    if (quiet && reply.statusCode < 400) return;
    request.log.info(
      {
        method: request.method,
        // The route and not the URL: a query may hold what does not belong in a log, and routes can be counted.
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
  });
  app.setErrorHandler(replyWithProblem);
  app.setNotFoundHandler(() => {
    throw new Problem(404, 'There is nothing at this path.');
  });

  if (docs) serveDocs(app);
  // Registered and not called, so that it comes after what describes them.
  app.register(async (routes) => {
    healthRoutes(routes, database, lifecycle, metrics);
    shipmentRoutes(routes, database);
  });
  return app;
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
async function refuseWithoutHost({ raw }: FastifyRequest): Promise<void> {
  if (raw.httpVersion === '1.1' && raw.headers.host === undefined)
    throw new Problem(400, 'A request names its host.');
}

/** The id that the caller gave, when it is one that may stand in a log, or a new one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:=-]{1,100}$/.test(given) ? given : randomUUID();
}
