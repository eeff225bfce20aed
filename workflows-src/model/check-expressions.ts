import { ARITY, functionsAt, PLACES, type Place } from './contexts';
import { condition, ExpressionError, expressionsIn, partsOf, type Reference, type Term } from './expressions';
import { choice, didYouMean, same } from './names';
import { resolve } from './resolve';
import type { Report, Scope } from './scope';
import { alwaysTrue, comparisonProblems } from './values';

/** What is wrong with the expressions in all texts of an object, each by its key. */
export function readExpressions(value: object, place: Place, scope: Scope, report: Report): void {
  for (const [path, text] of textsIn(value)) {
    const here: Report = (problem) => report(`${path}: ${problem}`);
    read(() => expressionsIn(text).forEach((term) => readTerm(term, place, scope, here)), here);
  }
}

/** What is wrong with a condition. */
export function readCondition(text: string, place: 'jobIf' | 'stepIf', scope: Scope, report: Report): void {
  const here: Report = (problem) => report(`if: ${problem}`);
  read(() => {
    const term = condition(text);
    readTerm(term, place, scope, here);
    alwaysTrue(term, scope).forEach(here);
  }, here);
}

function read(parse: () => void, report: Report): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    report(error.message);
  }
}

function readTerm(whole: Term, place: Place, scope: Scope, report: Report): void {
  const parts = partsOf(whole);
  const dumped = parts.flatMap((term) =>
    term.kind === 'call' && same(term.name, 'toJSON') ? term.given : [],
  );
  for (const term of parts) {
    if (term.kind === 'call') checkFunction(term, place, report);
    if (term.kind === 'reference') {
      const problem = referenceProblem(term.path, place, scope, dumped.includes(term));
      if (problem) {
        report(`${term.path.join('.')}: ${problem}`);
        continue;
      }
    }
    comparisonProblems(term, scope).forEach(report);
  }
}

function checkFunction({ name, given }: Extract<Term, { kind: 'call' }>, place: Place, report: Report): void {
  const functions = functionsAt(place);
  const known = functions.find((other) => same(other, name));
  if (known === undefined) {
    report(`no function '${name}'${didYouMean(name, functions)} here; ${choice('functions', functions)}`);
    return;
  }
  const [least, most] = ARITY[known] ?? [0, Infinity];
  if (given.length < least || given.length > most)
    report(
      `${name}: got ${given.length} values; valid: ${least === most ? least : most === 255 ? `${least} or more` : `${least} to ${most}`}`,
    );
  const [text] = given;
  if (known === 'format' && text?.kind === 'literal' && typeof text.value === 'string') {
    for (const [, index] of text.value.replaceAll(/\{\{|\}\}/g, '').matchAll(/\{(\d+)\}/g)) {
      if (Number(index) >= given.length - 1)
        report(`${name}: '${text.value}' has {${index}}, and got ${given.length - 1} values for it`);
    }
  }
}

function referenceProblem(path: Reference, place: Place, scope: Scope, dumped: boolean): string | undefined {
  const [context = '', ...rest] = path;
  const contexts: readonly string[] = PLACES[place].contexts;
  if (!contexts.some((other) => same(other, context))) {
    return `no context '${context}'${didYouMean(context, contexts)} here${hintOn(context, rest, place)}; ${choice('contexts', contexts)}`;
  }
  const problem = resolve(path, scope);
  if (problem || dumped || !isWhole(path)) return problem;
  return `is not one value but all of them; valid: a name after it, or toJSON(${path.join('.')})`;
}

function hintOn(context: string, path: Reference, place: Place): string {
  if (same(context, 'secrets') && place === 'stepIf')
    return ' (give the secret to env of the job, and read env)';
  return path.length === 0 ? ' (a text stands in single quotes)' : '';
}

/** Whether a path stops where there are names below. */
function isWhole([context = '', ...path]: Reference): boolean {
  if (!['needs', 'jobs', 'steps'].some((other) => same(other, context))) return path.length < 1;
  return path.length < (same(path[1] ?? '', 'outputs') ? 3 : 2);
}

/** Every text in an object, with the keys that lead to it. */
function textsIn(value: object, above = ''): [path: string, text: string][] {
  return Object.entries(value).flatMap(([key, below]: [string, unknown]): [string, string][] => {
    if (typeof below === 'string') return [[`${above}${key}`, below]];
    return typeof below === 'object' && below !== null ? textsIn(below, `${above}${key}.`) : [];
  });
}
