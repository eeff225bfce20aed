import { condition, expressionsIn } from './expressions';

describe('expressions', () => {
  it.each<[string, string[]]>([
    ["github.event_name == 'pull_request' && !inputs.a", ['github.event_name', 'inputs.a']],
    ['contains(fromJSON(\'["a","b"]\'), needs.build-api.result)', ['needs.build-api.result']],
    ["steps['push'].outputs['it''s']", ["steps.push.outputs.it's"]],
    ['github.event.commits.*.id', ['github.event.commits.*.id']],
    ['matrix[inputs.key].name || 1.5 || -2 || 0xff || 1e3', ['inputs.key', 'matrix.*.name']],
    ['fromJSON(needs.a.outputs.list)[0].name', ['needs.a.outputs.list']],
    ['(github.ref || null).x', ['github.ref']],
  ])('reads %s', (text, references) => {
    expect(condition(text).references.map((path) => path.join('.'))).toEqual(references);
  });

  it('reads every expression of a text, and a condition with braces', () => {
    expect(expressionsIn('a ${{ inputs.a }} b ${{ always() }}')).toEqual({
      references: [['inputs', 'a']],
      functions: ['always'],
    });
    expect(condition('${{ always() }}').functions).toEqual(['always']);
    expect(expressionsIn('plain && text')).toEqual({ references: [], functions: [] });
  });

  it.each([
    ["github.ref == 'main", "'github.ref == 'main': cannot read ''main'"],
    ['github.', "'github.': expected a name after the dot, got the end"],
    ['always(', "'always(': expected a value, got the end"],
    ['a b', "'a b': expected the end, got b"],
    ['"a"', '\'"a"\': cannot read \'"a"\''],
    ['1a', "'1a': cannot read '1a'"],
  ])('fails when it cannot be read: %s', (text, message) => {
    expect(() => condition(text)).toThrow(message);
  });
});
