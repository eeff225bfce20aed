import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import type { PostgresServer } from './test-postgres';

/** What RDS puts before PostgreSQL for users with `rds_iam`: it asks for the token in clear text, inside TLS, and checks it. */
export interface RdsEdge {
  readonly port: number;
  /** What each connection signed in with, in order. */
  readonly tokens: readonly string[];
  stop(): Promise<void>;
}

/** Codes of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const SSL_REQUEST = 80_877_103;
const CLEARTEXT_PASSWORD = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

/** @param accepts whether a token is good; `port` is that of the edge */
export async function startRdsEdge(
  behind: PostgresServer,
  accepts: (token: string, port: number) => boolean,
): Promise<RdsEdge> {
  const tokens: string[] = [];
  const sockets = new Set<Socket>();
  const tls = {
    key: readFileSync(join(behind.folder, 'server.key')),
    cert: readFileSync(join(behind.folder, 'server.crt')),
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    void serve(socket).catch(() => socket.destroy());
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    tokens,
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };

  async function serve(socket: Socket): Promise<void> {
    const request = await read(socket, 8);
    if (request.readInt32BE(4) !== SSL_REQUEST) return void socket.destroy();
    socket.write('S');
    const client = new TLSSocket(socket, { isServer: true, ...tls });
    client.on('error', () => socket.destroy());
    const length = await read(client, 4);
    const startup = Buffer.concat([length, await read(client, length.readInt32BE(0) - 4)]);
    client.write(CLEARTEXT_PASSWORD);
    const head = await read(client, 5);
    const token = (await read(client, head.readInt32BE(1) - 4)).toString('utf8').replace(/\0$/, '');
    tokens.push(token);
    if (!accepts(token, port)) return void client.end(refusal());
    const upstream = connect({ host: 'localhost', port: behind.port });
    upstream.on('error', () => socket.destroy()).write(startup);
    client.pipe(upstream).pipe(client);
  }
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const chunk = socket.read(length) as Buffer | null;
    if (chunk?.length === length) return chunk;
    if (chunk !== null || socket.readableEnded)
      throw new Error('the client left in the middle of signing in');
    await once(socket, 'readable');
  }
}

function refusal(): Buffer {
  const fields = ['SFATAL', 'VFATAL', 'C28000', 'MPAM authentication failed'].join('\0');
  const body = Buffer.from(`${fields}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
