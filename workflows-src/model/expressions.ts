/**
 * Reads GitHub's expression language far enough to know which values an expression asks for.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 */

/** `steps.push.outputs.digest` is `['steps', 'push', 'outputs', 'digest']`; a part that is computed is `*`. */
export type Reference = readonly string[];

export interface Expressions {
  readonly references: readonly Reference[];
  readonly functions: readonly string[];
}

export class ExpressionError extends Error {
  public override readonly name = 'ExpressionError';
}

/** Every `${{ … }}` in a text. */
export function expressionsIn(text: string): Expressions {
  const all = [...text.matchAll(/\$\{\{(.*?)\}\}/gs)].map(([, inside]) => parse(inside ?? ''));
  const rest = text.replaceAll(/\$\{\{.*?\}\}/gs, '');
  if (rest.includes('${{')) throw new ExpressionError(`'${text}': \${{ without }}`);
  return merge(all);
}

/** A condition, which is an expression with or without the braces. */
export function condition(text: string): Expressions {
  return text.includes('${{') ? expressionsIn(text) : parse(text);
}

function merge(all: readonly Expressions[]): Expressions {
  return {
    references: all.flatMap(({ references }) => references),
    functions: all.flatMap(({ functions }) => functions),
  };
}

interface Token {
  readonly kind: 'name' | 'value' | 'sign' | 'end';
  readonly text: string;
}

const TOKEN =
  /\s*(?:(?<value>'(?:[^']|'')*'|-?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.]))|(?<name>[a-z_][\w-]*)|(?<sign>&&|\|\||[=!<>]=|[<>!().,[\]*]))/iy;
const LITERALS = new Set(['true', 'false', 'null', 'NaN', 'Infinity']);
const OPERATORS = new Set(['&&', '||', '==', '!=', '<', '<=', '>', '>=']);

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw new ExpressionError(`'${text.trim()}': cannot read '${text.slice(at).trim()}'`);
    const kind = groups.name !== undefined ? 'name' : groups.value !== undefined ? 'value' : 'sign';
    found.push({ kind, text: groups.name ?? groups.value ?? groups.sign ?? '' });
  }
  return [...found, { kind: 'end', text: 'the end' }];
}

function parse(text: string): Expressions {
  const list = tokens(text);
  const references: Reference[] = [];
  const functions: string[] = [];
  let position = 0;

  const peek = (): Token => list[position] ?? { kind: 'end', text: 'the end' };
  const take = (): Token => {
    const token = peek();
    position += 1;
    return token;
  };
  const isSign = (sign: string): boolean => peek().kind === 'sign' && peek().text === sign;
  const expected = (what: string): ExpressionError =>
    new ExpressionError(`'${text.trim()}': expected ${what}, got ${peek().text}`);
  const expect = (sign: string): void => {
    if (!isSign(sign)) throw expected(sign);
    take();
  };

  const operands = (): void => {
    operand();
    while (peek().kind === 'sign' && OPERATORS.has(peek().text)) {
      take();
      operand();
    }
  };
  const operand = (): void => {
    while (isSign('!')) take();
    if (isSign('(')) {
      take();
      operands();
      expect(')');
      path(undefined);
      return;
    }
    const token = peek();
    if (token.kind !== 'name' && token.kind !== 'value') throw expected('a value');
    take();
    if (token.kind === 'value' || LITERALS.has(token.text)) return;
    if (!isSign('(')) {
      path([token.text]);
      return;
    }
    functions.push(token.text);
    take();
    while (!isSign(')')) {
      operands();
      if (!isSign(')')) expect(',');
    }
    take();
    path(undefined);
  };
  /** What follows a context, a call or a parenthesis; only a context's path is a reference. */
  const path = (start: readonly string[] | undefined): void => {
    const parts = [...(start ?? [])];
    for (;;) {
      if (isSign('.')) {
        take();
        if (peek().kind !== 'name' && !isSign('*')) throw expected('a name after the dot');
        parts.push(take().text);
      } else if (isSign('[')) {
        take();
        const [key, closing] = [peek(), list[position + 1]];
        if (key.kind === 'value' && key.text.startsWith("'") && closing?.text === ']') {
          parts.push(take().text.slice(1, -1).replaceAll("''", "'"));
        } else {
          if (isSign('*')) take();
          else operands();
          parts.push('*');
        }
        expect(']');
      } else break;
    }
    if (start) references.push(parts);
  };

  operands();
  if (peek().kind !== 'end') throw expected('the end');
  return { references, functions };
}
