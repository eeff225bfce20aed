import { RESULTS } from './contexts';
import type { Reference, Term } from './expressions';
import { KEYS } from './keys';
import { choice, didYouMean, lookUp, same } from './names';
import type { Scope } from './scope';

/** What a reference can be, where that is known. A text may always be empty besides: what was not given is ''. */
interface Values {
  readonly type: 'text' | 'boolean' | 'number';
  /** All texts there are; undefined where it can be any. */
  readonly options?: readonly string[];
  /** Why, where that is not plain. */
  readonly because?: string;
}

const ANY_TEXT: Values = { type: 'text' };

function valuesOf([context = '', ...path]: Reference, { workflow: { on }, job }: Scope): Values | undefined {
  const [first = '', second = '', third = ''] = path;
  switch (context.toLowerCase()) {
    case 'inputs':
      return inputValues(first, on);
    case 'github':
      if (same(first, 'event_name')) return eventNames(on);
      if (same(first, 'ref_type')) return { type: 'text', options: ['branch', 'tag'] };
      if (same(first, 'event') && second === 'inputs') return dispatchedText(third, on);
      return undefined;
    case 'needs':
    case 'jobs':
      return same(second, 'result') ? RESULT : same(second, 'outputs') ? ANY_TEXT : undefined;
    case 'steps':
      return ['outcome', 'conclusion'].some((kind) => same(kind, second))
        ? RESULT
        : same(second, 'outputs')
          ? ANY_TEXT
          : undefined;
    case 'job':
      return same(first, 'status') ? { type: 'text', options: RESULTS.slice(0, 3) } : undefined;
    case 'runner':
      if (same(first, 'os')) return { type: 'text', options: ['Linux', 'Windows', 'macOS'] };
      if (same(first, 'arch')) return { type: 'text', options: ['X86', 'X64', 'ARM', 'ARM64'] };
      return undefined;
    case 'matrix':
      return path.length === 1 ? matrixValues(first, job?.[1].strategy?.matrix) : undefined;
    case 'env':
    case 'secrets':
    case 'vars':
      return ANY_TEXT;
    default:
      return undefined;
  }
}

const RESULT: Values = { type: 'text', options: RESULTS };

type On = Scope['workflow']['on'];

function inputValues(name: string, on: On): Values | undefined {
  const dispatched = lookUp(on.workflow_dispatch?.inputs, name);
  const called = lookUp(on.workflow_call?.inputs, name);
  if (dispatched && called && dispatched.type !== called.type) return undefined;
  const type = (dispatched ?? called)?.type;
  if (type === undefined) return undefined;
  if (type === 'boolean' || type === 'number') return { type };
  return dispatched?.type === 'choice' && !called ? { type: 'text', options: dispatched.options } : ANY_TEXT;
}

/** What `github.event.inputs` holds of an input: a text, whatever its type. */
function dispatchedText(name: string, on: On): Values | undefined {
  const input = lookUp(on.workflow_dispatch?.inputs, name);
  if (input?.type === 'boolean') return { type: 'text', options: ['true', 'false'] };
  return input?.type === 'choice' ? { type: 'text', options: input.options } : ANY_TEXT;
}

function eventNames(on: On): Values {
  return on.workflow_call
    ? {
        type: 'text',
        options: KEYS.triggers.filter((event) => event !== 'workflow_call'),
        because: "a called workflow sees its caller's event",
      }
    : { type: 'text', options: Object.keys(on), because: 'they are all that starts this workflow' };
}

type Matrix = NonNullable<NonNullable<Scope['job']>[1]['strategy']>['matrix'] | undefined;

function matrixValues(name: string, matrix: Matrix): Values | undefined {
  if (matrix === undefined || typeof matrix === 'string' || typeof matrix['include'] === 'string')
    return undefined;
  const { include = [], exclude: _exclude, ...axes } = matrix;
  const values = lookUp(axes, name);
  if (!Array.isArray(values)) return undefined;
  const added = (include as readonly Readonly<Record<string, unknown>>[]).map((one) => lookUp(one, name));
  const all: unknown[] = [...values, ...added.filter((value) => value !== undefined)];
  return all.every((value) => typeof value === 'string') ? { type: 'text', options: all } : undefined;
}

/** Comparisons that are always true, or never: what is wrong with each. */
export function comparisonProblems(term: Term, scope: Scope): string[] {
  if (term.kind === 'call' && same(term.name, 'contains')) {
    const [list, searched] = term.given;
    return listed(list).flatMap((value) => problemOf(searched, value, scope));
  }
  if (term.kind !== 'operation' || !['==', '!='].includes(term.operator)) return [];
  const [literal, other] = term.left.kind === 'literal' ? [term.left, term.right] : [term.right, term.left];
  return literal.kind === 'literal' ? problemOf(other, literal.value, scope) : [];
}

/** The texts of `fromJSON('["a","b"]')`. */
function listed(term: Term | undefined): string[] {
  if (term?.kind !== 'call' || !same(term.name, 'fromJSON')) return [];
  const [json] = term.given;
  if (json?.kind !== 'literal' || typeof json.value !== 'string') return [];
  try {
    const list: unknown = JSON.parse(json.value);
    return Array.isArray(list) ? list.filter((value) => typeof value === 'string') : [];
  } catch {
    // GitHub says of what is no JSON what is wrong with it.
    return [];
  }
}

function problemOf(term: Term | undefined, value: string | number | boolean | null, scope: Scope): string[] {
  if (term?.kind !== 'reference' || value === null || value === '') return [];
  const values = valuesOf(term.path, scope);
  if (!values) return [];
  const { type, options, because } = values;
  const path = term.path.join('.');
  if (type === 'boolean' && typeof value === 'string')
    return [`${path}: is true or false, and never the text '${value}'; valid: ${path}, or !${path}`];
  if (type === 'number' && typeof value === 'string' && Number.isNaN(Number(value)))
    return [`${path}: is a number, and never the text '${value}'; valid: a number`];
  if (type === 'text' && typeof value === 'boolean')
    return [`${path}: is a text, and never ${value}; valid: == '${value}'`];
  if (!options || typeof value !== 'string' || options.some((option) => same(option, value))) return [];
  const why = because === undefined ? '' : `, because ${because}`;
  return [`${path}: is never '${value}'${didYouMean(value, options)}${why}; ${choice('values', options)}`];
}

/** Parts of a condition that are true whatever happens, because any text is. */
export function alwaysTrue(term: Term, scope: Scope): string[] {
  if (term.kind === 'not') return alwaysTrue(term.of, scope);
  if (term.kind === 'operation' && ['&&', '||'].includes(term.operator))
    return [...alwaysTrue(term.left, scope), ...alwaysTrue(term.right, scope)];
  if (term.kind !== 'reference') return [];
  const [context = '', first = '', second = '', name = ''] = term.path;
  const path = term.path.join('.');
  if (valuesOf(term.path, scope) === RESULT)
    return [`${path}: is a text, which is always true; valid: == 'success'`];
  const ofEvent = same(context, 'github') && same(first, 'event') && second === 'inputs';
  if (ofEvent && lookUp(scope.workflow.on.workflow_dispatch?.inputs, name)?.type === 'boolean')
    return [`${path}: is a text, and 'false' is true too; valid: inputs.${name}`];
  return [];
}
