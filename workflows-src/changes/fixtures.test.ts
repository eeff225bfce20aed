import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import {
  count,
  isFailed,
  kindOf,
  type Action,
  type ChangeSet,
  type OutputChange,
  type ResourceChange,
} from './change-set';
import { said, type Announced, type Said } from './fixtures/terraforms-text';
import { readPlan } from './read-plan';

/**
 * What is read of a plan, beside what terraform itself printed for it: two readings of one plan that share no code. Facts are
 * taken from terraform's words, never from the JSON, but for what its words leave out of outputs (`rawOutput`).
 */

const FIXTURES = join(__dirname, 'fixtures');
const names = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''));
const fixtures = new Map<string, { readonly set: ChangeSet; readonly said: Said; readonly json: Buffer }>(
  names.map((name) => {
    const json = readFileSync(join(FIXTURES, `${name}.json`));
    const text = readFileSync(join(FIXTURES, `${name}.txt`), 'utf8');
    return [name, { set: readPlan(json, name), said: said(text), json }];
  }),
);

test('there are plans enough, and in them every action that Terraform 1.11 can plan', () => {
  expect(names.length).toBeGreaterThanOrEqual(45);
  const actions = [...fixtures.values()].flatMap(({ set }) => set.changes.map((change) => change.action));
  expect([...new Set(actions)].sort()).toEqual([
    'create',
    'create-then-delete',
    'delete',
    'delete-then-create',
    'forget',
    'no-op',
    'read',
    'update',
  ]);
});

test('in them are moves, imports, leftovers, drift, reads and checks of every kind', () => {
  const sets = [...fixtures.values()].map(({ set }) => set);
  const changes = sets.flatMap((set) => set.changes);
  const having = (wanted: (change: ResourceChange) => boolean): string[] => [
    ...new Set(changes.filter(wanted).map((change) => change.action)),
  ];
  expect(having((change) => change.previousAddress !== undefined).sort()).toEqual([
    'create-then-delete',
    'delete',
    'delete-then-create',
    'forget',
    'no-op',
    'update',
  ]);
  expect(having((change) => change.importing).sort()).toEqual(['delete-then-create', 'no-op', 'update']);
  expect(having((change) => change.deposed !== undefined)).toEqual(['delete']);
  expect([...new Set(sets.flatMap((set) => set.drift.map((drift) => drift.action)))].sort()).toEqual([
    'delete',
    'no-op',
    'update',
  ]);
  expect([...new Set(sets.flatMap((set) => set.outputs.map((output) => output.action)))].sort()).toEqual([
    'create',
    'delete',
    'update',
  ]);
  expect([...new Set(sets.flatMap((set) => set.checks.map((check) => check.status)))].sort()).toEqual([
    'error',
    'fail',
    'pass',
    'unknown',
  ]);
  expect([...new Set(changes.map((change) => change.reason))].sort()).toEqual([
    '',
    'delete_because_count_index',
    'delete_because_each_key',
    'delete_because_no_module',
    'delete_because_no_move_target',
    'delete_because_no_resource_config',
    'delete_because_wrong_repetition',
    'read_because_check_nested',
    'read_because_config_unknown',
    'read_because_dependency_pending',
    'replace_because_cannot_update',
    'replace_because_tainted',
    'replace_by_request',
    'replace_by_triggers',
  ]);
});

describe.each(names)('the fixture %s', (name) => {
  const { set, said: words, json } = fixtures.get(name)!;

  test('has the same addresses with the same actions', () => {
    expect(set.changes.map(inTerraformsWords).sort()).toEqual(words.actions.map(inWords).sort());
  });

  test('has the same numbers', () => {
    const counts = count([set]);
    expect({
      imported: counts.imported,
      added: counts.create + counts.replace,
      changed: counts.update,
      destroyed: counts.delete + counts.replace,
    }).toEqual(words.totals);
  });

  test('moves, forgets and reads as many', () => {
    const counts = count([set]);
    const having = (wanted: (action: Announced) => boolean): number => words.actions.filter(wanted).length;
    expect({ moved: counts.moved, forgotten: counts.forget, read: counts.read }).toEqual({
      moved: having(({ from }) => from !== undefined),
      forgotten: having(({ what }) => what.startsWith('will no longer be managed')),
      read: having(({ what }) => what === 'will be read during apply'),
    });
    expect(counts.forget).toBe(words.discarded);
  });

  test('changes the same outputs', () => {
    const unsaid = set.outputs.filter((output) => changesItsMarkOnly(json, output.name));
    expect(set.outputs.map((output) => `${signOfOutput(json, output)} ${output.name}`).sort()).toEqual(
      [...words.outputs, ...unsaid.map((output) => `~ ${output.name}`)].sort(),
    );
    expect(count([set]).outputs).toBe(words.outputs.length + unsaid.length);
  });

  test('fails the same check blocks', () => {
    const failed = set.checks.filter((check) => isFailed(check) && check.address.startsWith('check.'));
    expect(set.errored ? [] : failed.map(({ address }) => address).sort()).toEqual(words.failedChecks);
  });

  test('says that nothing changes exactly when terraform does', () => {
    const unsaid = set.outputs.filter((output) => changesItsMarkOnly(json, output.name));
    expect(set.changes.length + set.outputs.length - unsaid.length === 0).toBe(words.nothing);
  });

  test('was stopped by an error if terraform says so', () => {
    expect(set.errored).toBe(words.stopped);
  });
});

describe.each(names.filter((name) => fixtures.get(name)!.said.refreshOnly))(
  'the fixture %s, which is only refreshed',
  (name) => {
    const { set, said: words } = fixtures.get(name)!;

    test('has the same drift, but for what a provider reads back empty that it wrote as null', () => {
      expect(set.changes).toEqual([]);
      expect(set.settled).toEqual([]);
      expect(words.drift.length).toBeGreaterThan(0);
      expect(
        set.drift.map(({ action, ...one }) => `${driftWords[action] ?? action}: ${addresses(one)}`).sort(),
      ).toEqual(
        words.drift
          .filter((one) => !one.isSpelling)
          .map((one) => `${one.what}: ${addresses({ address: one.address, previousAddress: one.from })}`)
          .sort(),
      );
    });
  },
);

test('there are refresh-only plans to compare, of which drift is a change, a deletion and a move', () => {
  const refreshed = [...fixtures.values()].filter(({ said: words }) => words.refreshOnly);
  const kinds = refreshed.flatMap(({ said: words }) => words.drift.map(({ what }) => what));
  expect([...new Set(kinds)].sort()).toEqual(['has been deleted', 'has changed', 'has moved']);
});

test.each(names)('%s: drift that terraform tells in a normal plan is known', (name) => {
  const { set, said: words } = fixtures.get(name)!;
  const known = new Set([...set.drift, ...set.settled].map(({ address }) => address));
  const told = words.drift.filter((one) => !one.isSpelling).map(({ address }) => address);
  expect(told.filter((address) => !known.has(address))).toEqual([]);
});

test('no two fixtures are the same plan', () => {
  const plans = [...fixtures.values()].map(({ json }) => json.toString('utf8'));
  expect(new Set(plans).size).toBe(plans.length);
});

function inWords({ address, what, sign: symbol, from, imported }: Announced): string {
  return `${symbol} ${address} ${what}${from === undefined ? '' : `, from ${from}`}${imported ? ', imported' : ''}`;
}

/** The words that terraform's text has for a change. */
function inTerraformsWords(change: ResourceChange): string {
  const { action, deposed, previousAddress: from, importing: imported } = change;
  return inWords({
    address: deposed === undefined ? change.address : `${change.address} (deposed object ${deposed})`,
    what: whatOf(change),
    sign: sign(action),
    ...(from !== undefined && { from }),
    imported,
    isSpelling: false,
  });
}

function whatOf({ action, reason, previousAddress }: ResourceChange): string {
  switch (kindOf(action)) {
    case 'create':
      return 'will be created';
    case 'update':
      return 'will be updated in-place';
    case 'delete':
      return 'will be destroyed';
    case 'read':
      return 'will be read during apply';
    case 'forget':
      return 'will no longer be managed by Terraform, but will not be destroyed';
    case 'replace':
      if (reason === 'replace_because_tainted') return 'is tainted, so must be replaced';
      if (reason === 'replace_by_request') return 'will be replaced, as requested';
      if (reason === 'replace_by_triggers') return 'will be replaced due to changes in replace_triggered_by';
      return 'must be replaced';
    case undefined:
      return previousAddress === undefined ? 'will be imported' : 'has moved';
    default:
      throw new Error(`no fixture has ${action}`);
  }
}

function sign(action: Action): string {
  const signs: Partial<Record<Action, string>> = {
    create: '+',
    update: '~',
    delete: '-',
    'delete-then-create': '-/+',
    'create-then-delete': '+/-',
    forget: '.',
    read: '<=',
    'no-op': '',
  };
  const found = signs[action];
  if (found === undefined) throw new Error(`terraform 1.11 has no sign for ${action}`);
  return found;
}

const driftWords: Partial<Record<Action, string>> = {
  update: 'has changed',
  delete: 'has been deleted',
  'no-op': 'has moved',
};

function addresses({
  address,
  previousAddress,
}: {
  address: string;
  previousAddress?: string | undefined;
}): string {
  return previousAddress === undefined ? address : `${previousAddress} → ${address}`;
}

interface RawOutput {
  readonly actions: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly after_unknown: unknown;
}

function rawOutput(json: Buffer, output: string): RawOutput {
  const plan = JSON.parse(json.toString('utf8')) as { output_changes: Record<string, RawOutput> };
  return plan.output_changes[output]!;
}

/**
 * Such an output is a change of its own (exit code 2 of `plan -detailed-exitcode`, and the apply writes it), of which
 * terraform's text says nothing, or even "No changes".
 */
function changesItsMarkOnly(json: Buffer, output: string): boolean {
  const { actions, before, after, after_unknown: unknown } = rawOutput(json, output);
  return actions[0] === 'update' && unknown === false && isDeepStrictEqual(before, after);
}

/** Terraform draws an output that becomes null as if it were deleted. */
function signOfOutput(json: Buffer, { name, action }: OutputChange): string {
  const { after, after_unknown: unknown } = rawOutput(json, name);
  return action === 'update' && after === null && unknown === false ? '-' : sign(action);
}
