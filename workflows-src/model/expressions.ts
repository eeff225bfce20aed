/**
 * Reads GitHub's expression language: what an expression asks for, and what it does with it.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 */

/** `steps.push.outputs.digest` is `['steps', 'push', 'outputs', 'digest']`; a part that is computed is `*`. */
export type Reference = readonly string[];

export type Term =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** A path from a context; `computed` are the expressions between its brackets. */
  | { readonly kind: 'reference'; readonly path: Reference; readonly computed: readonly Term[] }
  | { readonly kind: 'call'; readonly name: string; readonly given: readonly Term[] }
  /** A path from a call or a parenthesis. */
  | { readonly kind: 'member'; readonly of: Term; readonly computed: readonly Term[] }
  | { readonly kind: 'not'; readonly of: Term }
  | {
      readonly kind: 'operation';
      readonly operator: string;
      readonly left: Term;
      readonly right: Term;
    };

export class ExpressionError extends Error {
  public override readonly name = 'ExpressionError';
}

/** Every `${{ … }}` in a text. @throws ExpressionError */
export function expressionsIn(text: string): Term[] {
  const all = [...text.matchAll(BRACES)].map(([, inside]) => parse(inside ?? ''));
  if (text.replaceAll(BRACES, '').includes('${{')) throw new ExpressionError(`'${text}': \${{ without }}`);
  return all;
}

/**
 * A condition, which is an expression with or without the braces.
 * @throws ExpressionError, also where there is text beside the braces: GitHub then takes all of it for a text, and any
 * text but an empty one is true
 */
export function condition(text: string): Term {
  if (!text.includes('${{')) return parse(text);
  const [whole, inside] = [...text.matchAll(BRACES)][0] ?? [];
  if (inside === undefined || whole !== text)
    throw new ExpressionError(
      `'${text}' is always true, because it is a text around \${{ }}; valid: the whole condition, without \${{ }}`,
    );
  return parse(inside);
}

/** A text in quotes may hold braces of its own. */
const BRACES = /\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/gs;

/** The expression and all that it is made of, from inside to outside and from left to right. */
export function partsOf(expression: Term): Term[] {
  return [...childrenOf(expression).flatMap(partsOf), expression];
}

function childrenOf(expression: Term): readonly Term[] {
  switch (expression.kind) {
    case 'literal':
      return [];
    case 'reference':
      return expression.computed;
    case 'call':
      return expression.given;
    case 'member':
      return [expression.of, ...expression.computed];
    case 'not':
      return [expression.of];
    case 'operation':
      return [expression.left, expression.right];
  }
}

interface Token {
  readonly kind: 'name' | 'value' | 'sign' | 'end';
  readonly text: string;
}

const TOKEN =
  /\s*(?:(?<value>'(?:[^']|'')*'|-?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.]))|(?<name>[a-z_][\w-]*)|(?<sign>&&|\|\||[=!<>]=|[<>!().,[\]*]))/iy;
const LITERALS: Readonly<Record<string, boolean | null | number>> = {
  true: true,
  false: false,
  null: null,
  NaN,
  Infinity,
};
/** From those that bind least to those that bind most. */
const OPERATORS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!='], ['<', '<=', '>', '>=']];

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) {
      const rest = text.slice(at).trim();
      const quoted = rest.startsWith('"') ? '; valid: texts in single quotes' : '';
      throw new ExpressionError(`'${text.trim()}': cannot read '${rest}'${quoted}`);
    }
    const kind = groups.name !== undefined ? 'name' : groups.value !== undefined ? 'value' : 'sign';
    found.push({ kind, text: groups.name ?? groups.value ?? groups.sign ?? '' });
  }
  return [...found, { kind: 'end', text: 'the end' }];
}

function parse(text: string): Term {
  const list = tokens(text);
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

  const operation = (level = 0): Term => {
    const operators = OPERATORS[level];
    if (!operators) return operand();
    let left = operation(level + 1);
    while (peek().kind === 'sign' && operators.includes(peek().text)) {
      const operator = take().text;
      left = { kind: 'operation', operator, left, right: operation(level + 1) };
    }
    return left;
  };
  const operand = (): Term => {
    if (isSign('!')) {
      take();
      return { kind: 'not', of: operand() };
    }
    if (isSign('(')) {
      take();
      const inside = operation();
      expect(')');
      return member(inside);
    }
    const token = peek();
    if (token.kind !== 'name' && token.kind !== 'value') throw expected('a value');
    take();
    if (token.kind === 'value') return { kind: 'literal', value: valueOf(token.text) };
    if (Object.hasOwn(LITERALS, token.text)) return { kind: 'literal', value: LITERALS[token.text] ?? null };
    if (!isSign('(')) {
      const { parts, computed } = path();
      return { kind: 'reference', path: [token.text, ...parts], computed };
    }
    take();
    const given: Term[] = [];
    while (!isSign(')')) {
      given.push(operation());
      if (!isSign(')')) expect(',');
    }
    take();
    return member({ kind: 'call', name: token.text, given });
  };
  const member = (of: Term): Term => {
    const { parts, computed } = path();
    return parts.length > 0 ? { kind: 'member', of, computed } : of;
  };
  /** What follows a context, a call or a parenthesis. */
  const path = (): { parts: string[]; computed: Term[] } => {
    const parts: string[] = [];
    const computed: Term[] = [];
    for (;;) {
      if (isSign('.')) {
        take();
        if (peek().kind !== 'name' && !isSign('*')) throw expected('a name after the dot');
        parts.push(take().text);
      } else if (isSign('[')) {
        take();
        const [key, closing] = [peek(), list[position + 1]];
        if (key.kind === 'value' && key.text.startsWith("'") && closing?.text === ']') {
          parts.push(String(valueOf(take().text)));
        } else {
          if (isSign('*')) take();
          else computed.push(operation());
          parts.push('*');
        }
        expect(']');
      } else return { parts, computed };
    }
  };

  const whole = operation();
  if (peek().kind !== 'end') throw expected('the end');
  return whole;
}

function valueOf(text: string): string | number {
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : Number(text);
}
