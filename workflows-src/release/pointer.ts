import * as z from 'zod';

import { checked, commit, text } from '../review/checked';

/** Which image of a service an environment runs: the value of its SSM parameter, whose versions are the ledger of releases. */
export interface ReleasePointer {
  readonly format: 1;
  /** `repository@sha256:…`. */
  readonly image: string;
  /** That the image was released at; of a rollback, that of the configuration it went back to. */
  readonly commit: string;
  readonly at: string;
  /** Address of the run that released it. @default it was done by hand */
  readonly run?: string;
  readonly by: 'release' | 'rollback';
}

/** One version of the parameter. */
export interface LedgerEntry {
  readonly version: number;
  readonly pointer: ReleasePointer;
}

/** Of an SSM parameter of the standard tier. */
const MAX_BYTES = 4096;

/** @param name of the parameter, for errors @throws Error saying where the value is wrong */
export function readPointer(value: string, name: string): ReleasePointer {
  return checked(
    pointerSchema,
    Buffer.from(value),
    `SSM parameter ${name}`,
    MAX_BYTES,
    'what a release wrote',
  );
}

const image = z.string().regex(/^[^\s@]{1,300}@sha256:[0-9a-f]{64}$/, 'is not <repository>@sha256:<digest>');
const pointerSchema = z.strictObject({
  format: z.literal(1),
  image,
  commit,
  at: z.iso.datetime(),
  run: text.exactOptional(),
  by: z.enum(['release', 'rollback']),
});

/** `sha256:…` of an image by digest. */
export function digestOf(image: string): string {
  return image.slice(image.indexOf('@') + 1);
}

/** Where a rollback goes, or why it goes nowhere. */
export type Target = { readonly to: ReleasePointer } | { readonly refused: string };

/**
 * Finds what to go back to in the ledger. `previous` is the last release of another image than the one that runs, so a
 * second rollback goes forth again.
 * @param ledger the oldest version first
 * @param runs the image that is deployed: after a release that was cut off, another than the last one that was recorded
 * @param wanted `previous` or `sha256:<64 hex digits>`
 */
export function rollbackTarget(
  ledger: readonly LedgerEntry[],
  wanted: string,
  runs = ledger.at(-1)?.pointer.image,
): Target {
  if (ledger.length === 0 || runs === undefined)
    return { refused: 'nothing was released here yet, so there is nothing to go back to' };
  const others = ledger.map(({ pointer }) => pointer).filter(({ image }) => image !== runs);
  if (wanted === 'previous') {
    const to = others.at(-1);
    return to === undefined
      ? { refused: `${digestOf(runs)} is the only image that was ever released here` }
      : { to };
  }
  if (digestOf(runs) === wanted) return { refused: `${wanted} is the image that runs already` };
  const to = others.findLast((one) => digestOf(one.image) === wanted);
  return to === undefined ? { refused: `${wanted} was never released here; ${released(ledger)}` } : { to };
}

/** The digests that were released, the newest first: those that a person may choose from. */
function released(ledger: readonly LedgerEntry[]): string {
  const newestFirst = ledger.map(({ pointer }) => digestOf(pointer.image)).reverse();
  const shown = [...new Set(newestFirst)].slice(0, MOST_NAMED);
  return `the last that were are ${shown.join(', ')}`;
}

const MOST_NAMED = 10;
