import { isEqual, isObject, type JsonObject } from '../json';
import { policyDocument } from '../policy-document';
import { listed } from './text';

/** What one policy allows or denies and another one does not. */
export interface Difference {
  /** As it stands in the policy, in the spelling of `policyDocument`. */
  readonly statement: Statement;
  /** Those of its actions, resources and principals that make the difference; `everything but x` for NotAction and so on. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principals: readonly Principal[];
  /** Only the condition makes it: without one, the other policy says the same. */
  readonly byCondition: boolean;
}

export interface Comparison {
  /** Allowed now, and not before. */
  readonly allowed: readonly Difference[];
  /** Denied before, and no longer. */
  readonly denials: readonly Difference[];
}

export type Statement = JsonObject;

/** `{ kind: 'Service', name: 'ecs-tasks.amazonaws.com' }`; kind `AWS` and name `*` is everybody. */
export interface Principal {
  readonly kind: string;
  readonly name: string;
}

/**
 * Compares what two lists of statements say, whatever their order and spelling. What cannot be told for sure counts as a
 * difference: that an allowance spread over two statements covers one, say, or that a key of a condition implies another.
 * @param before statements as they stand in the documents
 * @returns undefined when the policies are too large to be compared in reasonable time
 */
export function compare(before: readonly JsonObject[], after: readonly JsonObject[]): Comparison | undefined {
  const [added, removed] = unshared(after, before);
  const allows = prepared(normalized(added.filter(isAllow)));
  const denials = prepared(normalized(removed.filter(isDeny)));
  const effort = { left: MOST_COMPARISONS };
  const comparison = {
    allowed: differences(allows, () => prepared(before.filter(isAllow)), effort),
    denials: differences(denials, () => prepared(after.filter(isDeny)), effort),
  };
  return effort.left < 0 ? undefined : comparison;
}

/** Far above AWS's own limits for policies, and small enough to be compared in a moment. */
const MOST_COMPARISONS = 200_000;

interface Effort {
  left: number;
}

function isAllow(statement: Statement): boolean {
  return statement['Effect'] === 'Allow';
}

function isDeny(statement: Statement): boolean {
  return statement['Effect'] === 'Deny';
}

/** What each list has alone. Statements mostly stay as and where they are: only those that did not are written out. */
function unshared<T>(left: readonly T[], right: readonly T[]): readonly [readonly T[], readonly T[]] {
  const differs = Array.from(
    { length: Math.max(left.length, right.length) },
    (_, i) => !isEqual(left[i], right[i]),
  );
  const written = [left, right].map((list) =>
    list.filter((_, index) => differs[index]).map((one) => [JSON.stringify(one), one] as const),
  );
  const alone = (own: number): readonly T[] => {
    const others = new Set(written[1 - own]!.map(([text]) => text));
    return written[own]!.filter(([text]) => !others.has(text)).map(([, one]) => one);
  };
  return [alone(0), alone(1)];
}

/** A statement taken apart once, because it is compared with many. */
interface Prepared {
  readonly statement: Statement;
  readonly actions: Scopes;
  readonly resources: Scopes;
  readonly principals: readonly Principal[];
}

/** Some patterns, or everything but them. */
interface Scopes {
  readonly not: boolean;
  readonly patterns: readonly string[];
  /** The patterns as they are written. */
  readonly shown: readonly string[];
}

function prepared(statements: readonly Statement[]): readonly Prepared[] {
  return statements.map((statement) => ({
    statement,
    actions: scopes(statement, 'Action', (text) => text.toLowerCase()),
    resources: scopes(statement, 'Resource', (text) => text),
    principals: principalsOf(statement),
  }));
}

/** In one spelling, as it is told. What is only compared with is not worth the time. */
function normalized(statements: readonly Statement[]): readonly Statement[] {
  return statements.length === 0 ? [] : (policyDocument({ Statement: statements })?.Statement ?? []);
}

/** Actions are compared without regard to case, as IAM does. A trust policy has no Resource: its own role is meant. */
function scopes(statement: Statement, element: string, spelling: (text: string) => string): Scopes {
  const excluded = statement[`Not${element}`];
  const given = excluded ?? statement[element] ?? '*';
  const shown = asList(given).map(String);
  return { not: excluded !== undefined, patterns: shown.map(spelling), shown };
}

function differences(
  statements: readonly Prepared[],
  others: () => readonly Prepared[],
  effort: Effort,
): readonly Difference[] {
  if (statements.length === 0) return [];
  const all = others();
  return statements.flatMap((one) => {
    const implied = all.filter((other) =>
      impliesConditions(one.statement['Condition'], other.statement['Condition']),
    );
    const strict = uncovered(one, implied, effort);
    if (!strict) return [];
    const byCondition = implied.length < all.length && !uncovered(one, all, effort);
    return [{ statement: one.statement, ...strict, byCondition }];
  });
}

type Part = Omit<Difference, 'statement' | 'byCondition'>;

/** What of a statement none of the others says as well; undefined when nothing is left. */
function uncovered(one: Prepared, others: readonly Prepared[], effort: Effort): Part | undefined {
  const actions = new Set<string>();
  const resources = new Set<string>();
  const principals = new Set<Principal>();
  const actionParts = parts(one.actions);
  const resourceParts = parts(one.resources);
  for (const principal of one.principals) {
    const ofPrincipal = others.filter((other) => coversPrincipal(other, principal));
    const actionPatterns = total(ofPrincipal, 'actions');
    for (const [a, action] of actionParts) {
      effort.left -= actionPatterns;
      if (effort.left < 0) return undefined;
      const ofAction = ofPrincipal.filter((other) => coversScope(other.actions, one.actions.not, action));
      const resourcePatterns = total(ofAction, 'resources');
      for (const [r, resource] of resourceParts) {
        effort.left -= resourcePatterns;
        if (effort.left < 0) return undefined;
        if (ofAction.some((other) => coversScope(other.resources, one.resources.not, resource))) continue;
        actions.add(a);
        resources.add(r);
        principals.add(principal);
      }
    }
  }
  return actions.size === 0
    ? undefined
    : { actions: [...actions], resources: [...resources], principals: [...principals] };
}

/** How many comparisons it takes to look at all of them. */
function total(others: readonly Prepared[], element: 'actions' | 'resources'): number {
  return others.reduce((sum, other) => sum + other[element].patterns.length, 1);
}

/** Each pattern with how it is told; what excludes is one part, with all its patterns. */
function parts({ not, patterns, shown }: Scopes): readonly (readonly [string, readonly string[]])[] {
  return not
    ? [[`everything but ${listed(shown)}`, patterns]]
    : patterns.map((pattern, index) => [shown[index]!, [pattern]]);
}

function coversScope(other: Scopes, excluding: boolean, wanted: readonly string[]): boolean {
  if (!other.not)
    return other.patterns.some((pattern) => (excluding ? pattern === '*' : covers(pattern, wanted[0]!)));
  return excluding
    ? other.patterns.every((excluded) => wanted.some((one) => covers(one, excluded)))
    : !other.patterns.some((excluded) => mayOverlap(excluded, wanted[0]!));
}

/** Every text that `wanted` matches is matched by `pattern`; `*` stands for any characters, `?` for one. */
export function covers(pattern: string, wanted: string): boolean {
  if (pattern === '*' || pattern === wanted) return true;
  if (!pattern.includes('*') && !pattern.includes('?')) return false;
  let p = 0;
  let w = 0;
  let star = -1;
  let resume = 0;
  for (let step = 0; w < wanted.length; step += 1) {
    if (step > MOST_STEPS) return false;
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      p += 1;
      resume = w;
    } else if (p < pattern.length && matchesOne(pattern[p]!, wanted[w]!)) {
      p += 1;
      w += 1;
    } else if (star >= 0) {
      resume += 1;
      w = resume;
      p = star + 1;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** More than any ARN takes; what takes longer is made to take long, and counts as not covered. */
const MOST_STEPS = 5_000;

/** A `*` that is wanted is only covered by a `*`. */
function matchesOne(pattern: string, wanted: string): boolean {
  return wanted !== '*' && (pattern === '?' || pattern === wanted);
}

/** Whether some text may match both; when in doubt, it may. */
export function mayOverlap(a: string, b: string): boolean {
  if (covers(a, b) || covers(b, a)) return true;
  const [left, right] = [literalStart(a), literalStart(b)];
  const isWild = (pattern: string): boolean => /[*?]/.test(pattern);
  return isWild(a) && isWild(b) && (left.startsWith(right) || right.startsWith(left));
}

function literalStart(pattern: string): string {
  return /^[^*?]*/.exec(pattern)![0];
}

const EVERYBODY: Principal = { kind: 'AWS', name: '*' };

/** An identity's own policy names none: it is about that identity. NotPrincipal in an allowance lets nearly everybody in. */
export function principalsOf(statement: Statement): readonly Principal[] {
  if (statement['NotPrincipal'] !== undefined) return [EVERYBODY];
  const given = statement['Principal'];
  if (!isObject(given)) return given === undefined ? [{ kind: '', name: '' }] : [EVERYBODY];
  return Object.entries(given).flatMap(([kind, names]) =>
    asList(names).map((name) => ({
      kind,
      name: kind === 'AWS' ? account(String(name)) : String(name),
    })),
  );
}

/** An account may be written by its number or by the ARN of its root. */
function account(name: string): string {
  return /^\d{12}$/.test(name) ? `arn:aws:iam::${name}:root` : name;
}

function coversPrincipal({ statement, principals }: Prepared, wanted: Principal): boolean {
  if (statement['NotPrincipal'] !== undefined) return false;
  return principals.some(({ kind, name }) => kind === wanted.kind && (name === wanted.name || name === '*'));
}

/**
 * Whether `narrow` is met only when `wide` is: each of its conditions stands in `narrow` too, with no more values. With an
 * operator that negates it is the other way round: more values exclude more.
 */
function impliesConditions(narrow: unknown, wide: unknown): boolean {
  if (!isObject(wide)) return wide === undefined;
  for (const operator of Object.keys(wide)) {
    const keys = wide[operator];
    const narrowKeys = isObject(narrow) ? narrow[operator] : undefined;
    if (!isObject(keys) || !isObject(narrowKeys)) return false;
    for (const key of Object.keys(keys)) {
      const given = Object.keys(narrowKeys).find((one) => one.toLowerCase() === key.toLowerCase());
      if (given === undefined || !impliesValues(operator, narrowKeys[given], keys[key])) return false;
    }
  }
  return true;
}

function impliesValues(operator: string, narrow: unknown, wide: unknown): boolean {
  const [inner, outer] = [asList(narrow), asList(wide)];
  if (isEqual(inner, outer)) return true;
  if (!LISTS_OF_VALUES.test(operator)) return false;
  const [few, many] = /Not/.test(operator) ? [outer, inner] : [inner, outer];
  const alike = /Like|Arn/.test(operator) ? covers : (a: string, b: string) => a === b;
  return few.every((one) => many.some((other) => alike(String(other), String(one))));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

/** Operators whose values are alternatives; numbers and dates are limits, and compared only as a whole. */
const LISTS_OF_VALUES = /^(?:ForAllValues:|ForAnyValue:)?(?:String|Arn|IpAddress|NotIpAddress|Bool|Binary)/;
