/** What the service is measured against: Fastify and pg, doing the same read of one row, and nothing else. */
import { fastify } from 'fastify';
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const app = fastify();

app.get('/readyz', () => ({ status: 'ready' }));
app.get<{ Params: { id: string } }>('/shipments/:id', async ({ params }, reply) => {
  const { rows } = await pool.query(
    'select id, container, origin, destination, weight_kg as "weightKg", created_at as "createdAt" from shipments where id = $1',
    [params.id],
  );
  return rows[0] ?? reply.code(404).send();
});

app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' }).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
