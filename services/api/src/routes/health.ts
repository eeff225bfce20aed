import type { FastifyInstance } from 'fastify';
import type { Database } from '../database';
import type { Lifecycle } from '../lifecycle';
import { databaseReadiness } from '../readiness';
import { Problem } from '../problems';

/**
 * `/livez` says that the process runs and depends on nothing: a database outage must not make ECS replace every task.
 * `/readyz` says whether it should get traffic. Neither is logged: they come every few seconds.
 */
export function healthRoutes(app: FastifyInstance, database: Database, lifecycle: Lifecycle): void {
  const databaseAnswers = databaseReadiness(() => database.query('select 1'));

  app.get('/livez', { config: { quiet: true } }, () => ({ status: 'alive' }));

  app.get('/readyz', { config: { quiet: true } }, async () => {
    if (lifecycle.draining) throw new Problem(503, 'The service is stopping.');
    if (!(await databaseAnswers())) throw new Problem(503, 'The database does not answer.');
    return { status: 'ready' };
  });
}
