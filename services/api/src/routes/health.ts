import type { FastifyInstance } from 'fastify';
import type { Database } from '../database';
import type { Lifecycle } from '../lifecycle';
import { databaseReadiness } from '../readiness';
import type { Metrics } from '../metrics';
import { Problem, problemResponses } from '../problems';

/**
 * `/livez` says that the process runs and depends on nothing: a database outage must not make ECS replace every task.
 * `/readyz` says whether it should get traffic. Neither is logged: they come every few seconds.
 */
export function healthRoutes(
  app: FastifyInstance,
  database: Database,
  lifecycle: Lifecycle,
  metrics?: Metrics,
): void {
  const databaseAnswers = databaseReadiness(() => database.query('select 1'));
  const config = { quiet: true };

  app.get('/livez', { config, schema: { response: { 200: status, ...problemResponses() } } }, () => ({
    status: 'alive',
  }));

  app.get(
    '/readyz',
    { config, schema: { response: { 200: status, ...problemResponses(503) } } },
    async () => {
      const answers = !lifecycle.draining && (await databaseAnswers());
      metrics?.readiness(answers);
      if (lifecycle.draining) throw new Problem(503, 'The service is stopping.');
      if (!answers) throw new Problem(503, 'The database does not answer.');
      return { status: 'ready' };
    },
  );
}

const status = {
  description: 'It is',
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' } },
};
