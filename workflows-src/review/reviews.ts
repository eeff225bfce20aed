import * as z from 'zod';

import { checked, commit, stackId, text } from './checked';
import { type ResultFile, resultFileSchema } from './result-file';

/** What was reviewed of an environment's stacks since each was last applied: made from GitHub, used by the apply. */
export interface Reviews {
  readonly format: 1;
  readonly environment: string;
  /** What is to be applied. */
  readonly commit: string;
  /** The oldest merge first. */
  readonly pullRequests: readonly ReviewedPullRequest[];
  /** Stacks to which a newer commit than this one was applied already, and that commit. */
  readonly newer: Readonly<Record<string, string>>;
}

export interface ReviewedPullRequest {
  readonly number: number;
  /** The commit that was reviewed. */
  readonly headSha: string;
  /** Stacks that were last applied before its merge: only for those does it count. */
  readonly stacks: readonly string[];
  /** Why its plans cannot be relied on; then there are none. @default they can */
  readonly problem?: string;
  readonly results: readonly ResultFile[];
}

export const MAX_REVIEWS_BYTES = 512 * 1024 * 1024;

/** @throws Error saying where the file is wrong */
export function readReviews(bytes: Uint8Array, name: string): Reviews {
  return checked(reviews, bytes, name, MAX_REVIEWS_BYTES, 'the reviews that the find-reviews action wrote');
}

/** The commit that was last applied, by stack; null for none. @throws Error saying where the file is wrong */
export function readLastApplied(bytes: Uint8Array, name: string): Readonly<Record<string, string | null>> {
  return checked(
    lastApplied,
    bytes,
    name,
    1024 * 1024,
    'what `npm run apply -- <environment> --last-applied` wrote',
  );
}

const lastApplied = z.record(stackId, commit.nullable());

const reviews = z.strictObject({
  format: z.literal(1),
  environment: stackId,
  commit,
  pullRequests: z.array(
    z.strictObject({
      number: z.int().min(1),
      headSha: commit,
      stacks: z.array(stackId),
      problem: text.exactOptional(),
      results: z.array(resultFileSchema),
    }),
  ),
  newer: z.record(stackId, commit),
});
