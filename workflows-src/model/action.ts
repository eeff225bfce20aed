/**
 * An action of our own, said once: `action.yml`, the typed reader of its inputs, the typed writer of its outputs and the
 * types that workflows are checked against all come from this.
 */
export interface ActionDefinition {
  readonly name: string;
  readonly description: string;
  /** Names in lower case without hyphens: they are environment variables (`INPUT_<NAME>`) on their way to the code. */
  readonly inputs: Readonly<Record<string, ActionInput>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
  /** What it asks of GitHub with the job's token, where a check of permissions goes by that. */
  readonly calls?: readonly string[];
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

/** What the code of an action reads: one of the options where there are some, else any text. */
export type ReadInputs<Definition extends ActionDefinition> = {
  readonly [Name in keyof Definition['inputs']]: Definition['inputs'][Name] extends {
    readonly options: readonly (infer Option extends string)[];
  }
    ? Option
    : string;
};

/**
 * Reads every declared input.
 * @param read such as `getInput` of `@actions/core`
 * @throws Error naming each required input that came empty, and each that is none of its options
 */
export function readInputs<const Definition extends ActionDefinition>(
  definition: Definition,
  read: (name: string) => string,
): ReadInputs<Definition> {
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
  return values as ReadInputs<Definition>;
}

/**
 * Writes outputs: those that are declared, and no others.
 * @param write such as `setOutput` of `@actions/core`
 * @throws Error naming one that is not declared
 */
export function writeOutputs<const Definition extends ActionDefinition>(
  definition: Definition,
  write: (name: string, value: string) => void,
  values: { readonly [Name in keyof Definition['outputs']]?: string },
): void {
  const declared = Object.keys(definition.outputs);
  const unknown = Object.keys(values).filter((name) => !declared.includes(name));
  if (unknown.length > 0)
    throw new Error(
      `${definition.name}: there is no output ${unknown.join(', ')}; there are ${declared.join(', ') || 'none'}`,
    );
  for (const [name, value] of Object.entries(values)) if (value !== undefined) write(name, value as string);
}
