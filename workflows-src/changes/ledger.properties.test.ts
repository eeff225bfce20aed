import fc, { type Arbitrary } from 'fast-check';

import {
  CANARY,
  planJson,
  runs,
  type ChangeJson,
  type Json,
  type PlanJson,
  type ResourceJson,
} from './arbitrary-plan';
import { isSubset, ledgerDigest, ledgerOf, type Ledger, type Mismatch } from './ledger';
import { readPlan } from './read-plan';

const KEY = { key: 'known to reviewers' };
const STACK = 'dev-data';

const read = (plan: PlanJson, stack = STACK): ReturnType<typeof readPlan> =>
  readPlan(JSON.stringify(plan), stack);

/** What of the second plan was not reviewed in the first. */
function notReviewed(reviewed: PlanJson, now: PlanJson, options: { key?: string } = {}): readonly Mismatch[] {
  return isSubset(read(now), [ledgerOf(read(reviewed), options)], options);
}

/** A plan as an apply makes it: the same, but for one thing. */
interface Altered {
  readonly plan: PlanJson;
  readonly now: PlanJson;
  /** Where the thing is. */
  readonly address: string;
}

/** Each plan with one of the ways in which it can be altered; a plan without any is left out. */
function altered(
  ways: (plan: PlanJson) => readonly (() => Omit<Altered, 'plan'>)[],
  most = 5,
): Arbitrary<Altered> {
  return fc
    .tuple(planJson({ most }), fc.nat())
    .map(([plan, pick]) => {
      const all = ways(plan);
      return all.length === 0 ? undefined : { plan, ...all[pick % all.length]!() };
    })
    .filter((one) => one !== undefined);
}

function check<T>(inCi: number, of: Arbitrary<T>, holds: (value: T) => void): void {
  fc.assert(fc.property(of, holds), runs(inCi));
}

function reports({ plan, now, address }: Altered, options: { key?: string } = {}): void {
  // An address that holds a sensitive value of the plan is masked like any other text.
  const shown = read(now).masking.name(address);
  expect(notReviewed(plan, now, options).map((one) => one.address)).toContain(shown);
}

function covers(plan: PlanJson, now: PlanJson): void {
  expect(notReviewed(plan, now)).toEqual([]);
  expect(notReviewed(plan, now, KEY)).toEqual([]);
}

// Plans, changed as JSON: nothing here uses the code that compares them.

type Path = readonly (string | number)[];

const joined = ({ change }: { readonly change: ChangeJson }): string => change.actions.join().toLowerCase();
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const child = (value: unknown, step: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (value as Record<string | number, unknown>)[step]
    : undefined;
const holdsTrue = (marks: unknown): boolean =>
  typeof marks === 'object' && marks !== null ? Object.values(marks).some(holdsTrue) : marks === true;

/** Copied, with another value at the path. */
function replaced(value: unknown, [step, ...rest]: Path, by: (old: unknown) => unknown): unknown {
  if (step === undefined) return by(value);
  if (Array.isArray(value))
    return value.map((one, at) => (at === step ? replaced(one, rest, by) : (one as unknown)));
  const entries = Object.entries((value ?? {}) as Json).filter(([key]) => key !== step);
  return Object.fromEntries([...entries, [String(step), replaced(child(value, step), rest, by)]]);
}

function leaves(value: unknown, path: Path = []): readonly (readonly [Path, string | number | boolean])[] {
  if (Array.isArray(value)) return value.flatMap((one, at) => leaves(one, [...path, at]));
  if (isObject(value)) return Object.entries(value).flatMap(([key, one]) => leaves(one, [...path, key]));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? [[path, value]]
    : [];
}

const ALTERED = '~altered-zq';

/** Another value of the same kind; of JSON in a text, one of its leaves. undefined: nothing but secrets is in it. */
function another(value: unknown, isSecret: boolean): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return Math.abs(value) < 1e15 ? value + 1 : -value;
  const json = typeof value === 'string' ? parsed(value) : undefined;
  if (json === undefined)
    return holdsSecret(String(value)) === isSecret ? `${String(value)}${ALTERED}` : undefined;
  for (const [path, leaf] of leaves(json)) {
    const other = another(leaf, isSecret);
    if (other !== undefined && (!isSecret || typeof leaf === 'string'))
      return JSON.stringify(replaced(json, path, () => other));
  }
  return undefined;
}

function holdsSecret(text: string): boolean {
  return CANARY.test(text) || CANARY.test(Buffer.from(text, 'base64').toString('utf8'));
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMarked(marks: unknown, path: Path): boolean {
  if (marks === true || path.length === 0) return marks === true;
  return isMarked(child(marks, path[0]!), path.slice(1));
}

/** The plan says so, on either side; or, for what `CANARY` marks, its name or place does. */
function isMarkedSensitive(
  { before_sensitive: before, after_sensitive: after }: ChangeJson,
  path: Path,
): boolean {
  return isMarked(before, path) || isMarked(after, path);
}

function withResource(plan: PlanJson, at: number, change: (old: ResourceJson) => ResourceJson): PlanJson {
  return {
    ...plan,
    resource_changes: plan.resource_changes.map((one, index) => (index === at ? change(one) : one)),
  };
}

function withChange(plan: PlanJson, at: number, change: (old: ChangeJson) => ChangeJson): PlanJson {
  return withResource(plan, at, (one) => ({ ...one, change: change(one.change) }));
}

const REPLACES = ['delete,create', 'create,delete', 'create,forget', 'forget,create'];
const SETS_VALUES = ['create', 'read', 'update', ...REPLACES];
const CHANGES_VALUES = ['update', ...REPLACES];

/** The change at an index, or undefined where the ledger holds no values of such a change. */
const having = (plan: PlanJson, actions: readonly string[]): readonly number[] =>
  plan.resource_changes.flatMap((one, at) => (actions.includes(joined(one)) ? [at] : []));

/** Null and absent are the same to Terraform. */
function isSame(a: unknown, b: unknown): boolean {
  const spelled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(spelled);
    if (!isObject(value)) return value;
    const kept = Object.entries(value).filter(([, one]) => one !== null);
    return Object.fromEntries(
      kept.map(([key, one]) => [key, spelled(one)] as const).sort(([x], [y]) => (x < y ? -1 : 1)),
    );
  };
  return JSON.stringify(spelled(a) ?? null) === JSON.stringify(spelled(b) ?? null);
}

function alterSide(
  plan: PlanJson,
  side: 'before' | 'after',
  isSecret: boolean,
  actions = side === 'before' ? CHANGES_VALUES : SETS_VALUES,
): readonly (() => Omit<Altered, 'plan'>)[] {
  return having(plan, actions).flatMap((at) => {
    const { address, change } = plan.resource_changes[at]!;
    return leaves(change[side]).flatMap(([path, leaf]) => {
      if (isSecret ? typeof leaf !== 'string' : isMarkedSensitive(change, path)) return [];
      const other = another(leaf, isSecret);
      if (other === undefined) return [];
      const [name] = path as readonly [string];
      // Of what is sensitive and known in part, nothing is kept: not even which part.
      if (isSecret && holdsTrue(child(change.after_unknown, name))) return [];
      const values = replaced(change[side], path, () => other);
      const sides = { before: change.before, after: change.after, [side]: values };
      if (side === 'before') {
        // What a provider keeps in an attribute that will be known later may change by itself, but not which object it is.
        if (child(change.after_unknown, name) === true && name !== 'id') return [];
        // It is already what was reviewed.
        if (isSame(child(sides.before, name), child(sides.after, name))) return [];
      }
      return [() => ({ now: withChange(plan, at, (old) => ({ ...old, [side]: values })), address })];
    });
  });
}

test('a plan is covered by its own ledger', () => {
  check(150, planJson({ hasCopies: true }), (plan) => covers(plan, plan));
});

test('another value in what is created, read, updated or replaced is reported', () => {
  check(
    300,
    altered((plan) => alterSide(plan, 'after', false)),
    (one) => {
      reports(one);
      reports(one, KEY);
    },
  );
});

test('another value than at the review, from which a change starts, is reported', () => {
  check(
    200,
    altered((plan) => alterSide(plan, 'before', false)),
    (one) => {
      reports(one);
      reports(one, KEY);
    },
  );
});

test('with a key, so is another secret', () => {
  check(
    150,
    altered((plan) => alterSide(plan, 'after', true)),
    (one) => reports(one, KEY),
  );
});

test('without a key, another secret of something new is not', () => {
  check(
    100,
    altered((plan) => alterSide(plan, 'after', true, ['create', 'read'])),
    ({ plan, now }) => {
      expect(notReviewed(plan, now)).toEqual([]);
    },
  );
});

const isChange = (one: ResourceJson): boolean =>
  joined(one) !== 'no-op' || one.previous_address !== undefined || one.change.importing !== undefined;
const changing = (plan: PlanJson): readonly number[] =>
  plan.resource_changes.flatMap((one, at) => (isChange(one) ? [at] : []));

test('a change that is added is reported', () => {
  check(
    100,
    altered((plan) =>
      changing(plan).map((at) => () => {
        const { [at]: added } = plan.resource_changes;
        const kept = plan.resource_changes.filter((one) => one.address !== added!.address);
        return { now: plan, address: added!.address, plan: { ...plan, resource_changes: kept } };
      }),
    ),
    reports,
  );
});

test('the same change of another address is reported', () => {
  check(
    100,
    altered((plan) =>
      changing(plan).map((at) => () => {
        const address = `module.other.${plan.resource_changes[at]!.address}`;
        return { now: withResource(plan, at, (one) => ({ ...one, address })), address };
      }),
    ),
    reports,
  );
});

/** What else could become of it, with what is there. */
const OTHER_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  create: ['update'],
  update: ['delete', 'forget', ...REPLACES],
  delete: ['forget'],
  forget: ['delete'],
  'no-op': ['update', 'delete'],
  'delete,create': ['create,delete', 'update', 'create,forget'],
  'create,delete': ['delete,create', 'forget,create', 'delete'],
  'create,forget': ['create,delete', 'forget,create'],
  'forget,create': ['delete,create', 'forget'],
  open: ['renew', 'close'],
};

test('another action is reported', () => {
  check(
    150,
    altered((plan) =>
      changing(plan).flatMap((at) =>
        (OTHER_ACTIONS[joined(plan.resource_changes[at]!)] ?? []).map((action) => () => ({
          address: plan.resource_changes[at]!.address,
          now: withResource(plan, at, (one) => ({
            ...one,
            mode: 'managed',
            change: {
              ...one.change,
              actions: action.split(','),
              ...(one.change.before === null && action === 'update' && { before: one.change.after }),
              ...((action === 'delete' || action === 'forget') && { after: null, after_unknown: {} }),
            },
          })),
        })),
      ),
    ),
    reports,
  );
});

test('another object of that address is reported, also where it goes', () => {
  check(
    100,
    altered((plan) =>
      having(plan, ['delete', 'forget', ...CHANGES_VALUES]).map((at) => () => ({
        address: plan.resource_changes[at]!.address,
        now: withChange(plan, at, (old) => ({
          ...old,
          before: replaced(old.before, ['id'], () => 'another'),
        })),
      })),
    ),
    reports,
  );
});

test('another reason to be replaced is reported, and one reason less is not', () => {
  const paths = (plan: PlanJson, now: (old: NonNullable<ChangeJson['replace_paths']>) => readonly Path[]) =>
    having(plan, REPLACES).map((at) => () => ({
      address: plan.resource_changes[at]!.address,
      now: withChange(plan, at, (old) => ({ ...old, replace_paths: now(old.replace_paths ?? []) })),
    }));
  check(
    60,
    altered((plan) => paths(plan, (old) => [...old, ['added_path', 1]])),
    reports,
  );
  check(
    60,
    altered((plan) => paths(plan, (old) => old.slice(1))),
    ({ plan, now }) => covers(plan, now),
  );
});

test('something else that is imported is reported, as is what is not imported any more or only now', () => {
  const importing = [{ id: 'another' }, { identity: { name: 'another' } }, undefined];
  check(
    80,
    altered((plan) =>
      having(plan, ['no-op', ...CHANGES_VALUES]).flatMap((at) => {
        const resource = plan.resource_changes[at]!;
        const had = resource.change.importing;
        return importing
          .filter((now) => JSON.stringify(now) !== JSON.stringify(had))
          .map((now) => () => ({
            address: resource.address,
            now: withResource(plan, at, ({ previous_address: from, ...one }) => {
              const { importing: _, ...change } = one.change;
              // Else it would be no change at all.
              const isMoved = from !== undefined || (joined(one) === 'no-op' && now === undefined);
              return {
                ...one,
                ...(isMoved && { previous_address: from ?? 'from.elsewhere' }),
                change: { ...change, ...(now && { importing: now }) },
              };
            }),
          }));
      }),
    ),
    reports,
  );
});

test('another address that something moves from, and another leftover, are reported', () => {
  check(
    80,
    altered((plan) =>
      having(plan, ['delete', 'forget', 'no-op', ...CHANGES_VALUES]).flatMap((at) => {
        const { address } = plan.resource_changes[at]!;
        const moved = withResource(plan, at, (one) => ({ ...one, previous_address: 'from.elsewhere' }));
        const leftover = withResource(plan, at, (one) => ({ ...one, deposed: 'other0' }));
        return [
          () => ({ now: moved, address }),
          ...(joined(plan.resource_changes[at]!) === 'delete' ? [() => ({ now: leftover, address })] : []),
        ];
      }),
    ),
    reports,
  );
});

test('another value of an output, from or to which it changes, is reported', () => {
  check(
    100,
    altered((plan) =>
      Object.entries(plan.output_changes).flatMap(([name, change]) => {
        const side = change.actions[0] === 'delete' || change.actions[0] === 'no-op' ? undefined : 'after';
        if (side === undefined || change.after_sensitive === true) return [];
        return leaves(change.after).flatMap(([path, leaf]) => {
          const other = another(leaf, false);
          if (other === undefined) return [];
          const after = replaced(change.after, path, () => other);
          return [
            () => ({
              address: `output.${name}`,
              now: { ...plan, output_changes: withEntry(plan.output_changes, name, { ...change, after }) },
            }),
          ];
        });
      }),
    ),
    reports,
  );
});

test('an action that something else triggers is reported', () => {
  check(
    60,
    altered((plan) =>
      plan.action_invocations.map(({ address }, at) => () => ({
        address,
        now: {
          ...plan,
          action_invocations: plan.action_invocations.map((one, index) =>
            index === at
              ? { ...one, lifecycle_action_trigger: { triggering_resource_address: 'somebody.else' } }
              : one,
          ),
        },
      })),
    ),
    reports,
  );
});

function withEntry<T>(of: Readonly<Record<string, T>>, name: string, value: T): Record<string, T> {
  return Object.fromEntries([...Object.entries(of).filter(([key]) => key !== name), [name, value]]);
}

/** The last of them only for whole attributes: what is inside of one has the type of its neighbours. */
const FILLINGS: readonly unknown[] = ['filled', 'others', null, '', 7, false, ['filled'], { filled: 'x' }];

/** Every value that was not known, known. */
function filled(value: unknown, unknown: unknown, next: (isInside: boolean) => unknown, depth = 0): unknown {
  if (unknown === true) return next(depth > 1);
  if (Array.isArray(unknown)) {
    const list = Array.isArray(value) ? (value as unknown[]) : [];
    return unknown.map((one, at) => filled(list[at], one, next, depth + 1));
  }
  if (!isObject(unknown)) return value;
  if (!holdsTrue(unknown)) return value;
  const names = new Set([...Object.keys(isObject(value) ? value : {}), ...Object.keys(unknown)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const inner = filled(child(value, name), child(unknown, name), next, depth + 1);
      return inner === undefined ? [] : [[name, inner]];
    }),
  );
}

function fill(plan: PlanJson, seed: number): PlanJson {
  let at = seed;
  const next = (isInside: boolean): unknown => FILLINGS[(at += 1) % (isInside ? 4 : FILLINGS.length)];
  const fillChange = (change: ChangeJson): ChangeJson =>
    holdsTrue(change.after_unknown)
      ? { ...change, after: filled(change.after, change.after_unknown, next) ?? null, after_unknown: {} }
      : change;
  return {
    ...plan,
    resource_changes: plan.resource_changes.map((one) => ({ ...one, change: fillChange(one.change) })),
    output_changes: Object.fromEntries(
      Object.entries(plan.output_changes).map(([name, one]) => [name, fillChange(one)]),
    ),
  };
}

test('what was not known at the review, and is now, is not reported', () => {
  check(200, fc.tuple(planJson(), fc.nat()), ([plan, seed]) => covers(plan, fill(plan, seed)));
});

/** The elements of every list in which something was not known, in another order. */
function reordered(value: unknown, unknown: unknown, marks: readonly unknown[], turn: number): unknown {
  if (Array.isArray(unknown)) {
    if (!Array.isArray(value) || !holdsTrue(unknown) || marks.some(holdsTrue)) return value;
    const at = turn % value.length;
    return [...value.slice(at), ...value.slice(0, at)].reverse();
  }
  if (!isObject(unknown) || !isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      reordered(
        one,
        child(unknown, name),
        marks.map((mark) => (mark === true ? true : child(mark, name))),
        turn,
      ),
    ]),
  );
}

test('nor is the order of a set, once all of it is known', () => {
  let tried = 0;
  check(200, fc.tuple(planJson(), fc.nat(), fc.nat(5)), ([plan, seed, turn]) => {
    const known = fill(plan, seed);
    const now = {
      ...known,
      resource_changes: known.resource_changes.map((one, at) => {
        const {
          after_unknown: unknown,
          before_sensitive: a,
          after_sensitive: b,
        } = plan.resource_changes[at]!.change;
        const after = reordered(one.change.after, unknown, [a, b], turn);
        if (JSON.stringify(after) !== JSON.stringify(one.change.after)) tried += 1;
        return { ...one, change: { ...one.change, after } };
      }),
    };
    covers(plan, now);
  });
  expect(tried).toBeGreaterThan(0);
});

test('nor that something is not changed any more', () => {
  check(100, fc.tuple(planJson(), fc.nat(31)), ([plan, bits]) => {
    const keeps = (at: number): boolean => ((bits >> (at % 5)) & 1) === 1;
    covers(plan, {
      ...plan,
      resource_changes: plan.resource_changes.filter((_, at) => keeps(at)),
      output_changes: Object.fromEntries(Object.entries(plan.output_changes).filter((_, at) => keeps(at))),
      action_invocations: plan.action_invocations.filter((_, at) => keeps(at)),
    });
  });
});

test('nor what a failed apply has done already of an update', () => {
  check(150, fc.tuple(planJson(), fc.nat(), fc.nat(255)), ([plan, seed, bits]) => {
    const known = fill(plan, seed);
    const now = having(plan, ['update']).reduce((made, at) => {
      const { before, after, before_sensitive: a, after_sensitive: b } = made.resource_changes[at]!.change;
      const done = Object.keys(after as Json).filter(
        (name, index) =>
          ((bits >> (index % 8)) & 1) === 1 && name !== 'id' && isSame(child(a, name), child(b, name)),
      );
      return withChange(made, at, (change) => ({
        ...change,
        before: {
          ...(before as Json),
          ...Object.fromEntries(done.map((name) => [name, child(after, name)])),
        },
      }));
    }, known);
    covers(plan, now);
  });
});

test('nor that what a failed apply has created is made anew', () => {
  check(150, fc.tuple(planJson(), fc.nat(), fc.boolean()), ([plan, seed, isKnown]) => {
    const known = fill(plan, seed);
    const now = having(plan, ['create']).reduce(
      (made, at) =>
        withResource(made, at, (one) => ({
          ...one,
          action_reason: 'replace_because_tainted',
          change: {
            ...one.change,
            actions: ['delete', 'create'],
            before: {
              ...((isKnown ? known.resource_changes[at]!.change.after : one.change.after) as Json),
              id: 'made',
            },
            before_sensitive: one.change.after_sensitive,
          },
        })),
      plan,
    );
    covers(plan, now);
  });
});

test('the ledger of another stack covers nothing', () => {
  check(60, planJson(), (plan) => {
    const other = ledgerOf(read(plan, 'dev-network'));
    expect(isSubset(read(plan), [other])).toHaveLength(ledgerOf(read(plan)).entries.length);
  });
});

test('two ledgers cover what either of them covers', () => {
  check(100, fc.tuple(planJson(), fc.nat(255)), ([plan, bits]) => {
    const whole = ledgerOf(read(plan), KEY);
    const half = (wanted: number): Ledger => ({
      ...whole,
      entries: whole.entries.filter((_, at) => ((bits >> (at % 8)) & 1) === wanted),
    });
    expect(isSubset(read(plan), [half(0), half(1)], KEY)).toEqual([]);
    expect(isSubset(read(plan), [half(1), half(0)], KEY)).toEqual([]);
  });
  check(
    100,
    altered((plan) => alterSide(plan, 'after', false)),
    ({ plan, now }) => {
      const ledgers = [ledgerOf(read(plan)), ledgerOf(read(now))];
      for (const one of [plan, now]) expect(isSubset(read(one), ledgers)).toEqual([]);
    },
  );
});

const copy = (ledger: Ledger): Ledger => JSON.parse(JSON.stringify(ledger)) as Ledger;

test('a ledger is the same after a way through JSON', () => {
  check(
    100,
    altered((plan) => alterSide(plan, 'after', false)),
    ({ plan, now }) => {
      const ledger = ledgerOf(read(plan));
      expect(isSubset(read(plan), [copy(ledger)])).toEqual([]);
      expect(isSubset(read(now), [copy(ledger)])).toEqual(isSubset(read(now), [ledger]));
      expect(JSON.stringify(copy(ledger))).toBe(JSON.stringify(ledger));
      expect(ledgerDigest(copy(ledger))).toBe(ledgerDigest(ledger));
    },
  );
});

test('the digest of a ledger is the same for the same plan, and another one for any other', () => {
  check(
    150,
    altered((plan) => [...alterSide(plan, 'after', false), ...alterSide(plan, 'before', false)]),
    (one) => {
      const digest = ledgerDigest(ledgerOf(read(one.plan)));
      expect(digest).toMatch(/^[0-9a-f]{32}$/);
      expect(ledgerDigest(ledgerOf(read(reversed(one.plan) as PlanJson)))).toBe(digest);
      expect(ledgerDigest(ledgerOf(read(one.now)))).not.toBe(digest);
      expect(ledgerDigest(ledgerOf(read(one.plan, 'dev-network')))).not.toBe(digest);
    },
  );
});

test('neither a ledger nor what is said about a difference holds a value', () => {
  check(
    150,
    altered((plan) => [...alterSide(plan, 'after', false), ...alterSide(plan, 'before', false)]),
    (one) => {
      const said = notReviewed(one.plan, one.now).map(({ sentence }) => sentence);
      const ledger = ledgerOf(read(one.plan));
      const names = namesIn(one.plan);
      const values = one.plan.resource_changes.flatMap(({ change }) =>
        [...leaves(change.before), ...leaves(change.after)].flatMap(([, value]) =>
          typeof value === 'string' &&
          value.length >= 7 &&
          !names.includes(JSON.stringify(value).slice(1, -1))
            ? [value]
            : [],
        ),
      );
      expect(said.join('\n')).not.toContain(ALTERED);
      for (const value of values) {
        expect(said.join('\n')).not.toContain(value);
        expect(JSON.stringify(ledger)).not.toContain(JSON.stringify(value).slice(1, -1));
      }
    },
  );
});

/** What stands in a plan besides values: addresses, and names of attributes and of members. */
function namesIn(plan: PlanJson): string {
  const names = new Set<string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (isObject(value))
      for (const [key, inner] of Object.entries(value)) {
        names.add(key);
        walk(inner);
      }
  };
  for (const { address, previous_address: from, change } of plan.resource_changes) {
    names.add(address).add(from ?? '');
    walk(change);
  }
  walk(plan.output_changes);
  const invoked = plan.action_invocations.map((one) => JSON.stringify(one));
  return JSON.stringify([...names, ...invoked]);
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
