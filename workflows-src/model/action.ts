/**
 * An action of our own, said once: `action.yml`, the typed reader of its inputs and the types that workflows are
 * checked against all come from this.
 */
export interface ActionDefinition {
  readonly name: string;
  readonly description: string;
  /** Names in lower case without hyphens: they are environment variables (`INPUT_<NAME>`) on their way to the code. */
  readonly inputs: Readonly<Record<string, ActionInput>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

export type ActionInput = {
  readonly description: string;
  /** The only values there are, where they are known. Checked here; `action.yml` has no such key. */
  readonly options?: readonly string[];
} & ({ readonly required: true } | { readonly default: string });

/** Our actions by folder name. Empty here: the registry of actions adds them, so that the model knows none by name. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface LocalActions {}

export type LocalActionName = keyof LocalActions & string;

/**
 * Reads every declared input.
 * @param read such as `getInput` of `@actions/core`
 * @throws Error naming each required input that came empty, or each value that is none of the options
 */
export function readInputs<const Definition extends ActionDefinition>(
  definition: Definition,
  read: (name: string) => string,
): { readonly [Name in keyof Definition['inputs']]: string } {
  const values = Object.fromEntries(Object.keys(definition.inputs).map((name) => [name, read(name)]));
  const missing = Object.entries(definition.inputs)
    .filter(([name, input]) => 'required' in input && values[name] === '')
    .map(([name]) => name);
  if (missing.length > 0)
    throw new Error(`${definition.name}: required input without a value: ${missing.join(', ')}`);
  const wrong = Object.entries(definition.inputs).flatMap(([name, { options }]) =>
    options && !options.includes(values[name] ?? '')
      ? [`${name}: got '${values[name]}'; valid values: ${options.join(', ')}`]
      : [],
  );
  if (wrong.length > 0) throw new Error(`${definition.name}: ${wrong.join('; ')}`);
  return values as { readonly [Name in keyof Definition['inputs']]: string };
}
