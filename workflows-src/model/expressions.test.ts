import { condition, expressionsIn, partsOf, type Term } from './expressions';

const references = (...terms: Term[]): string[] =>
  terms.flatMap(partsOf).flatMap((term) => (term.kind === 'reference' ? term.path.join('.') : []));

describe('expressions', () => {
  it.each<[string, string[]]>([
    ["github.event_name == 'pull_request' && !inputs.a", ['github.event_name', 'inputs.a']],
    ['contains(fromJSON(\'["a","b"]\'), needs.build-api.result)', ['needs.build-api.result']],
    ["steps['push'].outputs['it''s']", ["steps.push.outputs.it's"]],
    ['github.event.commits.*.id', ['github.event.commits.*.id']],
    ['matrix[inputs.key].name || 1.5 || -2 || 0xff || 1e3', ['inputs.key', 'matrix.*.name']],
    ['fromJSON(needs.a.outputs.list)[0].name', ['needs.a.outputs.list']],
    ['(github.ref || null).x', ['github.ref']],
  ])('reads %s', (text, expected) => {
    expect(references(condition(text))).toEqual(expected);
  });

  it('reads every expression of a text, and a condition with braces', () => {
    expect(references(...expressionsIn('a ${{ inputs.a }} b ${{ toJSON(inputs.b) }}'))).toEqual([
      'inputs.a',
      'inputs.b',
    ]);
    expect(condition('${{ always() }}')).toEqual({ kind: 'call', name: 'always', given: [] });
    expect(expressionsIn('plain && text')).toEqual([]);
  });

  it('binds as GitHub does: not, then order, then equality, then and, then or', () => {
    const shape = (term: Term): unknown =>
      term.kind === 'operation'
        ? [shape(term.left), term.operator, shape(term.right)]
        : term.kind === 'not'
          ? ['!', shape(term.of)]
          : term.kind === 'reference'
            ? term.path.join('.')
            : term.kind === 'literal'
              ? term.value
              : term.kind;
    expect(shape(condition("a.a || !b.b && c.c == 'd' && 1 < 2 == true"))).toEqual([
      'a.a',
      '||',
      [[['!', 'b.b'], '&&', ['c.c', '==', 'd']], '&&', [[1, '<', 2], '==', true]],
    ]);
    expect(shape(condition('(a.a || b.b) && c.c'))).toEqual([['a.a', '||', 'b.b'], '&&', 'c.c']);
  });

  it.each(["${{ github.ref }} == 'a'", ' ${{ false }}', '${{ a.a }} && ${{ b.b }}', '${{ false }}\n'])(
    'fails when a condition is a text around braces, which is always true: %j',
    (text) => {
      expect(() => condition(text)).toThrow(`'${text}' is always true, because it is a text around \${{ }}`);
    },
  );

  it.each([
    ["github.ref == 'main", "'github.ref == 'main': cannot read ''main'"],
    ['github.', "'github.': expected a name after the dot, got the end"],
    ['always(', "'always(': expected a value, got the end"],
    ['a b', "'a b': expected the end, got b"],
    ['"a"', '\'"a"\': cannot read \'"a"\'; valid: texts in single quotes'],
    ['1a', "'1a': cannot read '1a'"],
  ])('fails when it cannot be read: %s', (text, message) => {
    expect(() => condition(text)).toThrow(message);
  });
});
