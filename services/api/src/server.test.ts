import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Line {
  readonly level: string;
  readonly msg: string;
  /** Of a metric. */
  readonly _aws?: object;
}

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

function start(entry: 'server.ts' | 'migrate.ts', env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', join(__dirname, entry)], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: Line[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(JSON.parse(line) as Line));
  return {
    lines,
    kill: () => child.kill('SIGTERM'),
    exitCode: async () =>
      child.exitCode === null ? ((await once(child, 'close'))[0] as number) : child.exitCode,
    address: async (): Promise<string> => {
      for (;;) {
        const address = lines.map(({ msg }) => /^listening at (http:.*)$/.exec(msg)?.[1]).find(Boolean);
        if (address !== undefined) return address;
        if (child.exitCode !== null)
          throw new Error(`ended with ${child.exitCode}: ${JSON.stringify(lines)}`);
        await Promise.race([once(reader, 'line'), once(child, 'close')]);
      }
    },
  };
}

/** Nothing listens on port 1. */
const unreachable = 'postgres://api:secret@127.0.0.1:1/api';

test('starts while its database is down, says so, and ends with 0 on SIGTERM', async () => {
  const server = start('server.ts', { DATABASE_URL: unreachable });
  const address = await server.address();
  const statuses = ['/livez', '/readyz', '/shipments'].map(
    async (path) => (await fetch(address + path)).status,
  );
  expect(await Promise.all(statuses)).toEqual([200, 503, 503]);
  server.kill();
  expect(await server.exitCode()).toBe(0);
  expect(server.lines.map(({ msg }) => msg)).toEqual([
    `listening at ${address}`,
    'request failed',
    'request',
    'request failed',
    'request',
    'draining',
    'stopped',
  ]);
  expect(JSON.stringify(server.lines)).not.toContain('secret');
});

test('fails with one line that names every mistake of its environment', async () => {
  const server = start('server.ts', { PORT: 'x', DRAIN_SECONDS: '99' });
  expect(await server.exitCode()).toBe(1);
  expect(server.lines).toEqual([
    expect.objectContaining({
      level: 'fatal',
      msg: expect.stringMatching(/2 mistakes:\n {2}PORT: .*\n {2}DRAIN_SECONDS: /),
    }),
  ]);
});

test('fails when its port is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const server = start('server.ts', { DATABASE_URL: unreachable, PORT: String(port) });
  expect(await server.exitCode()).toBe(1);
  expect(server.lines.map(({ msg }) => msg)).toEqual([`PORT: ${port} on 127.0.0.1 is taken; set another`]);
  taken.close();
});

test('the migration task fails without a database server, and when it cannot reach one', async () => {
  const withoutServer = start('migrate.ts', {});
  expect(await withoutServer.exitCode()).toBe(1);
  expect(withoutServer.lines[0]?.msg).toContain('DATABASE_URL or DATABASE_HOST: one must be set');
  const unreached = start('migrate.ts', { DATABASE_URL: unreachable });
  expect(await unreached.exitCode()).toBe(1);
  expect(unreached.lines[0]?.msg).toBe('connect ECONNREFUSED 127.0.0.1:1');
});

test('what is no HTTP request is answered with a problem, too', async () => {
  const server = start('server.ts', { DATABASE_URL: unreachable });
  const { port } = new URL(await server.address());
  const answers = ['NONSENSE\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`].map(
    async (sent) => {
      const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
      socket.write(sent);
      let answer = '';
      for await (const chunk of socket) answer += chunk as string;
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      return [/^content-type: (.*)$/m.exec(head)?.[1], (JSON.parse(body) as { status: number }).status];
    },
  );
  expect(await Promise.all(answers)).toEqual([
    ['application/problem+json', 400],
    ['application/problem+json', 431],
  ]);
  // Lines of the log are written together, at the stop at the latest.
  server.kill();
  expect(await server.exitCode()).toBe(0);
  expect(server.lines.filter(({ msg }) => msg === 'request refused')).toHaveLength(2);
});

test('metrics are lines between those of the log, written at the stop at the latest; without a namespace there are none', async () => {
  for (const namespace of ['fairlead/test/api', '']) {
    const server = start('server.ts', { DATABASE_URL: unreachable, METRICS_NAMESPACE: namespace });
    const address = await server.address();
    for (const path of ['/readyz', '/shipments', '/nowhere', '/livez']) await fetch(address + path);
    server.kill();
    expect(await server.exitCode()).toBe(0);
    const metrics = server.lines.flatMap(({ _aws, ...members }) => (_aws === undefined ? [] : [members]));
    const written = [
      { Route: 'GET /shipments', StatusClass: '5xx', Requests: 1 },
      { Route: 'unknown', StatusClass: '4xx', Requests: 1 },
      { Route: 'GET /shipments', Duration: [expect.any(Number)] },
      { Route: 'unknown', Duration: [expect.any(Number)] },
      expect.objectContaining({ Ready: [0] }),
    ];
    expect(metrics).toEqual(namespace === '' ? [] : written);
  }
});
