import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  loadModule,
  parseSync,
  scanSync,
  SqlError,
  type ColumnDef,
  type Constraint,
  type Node,
  type RangeVar,
} from 'libpg-query';

/**
 * Lint of migrations, with PostgreSQL's own parser. While a release is rolled out, and when it is rolled back, the release
 * before it runs on the new schema: a migration may add (expand) and not take away or change (contract), nor hold a lock
 * for as long as a large table takes. A later release, when nothing uses the old any more, contracts, and says so in
 * a line `-- contract: <reason>` before the statement.
 */

export interface MigrationFile {
  /** As it is shown, such as `services/api/migrations/0001_shipments.sql`. */
  readonly path: string;
  readonly sql: string;
}

export interface Lint {
  /** `file:line: rule: "statement": why; what to do instead` */
  readonly problems: readonly string[];
  /** Statements that break a rule and say why: `file:line: rule: reason`. */
  readonly contracts: readonly string[];
}

/** The migrations of every service, each service's in order. */
export function readMigrationFiles(servicesFolder: string): readonly (readonly MigrationFile[])[] {
  const services = readdirSync(servicesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(servicesFolder, entry.name, 'migrations')))
    .map(({ name }) => name)
    .sort();
  return services.map((service) => {
    const folder = join(servicesFolder, service, 'migrations');
    return readdirSync(folder)
      .sort()
      .map((name) => ({
        path: `services/${service}/migrations/${name}`,
        sql: readFileSync(join(folder, name), 'utf8'),
      }));
  });
}

/** @param files those of one service, in order: what a table has, earlier files say */
export async function lintMigrations(files: readonly MigrationFile[]): Promise<Lint> {
  await loadModule();
  const problems: string[] = [];
  const contracts: string[] = [];
  const earlier: Schema = { notNullChecks: new Map(), validated: new Set() };
  for (const file of files) {
    const own: OwnSchema = { created: new Set(), notNullChecks: new Map(), validated: new Set() };
    for (const statement of statementsOf(file, problems)) {
      const broken = brokenRules(statement.node, earlier, own);
      note(statement.node, own);
      const { at, text, contract } = statement;
      for (const { rule, why, instead, never } of broken) {
        if (contract !== undefined && !never) contracts.push(`${at}: ${rule}: ${contract}`);
        else problems.push(`${at}: ${rule}: "${text}": ${why}; ${instead}`);
      }
      if (contract === '')
        problems.push(`${at}: contract: got no reason; write -- contract: <why it is safe now>`);
      if (contract !== undefined && broken.length === 0)
        problems.push(`${at}: contract: "${text}": breaks no rule; remove the line -- contract: ${contract}`);
    }
    for (const [column, name] of own.notNullChecks) earlier.notNullChecks.set(column, name);
    for (const name of own.validated) earlier.validated.add(name);
  }
  return { problems, contracts };
}

interface Statement {
  readonly node: Node;
  /** `file:line` of its first word. */
  readonly at: string;
  /** Its beginning, on one line. */
  readonly text: string;
  /** The reason in the line before it. @default there is none */
  readonly contract?: string;
}

/** What files before this one have done to tables. */
interface Schema {
  /** `table.column` to the name of the constraint that says it is not null. */
  readonly notNullChecks: Map<string, string>;
  /** `table.constraint` */
  readonly validated: Set<string>;
}

interface OwnSchema extends Schema {
  /** Tables made by the same file: empty, and known to no running release. */
  readonly created: Set<string>;
}

interface Rule {
  readonly rule: string;
  readonly why: string;
  readonly instead: string;
  /** No reason makes it work. */
  readonly never?: boolean;
}

const LONGEST_SHOWN = 100;
const SEMICOLON = 'ASCII_59';

/** The parser counts in bytes of UTF-8. */
function statementsOf({ path, sql }: MigrationFile, problems: string[]): Statement[] {
  const bytes = Buffer.from(sql);
  const lineAt = (offset: number): number => bytes.subarray(0, offset).toString().split('\n').length;
  let parsed: ReturnType<typeof parseSync>;
  try {
    parsed = parseSync(sql);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const line = sql.slice(0, error.sqlDetails?.cursorPosition ?? 0).split('\n').length;
    problems.push(`${path}:${line}: syntax: ${error.message}`);
    return [];
  }
  const { tokens } = scanSync(sql);
  const isComment = ({ tokenName }: { tokenName: string }): boolean => /^(SQL|C)_COMMENT$/.test(tokenName);
  let before = 0;
  return (parsed.stmts ?? []).flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    if (stmt === undefined) return [];
    // The last statement, without a semicolon, is said to have no length.
    const to = length === undefined || length === 0 ? bytes.length : from + length;
    // Comments before a statement may be no part of it.
    const own = tokens.filter(({ start, end }) => start >= before && end <= to);
    const start = own.find((token) => !isComment(token) && token.tokenName !== SEMICOLON)?.start ?? from;
    before = to;
    const reasons = own
      .filter((token) => isComment(token) && token.start < start && startsLine(bytes, token.start))
      .flatMap(({ text }) => /^--\s*contract:\s*(.*?)\s*$/.exec(text)?.[1] ?? []);
    const words = bytes.subarray(start, to).toString().replace(/\s+/g, ' ').trim();
    const contract = reasons.at(-1);
    return [
      {
        node: stmt,
        at: `${path}:${lineAt(start)}`,
        text: words.length > LONGEST_SHOWN ? `${words.slice(0, LONGEST_SHOWN)}…` : words,
        ...(contract === undefined ? {} : { contract }),
      },
    ];
  });
}

function startsLine(bytes: Buffer, offset: number): boolean {
  return /(^|\n)[ \t]*$/.test(bytes.subarray(0, offset).toString());
}

function nameOf(table: RangeVar | undefined): string {
  return [table?.schemaname, table?.relname].filter((part) => part !== undefined).join('.');
}

/** Keeps what the statement does, for the statements after it. */
function note(node: Node, own: OwnSchema): void {
  if ('CreateStmt' in node) own.created.add(nameOf(node.CreateStmt.relation));
  if ('CreateTableAsStmt' in node) own.created.add(nameOf(node.CreateTableAsStmt.into?.rel));
  if (!('AlterTableStmt' in node)) return;
  const table = nameOf(node.AlterTableStmt.relation);
  for (const { subtype, name, def } of commandsOf(node)) {
    if (subtype === 'AT_ValidateConstraint') own.validated.add(`${table}.${name}`);
    if (subtype !== 'AT_AddConstraint' || def === undefined || !('Constraint' in def)) continue;
    const { conname = '', skip_validation: unchecked = false } = def.Constraint;
    const column = notNullColumn(def.Constraint);
    if (column !== undefined) own.notNullChecks.set(`${table}.${column}`, conname);
    if (!unchecked) own.validated.add(`${table}.${conname}`);
  }
}

/** The column of `check (column is not null)`. */
function notNullColumn({ contype, raw_expr: expression }: Constraint): string | undefined {
  if (contype !== 'CONSTR_CHECK' || expression === undefined || !('NullTest' in expression)) return undefined;
  const { arg, nulltesttype } = expression.NullTest;
  if (nulltesttype !== 'IS_NOT_NULL' || arg === undefined || !('ColumnRef' in arg)) return undefined;
  const [field] = arg.ColumnRef.fields ?? [];
  return field !== undefined && 'String' in field ? field.String.sval : undefined;
}

interface Command {
  readonly subtype?: string;
  readonly name?: string;
  readonly def?: Node;
}

function commandsOf(node: Node): Command[] {
  if (!('AlterTableStmt' in node)) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) =>
    'AlterTableCmd' in command ? [command.AlterTableCmd] : [],
  );
}

const IN_TRANSACTION: Omit<Rule, 'why'> = {
  rule: 'one-transaction',
  instead: 'take it out; all migrations are applied together or not at all',
  never: true,
};

function brokenRules(node: Node, earlier: Schema, own: OwnSchema): Rule[] {
  return [...brokenAnywhere(node), ...brokenByStatement(node, own), ...brokenByAlter(node, earlier, own)];
}

function brokenByStatement(node: Node, own: OwnSchema): Rule[] {
  if ('TransactionStmt' in node || 'VacuumStmt' in node) {
    return [
      { ...IN_TRANSACTION, why: 'migrations run in one transaction, which this ends or cannot run in' },
    ];
  }
  if ('DropStmt' in node) {
    const { removeType = '', concurrent = false } = node.DropStmt;
    if (concurrent) return [concurrently];
    if (removeType === 'OBJECT_INDEX') return [];
    const what = removeType.replace('OBJECT_', '').toLowerCase();
    const instead =
      'stop using it in one release, drop it in a later one, with -- contract: <since when nothing uses it>';
    return [
      {
        rule: `drop-${what}`,
        why: 'the release before this one still uses it, and its data is gone',
        instead,
      },
    ];
  }
  if ('DropRoleStmt' in node || 'DropOwnedStmt' in node || 'DropdbStmt' in node) {
    return [
      {
        rule: 'drop-role',
        why: 'a running service may sign in with it or use it',
        instead: 'drop it by hand, when nothing does',
      },
    ];
  }
  if ('TruncateStmt' in node) {
    const instead =
      'leave the rows, or delete them by a condition, with -- contract: <why nobody needs them>';
    return [{ rule: 'truncate', why: 'all rows are gone at once and the table is locked', instead }];
  }
  if ('RenameStmt' in node || 'AlterObjectSchemaStmt' in node) return [rename];
  if ('AlterEnumStmt' in node && node.AlterEnumStmt.oldVal !== undefined) return [rename];
  if ('IndexStmt' in node) {
    const { concurrent = false, relation } = node.IndexStmt;
    if (concurrent) return [concurrently];
    return own.created.has(nameOf(relation)) ? [] : [indexOnExisting];
  }
  if ('ReindexStmt' in node || 'ClusterStmt' in node || 'LockStmt' in node) {
    const instead = 'do it by hand, apart from a release';
    return [{ rule: 'lock', why: 'nobody else gets at the table until the migration ends', instead }];
  }
  if ('DoStmt' in node) {
    const instead = 'write plain statements, or -- contract: <what it does and why that is safe>';
    return [{ rule: 'opaque', why: 'this check cannot see what the block does', instead }];
  }
  return [];
}

const concurrently: Rule = {
  rule: 'one-transaction',
  why: 'concurrently cannot run in a transaction, and would wait for the other migration tasks that wait for this one',
  instead:
    'build a large index by hand before the release, and write create index if not exists here with -- contract: built beforehand',
  never: true,
};

const rename: Rule = {
  rule: 'rename',
  why: 'the release before this one asks for the old name',
  instead: 'add the new one, write both, copy, and drop the old one in a later release',
};

const indexOnExisting: Rule = {
  rule: 'index-on-existing-table',
  why: 'writes to the table wait until it is built',
  instead:
    'on a large table build it by hand with create index concurrently before the release, and write create index if not exists here; -- contract: <built beforehand, or how small the table is>',
};

const tableRewrite = (why: string): Rule => ({
  rule: 'rewrites-table',
  why: `${why}, which locks the table for as long as all of its rows take`,
  instead: 'add the column without, fill it in batches, and set the default for new rows',
});

function brokenByAlter(node: Node, earlier: Schema, own: OwnSchema): Rule[] {
  if (!('AlterTableStmt' in node)) return [];
  const table = nameOf(node.AlterTableStmt.relation);
  const isNew = own.created.has(table);
  return commandsOf(node).flatMap(({ subtype, name = '', def }): Rule[] => {
    if (subtype === 'AT_DropColumn') {
      const instead =
        'stop using it in one release, drop it in a later one, with -- contract: <since when nothing uses it>';
      return [
        {
          rule: 'drop-column',
          why: 'the release before this one still reads it, and its data is gone',
          instead,
        },
      ];
    }
    if (isNew) return [];
    if (subtype === 'AT_AlterColumnType') {
      const instead =
        'add a column of the new type, write both, copy, and drop the old one in a later release';
      return [
        {
          rule: 'column-type',
          why: 'the table is locked and rewritten, and the release before this one expects the old type',
          instead,
        },
      ];
    }
    if (subtype === 'AT_SetNotNull') {
      const constraint = earlier.notNullChecks.get(`${table}.${name}`);
      if (constraint !== undefined && earlier.validated.has(`${table}.${constraint}`)) return [];
      const instead = `add constraint <name> check (${name} is not null) not valid in one release, validate constraint <name> in the next, set not null in the one after`;
      return [
        {
          rule: 'set-not-null',
          why: 'all rows are read under a lock, and one null fails the release',
          instead,
        },
      ];
    }
    if (subtype === 'AT_ValidateConstraint' && ![...earlier.validated].includes(`${table}.${name}`)) {
      return [...own.notNullChecks.values()].includes(name) ? [validateTooSoon] : [];
    }
    if (subtype === 'AT_AddColumn' && def !== undefined && 'ColumnDef' in def)
      return brokenByColumn(def.ColumnDef);
    if (subtype === 'AT_AddConstraint' && def !== undefined && 'Constraint' in def)
      return brokenByConstraint(def.Constraint);
    return [];
  });
}

const validateTooSoon: Rule = {
  rule: 'validate-too-soon',
  why: 'the lock of add constraint is held while all rows are read',
  instead: 'validate it in the migration of a later release',
};

function brokenByConstraint({ contype, skip_validation: unchecked = false, indexname }: Constraint): Rule[] {
  if (contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN') {
    const why = 'all rows are read under a lock, and one that does not fit fails the release';
    const instead = 'add it not valid here, and validate constraint it in the next release';
    return unchecked ? [] : [{ rule: 'constraint-on-existing-table', why, instead }];
  }
  const buildsIndex = ['CONSTR_UNIQUE', 'CONSTR_PRIMARY', 'CONSTR_EXCLUSION'].includes(contype ?? '');
  return buildsIndex && indexname === undefined ? [indexOnExisting] : [];
}

/** Functions that give one value a transaction, so that rows which are there need not be written. */
const STABLE = /^(now|transaction_timestamp|statement_timestamp)$/;

function brokenByColumn({ constraints = [], typeName }: ColumnDef): Rule[] {
  const of = constraints.flatMap((constraint) => ('Constraint' in constraint ? [constraint.Constraint] : []));
  const has = (contype: Constraint['contype']): boolean =>
    of.some((constraint) => constraint.contype === contype);
  const type = typeName?.names?.map((part) => ('String' in part ? part.String.sval : '')).at(-1) ?? '';
  const rules: Rule[] = [];
  if (/^(small|big)?serial[248]?$/.test(type) || has('CONSTR_IDENTITY'))
    rules.push(tableRewrite('every row gets a number'));
  else if (has('CONSTR_GENERATED')) rules.push(tableRewrite('every row is computed'));
  else if (has('CONSTR_NOTNULL') && !has('CONSTR_DEFAULT')) {
    const instead = 'give it a default, or add it nullable, fill it, and set not null in a later release';
    rules.push({
      rule: 'not-null-without-default',
      why: 'it fails on a table with rows, and the release before this one inserts without it',
      instead,
    });
  }
  const fallback = of.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
  const calls = [...walk(fallback)].flatMap(({ FuncCall: call }) =>
    call === undefined ? [] : [functionName(call)],
  );
  if (calls.some((name) => !STABLE.test(name)))
    rules.push(tableRewrite('the default may differ for every row'));
  if (has('CONSTR_UNIQUE') || has('CONSTR_PRIMARY')) rules.push(indexOnExisting);
  return rules;
}

/** Statements within statements, such as a `delete` in a `with`. */
function brokenAnywhere(node: Node): Rule[] {
  return [...walk(node)].flatMap((found): Rule[] => {
    const [kind, statement] = found.DeleteStmt ? ['delete', found.DeleteStmt] : ['update', found.UpdateStmt];
    if (statement === undefined) return [];
    const { whereClause } = statement as { whereClause?: object };
    if (whereClause !== undefined && !('A_Const' in whereClause)) return [];
    return kind === 'delete'
      ? [
          {
            rule: 'delete-all',
            why: 'every row is gone',
            instead: 'name the rows in where, or -- contract: <why nobody needs them>',
          },
        ]
      : [
          {
            rule: 'update-all',
            why: 'every row is locked until the migration ends',
            instead: 'fill in batches outside the migration, or -- contract: <how small the table is>',
          },
        ];
  });
}

function functionName(call: unknown): string {
  const { funcname = [] } = call as { funcname?: readonly { String?: { sval?: string } }[] };
  return funcname.at(-1)?.String?.sval ?? '';
}

/** Every object in the tree, the root among them. */
function* walk(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const part of Object.values(value)) yield* walk(part);
}
