import pins from './pins.json';

/**
 * The third-party actions in use, each at one commit: `pins.json` holds the version tag, the commit it stood for when it
 * was looked up, and the inputs and outputs of the action's own `action.yml` at that commit. `npm run pins` writes it. The
 * types below come from that file, so a wrong input or output name does not compile.
 */
export type Pins = typeof pins;
export type ActionName = keyof Pins;

/** A pin as the checks and the renderer read it, whatever the action. */
export interface Pin {
  /** The release tag, such as `v7.0.1`. */
  readonly version: string;
  /** The commit, 40 hexadecimal digits. */
  readonly sha: string;
  /** The day of the release, `YYYY-MM-DD`. */
  readonly released: string;
  /** Digest of the pin, written by `npm run pins`: inputs of another commit are found by it. */
  readonly integrity: string;
  readonly inputs: Readonly<Record<string, { readonly required?: boolean; readonly default?: unknown }>>;
  readonly outputs: Readonly<Record<string, object>>;
}

export const PINS: Readonly<Record<ActionName, Pin>> = pins;

export type InputValue = string | number | boolean;

/** What `with:` takes, given an action's inputs: those that are required and have no default must be there. */
export type With<Inputs> = { readonly [Name in RequiredInput<Inputs>]: InputValue } & {
  readonly [Name in Exclude<keyof Inputs, RequiredInput<Inputs>>]?: InputValue;
};

type RequiredInput<Inputs> = {
  [Name in keyof Inputs]: Inputs[Name] extends { default: unknown }
    ? never
    : Inputs[Name] extends { required: boolean }
      ? Name
      : never;
}[keyof Inputs];
