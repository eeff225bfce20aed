import * as z from 'zod';

import { sha256 } from './artifact';
import { checked, commit } from './checked';

/**
 * What the comment of a plan was made from, left by the job that wrote it: the apply believes only the result files that
 * were shown, and only while the comment is as it was written.
 */
export interface Seal {
  readonly format: 1;
  readonly pullRequest: number;
  readonly headSha: string;
  /** Digest of the comment's body. */
  readonly comment: { readonly id: number; readonly digest: string };
  /** SHA-256 of each result file, by artifact and file name: `plan-dev/dev-network.json`. */
  readonly results: Readonly<Record<string, string>>;
}

/** Name of the artifact, and of the file in it. */
export const SEAL_ARTIFACT = 'review';
export const SEAL_FILE = 'review.json';

/** Of a comment as GitHub gives it back: with other line ends perhaps, and no blanks at the end. */
export function commentDigest(body: string): string {
  return sha256(body.replaceAll('\r\n', '\n').trimEnd());
}

/** @throws Error saying where the file is wrong */
export function readSeal(bytes: Uint8Array, name: string): Seal {
  return checked(seal, bytes, name, 1024 * 1024, 'what the plan-comment action left');
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const seal = z.strictObject({
  format: z.literal(1),
  pullRequest: z.int().min(1),
  headSha: commit,
  comment: z.strictObject({ id: z.int().min(1), digest }),
  results: z.record(z.string().max(300), digest),
});
