import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Authorities, SignIn } from './config';
import { isDatabaseUnavailable, openDatabase, type Database } from './database';
import { buildService, type BuiltService } from './test-build';
import { describeWithPostgres, startPostgres, type PostgresServer } from './test-postgres';
import { startRdsEdge, type RdsEdge } from './test-rds-edge';
import { faultOf, type TokenRules } from './test-token';

const PASSWORD = `it's "${randomBytes(6).toString('hex')}" \\`;
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' };

describeWithPostgres('on a PostgreSQL server', () => {
  let server: PostgresServer;
  let built: BuiltService;
  const open: Database[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    // In its folder, which goes with it.
    built = buildService(join(server.folder, 'service'));
    // As on RDS: a master that is no superuser, and a role whose members sign in with tokens.
    await server.run(`
      create role master login createrole createdb password ${quoted(PASSWORD)};
      create role rds_iam;
      grant rds_iam to master with admin option;
    `);
    await newDatabase('app');
  });
  afterEach(() => Promise.all(open.splice(0).map((database) => database.close())));
  afterAll(() => server?.stop());

  const newDatabase = (name: string): Promise<unknown> => server.run(`create database ${name} owner master`);

  interface Choice {
    readonly host?: string;
    readonly port?: number;
    readonly user?: string;
    readonly database?: string;
    readonly signIn?: SignIn;
    readonly authorities?: Authorities;
  }
  const connect = async (choice: Choice = {}): Promise<Database> => {
    const { host = 'localhost', port = server.port, user = 'master', database: name = 'app' } = choice;
    const { signIn = { password: PASSWORD }, authorities = { caFile: join(server.folder, 'ca.crt') } } =
      choice;
    const address = { host, port, name, user, signIn };
    const database = await openDatabase(
      { kind: 'server', address, poolMax: 5, authorities },
      () => undefined,
    );
    open.push(database);
    return database;
  };

  describe('TLS', () => {
    const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';

    test('a server that the authority vouches for is connected to, encrypted', async () => {
      expect(await (await connect()).query(encrypted)).toEqual([{ ssl: true }]);
    });

    test('a server that another authority vouches for is refused', async () => {
      const stranger = await connect({ authorities: { caFile: join(server.folder, 'other-ca.crt') } });
      await expect(stranger.query(encrypted)).rejects.toMatchObject({
        code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      });
    });

    test('a server by another name than that in its certificate is refused', async () => {
      const renamed = await connect({ host: '127.0.0.1' });
      await expect(renamed.query(encrypted)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    });

    test('a server that is not of RDS is refused where only RDS is trusted', async () => {
      const database = await connect({ authorities: { rdsRegion: 'eu-west-1' } });
      await expect(database.query(encrypted)).rejects.toMatchObject({
        code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      });
    });

    test('a wrong password is refused, and the error does not repeat it', async () => {
      const database = await connect({ signIn: { password: 'hunter2' } });
      const error = await database.query(encrypted).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: '28P01' });
      expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
    });
  });

  describe('sign-in by IAM, through the stand-in of what RDS has before PostgreSQL', () => {
    let edge: RdsEdge;
    const rules: Omit<TokenRules, 'port'> = {
      host: 'localhost',
      user: 'iam_user',
      region: 'eu-west-1',
      ...credentials,
    };
    const environment = { ...process.env };

    beforeAll(async () => {
      await server.run('create role iam_user login');
      edge = await startRdsEdge(server, (token, port) => faultOf(token, { ...rules, port }) === undefined);
    });
    beforeEach(() => {
      process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey;
    });
    afterEach(() => {
      process.env = { ...environment };
    });
    afterAll(() => edge?.stop());

    const signIn = (region = 'eu-west-1'): Promise<Database> =>
      connect({ port: edge.port, user: 'iam_user', signIn: { iamRegion: region } });

    test('each new connection signs in with a token of its own, made at that moment', async () => {
      const before = edge.tokens.length;
      const database = await signIn();
      const user = 'select current_user::text as me';
      await database.transaction(async () => {
        // A token says its second; the next second has another one.
        await sleep(1_100);
        expect(await database.query(user)).toEqual([{ me: 'iam_user' }]);
        // The connection that stands is used again, without a token.
        expect(await database.query(user)).toEqual([{ me: 'iam_user' }]);
      });
      const tokens = edge.tokens.slice(before);
      expect(tokens).toHaveLength(2);
      expect(new Set(tokens).size).toBe(2);
      expect(tokens.map((token) => faultOf(token, { ...rules, port: edge.port }))).toEqual([
        undefined,
        undefined,
      ]);
    });

    test('a token for another region is refused', async () => {
      await expect((await signIn('eu-central-1')).query('select 1')).rejects.toMatchObject({ code: '28000' });
    });

    test('without credentials the database counts as unavailable', async () => {
      for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
      process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
      const error = await (await signIn()).query('select 1').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: 'no IAM token for iam_user at localhost' });
      expect(isDatabaseUnavailable(error)).toBe(true);
    });

    test("the bundled service signs in with the credentials of its task's role", async () => {
      const session = { ...rules, sessionToken: 'a+session/token==' };
      const role = await credentialsEndpoint({
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        Token: session.sessionToken,
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      });
      const faults: (string | undefined)[] = [];
      const own = await startRdsEdge(server, (token, port) => {
        faults.push(faultOf(token, { ...session, port }));
        return faults.at(-1) === undefined;
      });
      const service = await startService(built, {
        DATABASE_HOST: 'localhost',
        DATABASE_PORT: String(own.port),
        DATABASE_NAME: 'app',
        DATABASE_USER: 'iam_user',
        DATABASE_AUTH: 'iam',
        DATABASE_CA_FILE: join(server.folder, 'ca.crt'),
        AWS_REGION: 'eu-west-1',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: role.url,
        NODE_ENV: 'production',
        PORT: '0',
      });
      try {
        const ready = await fetch(`${service.url}/readyz`);
        expect([ready.status, faults]).toEqual([200, [undefined]]);
      } finally {
        service.child.kill('SIGKILL');
        await own.stop();
        role.stop();
      }
    });
  });

  describe('the migration task', () => {
    const env = (name: string): NodeJS.ProcessEnv => ({
      DATABASE_HOST: 'localhost',
      DATABASE_PORT: String(server.port),
      DATABASE_NAME: name,
      DATABASE_USER: 'shop-api',
      DATABASE_CA_FILE: join(server.folder, 'ca.crt'),
      DATABASE_MASTER_SECRET: JSON.stringify({ username: 'master', password: PASSWORD }),
    });
    /** What the runtime user may do; its way in is not the point here, so it comes without TLS. */
    const asRuntimeUser = async (name: string): Promise<Database> => {
      const address = { url: `postgres://shop-api@localhost:${server.port}/${name}` };
      const database = await openDatabase({ kind: 'server', address, poolMax: 1 }, () => undefined);
      open.push(database);
      return database;
    };

    test('of ten at once, each making the runtime user, one applies and nine find nothing to do', async () => {
      await newDatabase('ten');
      writeFileSync(join(built.folder, 'migrations', '0999_slow.sql'), 'select pg_sleep(0.5);');
      const ended = await Promise.all(Array.from({ length: 10 }, () => built.run('migrate.js', env('ten'))));
      expect(ended.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 0));
      const applied = ended.map(({ lines }) => lines.at(-1)?.applied?.length);
      expect(applied.sort()).toEqual([...Array.from({ length: 9 }, () => 0), 2]);
      expect(JSON.stringify(ended)).not.toContain(PASSWORD.slice(6, 18));
      expect(
        await server.run(
          `select count(*)::int as memberships from pg_auth_members
           where roleid = 'rds_iam'::regrole and member = '"shop-api"'::regrole`,
        ),
      ).toEqual([{ memberships: 1 }]);
    });

    test('the runtime user reads and writes shipments, and those tables that come later', async () => {
      const master = await connect({ database: 'ten' });
      await master.query('create table later (id serial primary key)');
      const runtime = await asRuntimeUser('ten');
      const values = `('MSKU1234565', 'NLRTM', 'SGSIN', 1)`;
      await runtime.query(
        `insert into shipments (container, origin, destination, weight_kg) values ${values}`,
      );
      await runtime.query('update shipments set weight_kg = 2');
      await runtime.query('insert into later default values');
      expect(await runtime.query('select weight_kg from shipments, later')).toEqual([{ weight_kg: 2 }]);
      await runtime.query('delete from shipments');
    });

    test.each([
      'create table mine (x int)',
      'alter table shipments add column x int',
      'drop table shipments',
      'truncate shipments',
      'create index on shipments (origin)',
      'create schema mine',
      'delete from schema_migrations',
      'create role mine',
    ])('the runtime user may not: %s', async (statement) => {
      await expect((await asRuntimeUser('ten')).query(statement)).rejects.toMatchObject({ code: '42501' });
    });

    test('a database without rds_iam, such as one of your own, is migrated all the same', async () => {
      await server.run('alter role rds_iam rename to not_rds_iam');
      try {
        await newDatabase('own');
        expect(await built.run('migrate.js', { ...env('own'), DATABASE_USER: 'own_api' })).toMatchObject({
          code: 0,
          lines: [{ msg: 'schema migrated' }],
        });
      } finally {
        await server.run('alter role not_rds_iam rename to rds_iam');
      }
    });

    test('fails without a word of the secret when it is not what Secrets Manager keeps', async () => {
      const broken = { ...env('ten'), DATABASE_MASTER_SECRET: `{"username":"master","password":${PASSWORD}` };
      const { code, lines } = await built.run('migrate.js', broken);
      expect(code).toBe(1);
      expect(lines.map(({ msg }) => msg)).toEqual([
        'The environment has a mistake:\n  DATABASE_MASTER_SECRET: must be JSON such as {"username":"…","password":"…"}',
      ]);
      expect(JSON.stringify(lines)).not.toContain(PASSWORD.slice(6, 18));
    });
  });
});

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What the ECS agent has for a task with a role. */
async function credentialsEndpoint(answer: object): Promise<{ url: string; stop: () => void }> {
  const endpoint = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  const { port } = endpoint.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/credentials`, stop: () => endpoint.close() };
}

async function startService(
  built: BuiltService,
  env: NodeJS.ProcessEnv,
): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [join(built.folder, 'dist', 'server.js')], {
    env: { ...built.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    const url = /listening at (http:[^"]+)/.exec(line)?.[1];
    if (url !== undefined) return { url, child };
  }
  throw new Error(`the service ended: ${said.join('\n')}`);
}
