import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isSubset, ledgerDigest, ledgerOf } from '../changes/ledger';
import type { Plan } from '../changes/planned-change';
import { readPlan } from '../changes/read-plan';
import { renderSummary, type StackResult } from '../comment/render';
import {
  MAX_RESULT_BYTES,
  readResultFile,
  resultFileName,
  resultFileText,
  UNBUILT,
  type ResultFile,
} from './result-file';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const FIXTURES = join(__dirname, '../changes/fixtures');
const names = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''));

const fixture = (name: string): Plan => readPlan(readFileSync(join(FIXTURES, `${name}.json`)), name);

function fileOf(plan: Plan): ResultFile {
  const ledger = ledgerOf(plan);
  const result = {
    stack: plan.stack,
    status: 'planned',
    changes: plan,
    ledger: ledgerDigest(ledger),
  } as const;
  return { format: 1, commit: COMMIT, result, ledger };
}

const read = (text: string): ResultFile => readResultFile(Buffer.from(text), 'a.json');
const again = (file: ResultFile): ResultFile => read(resultFileText(file));

test('the file of a stack has its name', () => {
  expect(resultFileName('dev-network')).toBe('dev-network.json');
});

describe.each(names)('the plan %s, written and read', (name) => {
  const plan = fixture(name);
  const written = fileOf(plan);
  const found = again(written);

  test('is shown as it was', () => {
    expect(renderSummary([found.result])).toBe(renderSummary([written.result]));
    expect(renderSummary([found.result], { commit: COMMIT }, 5_000)).toBe(
      renderSummary([written.result], { commit: COMMIT }, 5_000),
    );
  });

  test('has the same ledger, which covers it', () => {
    expect(found.ledger).toEqual(written.ledger);
    expect(ledgerDigest(found.ledger!)).toBe(ledgerDigest(written.ledger!));
    expect(isSubset(plan, [found.ledger!])).toEqual([]);
  });

  test('is the same once it was written and read again', () => {
    expect(again(found)).toEqual(found);
  });
});

test('what became of a stack without a plan is read as it was', () => {
  const results: StackResult[] = [
    { stack: 'a', status: 'failed', diagnostics: 'Error: no\n\n  on line 1' },
    { stack: 'a', status: 'deferred', reason: 'b, which it reads from, was never applied' },
    {
      stack: 'a',
      status: 'deferred',
      reason: 'no image yet',
      configuration: [
        {
          address: 'aws_vpc.main',
          action: 'update',
          attributes: [{ path: 'cidr', kind: 'add', after: '1' }],
        },
      ],
    },
  ];
  for (const result of results)
    expect(again({ format: 1, commit: COMMIT, base: COMMIT, result })).toEqual({
      format: 1,
      commit: COMMIT,
      base: COMMIT,
      result,
    });
});

test('an image that nobody has built yet is shown as such, in no place by its digest', () => {
  const plan = readPlan(
    JSON.stringify({
      format_version: '1.2',
      resource_changes: [
        {
          address: 'aws_x.a',
          mode: 'managed',
          type: 'aws_x',
          change: {
            actions: ['update'],
            before: { image: 'repository@sha256:1' },
            after: { image: `repository@${UNBUILT}`, images: [`a@${UNBUILT}`, `b@${UNBUILT}`] },
          },
        },
      ],
      output_changes: { image: { actions: ['create'], before: null, after: `repository@${UNBUILT}` } },
    }),
    'dev-tasks-api',
  );
  const text = resultFileText(fileOf(plan));
  expect(text).not.toContain(UNBUILT);
  const markdown = renderSummary([read(text).result]);
  expect(markdown).toContain('repository@(built from the merge)');
  expect(markdown).toContain('+ image: "repository@(built from the merge)"');
});

interface Loose {
  [key: string]: Loose;
}

/** A good file, changed somewhere. */
function changed(change: (file: Loose) => void, name = 'every-action'): string {
  const file = JSON.parse(resultFileText(fileOf(fixture(name)))) as Loose;
  change(file);
  return JSON.stringify(file);
}

const as = (value: unknown): Loose => value as Loose;

function failureOf(text: string | Uint8Array): string {
  try {
    readResultFile(typeof text === 'string' ? Buffer.from(text) : text, 'plan-dev/a.json');
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

const SHOULD_BE = 'it should be a result file of `npm run plan`';
const FIRST = names.find((name) => fixture(name).changes.length > 0)!;

test('fails when it is no JSON, and when it is too large', () => {
  expect(failureOf('')).toBe(`plan-dev/a.json: is not JSON; ${SHOULD_BE}`);
  expect(failureOf('hunter2')).toBe(`plan-dev/a.json: is not JSON; ${SHOULD_BE}`);
  expect(failureOf(new Uint8Array([0xff, 0xfe, 0]))).toBe(`plan-dev/a.json: is not JSON; ${SHOULD_BE}`);
  expect(failureOf(new Uint8Array(MAX_RESULT_BYTES + 1))).toBe(
    'plan-dev/a.json: 67108865 bytes are more than a result file of `npm run plan` has (67108864 at most)',
  );
});

test.each<[string, (file: Loose) => void, string]>([
  ['no object', (file) => Object.keys(file).forEach((key) => delete file[key]), 'format: '],
  ['of another format', (file) => (file['format'] = as(2)), 'format: Invalid input: expected 1'],
  ['of no commit', (file) => (file['commit'] = as('hunter2')), 'commit: is not a commit (40 hexadecimal'],
  ['with a base that is none', (file) => (file['base'] = as(null)), 'base: Invalid input'],
  [
    'of no status',
    (file) => (file['result']!['status'] = as('hunter2')),
    'result.status: Invalid discriminator',
  ],
  [
    'said to be missing',
    (file) => (file['result']!['status'] = as('missing')),
    'result.status: Invalid discriminator',
  ],
  ['with a stack that is a path', (file) => (file['result']!['stack'] = as('../x')), 'result.stack: is not'],
  [
    'with a stack that is a line',
    (file) => (file['result']!['stack'] = as('dev\n')),
    'result.stack: is not the name of a stack',
  ],
  [
    'with a number for a text',
    (file) => (file['result']!['changes']!['terraformVersion'] = as(1)),
    'result.changes.terraformVersion: Invalid input: expected string, received number',
  ],
  [
    'with a text for a number',
    (file) => (file['result']!['changes']!['unchanged'] = as('hunter2')),
    'result.changes.unchanged: Invalid input: expected number, received string',
  ],
  ['with less than nothing', (file) => (file['result']!['changes']!['unchanged'] = as(-1)), 'unchanged: Too'],
  [
    'with an action that there is not',
    (file) => (file['result']!['changes']!['changes']!['0']!['action'] = as('hunter2')),
    'result.changes.changes.0.action: Invalid option: expected one of "create"',
  ],
  [
    'with a key too many',
    (file) => (file['result']!['changes']!['values'] = as('hunter2')),
    'result.changes: Unrecognized key: "values"',
  ],
  ['with a key too few', (file) => delete file['result']!['changes']!['risks'], 'result.changes.risks: '],
  ['without its ledger', (file) => delete file['ledger'], 'ledger: a planned stack has a ledger, and no'],
  [
    'with the ledger of another',
    (file) => (file['ledger']!['stack'] = as('b')),
    'ledger.stack: is of another',
  ],
  [
    'with the changes of another',
    (file) => (file['result']!['changes']!['stack'] = as('b')),
    'result.changes.stack: is of another stack',
  ],
  [
    'with a digest of a ledger that is none',
    (file) => (file['result']!['ledger'] = as('hunter2')),
    'result.ledger: Invalid string',
  ],
  [
    'with a ledger of another format',
    (file) => (file['ledger']!['format'] = as(2)),
    'ledger.format: Invalid input: expected 1',
  ],
  [
    'with a text that nobody reads to its end',
    (file) => (file['result']!['provisional'] = as('hunter2'.repeat(200_000))),
    'result.provisional: Too big',
  ],
])('fails when it is %s, naming the field and no value', (_what, change, message) => {
  const failure = failureOf(changed(change, FIRST));
  expect(failure).toMatch(/^plan-dev\/a\.json: /);
  expect(failure).toContain(message);
  expect(failure).toContain(SHOULD_BE);
  expect(failure).not.toContain('hunter2');
});

test('a stack that failed has no ledger', () => {
  const failed = { stack: 'a', status: 'failed', diagnostics: '' };
  const ledger = { format: 1, stack: 'a', entries: [] };
  expect(failureOf(JSON.stringify({ format: 1, commit: COMMIT, result: failed, ledger }))).toContain(
    'ledger: a planned stack has a ledger, and no other has',
  );
});

test('a key of the file cannot act in the message, and has no end of length', () => {
  const long = changed((file) => (file['\u001b[31m\n::error::x\u202e'.padEnd(5_000, 'x')] = as(1)));
  const failure = failureOf(long);
  expect(failure).toContain('Unrecognized key: "\\u{1b}[31m\\u{a}::error::x\\u{202e}');
  expect(failure).toMatch(/^[\x20-\x7e…]*$/);
  expect(failure.length).toBeLessThan(600);
  const inPath = changed((file) => (file['ledger']!['entries'] = as([{ address: '', 'a\nb': 1 }])));
  expect(failureOf(inPath)).toMatch(/^[\x20-\x7e…]*$/);
});

test('what is nested without end is an error of the file, and not of the program', () => {
  const deep = '{"list":['.repeat(20_000) + '"?"' + ']}'.repeat(20_000);
  const entry = `{"address":"a","action":"update","attributes":{"x":{"after":${deep}}}}`;
  const result = '{"stack":"a","status":"failed","diagnostics":""}';
  const text = `{"format":1,"commit":"${COMMIT}","result":${result},"ledger":{"format":1,"stack":"a","entries":[${entry}]}}`;
  expect(failureOf(text)).toBe('plan-dev/a.json: is nested deeper than a result file of `npm run plan`');
});

describe('keys that JavaScript treats in a way of its own', () => {
  const { changes } = fileOf(fixture('every-action')).result as Extract<StackResult, { status: 'planned' }>;
  const text = (where: string): string =>
    resultFileText(fileOf(fixture('every-action'))).replace(
      where,
      `${where}"__proto__":{"polluted":true,"format":1},`,
    );

  test.each(['{', '"result":{', '"changes":{', '"ledger":{'])('are refused behind %s', (where) => {
    expect(text(where)).toContain('__proto__');
    expect(failureOf(text(where))).toContain('Unrecognized key: "__proto__"');
  });

  test('name no attribute of a ledger, and pollute nothing', () => {
    const attributes = '{"__proto__":{"after":"?"},"constructor":{"after":"?"}}';
    const checksums = '{"__proto__":1,"toString":2}';
    const entry = `{"address":"a","action":"create","attributes":${attributes},"created":{"digest":"x","checksums":${checksums}}}`;
    const file = changed((all) => (all['ledger']!['entries'] = as('ENTRIES'))).replace(
      '"ENTRIES"',
      `[${entry}]`,
    );
    const [found] = read(file).ledger!.entries;
    expect(Object.keys(found!.attributes!)).toEqual(['constructor']);
    expect(Object.getPrototypeOf(found!.attributes!)).toBe(Object.prototype);
    expect(Object.keys(found!.created!.checksums)).toEqual(['toString']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(changes.stack).toBe('every-action');
  });
});

test('texts of a file that act are harmless once it is read', () => {
  const hostile = 'a\n::error::forged\u001b[31m\u202e##[group]';
  const harmless = 'a\\u{a}::error::forged\\u{1b}[31m\\u{202e}##\\u{5b}group]';
  const attributes = [{ path: hostile, kind: 'update', before: hostile, after: hostile, lines: [hostile] }];
  const set = {
    changes: [
      {
        ...{ address: hostile, mode: 'managed', type: hostile, action: 'update', reason: hostile },
        ...{ replacePaths: [hostile], importing: true, importId: hostile, previousAddress: hostile },
        ...{ deposed: hostile, attributes },
      },
    ],
    deferred: [{ address: hostile, action: 'invoke', reason: hostile }],
    invocations: [{ address: hostile, triggeredBy: hostile }],
    outputs: [{ name: hostile, action: 'create', attributes }],
    drift: [{ address: hostile, type: hostile, action: 'update', attributes, previousAddress: hostile }],
    settled: [{ address: hostile, type: hostile, action: 'update', attributes }],
    checks: [{ address: hostile, status: 'fail' }],
    risks: [{ rule: hostile, category: 'downtime', severity: 'high', address: hostile, sentence: hostile }],
    formatVersion: hostile,
    terraformVersion: hostile,
  };
  const text = changed((file) => {
    Object.assign(file['result']!['changes']!, set);
    file['result']!['provisional'] = as(hostile);
  });
  const { result } = read(text);
  const said = JSON.stringify(result);
  expect(said.split(JSON.stringify(harmless).slice(1, -1)).length - 1).toBe(
    JSON.stringify(set).split(JSON.stringify(hostile).slice(1, -1)).length,
  );
  // Of JSON itself, everything that acts would be escaped.
  expect(said.replaceAll('\\\\u{', '')).not.toMatch(/\\[nu]|\u202e/);
});

test('so is why a stack was put off; what terraform said keeps its lines', () => {
  const deferred = { stack: 'a', status: 'deferred', reason: 'a\nb' };
  const failed = { stack: 'a', status: 'failed', diagnostics: 'a\nb' };
  const of = (result: object): StackResult =>
    read(JSON.stringify({ format: 1, commit: COMMIT, result })).result;
  expect(of(deferred)).toMatchObject({ reason: 'a\\u{a}b' });
  expect(of(failed)).toMatchObject({ diagnostics: 'a\nb' });
});
