import * as z from 'zod';

import type { ChangeSet, DriftedResource } from '../changes/change-set';
import { sha256 } from '../changes/ledger-digests';
import { bytes } from '../comment/markdown';
import { describeDrift, type DriftResult } from '../comment/render-drift';
import { ISSUE_BYTES, renderDriftIssue } from '../comment/render-drift-issue';

/** UTF-8 bytes of a report file: more than a hundred stacks that have all drifted beyond what an issue can hold. */
export const REPORT_BYTES = 8 * 1024 * 1024;

/** Names that are written into issues as they are: nothing in them can act. */
const environmentName = z.string().regex(/^[a-z][a-z0-9]{0,31}$/);
const stackName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/);
const commit = z.string().regex(/^[0-9a-f]{40}$/);
const date = z.iso.datetime();
const count = z.int().min(0);

const stackReport = z.object({
  stack: stackName,
  /** `not-applied`: there is nothing yet that could drift, or what the stack reads from is not there. */
  status: z.enum(['clean', 'drifted', 'failed', 'not-applied']),
  /** Another one when, and only when, something else has drifted, or planning fails in another way; '' for the others. */
  digest: z.string().regex(/^[\w-]{0,64}$/),
  /** Resources. */
  drifted: count,
  /** Changes of the configuration that were never applied. */
  pending: count,
  /** Markdown of an issue, '' where none is due. */
  body: z.string().refine((text) => bytes(text) <= ISSUE_BYTES, `more than ${ISSUE_BYTES} bytes`),
  /** The stack's last apply, where it is known. */
  applied: z.object({ commit, at: date }).optional(),
});

const driftReport = z.object({
  version: z.literal(1),
  environment: environmentName,
  /** The configuration that was compared with. */
  commit,
  checkedAt: date,
  /** All stacks of the environment, also those that were not looked at. */
  stacks: z.array(stackName).max(1000),
  results: z.array(stackReport).max(1000),
});

export type StackReport = z.output<typeof stackReport>;
/** What a check of one environment found, as it goes from the job that may read AWS to the job that may write issues. */
export type DriftReport = z.output<typeof driftReport>;

export interface CheckFacts {
  readonly environment: string;
  /** Forty hexadecimal digits. */
  readonly commit: string;
  readonly checkedAt: Date;
  /** Ids of all stacks of the environment, those too that were not looked at. */
  readonly stacks: readonly string[];
  /** By stack id, its last apply. @default none is known */
  readonly applied?: ReadonlyMap<string, { readonly commit: string; readonly at: Date }>;
}

export function reportOf(results: readonly DriftResult[], facts: CheckFacts): DriftReport {
  const { environment, commit: compared, checkedAt, stacks } = facts;
  return {
    version: 1,
    environment,
    commit: compared,
    checkedAt: checkedAt.toISOString(),
    stacks: [...stacks],
    results: results.map((result) => stackReportOf(result, facts)),
  };
}

function stackReportOf(result: DriftResult, { applied, ...facts }: CheckFacts): StackReport {
  const { drifted, pending } = describeDrift(result);
  const status = statusOf(result);
  const last = applied?.get(result.stack);
  const isDue = status === 'drifted' || status === 'failed';
  return {
    stack: result.stack,
    status,
    digest: digestOf(result),
    drifted,
    pending,
    body: isDue ? renderDriftIssue(result, { ...facts, ...(last && { applied: last }) }) : '',
    ...(last && { applied: { commit: last.commit, at: last.at.toISOString() } }),
  };
}

function statusOf(result: DriftResult): StackReport['status'] {
  switch (result.status) {
    case 'planned':
      if (result.changes.drift.length > 0) return 'drifted';
      return wasApplied(result.changes) ? 'clean' : 'not-applied';
    case 'deferred':
      return 'not-applied';
    case 'failed':
    case 'missing':
      return 'failed';
  }
}

/** A state that holds nothing: all that is configured is still to be created. */
function wasApplied({ changes, unchanged }: ChangeSet): boolean {
  const managed = changes.filter(({ mode }) => mode === 'managed');
  return managed.length === 0 || unchanged > 0 || managed.some(({ action }) => action !== 'create');
}

function digestOf(result: DriftResult): string {
  if (result.status === 'planned') {
    const { drift } = result.changes;
    return drift.length === 0 ? '' : sha256(written(drift));
  }
  if (result.status === 'deferred') return '';
  const said = result.status === 'failed' ? result.diagnostics : result.status;
  return sha256(JSON.stringify([lasting(said), written(result.differs ?? [])]));
}

/** Of masked values: a digest of secrets could be tried out against guesses. Sorted, as the order is Terraform's. */
function written(drift: ChangeSet['drift']): string {
  const all = drift.map(({ address, action, previousAddress, attributes }: DriftedResource) =>
    JSON.stringify([
      address,
      action,
      previousAddress,
      attributes.map(({ path, kind, before, after, lines, note }) => [
        path,
        kind,
        before,
        after,
        lines,
        note,
      ]),
    ]),
  );
  return `[${all.sort().join()}]`;
}

/**
 * A message without what differs each time that it is said: numbers, times and ids of requests. Sorted, because several
 * errors come in any order.
 */
function lasting(message: string): string {
  const lines = message
    .replace(/\b(Request ?ID|Host ?ID)(\W{1,3})\S+/gi, '$1$2#')
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '#')
    .replace(/[0-9a-f]*\d[0-9a-f]*/gi, '#')
    .split(/\r?\n/);
  return lines.sort().join('\n');
}

/** @throws Error when it has more than REPORT_BYTES, or a name in it cannot be written into an issue */
export function writeReport(report: DriftReport): string {
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  readReport(text, `the drift report of ${report.environment}`);
  return text;
}

/**
 * Reads a report file, whose content is not trusted.
 * @param name of the file, for the error
 * @throws Error saying what is wrong with it
 */
export function readReport(text: string, name: string): DriftReport {
  const size = bytes(text);
  if (size > REPORT_BYTES)
    throw new Error(`${name}: a drift report has at most ${REPORT_BYTES} bytes, got ${size}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name}: not JSON; write it again with 'npm run drift -- <environment> --report'`, {
      cause: error,
    });
  }
  const parsed = driftReport.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new Error(`${name}: not a drift report: ${where === '' ? '' : `${where}: `}${issue?.message}`);
}
