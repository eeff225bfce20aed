import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** Debian's and Ubuntu's packages put each version here. */
const VERSIONS = '/usr/lib/postgresql';
const bin = newestBin();

/**
 * `describe`, but where PostgreSQL is installed only. Elsewhere it says so aloud, and in CI it fails: each of these tests
 * needs a server whose TLS, roles or several connections are the point, and PGlite has none of them.
 */
export const describeWithPostgres: jest.Describe = bin === undefined ? withoutPostgres() : describe;

function withoutPostgres(): jest.Describe {
  const what = `${VERSIONS}/<version>/bin has no PostgreSQL; install it (apt-get install postgresql)`;
  if (process.env['CI']) throw new Error(what);
  process.stderr.write(`\nTESTS WITH A POSTGRESQL SERVER ARE NOT RUN: ${what}\n\n`);
  return describe.skip as jest.Describe;
}

function newestBin(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const folders = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return folders
    .map((version) => join(VERSIONS, version, 'bin'))
    .find((at) => existsSync(join(at, 'postgres')));
}

/** A PostgreSQL of its own on loopback, with TLS for the name `localhost`, gone with this process. */
export interface PostgresServer {
  readonly port: number;
  /** Holds `ca.crt`, which vouches for the server, and `other-ca.crt`, which does not; `server.crt` and `server.key`. */
  readonly folder: string;
  /** Runs statements as the superuser. */
  run<Row = unknown>(statements: string, database?: string): Promise<Row[]>;
  stop(): Promise<void>;
}

const SUPERUSER = 'postgres';

/** Without TLS only the stand-in of RDS comes, which has checked the token. */
const ACCESS = `
host      all postgres all trust
hostnossl all all      all trust
hostssl   all all      all scram-sha-256
`;

export async function startPostgres(): Promise<PostgresServer> {
  if (bin === undefined) throw new Error('asked for a server outside describeWithPostgres');
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  makeCertificates(folder);
  writeFileSync(join(folder, 'pg_hba.conf'), ACCESS);
  // The server refuses to run as root.
  const asUser = process.getuid?.() === 0 ? [...becomePostgres(folder)] : [];
  const data = join(folder, 'data');
  const [command = '', ...rest] = [...asUser, join(bin, 'initdb')];
  execFileSync(command, [...rest, '-D', data, '-U', SUPERUSER, '-A', 'trust', '--no-sync'], {
    stdio: 'pipe',
  });

  const port = await freePort();
  // Postgres and its folder go when this process does, however it ends.
  const untilWeEnd = `trap 'kill -INT "$server"' INT TERM HUP
    folder=$1; shift
    "$@" & server=$!
    while kill -0 "$server" 2>/dev/null; do wait "$server"; done
    rm -rf "$folder"`;
  const settings = {
    port: String(port),
    listen_addresses: 'localhost',
    unix_socket_directories: '',
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.crt'),
    ssl_key_file: join(folder, 'server.key'),
    hba_file: join(folder, 'pg_hba.conf'),
    log_min_messages: 'fatal',
  };
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'TERM', 'sh', '-c', untilWeEnd, 'sh', folder],
      ...[...asUser, join(bin, 'postgres'), '-D', data],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = once(child, 'close');

  const run = async <Row>(statements: string, database = 'postgres'): Promise<Row[]> => {
    const client = new Client({ host: 'localhost', port, user: SUPERUSER, database });
    await client.connect();
    try {
      return (await client.query(statements)).rows as Row[];
    } finally {
      await client.end();
    }
  };
  for (let attempt = 0; ; attempt += 1) {
    const failure = await run('select 1').then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) break;
    if (attempt === 100 || child.exitCode !== null) {
      child.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`PostgreSQL did not start: ${said.join('')}`, { cause: failure });
    }
    await sleep(100);
  }
  return {
    port,
    folder,
    run,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The command that runs another one as the user `postgres`, who gets the folder. */
function becomePostgres(folder: string): string[] {
  const id = (of: string): number => Number(execFileSync('id', [of, SUPERUSER], { encoding: 'utf8' }));
  const [uid, gid] = [id('-u'), id('-g')];
  for (const name of ['.', ...readdirSync(folder)]) chownSync(join(folder, name), uid, gid);
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...key, ...args], { cwd: folder, stdio: 'pipe' });
  };
  for (const name of ['ca', 'other-ca']) {
    openssl('-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`);
  }
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const name = ['-subj', '/CN=server', '-addext', 'subjectAltName=DNS:localhost'];
  openssl('-keyout', 'server.key', '-out', 'server.crt', ...by, ...name);
  chmodSync(join(folder, 'server.key'), 0o600);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
