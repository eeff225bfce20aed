import type { CheckovReport, CheckovResult } from './checkov';
import type { Skip } from './skips';

/** The checks that may be skipped, as in stacks/constructs/skip-check.ts; docs/adr/0018-policy-scan.md says why these. */
const SKIPPABLE = ['CKV_AWS_144', 'CKV_AWS_145', 'CKV_AWS_260', 'CKV_AWS_378', 'CKV2_AWS_5'];
/** A scan that evaluates less has not seen what it is there for. */
const LEAST_IDS = 110;
const MORE_RESOURCES_THAN = 300;

export interface Verdict {
  readonly failed: number;
  /** Distinct ids. */
  readonly skipped: readonly string[];
  /** Distinct ids of checks that ran, whatever they found. */
  readonly evaluated: number;
  readonly resources: number;
  /** Why it does not pass, and how to go on; none when it does. */
  readonly complaints: readonly string[];
}

/** @param stacks ids of all that were synthesized */
export function judge(report: CheckovReport, skips: readonly Skip[], stacks: readonly string[]): Verdict {
  const { passed_checks: passed, failed_checks: failed, skipped_checks: skipped } = report.results;
  const all = [...passed, ...failed, ...skipped];
  const ids = (results: readonly CheckovResult[]): string[] =>
    [...new Set(results.map(({ check_id }) => check_id))].sort();
  const verdict = {
    failed: failed.length,
    skipped: ids(skipped),
    evaluated: ids(all).length,
    resources: report.summary.resource_count,
  };
  const seen = new Set(all.map(({ stack }) => stack));
  const took = new Set(skipped.map(({ check_id, resource }) => `${check_id} ${resource}`));
  const complaints = [
    ...failed.map(
      ({ stack, resource, check_id, check_name }) =>
        `${stack}: ${resource}: ${check_id} failed${check_name ? ` (${check_name})` : ''}: mend the construct that makes it`,
    ),
    ...report.results.parsing_errors.map(
      (file) => `${file}: checkov cannot read this plan: look at it by hand`,
    ),
    ...stacks
      .filter((stack) => !seen.has(stack))
      .map(
        (stack) =>
          `${stack}: nothing of it was evaluated: its plan holds no resource, or checkov did not read it`,
      ),
    ...skipped
      .filter(({ check_id }) => !SKIPPABLE.includes(check_id))
      .map(
        ({ stack, resource, check_id }) =>
          `${stack}: ${resource}: ${check_id} is skipped and not among ${SKIPPABLE.join(', ')}: mend the resource, or decide on it in docs/adr/0018-policy-scan.md`,
      ),
    ...skips
      .filter(({ id, type, name }) => !took.has(`${id} ${type}.${name}`))
      .map(
        ({ id, type, name }) =>
          `${type}.${name}: the skip of ${id} hides nothing any more: take its skipCheck away, or see why checkov no longer evaluates it`,
      ),
    ...(verdict.evaluated < LEAST_IDS
      ? [
          `only ${verdict.evaluated} checks were evaluated, ${LEAST_IDS} at least: see which resources are gone`,
        ]
      : []),
    ...(verdict.resources <= MORE_RESOURCES_THAN
      ? [
          `only ${verdict.resources} resources were looked at, more than ${MORE_RESOURCES_THAN} are there to be`,
        ]
      : []),
  ];
  // Its own word, beside our reading of it.
  if (complaints.length === 0 && report.code !== 0)
    complaints.push(`checkov ended with ${report.code} and reported no failure: run it by hand`);
  return { ...verdict, complaints: [...new Set(complaints)] };
}
