import { readInputs } from './action';

const definition = {
  name: 'Greet',
  description: 'Greets.',
  inputs: {
    who: { description: 'Whom.', required: true },
    tone: { description: 'How.', default: 'warm' },
    when: { description: 'When.', required: true },
  },
  outputs: {},
} as const;

describe('inputs of an action', () => {
  it('are read by their names, and no others', () => {
    const inputs = readInputs(definition, (name) => `<${name}>`);
    expect(inputs).toEqual({ who: '<who>', tone: '<tone>', when: '<when>' });
    // @ts-expect-error -- there is no such input
    expect(inputs.whom).toBeUndefined();
  });

  it('fails when required ones are empty, naming all of them', () => {
    expect(() => readInputs(definition, () => '')).toThrow(
      'Greet: required input without a value: who, when',
    );
  });

  it('fails when one is none of its options', () => {
    const inputs = { tone: { description: 'How.', default: 'warm', options: ['warm', 'cold'] } } as const;
    const greet = { name: 'Greet', description: 'Greets.', inputs, outputs: {} } as const;
    expect(readInputs(greet, () => 'cold')).toEqual({ tone: 'cold' });
    expect(() => readInputs(greet, () => 'loud')).toThrow(
      "Greet: tone: got 'loud'; valid values: warm, cold",
    );
  });
});
