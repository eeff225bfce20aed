/**
 * Whether the tests notice faults: each of the table is put into a copy of the sources, and the tests of the plans, of the
 * comment and of `render` run on it until one fails. A fault that none notices is one that anybody may make tomorrow.
 *
 * usage: node -r tsx/cjs workflows-src/changes/mutations.ts [name…]
 *
 * Without names all of them, two at a time: some six minutes on two cores. Ends with 1 when a fault survives, when its
 * text does not occur exactly once, or when the tests fail without any fault.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

interface Fault {
  readonly name: string;
  /** In `workflows-src/`. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
}

const FAULTS: readonly Fault[] = [
  ...inFile('changes/read-plan.ts', [
    ['action-unknown', "['forget', 'forget'],", ''],
    [
      'orders-swapped',
      "['delete,create', 'delete-then-create'],",
      "['delete,create', 'create-then-delete'],",
    ],
    ['deposed-ignored', '...(deposed !== undefined && { deposed }),', ''],
    [
      'move-is-nothing',
      ' && change.previousAddress === undefined && !change.importing',
      ' && !change.importing',
    ],
    [
      'import-is-nothing',
      ' && change.previousAddress === undefined && !change.importing',
      ' && change.previousAddress === undefined',
    ],
    ['forgotten-data-told', "if (change.mode === 'data' && change.action === 'delete') return true;", ''],
    ['deferred-ignored', 'deferred: deferredChanges(at, plan),', 'deferred: [],'],
    ['check-error-ignored', "one.status === 'fail' || one.status === 'error'", "one.status === 'fail'"],
    ['settled-is-drift', 'drift: differs.filter((one) => !settles(one)),', 'drift: differs,'],
    ['spelling-is-drift', "if (drifted === 'update' && attributes.length === 0) return [];", ''],
    ['stopped-plan-whole', "errored: plan['errored'] === true,", 'errored: false,'],
    ['odd-utf16-read', 'if (bytes.length % 2 === 1) throw truncated(stack, bytes.length);', ''],
    [
      'truncated-accepted',
      'throw notJson(text, start, stack);',
      "return { format_version: '1.0', resource_changes: [] };",
    ],
    [
      'addresses-not-masked',
      'return this.masking.name(this.text(from, key, where));',
      'return this.text(from, key, where);',
    ],
    ['import-id-not-masked', 'return at.masking.name(id);', 'return id;'],
    ['configuration-unread', "name === 'configuration' ? rootVariables(value) : UNREAD", 'UNREAD'],
  ]),
  ...inFile('changes/secrets.ts', [
    ['variables-forgotten', "if (child(variable, 'sensitive') !== true) continue;", 'continue;'],
    ['marks-inside-lists-ignored', 'value.forEach((one, index) =>', '[].forEach((one, index) =>'],
  ]),
  ...inFile('changes/masking.ts', [
    ['guard-not-inherited', "if (kind === 'plain') return above;", "if (kind === 'plain') return 'shown';"],
    ['base64-not-decoded', 'BASE64.test(text) && this.hidesEncoded(text)', 'false'],
    ['user-data-shown', "if (kind === 'user data') return 'hidden';", ''],
    ['environment-shown', "(kind === 'environment' && holdsVariables(value))", 'false'],
    ['secret-names-shown', "if (kind === 'secret' || ", 'if ('],
    ['secrets-inside-texts-shown', 'this.#inside?.test(text) === true', 'false'],
    ['secret-lines-shown', "this.hides(line) ? '(sensitive)' : line", 'line'],
    ['secret-forms-shown', ' || SECRET_FORMS.test(text)', ''],
    ['secret-arguments-shown', "isGivenSecret(value) ? 'guarded' : 'shown'", "'shown'"],
  ]),
  ...inFile('changes/attribute-diff.ts', [
    [
      'mark-of-before-ignored',
      'if (marks[0] === true || marks[1] === true) return this.sensitive(both, place);',
      'if (marks[1] === true) return this.sensitive(both, place);',
    ],
    [
      'policies-by-text',
      'const policies = old && now ? { before: old, after: now } : { before, after };',
      'const policies = { before, after };',
    ],
    [
      'json-spelling-is-change',
      'if (isEqual(before, after))\n      return this.add(place, {',
      'if (before === after)\n      return this.add(place, {',
    ],
    ['deep-policies-alike', '!isDeep(old) && !isDeep(now) && ', ''],
    ['keys-not-masked', 'const shown = visible(this.masking.name(key));', 'const shown = visible(key);'],
  ]),
  ...inFile('changes/list-identity.ts', [
    [
      'elements-by-position',
      'after.map((element) => waiting.get(canonical(element))?.shift())',
      'after.map((_, at) => (at < before.length ? at : undefined))',
    ],
  ]),
  ...inFile('changes/attribute-paths.ts', [
    ['paths-into-secrets', 'if (inside.includes(true)) return steps.slice(0, shown);', ''],
  ]),
  ...inFile('changes/json.ts', [
    ['inherited-is-there', 'Object.hasOwn(value, key) ? value[key]', 'key in value ? value[key]'],
    ['order-of-keys-matters', 'isSorted(keys) ? keys : keys.sort()', 'keys'],
  ]),
  ...inFile('changes/members.ts', [
    ['escaped-backslashes-hide-ends', 'if (backslashes % 2 === 0) return', 'if (backslashes === 0) return'],
  ]),
  ...inFile('changes/policy-document.ts', [
    ['everybody-is-two', "if (value === '*') return { AWS: ['*'] };", ''],
  ]),
  ...inFile('changes/visible-text.ts', [
    ['bidi-shown', '\\p{Cf}', ''],
    ['runner-commanded', "escaped.includes('##[') || STARTS_COMMAND.test(escaped)", 'false'],
  ]),
  ...inFile('changes/change-set.ts', [
    ['replacement-not-destroyed', " || action === 'create-then-delete'", ''],
    ['imports-not-counted', 'if (change.importing) counts.imported += 1;', ''],
    [
      'error-of-check-passes',
      "check.status === 'fail' || check.status === 'error'",
      "check.status === 'fail'",
    ],
  ]),
  ...inFile('changes/without-values.ts', [
    [
      'json-with-values',
      'one.attributes.map(({ path, kind, forcesReplacement }) => ({',
      'one.attributes.map(({ path, kind, forcesReplacement, ...values }) => ({ ...values,',
    ],
  ]),
  ...inFile('changes/ledger.ts', [
    [
      'action-not-compared',
      'if (entry.action !== then.action && !isAgain)',
      'if (entry.action === undefined)',
    ],
    ['before-not-compared', 'return before === was.before', 'return before !== null'],
    ['paths-not-compared', 'if (paths.length > 0)', 'if (paths.length > 99)'],
    ['object-not-compared', 'if (entry.object !== then.object && !isAgain)', 'if (entry.object === "")'],
    ['import-not-compared', 'if (entry.importing !== then.importing)', 'if (entry.importing === "")'],
    [
      'origin-not-compared',
      'if (entry.previousAddress !== then.previousAddress)',
      'if (entry.previousAddress === "")',
    ],
    ['news-not-told', 'boolean => !reviewed.has(name);', "boolean => name === '';"],
    [
      'any-entry-covers',
      'if (problems.includes(undefined)) return [];',
      'if (candidates.length > 0) return [];',
    ],
    ['any-stack-covers', 'if (stack !== plan.stack) continue;', ''],
    ['leftover-not-told-apart', "`${address} ${deposed ?? ''} ${", '`${address} ${'],
    [
      'created-by-checksums',
      'if (unknown.length === 0 && now.digest === created.digest) return [];',
      'if (unknown.length === 0) return [];',
    ],
    [
      'what-is-done-is-not',
      "!digests.satisfies(digests.part(name, values, 'after'), after)",
      "!digests.satisfies(digests.part(name, values, 'before'), after)",
    ],
    ['tainted-is-another', "isTainted: change.reason === 'replace_because_tainted'", 'isTainted: false'],
  ]),
  ...inFile('changes/ledger-digests.ts', [
    ['wildcard-for-all', 'if (part.unknown === true || (', 'if (holdsTrue(part.unknown) || ('],
    [
      'unknown-is-anything',
      'if (part.unknown === true) return false;',
      'if (part.unknown === true) return true;',
    ],
    [
      'order-of-sets-matters',
      'return elements.every((_, at) => place(at, new Set()));',
      'return elements.every((one, at) => this.satisfies(one, reviewed[at]!));',
    ],
    [
      'one-element-for-all',
      'if (elements.length !== reviewed.length) return false;',
      'return elements.every((one) => reviewed.some((other) => this.satisfies(one, other)));',
    ],
    ['elements-may-go', 'if (elements.length !== reviewed.length) return false;', ''],
    [
      'secrets-digested',
      "if (this.key === undefined) return '*';",
      'if (this.key === undefined) return JSON.stringify(value);',
    ],
    ['key-ignored', "if (this.key === undefined) return '*';", "return '*';"],
  ]),
  ...inFile('changes/risks/index.ts', [
    ['gentle-replacement-harmless', "'create-then-delete': ['gone', 'change'],", ''],
    [
      'unknown-type-harmless',
      "if (moment === 'gone' && !judges?.gone && !HOLDS_NOTHING.has(change.type)) risks.push(notKnown(change));",
      '',
    ],
  ]),
  ...inFile('changes/risks/gravity.ts', [
    [
      'gravity-by-category',
      'SEVERITIES.indexOf(severity) * CATEGORIES.length + CATEGORIES.indexOf(category)',
      'CATEGORIES.indexOf(category)',
    ],
  ]),
  ...inFile('changes/risks/network.ts', [
    [
      'families-alike',
      "wide.others.includes(':') === narrow.others.includes(':')",
      'wide.others.length === wide.others.length',
    ],
  ]),
  ...inFile('changes/risks/examined.ts', [
    ['marks-above-forgotten', 'if (marks.includes(true)) return [true];', ''],
    [
      'marks-inside-judged',
      'return marks.some(hasMark) ? withoutMarked(value, marks) : value;',
      'return value;',
    ],
  ]),
  ...inFile('comment/markdown.ts', [
    ['longer-than-github-takes', 'COMMENT_BYTES = 65_000', 'COMMENT_BYTES = 66_000'],
    ['fence-of-three', "return '`'.repeat(longest + 1);", "return '```';"],
    ['pipe-not-escaped', 'if (/[`|]/.test(seen)', 'if (/[`]/.test(seen)'],
    ['mentions-in-prose', "inner === '' || PLAIN_WORD.test(inner)", "inner === '' || !inner.includes('`')"],
    ['names-miscounted', 'const rest = names.length - most;', 'const rest = names.length - most - 1;'],
  ]),
  ...inFile('comment/sections.ts', [
    ['line-breaks-cost-nothing', 'sum + bytes(line) + 1', 'sum + bytes(line)'],
    ['level-three-always', 'return namesAll(destroying) ? 3 : 4;', 'return 3;'],
    [
      'level-one-without-differences',
      'if (namesAll(groups) && differsAll(groups)) return 1;',
      'if (namesAll(groups)) return 1;',
    ],
    ['shown-is-all', '`${number(heads)} of ${number(all)} shown`', 'number(heads)'],
    ['ranks-turned-around', '.sort((a, b) => a.rank - b.rank)', '.sort((a, b) => b.rank - a.rank)'],
  ]),
  ...inFile('comment/groups.ts', [
    ['replacements-not-first', "of('Replace', '-/+', 0,", "of('Replace', '-/+', 3,"],
  ]),
  ...inFile('comment/diff-lines.ts', [
    ['lines-miscounted', 'number(lines.length - shown)', 'number(lines.length - limits.lines)'],
  ]),
  ...inFile('comment/words.ts', [
    [
      'moves-not-told',
      'if (change.previousAddress !== undefined) notes.push(`moved from ${address(change.previousAddress)}`);',
      '',
    ],
  ]),
  ...inFile('comment/risk-blocks.ts', [
    ['alerts-cost-nothing', 'left -= bytes(block) + 2;', ''],
    ['one-thing-takes-all', 'first.slice(0, MOST_SENTENCES)', 'first'],
  ]),
  ...inFile('comment/render.ts', [
    ['half-a-plan-is-quiet', 'groups.length === 0 && isWhole(changes) &&', 'groups.length === 0 &&'],
    [
      'failures-last',
      'Number(isFailed(b)) - Number(isFailed(a))',
      'Number(isFailed(a)) - Number(isFailed(b))',
    ],
  ]),
  ...inFile('comment/render-drift.ts', [
    [
      'not-looked-at-is-no-drift',
      'if (drifted + pending + settled + missed === 0)',
      'if (drifted + pending + settled === 0)',
    ],
    ['repair-is-pending', '!drifted.has(change.address)', "change.address !== ''"],
  ]),
  ...inFile('comment/page.ts', [['page-not-escaped', '/[&<>"\']/g', '/[&"\']/g']]),
];

function inFile(file: string, faults: readonly (readonly [string, string, string])[]): readonly Fault[] {
  return faults.map(([name, find, replace]) => ({ name, file, find, replace }));
}

const ROOT = resolve(__dirname, '../..');
const SOURCES = 'workflows-src';
const TESTS = /^(?:changes|comment)\/.*\.test\.ts$|^cli\/render\.test\.ts$/;
/** They take as long as all others together. */
const SLOW = /(?:\bproperties|\/hostile)\.test\.ts$/;
const AT_A_TIME = 2;
/** A fault may make a loop endless. */
const MOST_MILLISECONDS = 300_000;

const interruption = new AbortController();

/** A copy of the sources, inside the checkout so that its modules are found, with a configuration of its own. */
function copyOfSources(scratch: string, slot: string): string {
  const folder = join(scratch, slot);
  cpSync(join(ROOT, SOURCES), join(folder, SOURCES), { recursive: true });
  cpSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  const config = {
    rootDir: folder,
    cacheDirectory: join(folder, 'cache'),
    testEnvironment: 'node',
    transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
    testTimeout: MOST_MILLISECONDS,
  };
  writeFileSync(join(folder, 'jest.config.json'), JSON.stringify(config));
  return folder;
}

/** All tests in goes: those most likely to notice a fault in the file, the others beside it, all others, and the slow ones. */
function testsFor(folder: string, file: string): readonly (readonly string[])[] {
  const goes: [string[], string[], string[], string[]] = [[], [], [], []];
  for (const given of readdirSync(join(folder, SOURCES), { recursive: true, encoding: 'utf8' })) {
    const path = given.split(sep).join('/');
    const isBeside = dirname(path) === dirname(file);
    // `ledger.test.ts` is of `ledger-digests.ts` too.
    const isNamed = isBeside && basename(file).startsWith(basename(path, '.test.ts'));
    if (TESTS.test(path)) goes[SLOW.test(path) ? 3 : isNamed ? 0 : isBeside ? 1 : 2].push(path);
  }
  return goes.filter((go) => go.length > 0);
}

/** @returns the first test that fails; undefined when all pass */
async function firstFailure(folder: string, file: string): Promise<string | undefined> {
  for (const tests of testsFor(folder, file)) {
    const failure = await failureOf(folder, tests);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** @throws when the fault is none that anybody could make: what does not even run is noticed without a test */
async function failureOf(folder: string, tests: readonly string[]): Promise<string | undefined> {
  interruption.signal.throwIfAborted();
  const jest = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js');
  const config = ['--config', join(folder, 'jest.config.json'), '--testNamePattern', MEASURES_NOTHING];
  const options = [...config, '--runInBand', '--bail', '--silent'];
  const paths = tests.map((path) => join(folder, SOURCES, path));
  const { CI: _, ...environment } = process.env;
  const child = spawn(process.execPath, [jest, ...options, '--runTestsByPath', ...paths], {
    cwd: folder,
    env: { ...environment, PROPERTY_SEED: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: interruption.signal,
    timeout: MOST_MILLISECONDS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  // An interruption is an error of the child; it has ended once it is closed.
  child.on('error', (error) => (said += error.message));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  interruption.signal.throwIfAborted();
  if (code === 0) return undefined;
  if (code === null && child.killed) return 'does not end';
  if (code === null) throw new Error(`was not tested: ${child.signalCode} ended the tests`);
  const broken = NOT_RUNNING.exec(said);
  if (broken) throw new Error(`is no fault but a mistake: ${broken[0]}`);
  return /^ {2}● (.*)$/m.exec(said)?.[1] ?? said.trim().split('\n')[0]!;
}

/** A busy machine fails a test that measures time, and that would be taken for a fault that is noticed. */
const MEASURES_NOTHING = '^(?!10,000 resources are read in little more than JSON.parse needs)';

/** Of the sources; JSON that cannot be parsed is the input's fault. */
const NOT_RUNNING = /\b(?:ReferenceError|SyntaxError): (?!.*JSON).*/;

function textOf({ file }: Fault): string {
  return readFileSync(join(ROOT, SOURCES, file), 'utf8');
}

/** What is wrong with the table itself, or with the names asked for. */
function mistakes(faults: readonly Fault[], names: readonly string[]): readonly string[] {
  const known = new Set(FAULTS.map(({ name }) => name));
  return [
    ...names.filter((name) => !known.has(name)).map((name) => `${name}: there is no such fault`),
    ...faults.flatMap((fault) => {
      const times = textOf(fault).split(fault.find).length - 1;
      return times === 1
        ? []
        : [`${fault.name}: its text occurs ${times} times in ${fault.file}: ${fault.find}`];
    }),
  ];
}

/** @returns whether a test notices it */
async function isCaught(folder: string, fault: Fault): Promise<boolean> {
  const path = join(folder, SOURCES, fault.file);
  const text = readFileSync(path, 'utf8');
  // With a function, because `$` means something in a replacement.
  writeFileSync(
    path,
    text.replace(fault.find, () => fault.replace),
  );
  const start = performance.now();
  const noticed = await firstFailure(folder, fault.file).catch((error: unknown) => {
    interruption.signal.throwIfAborted();
    return error as Error;
  });
  writeFileSync(path, text);
  const took = `${((performance.now() - start) / 1000).toFixed(0)} s`;
  if (typeof noticed === 'string') console.log(`caught    ${fault.name} (${took}): ${noticed}`);
  else if (noticed === undefined) console.log(`SURVIVED  ${fault.name} (${took})`);
  else console.log(`BROKEN    ${fault.name} ${noticed.message}`);
  return typeof noticed === 'string';
}

async function main(names: readonly string[]): Promise<number> {
  const faults = names.length === 0 ? FAULTS : FAULTS.filter(({ name }) => names.includes(name));
  const wrong = mistakes(faults, names);
  for (const one of wrong) console.log(`NO MATCH  ${one}`);
  if (wrong.length > 0) return 1;

  mkdirSync(join(ROOT, '.fairlead'), { recursive: true });
  const scratch = mkdtempSync(join(ROOT, '.fairlead', 'mutations-'));
  try {
    return await run(scratch, faults);
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function run(scratch: string, faults: readonly Fault[]): Promise<number> {
  const slots = Array.from({ length: AT_A_TIME }, (_, at) => copyOfSources(scratch, String(at)));
  const failure = await firstFailure(slots[0]!, '');
  if (failure !== undefined) {
    console.log(`Without any fault the tests fail: ${failure}`);
    return 1;
  }
  const waiting = [...faults];
  let caught = 0;
  const work = async (folder: string): Promise<void> => {
    for (let fault = waiting.shift(); fault; fault = waiting.shift())
      if (await isCaught(folder, fault)) caught += 1;
  };
  // Settled, because nothing may run any more when the scratch folder is removed.
  const ends = await Promise.allSettled(slots.map(work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  console.log(`${caught} of ${faults.length} faults are caught.`);
  return caught === faults.length ? 0 : 1;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    process.exitCode = code;
    interruption.abort();
  });
}
main(process.argv.slice(2)).then(
  (code) => (process.exitCode ??= code),
  (error: unknown) => {
    if (!interruption.signal.aborted) throw error;
  },
);
