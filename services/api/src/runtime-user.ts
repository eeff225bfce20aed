import { escapeIdentifier } from 'pg';
import type { Connection } from './database';

/**
 * Brings a role that may sign in, and may read and write the tables of this schema but not change them, to what it should
 * be; those of later migrations included. Changes nothing the second time. Signed in as the owner of the tables.
 */
export async function grantRuntime(connection: Connection, user: string): Promise<void> {
  const role = escapeIdentifier(user);
  const [place] = await connection.query<{ database: string; schema: string }>(
    'select current_database() as database, current_schema() as schema',
  );
  if (place === undefined) throw new Error('current_database() returned no row');
  const database = escapeIdentifier(place.database);
  const schema = escapeIdentifier(place.schema);

  const exists = await connection.query('select from pg_roles where rolname = $1', [user]);
  if (exists.length === 0) await connection.script(`create role ${role} login`);
  // On RDS whoever is in this role signs in with IAM tokens, and only so.
  const iam = await connection.query(
    `select from pg_roles iam where rolname = 'rds_iam' and not exists
       (select from pg_auth_members where roleid = iam.oid and member = (select oid from pg_roles where rolname = $1))`,
    [user],
  );
  if (iam.length > 0) await connection.script(`grant rds_iam to ${role}`);
  await connection.script(`
    grant connect on database ${database} to ${role};
    -- Before PostgreSQL 15 everybody might make tables in the schema public.
    revoke create on schema ${schema} from public;
    grant usage on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role};
    grant usage, select on all sequences in schema ${schema} to ${role};
    alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${role};
    alter default privileges in schema ${schema} grant usage, select on sequences to ${role};
    -- What was applied is the migration's own affair.
    revoke all on schema_migrations from ${role};
  `);
}
