/** @jest-environment ./services/api/src/test-environment.ts */
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app';
import { createLogger } from './logging';
import { migrate, MIGRATIONS_FOLDER, readMigrations } from './migrations';
import { openTestDatabase, type TestDatabase } from './test-database';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let opened: TestDatabase;
let app: FastifyInstance;
const build = (docs: boolean): FastifyInstance =>
  buildApp({ database: opened.database, lifecycle: { draining: false }, log: createLogger('silent'), docs });

beforeAll(async () => {
  opened = await openTestDatabase();
  await migrate(opened.database, readMigrations(MIGRATIONS_FOLDER));
  app = build(true);
});
afterAll(async () => {
  await app.close();
  await opened.close();
});

const read = async (): Promise<OpenApi> => (await app.inject({ url: '/docs/json' })).json();

test('every route is described with all of its answers, and any other answer as a problem', async () => {
  const { openapi, paths } = await read();
  expect(openapi).toBe('3.1.0');
  const answers = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]) => [
      `${method} ${path}`,
      Object.entries(responses).map(([status, { content = {} }]) =>
        `${status} ${Object.keys(content)}`.trim(),
      ),
    ]),
  );
  const json = 'application/json';
  const problems = (...statuses: readonly (number | 'default')[]): string[] =>
    [...statuses, 'default'].map((status) => `${status} application/problem+json`);
  expect(Object.fromEntries(answers)).toEqual({
    'get /livez': [`200 ${json}`, ...problems()],
    'get /readyz': [`200 ${json}`, ...problems(503)],
    'post /shipments': [`201 ${json}`, ...problems(400, 413, 415, 503)],
    'get /shipments': [`200 ${json}`, ...problems(400, 503)],
    'get /shipments/{id}': [`200 ${json}`, ...problems(400, 404, 503)],
    'delete /shipments/{id}': ['204', ...problems(400, 404, 503)],
  });
});

test('requests are described as they are checked', async () => {
  const { paths } = await read();
  expect(paths['/shipments']?.['post']?.requestBody).toMatchObject({
    required: true,
    content: { 'application/json': { schema: { additionalProperties: false, required: expect.any(Array) } } },
  });
  const parameters = (path: string) =>
    paths[path]?.['get']?.parameters?.map(({ name, in: place, schema }) => [
      place,
      name,
      Object.keys(schema),
    ]);
  expect(parameters('/shipments')).toEqual([
    ['query', 'limit', ['type', 'pattern']],
    ['query', 'cursor', ['type', 'maxLength']],
  ]);
  expect(parameters('/shipments/{id}')).toEqual([['path', 'id', ['type', 'format', 'pattern']]]);
});

test('the page is served', async () => {
  const page = await app.inject({ url: '/docs/' });
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
});

test('without docs there is neither', async () => {
  const bare = build(false);
  const statuses = ['/docs', '/docs/json'].map(async (url) => (await bare.inject({ url })).statusCode);
  expect(await Promise.all(statuses)).toEqual([404, 404]);
  await bare.close();
});

test('an answer as described is what leaves: documents, problems and their types', async () => {
  const payload = { container: 'MSKU1234565', origin: 'NLRTM', destination: 'SGSIN', weightKg: 1 };
  const made = await app.inject({ method: 'POST', url: '/shipments', payload });
  expect([made.statusCode, made.headers['content-type']]).toEqual([201, 'application/json; charset=utf-8']);
  const list = await app.inject({ url: '/shipments' });
  expect(list.json()).toEqual({ items: [made.json()], nextCursor: null });
  const gone = await app.inject({ method: 'DELETE', url: `/shipments/${made.json().id}` });
  expect([gone.statusCode, gone.body]).toEqual([204, '']);
  const problem = await app.inject({ url: '/shipments?limit=x&page=1' });
  expect(problem.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(problem.json().errors).toHaveLength(2);
});
