/** @jest-environment ./services/api/src/test-environment.ts */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { buildApp } from './app';
import type { Database } from './database';
import type { Lifecycle } from './lifecycle';
import { createLogger } from './logging';
import { migrate, MIGRATIONS_FOLDER, readMigrations } from './migrations';
import { openTestDatabase, type TestDatabase } from './test-database';

const log = createLogger('silent');
const shipment = { container: 'MSKU1234565', origin: 'NLRTM', destination: 'SGSIN', weightKg: 21_000 };
const unknownId = '00000000-0000-4000-8000-000000000000';
const cursorOf = (time: string): string => Buffer.from(`${time} ${unknownId}`).toString('base64url');

const cursorAt = (time: string): string => Buffer.from(`${time} ${unknownId}`).toString('base64url');

describe('on a database', () => {
  let opened: TestDatabase;
  let lifecycle: Lifecycle;
  let app: FastifyInstance;

  beforeAll(async () => {
    opened = await openTestDatabase();
    await migrate(opened.database, readMigrations(MIGRATIONS_FOLDER));
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await opened.database.query('delete from shipments');
    lifecycle = { draining: false };
    app = buildApp({ database: opened.database, lifecycle, log });
  });
  afterEach(() => app.close());

  const create = async (body: object = shipment): Promise<{ id: string }> =>
    (await app.inject({ method: 'POST', url: '/shipments', payload: body })).json();

  test('a shipment is created, found at its location, and gone once deleted', async () => {
    const created = await app.inject({ method: 'POST', url: '/shipments', payload: shipment });
    expect(created.statusCode).toBe(201);
    const { id, createdAt, ...rest } = created.json();
    expect(rest).toEqual(shipment);
    expect(created.headers.location).toBe(`/shipments/${id}`);

    const found = await app.inject({ url: `/shipments/${id}` });
    expect([found.statusCode, found.json()]).toEqual([200, { id, createdAt, ...shipment }]);

    const remove = () => app.inject({ method: 'DELETE', url: `/shipments/${id}` });
    expect([(await remove()).statusCode, (await remove()).statusCode]).toEqual([204, 404]);
    expect((await app.inject({ url: `/shipments/${id}` })).statusCode).toBe(404);
  });

  test('the list goes newest first, page by page, each shipment once, though others arrive and leave meanwhile', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) ids.push((await create()).id);
    // The same millisecond for all but the first, so that the id has to settle the order.
    await opened.database.query('update shipments set created_at = now() where id <> $1', [ids[0]]);

    const seen: string[] = [];
    const lengths: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const url: string = `/shipments?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page: { items: { id: string }[]; nextCursor: string | null } = (await app.inject({ url })).json();
      seen.push(...page.items.map(({ id }) => id));
      lengths.push(page.items.length);
      if (cursor === '') {
        await create();
        await app.inject({ method: 'DELETE', url: `/shipments/${seen[0]}` });
      }
      cursor = page.nextCursor;
    }
    expect(lengths).toEqual([3, 3, 1]);
    expect(new Set(seen)).toEqual(new Set(ids));
    expect(seen.at(-1)).toBe(ids[0]);
    const settled = seen.slice(0, 6);
    expect(settled).toEqual([...settled].sort().reverse());
  });

  test('a full last page has no next one', async () => {
    await create();
    await create();
    expect((await app.inject({ url: '/shipments?limit=2' })).json()).toMatchObject({ nextCursor: null });
    expect((await app.inject({ url: '/shipments?limit=1' })).json().nextCursor).toEqual(expect.any(String));
  });

  test('fails a creation with every mistake named in words', async () => {
    const payload = { container: 'msku', origin: 'NLRTM', weightKg: '21000', owner: 'me' };
    const response = await app.inject({ method: 'POST', url: '/shipments', payload });
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'The request is not valid.',
      requestId: response.headers['x-request-id'],
      errors: [
        { path: '/body/destination', message: 'is required' },
        { path: '/body/owner', message: 'is not known' },
        { path: '/body/container', message: 'must be an ISO 6346 container number such as MSKU1234565' },
        { path: '/body/weightKg', message: 'must be a whole number from 1 to 36000' },
      ],
    });
    expect((await app.inject({ url: '/shipments' })).json()).toEqual({ items: [], nextCursor: null });
  });

  test.each<[url: string, path: string]>([
    ['/shipments?limit=0', '/query/limit'],
    ['/shipments?limit=101', '/query/limit'],
    ['/shipments?cursor=nonsense', '/query/cursor'],
    [
      `/shipments?cursor=${Buffer.from(`2026-01-01T00:00:00Z ${unknownId} x`).toString('base64url')}`,
      '/query/cursor',
    ],
    ...['+275760-09-13T00:00:00.000Z', '0000-01-01T00:00:00.000Z', '2026-01-01'].map(
      (time): [string, string] => [`/shipments?cursor=${cursorOf(time)}`, '/query/cursor'],
    ),
    ['/shipments?page=2', '/query/page'],
    ['/shipments/1', '/params/id'],
  ])('fails %s with 400 at %s', async (url, path) => {
    const response = await app.inject({ url });
    expect([response.statusCode, response.json().errors[0].path]).toEqual([400, path]);
  });

  test.each([
    [404, { url: '/nowhere' }],
    [400, { url: '/shipments/%zz' }],
    [414, { url: `/shipments/${'x'.repeat(500)}` }],
    [400, { url: `/shipments/urn:uuid:${unknownId}` }],
    [400, { url: `/shipments?cursor=${cursorAt('+275760-09-13T00:00:00.000Z')}` }],
    [400, { url: `/shipments?cursor=${cursorAt('0000-01-01T00:00:00.000Z')}` }],
    [404, { url: `/shipments/${unknownId}` }],
    [400, { url: '/shipments/%zz' }],
    [414, { url: `/shipments/${'x'.repeat(101)}` }],
    [
      400,
      { method: 'POST', url: '/shipments', payload: '{', headers: { 'content-type': 'application/json' } },
    ],
    [415, { method: 'POST', url: '/shipments', payload: 'a', headers: { 'content-type': 'text/csv' } }],
    [413, { method: 'POST', url: '/shipments', payload: { container: 'x'.repeat(17_000) } }],
  ] as const)('%d is a problem document: %j', async (status, request) => {
    const response = await app.inject(request);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ type: 'about:blank', status, requestId: expect.any(String) });
  });

  describe('on a connection', () => {
    const answer = async (bytes: string): Promise<string> => {
      const address = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
      const socket = connect({ port: Number(address.port), host: '127.0.0.1', allowHalfOpen: true });
      socket.setEncoding('utf8').end(bytes);
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    };
    const head = 'GET /livez HTTP/1.1\r\nConnection: close\r\n';
    const tooShort =
      'POST /shipments HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}';

    test.each([
      [400, 'what is no HTTP', 'nonsense\r\n\r\n'],
      [400, 'a request without a host', `${head}\r\n`],
      [400, 'a body that breaks off', tooShort],
      [431, 'headers that are too large', `${head}Host: api\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
    ])('%d is a problem document: %s', async (status, _what, bytes) => {
      const [headers = '', body = ''] = (await answer(bytes)).split('\r\n\r\n');
      expect(headers).toMatch(
        new RegExp(`^HTTP/1.1 ${status} .*\r\ncontent-type: application/problem\\+json`, 's'),
      );
      expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status });
    });

    test('an expectation that is not known is no reason for a refusal', async () => {
      expect(await answer(`${head}Host: api\r\nExpect: much\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    });

    test('a caller that leaves before the end of its body is no failure of the server', async () => {
      const lines: string[] = [];
      const errorLog = pino({ level: 'error' }, { write: (line) => void lines.push(line) });
      const logging = buildApp({ database: opened.database, lifecycle, log: errorLog });
      const { port } = new URL(await logging.listen({ port: 0, host: '127.0.0.1' }));
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      const requested = once(logging.server, 'request');
      socket.write(tooShort);
      const [request] = (await requested) as [IncomingMessage];
      const closed = once(request, 'close').catch(() => undefined);
      socket.destroy();
      await closed;
      await logging.close();
      expect(lines).toEqual([]);
    });
  });

  test("keeps a caller's request id, unless it could forge a line of the log", async () => {
    const idOf = async (given: string) =>
      (await app.inject({ url: '/livez', headers: { 'x-request-id': given } })).headers['x-request-id'];
    expect(await idOf('Root=1-67891233-abcdef012345678912345678')).toBe(
      'Root=1-67891233-abcdef012345678912345678',
    );
    expect(await idOf('a b')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is alive and ready; draining it is alive, not ready, still serves, and closes connections', async () => {
    expect((await app.inject({ url: '/livez' })).json()).toEqual({ status: 'alive' });
    const ready = await app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.headers.connection]).toEqual([200, 'keep-alive']);
    lifecycle.draining = true;
    const statuses = await Promise.all(
      ['/livez', '/readyz', '/shipments'].map(async (url) => {
        const response = await app.inject({ url });
        return [url, response.statusCode, response.headers.connection];
      }),
    );
    expect(statuses).toEqual([
      ['/livez', 200, 'close'],
      ['/readyz', 503, 'close'],
      ['/shipments', 200, 'close'],
    ]);
  });
});

describe('on a broken database', () => {
  const failing = (error: Error): FastifyInstance => {
    const fail = (): Promise<never> => Promise.reject(error);
    const database: Database = {
      kind: 'server',
      query: fail,
      transaction: fail,
      close: async () => undefined,
    };
    return buildApp({ database, lifecycle: { draining: false }, log });
  };
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.20.3.4:5432'), { code: 'ECONNREFUSED' });

  test('is alive but not ready', async () => {
    const app = failing(refused);
    expect((await app.inject({ url: '/livez' })).statusCode).toBe(200);
    expect((await app.inject({ url: '/readyz' })).statusCode).toBe(503);
  });

  test.each([
    ['refuses connections', refused, 503],
    ['is shutting down', Object.assign(new Error('terminating connection'), { code: '57P01' }), 503],
    ['has no connection left', new Error('timeout exceeded when trying to connect'), 503],
    [
      'lacks a table',
      Object.assign(new Error('relation "shipments" does not exist'), { code: '42P01' }),
      500,
    ],
  ])('one that %s is answered without its details', async (_what, error, status) => {
    const response = await failing(error).inject({ url: '/shipments' });
    expect(response.statusCode).toBe(status);
    expect(response.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
    expect(response.body).not.toContain(error.message);
  });
});
