import * as z from 'zod';

import type { ChangeSet } from '../changes/change-set';
import type { Ledger } from '../changes/ledger';
import { visible } from '../changes/visible-text';
import type { StackResult } from '../comment/render';
import { checked, commit, stackId, text } from './checked';

/** What a plan run leaves of one stack, for the comment and for the apply: `<stack>.json`. Holds no value that is masked. */
export interface ResultFile {
  readonly format: 1;
  /** What was planned: as a rule the merge of a pull request. */
  readonly commit: string;
  /** What it was compared with. @default none: all stacks were planned */
  readonly base?: string;
  readonly result: StackResult;
  /** Of a planned one. */
  readonly ledger?: Ledger;
}

/** More than any plan that a person reviews: 20,000 changes with their attributes. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024;

export function resultFileName(stack: string): string {
  return `${stack}.json`;
}

/** As it is written. */
export function resultFileText({ result, ...file }: ResultFile): string {
  const plain = result.status === 'planned' ? { ...result, changes: plainChanges(result.changes) } : result;
  return `${JSON.stringify({ ...file, result: plain })}\n`;
}

/** Attributes are computed when they are asked for, and are no properties; nothing but what the type says is kept. */
function plainChanges(set: ChangeSet): ChangeSet {
  return {
    stack: set.stack,
    formatVersion: set.formatVersion,
    terraformVersion: set.terraformVersion,
    changes: set.changes.map((one) => ({ ...one, attributes: one.attributes.map(withPlaceholder) })),
    unchanged: set.unchanged,
    deferred: set.deferred,
    invocations: set.invocations,
    outputs: set.outputs.map(({ name, action, attributes }) => ({
      name,
      action,
      attributes: attributes.map(withPlaceholder),
    })),
    drift: set.drift.map((one) => ({ ...one, attributes: [...one.attributes] })),
    settled: set.settled.map((one) => ({ ...one, attributes: [...one.attributes] })),
    checks: set.checks,
    risks: set.risks,
    complete: set.complete,
    errored: set.errored,
  };
}

/** The digest of an image that nobody has built yet. */
export const UNBUILT = `sha256:${'0'.repeat(64)}`;

function withPlaceholder<T extends { readonly before?: string; readonly after?: string }>(one: T): T {
  return one.after?.includes(UNBUILT)
    ? { ...one, after: one.after.replaceAll(UNBUILT, '(built from the merge)') }
    : one;
}

/**
 * Reads a result file. Whoever can push a branch can write one, so nothing of it is believed but what the schema holds, and
 * its texts are made harmless again.
 * @param name of the file, for errors
 * @throws Error saying where the file is wrong
 */
export function readResultFile(bytes: Uint8Array, name: string): ResultFile {
  return checked(resultFileSchema, bytes, name, MAX_RESULT_BYTES, 'a result file of `npm run plan`');
}

const seen = text.transform(visible);
const action = z.enum([
  'create',
  'update',
  'delete',
  'delete-then-create',
  'create-then-delete',
  'create-then-forget',
  'forget-then-create',
  'forget',
  'read',
  'no-op',
  'open',
  'renew',
  'close',
]);
const count = z.int().min(0);

const attribute = z.strictObject({
  path: seen,
  kind: z.enum(['add', 'remove', 'update']),
  before: seen.exactOptional(),
  after: seen.exactOptional(),
  lines: z.array(seen).exactOptional(),
  note: seen.exactOptional(),
  forcesReplacement: z.literal(true).exactOptional(),
});
const attributes = z.array(attribute);

const drifted = z.strictObject({
  address: seen,
  type: seen,
  action,
  attributes,
  previousAddress: seen.exactOptional(),
});

const changeSet = z.strictObject({
  stack: stackId,
  formatVersion: seen,
  terraformVersion: seen,
  changes: z.array(
    z.strictObject({
      address: seen,
      mode: z.enum(['managed', 'data', 'ephemeral']),
      type: seen,
      action,
      reason: seen,
      replacePaths: z.array(seen),
      importing: z.boolean(),
      importId: seen.exactOptional(),
      previousAddress: seen.exactOptional(),
      deposed: seen.exactOptional(),
      attributes,
    }),
  ),
  unchanged: count,
  deferred: z.array(
    z.strictObject({ address: seen, action: z.union([action, z.literal('invoke')]), reason: seen }),
  ),
  invocations: z.array(z.strictObject({ address: seen, triggeredBy: seen.exactOptional() })),
  outputs: z.array(z.strictObject({ name: seen, action, attributes })),
  drift: z.array(drifted),
  settled: z.array(drifted),
  checks: z.array(z.strictObject({ address: seen, status: z.enum(['pass', 'fail', 'error', 'unknown']) })),
  risks: z.array(
    z.strictObject({
      rule: seen,
      category: z.enum(['data-loss', 'downtime', 'exposure', 'privilege', 'protection', 'unknown']),
      severity: z.enum(['critical', 'high', 'medium']),
      address: seen,
      sentence: seen,
    }),
  ),
  complete: z.boolean(),
  errored: z.boolean(),
});

const result = z.discriminatedUnion('status', [
  z.strictObject({
    stack: stackId,
    status: z.literal('planned'),
    changes: changeSet,
    provisional: seen.exactOptional(),
    ledger: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .exactOptional(),
  }),
  z.strictObject({ stack: stackId, status: z.literal('failed'), diagnostics: text }),
  z.strictObject({
    stack: stackId,
    status: z.literal('deferred'),
    reason: seen,
    configuration: z
      .array(z.strictObject({ address: seen, action: z.enum(['create', 'update', 'delete']), attributes }))
      .exactOptional(),
  }),
]);

type Reviewed = Ledger['entries'][number]['attributes'] extends infer A | undefined
  ? A extends Readonly<Record<string, { readonly after: infer R }>>
    ? R
    : never
  : never;
const reviewed: z.ZodType<Reviewed> = z.lazy(() =>
  z.union([
    z.string().max(64),
    z.strictObject({ object: z.record(z.string(), reviewed) }),
    z.strictObject({ list: z.array(reviewed) }),
  ]),
);

const ledger = z.strictObject({
  format: z.literal(1),
  stack: stackId,
  entries: z.array(
    z.strictObject({
      address: text,
      action: z.union([action, z.literal('invoke')]),
      deposed: text.exactOptional(),
      previousAddress: text.exactOptional(),
      importing: text.exactOptional(),
      replacePaths: z.array(text).exactOptional(),
      object: text.exactOptional(),
      attributes: z
        .record(z.string(), z.strictObject({ before: text.exactOptional(), after: reviewed }))
        .exactOptional(),
      created: z.strictObject({ digest: text, checksums: z.record(z.string(), z.number()) }).exactOptional(),
    }),
  ),
});

export const resultFileSchema = z
  .strictObject({
    format: z.literal(1),
    commit,
    base: commit.exactOptional(),
    result,
    ledger: ledger.exactOptional(),
  })
  .check((ctx) => {
    const { result: of, ledger: book } = ctx.value;
    const wrong = (message: string, ...path: string[]): void =>
      void ctx.issues.push({ code: 'custom', message, path, input: ctx.value });
    if ((of.status === 'planned') !== (book !== undefined))
      wrong('a planned stack has a ledger, and no other has', 'ledger');
    if (book !== undefined && book.stack !== of.stack) wrong('is of another stack', 'ledger', 'stack');
    if (of.status === 'planned' && of.changes.stack !== of.stack)
      wrong('is of another stack', 'result', 'changes', 'stack');
  });
