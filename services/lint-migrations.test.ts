import { lintMigrations, readMigrationFiles, type Lint } from './lint-migrations';

const lint = (...files: readonly string[]): Promise<Lint> =>
  lintMigrations(files.map((sql, index) => ({ path: `000${index + 1}_x.sql`, sql })));
/** `file:line: rule` of each problem. */
const rulesOf = async (...files: readonly string[]): Promise<string[]> =>
  (await lint(...files)).problems.map((problem) => /^[^:]+:\d+: [\w-]+/.exec(problem)?.[0] ?? problem);

describe('the migrations of every service', () => {
  const services = readMigrationFiles(__dirname);

  test('are found', () => {
    expect(services.flat().map(({ path }) => path)).toContain('services/api/migrations/0001_shipments.sql');
  });

  test('only expand; what contracts says why', async () => {
    const lints = await Promise.all(services.map(lintMigrations));
    for (const contract of lints.flatMap(({ contracts }) => contracts)) process.stderr.write(`${contract}\n`);
    expect(lints.flatMap(({ problems }) => problems)).toEqual([]);
  });
});

test.each([
  ['drop-table', 'drop table a'],
  ['drop-schema', 'drop schema a cascade'],
  ['drop-view', 'drop view a'],
  ['drop-column', 'alter table a drop column x'],
  ['drop-column', 'create table a (x int); alter table a drop column x'],
  ['drop-role', 'drop role a'],
  ['drop-role', 'drop owned by a'],
  ['truncate', 'truncate a'],
  ['delete-all', 'delete from a'],
  ['delete-all', 'delete from a where true'],
  ['delete-all', 'with gone as (delete from a returning x) select * from gone'],
  ['update-all', 'update a set x = 1'],
  ['column-type', 'alter table a alter column x type bigint'],
  ['rename', 'alter table a rename column x to y'],
  ['rename', 'alter table a rename to b'],
  ['rename', "alter type a rename value 'x' to 'y'"],
  ['rename', 'alter table a set schema b'],
  ['set-not-null', 'alter table a alter column x set not null'],
  ['not-null-without-default', 'alter table a add column x int not null'],
  ['rewrites-table', 'alter table a add column x uuid default gen_random_uuid()'],
  ['rewrites-table', 'alter table a add column x serial'],
  ['rewrites-table', 'alter table a add column x int generated always as identity'],
  ['rewrites-table', 'alter table a add column x int generated always as (y + 1) stored'],
  ['index-on-existing-table', 'create index on a (x)'],
  ['index-on-existing-table', 'alter table a add constraint u unique (x)'],
  ['index-on-existing-table', 'alter table a add column x int unique'],
  ['constraint-on-existing-table', 'alter table a add constraint c check (x > 0)'],
  ['constraint-on-existing-table', 'alter table a add foreign key (x) references b (y)'],
  [
    'validate-too-soon',
    'alter table a add constraint c check (x is not null) not valid; alter table a validate constraint c',
  ],
  ['lock', 'lock table a'],
  ['opaque', 'do $$ begin drop table a; end $$'],
  ['one-transaction', 'create index concurrently i on a (x)'],
  ['one-transaction', 'drop index concurrently i'],
  ['one-transaction', 'commit'],
  ['one-transaction', 'vacuum a'],
  ['syntax', 'selectt 1'],
])('fails %s: %s', async (rule, sql) => {
  expect(await rulesOf(sql)).toEqual([`0001_x.sql:1: ${rule}`]);
});

test.each([
  'create table a (x int not null unique check (x > 0)); create index on a (x)',
  'alter table a add column x int',
  'alter table a add column x timestamptz not null default now()',
  "alter table a add column x text not null default 'none'",
  'alter table a add constraint c check (x > 0) not valid',
  'alter table a alter column x drop not null',
  'alter table a add constraint u unique using index i',
  'drop index i',
  'delete from a where x = 1',
  "update a set x = 1 where y = 'drop table a'",
  'create view v as select 1; -- drop table a',
])('takes: %s', async (sql) => {
  expect(await rulesOf(sql)).toEqual([]);
});

test('a column is set not null in three releases: a check, its validation, and then the column', async () => {
  const check = 'alter table a add constraint c check (x is not null) not valid';
  const validate = 'alter table a validate constraint c';
  const set = 'alter table a alter column x set not null';
  expect(await rulesOf(check, validate, set)).toEqual([]);
  expect(await rulesOf(check, set)).toEqual(['0002_x.sql:1: set-not-null']);
  expect(await rulesOf(check, `${validate}; ${set}`)).toEqual(['0002_x.sql:1: set-not-null']);
});

test('a problem names file, line, rule, statement, why, and the way of expanding and contracting', async () => {
  const sql = `-- Überflüssig\nalter table a\n  add column y int;\n\nalter table a\n  drop column x;\n`;
  expect((await lint(sql)).problems).toEqual([
    '0001_x.sql:5: drop-column: "alter table a drop column x": the release before this one still reads it, and its data is gone; stop using it in one release, drop it in a later one, with -- contract: <since when nothing uses it>',
  ]);
});

describe('-- contract: <reason>', () => {
  test('in a line before the statement allows that one, and is shown', async () => {
    const sql = `-- contract: nothing has read x since 1.4\nalter table a drop column x;\nalter table a drop column y;`;
    const { problems, contracts } = await lint(sql);
    expect(contracts).toEqual(['0001_x.sql:2: drop-column: nothing has read x since 1.4']);
    expect(problems).toEqual([expect.stringMatching(/^0001_x\.sql:3: drop-column/)]);
  });

  test.each([
    ['without a reason', '-- contract:\ndrop table a', ['0001_x.sql:2: contract']],
    ['where nothing needs it', '-- contract: to be safe\nselect 1', ['0001_x.sql:2: contract']],
    ['for what cannot work', '-- contract: I want it\ncommit', ['0001_x.sql:2: one-transaction']],
    ['in a string', "select '\n-- contract: x\n'; drop table a", ['0001_x.sql:3: drop-table']],
    ['at the end of a line', 'select 1; -- contract: x\ndrop table a', ['0001_x.sql:2: drop-table']],
  ])('fails %s', async (_what, sql, rules) => {
    expect(await rulesOf(sql)).toEqual(rules);
  });
});
