import * as z from 'zod';

import type { ApplyOutcome } from '../operations/apply-reviewed';
import { STEPS, type ReleaseOutcome } from '../release/release';
import { checked, commit, stackId, text } from './checked';

/** What became of an environment's stacks, for the pull requests whose merge it was. */
export interface ApplyReport {
  readonly format: 1;
  readonly environment: string;
  readonly commit: string;
  /** Pull requests whose changes this apply was to make, the oldest merge first. */
  readonly pullRequests: readonly number[];
  readonly stacks: readonly ApplyOutcome[];
  /** Images that were to be released. */
  readonly releases: readonly ReleaseOutcome[];
}

const MAX_REPORT_BYTES = 64 * 1024 * 1024;

/** @throws Error saying where the file is wrong */
export function readApplyReport(bytes: Uint8Array, name: string): ApplyReport {
  return checked(report, bytes, name, MAX_REPORT_BYTES, 'a report of `npm run apply`');
}

const stack = stackId;
const release = { service: stackId, image: text };
const report = z.strictObject({
  format: z.literal(1),
  environment: stackId,
  commit,
  pullRequests: z.array(z.int().min(1)),
  stacks: z.array(
    z.discriminatedUnion('outcome', [
      z.strictObject({ stack, outcome: z.literal('applied'), did: text, by: text }),
      z.strictObject({ stack, outcome: z.literal('unchanged') }),
      z.strictObject({
        stack,
        outcome: z.literal('not reviewed'),
        mismatches: z.array(z.strictObject({ address: text, sentence: text })),
        problems: z.array(text),
        digest: z.string().regex(/^[0-9a-f]{32}$/),
      }),
      z.strictObject({
        stack,
        outcome: z.literal('failed'),
        message: text,
        unlock: z
          .strictObject({
            lock: z.strictObject({ id: text, who: text, operation: text, created: text }),
            run: text.exactOptional(),
          })
          .exactOptional(),
      }),
      z.strictObject({ stack, outcome: z.literal('not begun'), because: text }),
    ]),
  ),
  releases: z.array(
    z.discriminatedUnion('outcome', [
      z.strictObject({ ...release, outcome: z.literal('released') }),
      z.strictObject({ ...release, outcome: z.literal('not begun'), because: text }),
      z.strictObject({
        ...release,
        outcome: z.literal('failed'),
        step: z.enum(STEPS),
        message: text,
        back: z.discriminatedUnion('state', [
          z.strictObject({ state: z.literal('untouched') }),
          z.strictObject({ state: z.literal('put back'), image: text }),
          z.strictObject({ state: z.literal('nothing before') }),
          z.strictObject({ state: z.literal('not put back'), because: text }),
        ]),
      }),
    ]),
  ),
});

/** Whether every stack is as the commit has it, and every image released. */
export function isWhole({ stacks, releases }: Pick<ApplyReport, 'stacks' | 'releases'>): boolean {
  return (
    stacks.every(({ outcome }) => outcome === 'applied' || outcome === 'unchanged') &&
    releases.every(({ outcome }) => outcome === 'released')
  );
}
