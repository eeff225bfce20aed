import { readInputs, writeOutputs } from './action';

const definition = {
  name: 'Greet',
  description: 'Greets.',
  inputs: {
    who: { description: 'Whom.', required: true },
    tone: { description: 'How.', default: 'warm' },
    when: { description: 'When.', required: true },
  },
  outputs: { greeting: { description: 'What was said.' } },
  calls: [],
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

  it('of a closed set are one of it, for the compiler too', () => {
    const tones = { description: 'How.', default: 'warm', options: ['warm', 'cold'] } as const;
    const polite = { ...definition, inputs: { ...definition.inputs, tone: tones } } as const;
    const { tone } = readInputs(polite, (name) => (name === 'tone' ? 'cold' : 'x'));
    // @ts-expect-error -- it is never that
    const isRude = tone === 'rude';
    expect([tone, isRude]).toEqual(['cold', false]);
    expect(() => readInputs(polite, () => 'rude')).toThrow(
      "Greet: tone: got 'rude'; valid values: warm, cold",
    );
  });
});

describe('outputs of an action', () => {
  it('are those that it declares', () => {
    const written: string[] = [];
    const write = (name: string, value: string): void => void written.push(`${name}=${value}`);
    writeOutputs(definition, write, { greeting: 'Hello' });
    writeOutputs(definition, write, {});
    expect(written).toEqual(['greeting=Hello']);
  });

  it('fail when they are others', () => {
    // @ts-expect-error -- there is no such output
    const misspelt = (): void => writeOutputs(definition, () => undefined, { greting: 'Hello' });
    expect(misspelt).toThrow('Greet: there is no output greting; there are greeting');
  });
});
