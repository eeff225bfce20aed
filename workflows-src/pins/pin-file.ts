import { createHash } from 'node:crypto';

import * as z from 'zod';

import { parsedVersion } from './version';

/** `workflows-src/model/pins.json` as data: what is written there is what workflows run, so all of it is checked. */
export const PINS_FILE = 'workflows-src/model/pins.json';

/** The command that writes it. */
export const PINS_COMMAND = 'npm run pins';

export type Scalar = string | number | boolean;

export interface PinInput {
  readonly required?: true;
  readonly default?: Scalar;
}

/** What the action's own `action.yml` says of how it is called. */
export interface Interface {
  /** In the order of the file. */
  readonly inputs: Readonly<Record<string, PinInput>>;
  /** By name, in the order of the alphabet. */
  readonly outputs: Readonly<Record<string, object>>;
}

/** An action at one commit. */
export interface PinData extends Interface {
  /** A release tag, `v1.2.3`. */
  readonly version: string;
  /** The commit that the tag stood for, 40 hexadecimal digits. */
  readonly sha: string;
  /** The day on which the release was published, `YYYY-MM-DD`. */
  readonly released: string;
  /**
   * Digest of all of the above. Who changes the version and the commit alone (Renovate, or a hand) leaves inputs and outputs
   * of another commit; this tells without asking anybody.
   */
  readonly integrity: string;
}

export type PinsData = Readonly<Record<string, PinData>>;

/** Where an action lies: `github/codeql-action/init` is the folder `init` of a repository. */
export interface ActionPlace {
  readonly owner: string;
  readonly repo: string;
  /** Empty at the root. */
  readonly folder: string;
}

/** @throws Error for what is no action's name */
export function placeOf(action: string): ActionPlace {
  const [, owner, repo, folder = ''] = NAME.exec(action) ?? [];
  if (owner === undefined || repo === undefined)
    throw new Error(`${action}: is no action; valid: <owner>/<repository> or <owner>/<repository>/<folder>`);
  return { owner, repo, folder };
}

/** No part of a path is `.` or `..`: the names go into addresses. */
const PART = '(?!\\.{1,2}(?:/|$))[\\w.-]+';
const NAME = new RegExp(`^(${PART})/(${PART})(?:/(${PART}(?:/${PART})*))?$`);

/** Without the digest, in the order in which they are written. */
export function integrityOf({ version, sha, released, inputs, outputs }: Omit<PinData, 'integrity'>): string {
  const text = JSON.stringify([version, sha, released, inputs, outputs]);
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** A pin with its digest. */
export function sealed(pin: Omit<PinData, 'integrity'>): PinData {
  const { version, sha, released, inputs, outputs } = pin;
  return { version, sha, released, integrity: integrityOf(pin), inputs, outputs };
}

/**
 * Reads the file's text.
 * @throws Error that names the file and each place in it that is not as it must be
 */
export function readPins(text: string): PinsData {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${PINS_FILE}: is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const { data, error } = pinsSchema.safeParse(json);
  if (error) {
    const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
    throw new Error(`${PINS_FILE}: ${problems.join('; ')}`);
  }
  return data;
}

/** The text as Prettier would have it: a refresh changes what it says it changed. */
export function printPins(pins: PinsData): string {
  const sorted = Object.entries(pins).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

/** What can be told of the pins without asking GitHub: a line for each that was not written by the command. */
export function pinProblems(pins: PinsData): string[] {
  return Object.entries(pins)
    .filter(([, pin]) => pin.integrity !== integrityOf(pin))
    .map(
      ([name]) =>
        `${name}: its version, commit, inputs and outputs do not belong together (integrity): run '${updateCommand([name])}'`,
    );
}

export function updateCommand(names: readonly string[]): string {
  return [`${PINS_COMMAND} -- --update`, ...names].join(' ');
}

const version = z
  .string()
  .refine((text) => parsedVersion(text) !== undefined, 'must be a release tag such as v1.2.3');
const input = z.strictObject({
  required: z.literal(true).optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
});
const pinSchema = z.strictObject({
  version,
  sha: z.string().regex(/^[0-9a-f]{40}$/, 'must be a commit, 40 hexadecimal digits'),
  released: z.iso.date('must be a day, YYYY-MM-DD'),
  integrity: z.string(),
  inputs: z.record(z.string(), input),
  outputs: z.record(z.string(), z.strictObject({})),
});
const pinsSchema: z.ZodType<PinsData> = z.record(
  z.string().regex(NAME, 'must be <owner>/<repository> or <owner>/<repository>/<folder>'),
  pinSchema,
) as never;
