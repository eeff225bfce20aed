import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app';
import type { Database } from './database';
import { stopGracefully, type Lifecycle } from './lifecycle';
import { createLogger } from './logging';

const log = createLogger('silent');

/** A service whose every query takes `milliseconds`, listening on a free port. */
async function listening(
  milliseconds: number,
): Promise<{ app: FastifyInstance; lifecycle: Lifecycle; port: number }> {
  const answer = async (): Promise<never[]> => sleep(milliseconds, []);
  const database: Database = {
    kind: 'server',
    query: answer,
    transaction: () => Promise.reject(new Error('not used here')),
    close: async () => undefined,
  };
  const lifecycle: Lifecycle = { draining: false };
  const app = buildApp({ database, lifecycle, log });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, lifecycle, port: Number(new URL(address).port) };
}

interface Answer {
  /** 0 when the connection broke before an answer came. */
  readonly status: number;
  readonly connection: string | undefined;
}

function request(agent: Agent, port: number, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    get({ agent, port, host: '127.0.0.1', path }, (response) => {
      response.resume().once('end', () => {
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection });
      });
    }).once('error', () => resolve({ status: 0, connection: undefined }));
  });
}

test.each([50, 1_500])(
  'loses none of 200 requests a second of %d ms each behind a balancer that watches readiness',
  async (milliseconds) => {
    const { app, lifecycle, port } = await listening(milliseconds);
    // A connection is used again, and closed by its server only: what a balancer does.
    const agent = new Agent({ keepAlive: true });
    const answers: Promise<Answer>[] = [];
    let inService = true;
    const traffic = setInterval(() => {
      if (inService) answers.push(request(agent, port, '/shipments'));
    }, 5);
    let refused = 0;
    const watch = setInterval(async () => {
      if ((await request(new Agent(), port, '/readyz')).status !== 200) refused += 1;
      // As a balancer does, it wants to see it twice.
      if (refused >= 2) inService = false;
    }, 150);

    while (answers.length <= 20) await sleep(50);
    const before = answers.length;
    const settings = { lifecycle, close: () => app.close(), drainSeconds: 1, closeSeconds: 5, log };
    const answeredAll = await stopGracefully(settings);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    clearInterval(traffic);
    clearInterval(watch);
    agent.destroy();

    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(answeredAll).toBe(true);
    expect(inService).toBe(false);
    // Some were sent while it drained, or the test proves nothing.
    expect(statuses.length).toBeGreaterThan(before);
  },
);

test('says so on every response while it drains, and serves until then', async () => {
  const { app, lifecycle, port } = await listening(0);
  const agent = new Agent({ keepAlive: true });
  expect(await request(agent, port, '/livez')).toEqual({ status: 200, connection: 'keep-alive' });
  const settings = { lifecycle, close: () => app.close(), drainSeconds: 0.3, closeSeconds: 5, log };
  const stopped = stopGracefully(settings);
  expect(await request(agent, port, '/livez')).toEqual({ status: 200, connection: 'close' });
  expect((await request(agent, port, '/readyz')).status).toBe(503);
  await stopped;
  expect((await request(agent, port, '/livez')).status).toBe(0);
});

test('reports a request that outlives the wait', async () => {
  const { app, lifecycle, port } = await listening(1_000);
  const slow = request(new Agent(), port, '/shipments');
  await sleep(100);
  const settings = { lifecycle, close: () => app.close(), drainSeconds: 0, closeSeconds: 0.1, log };
  expect(await stopGracefully(settings)).toBe(false);
  expect((await slow).status).toBe(200);
});

test('a second signal cuts the drain short, not the requests in flight', async () => {
  const { app, lifecycle, port } = await listening(300);
  const inFlight = request(new Agent(), port, '/shipments');
  await sleep(50);
  const hurry = AbortSignal.timeout(50);
  const settings = { lifecycle, close: () => app.close(), drainSeconds: 20, closeSeconds: 5, log, hurry };
  expect(await stopGracefully(settings)).toBe(true);
  expect((await inFlight).status).toBe(200);
});
