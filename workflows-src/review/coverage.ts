import {
  isSubset,
  type Ledger,
  ledgerDigest,
  ledgerOf,
  type LedgerOptions,
  type Mismatch,
} from '../changes/ledger';
import type { Plan } from '../changes/planned-change';
import type { ReviewedPullRequest } from './reviews';

/** Whether a plan may be applied, and by what right. */
export type Coverage =
  | {
      readonly isCovered: true;
      readonly by:
        'nothing to do' | 'reviewed' | 'approved by digest' | 'creates only' | 'image alone' | 'by hand';
    }
  | {
      readonly isCovered: false;
      readonly mismatches: readonly Mismatch[];
      /** Why a review that should cover it does not count. */
      readonly problems: readonly string[];
      /** Stands for exactly this plan: whoever approves it approves nothing else. */
      readonly digest: string;
    };

/**
 * Whether everything that a plan would do was reviewed in one of the pull requests that were merged since its stack was
 * last applied.
 * @param pullRequests all that were merged; only those count that name the stack
 * @param approved digests that a person has approved by hand
 */
export function coverageOf(
  plan: Plan,
  pullRequests: readonly ReviewedPullRequest[],
  approved: ReadonlySet<string>,
  options: LedgerOptions,
): Coverage {
  if (plan.changes.length + plan.outputs.length + plan.invocations.length === 0)
    return { isCovered: true, by: 'nothing to do' };
  const digest = ledgerDigest(ledgerOf(plan, options));
  if (approved.has(digest)) return { isCovered: true, by: 'approved by digest' };
  const counting = pullRequests.filter(({ stacks }) => stacks.includes(plan.stack));
  const results = counting.flatMap((one) => one.results.filter(({ result }) => result.stack === plan.stack));
  const ledgers = results.flatMap(({ ledger }): Ledger[] => (ledger ? [ledger] : []));
  const mismatches = isSubset(plan, ledgers, options);
  if (mismatches.length === 0) return { isCovered: true, by: 'reviewed' };
  const wasDeferred = results.some(({ result }) => result.status === 'deferred');
  if (wasDeferred && createsOnly(plan)) return { isCovered: true, by: 'creates only' };
  const problems = counting.flatMap(({ number, problem }) =>
    problem === undefined ? [] : [`Pull request #${number}: ${problem}`],
  );
  return { isCovered: false, mismatches, problems, digest };
}

/** Nothing that exists is touched. */
function createsOnly({ changes, outputs, invocations }: Plan): boolean {
  const touches = [...changes, ...outputs].some(({ action }) => action !== 'create' && action !== 'read');
  return !touches && invocations.length === 0;
}
