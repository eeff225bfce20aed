import type { Config, EnvironmentConfig } from '../../stacks/config';
import type { CheckovReport, CheckovResult } from './checkov';
import { SUBJECT_WITH_IDS, type Skip } from './skips';

/** What a scan may let pass, and must have seen. */
export interface Bar {
  /** Ids that may be skipped. */
  readonly skippable: readonly string[];
  /** Those whose stacks must fail what `failsByNature` says. */
  readonly environments: Config['environments'];
  /** Skips, as `<id> <type>`, that have nothing to hide in these plans, though they have in others. */
  readonly idle: readonly string[];
  /** A scan that evaluates less has not seen what it is there for. */
  readonly leastIds: number;
  readonly moreResourcesThan: number;
}

/** The checks that may be skipped, as in stacks/constructs/skip-check.ts; docs/adr/0018-policy-scan.md says why these. */
const SKIPPABLE = ['CKV_AWS_144', 'CKV_AWS_145', 'CKV_AWS_260', 'CKV_AWS_378', 'CKV2_AWS_5'];

/** Of plans from nothing, of all stacks. */
export const fromNothing = ({ environments }: Pick<Config, 'environments'>): Bar => ({
  skippable: SKIPPABLE,
  environments,
  // The rules of a group are resources of their own; what AWS then says of the group is unknown as long as there is none.
  idle: ['CKV_AWS_260 aws_security_group'],
  leastIds: 110,
  moreResourcesThan: 300,
});

/** Of plans from nothing, of the stacks of one environment alone. */
export const oneFromNothing = (config: Pick<Config, 'environments'>): Bar => ({
  ...fromNothing(config),
  leastIds: 100,
  moreResourcesThan: 100,
});

/** Of second plans of one environment that stands, with the registry and the bootstrap stack of its account. */
export const standing = ({ environments }: Pick<Config, 'environments'>): Bar => ({
  skippable: [...SKIPPABLE, SUBJECT_WITH_IDS],
  environments,
  idle: [],
  leastIds: 110,
  moreResourcesThan: 120,
});

/** The ids that an environment fails by what it is: none, unless it is ephemeral. */
export function failsByNature({ domain, database }: EnvironmentConfig): readonly string[] {
  if (domain !== 'ephemeral') return [];
  return [
    // Its listener speaks HTTP, without TLS, and sends nobody to HTTPS.
    'CKV_AWS_2',
    'CKV_AWS_103',
    'CKV2_AWS_20',
    // Nothing is protected from deletion.
    'CKV_AWS_150',
    ...(database === 'none' ? [] : ['CKV_AWS_293']),
    ...(database === 'none' || database.multiAz ? [] : ['CKV_AWS_157']),
  ];
}

export interface Verdict {
  /** Without those by nature. */
  readonly failed: number;
  /** Distinct ids that ephemeral environments fail by what they are. */
  readonly byNature: readonly string[];
  /** Distinct ids. */
  readonly skipped: readonly string[];
  /** Distinct ids of checks that ran, whatever they found. */
  readonly evaluated: number;
  readonly resources: number;
  /** Why it does not pass, and how to go on; none when it does. */
  readonly complaints: readonly string[];
}

/** @param stacks ids of all that were synthesized */
export function judge(
  report: CheckovReport,
  skips: readonly Skip[],
  stacks: readonly string[],
  bar: Bar,
): Verdict {
  const { passed_checks: passed, failed_checks: failures, skipped_checks: skipped } = report.results;
  const all = [...passed, ...failures, ...skipped];
  const ids = (results: readonly CheckovResult[]): string[] =>
    [...new Set(results.map(({ check_id }) => check_id))].sort();
  const natural = Object.entries(bar.environments).flatMap(([environment, settings]) =>
    failsByNature(settings).map((id) => ({ environment, id })),
  );
  const isOf = (failure: CheckovResult, { environment, id }: (typeof natural)[number]): boolean =>
    failure.check_id === id && failure.stack.startsWith(`${environment}-`);
  const failed = failures.filter((failure) => !natural.some((one) => isOf(failure, one)));
  const byNature = ids(failures.filter((failure) => !failed.includes(failure)));
  const verdict = {
    failed: failed.length,
    byNature,
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
    ...natural
      .filter((one) => !failures.some((failure) => isOf(failure, one)))
      .map(
        ({ environment, id }) =>
          `${environment}: ${id} does not fail, though it is ephemeral: take it from failsByNature in rehearsal/policy/verdict.ts, or see why checkov no longer evaluates it`,
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
      .filter(({ check_id }) => !bar.skippable.includes(check_id))
      .map(
        ({ stack, resource, check_id }) =>
          `${stack}: ${resource}: ${check_id} is skipped and not among ${bar.skippable.join(', ')}: mend the resource, or decide on it in docs/adr/0018-policy-scan.md`,
      ),
    ...skips
      .filter(
        ({ id, type, name }) => !bar.idle.includes(`${id} ${type}`) && !took.has(`${id} ${type}.${name}`),
      )
      .map(
        ({ id, type, name }) =>
          `${type}.${name}: the skip of ${id} hides nothing any more: take it away, or see why checkov no longer evaluates it`,
      ),
    ...(verdict.evaluated < bar.leastIds
      ? [
          `only ${verdict.evaluated} checks were evaluated, ${bar.leastIds} at least: see which resources are gone`,
        ]
      : []),
    ...(verdict.resources <= bar.moreResourcesThan
      ? [
          `only ${verdict.resources} resources were looked at, more than ${bar.moreResourcesThan} are there to be`,
        ]
      : []),
  ];
  // Its own word, beside our reading of it.
  if (complaints.length === 0 && report.code !== (failures.length === 0 ? 0 : 1))
    complaints.push(
      `checkov ended with ${report.code} and reported ${failures.length === 0 ? 'no failure' : 'failures that must be'}: run it by hand`,
    );
  return { ...verdict, complaints: [...new Set(complaints)] };
}

/** In one line. */
export function described({ summary }: CheckovReport, verdict: Verdict): string {
  const { failed, byNature, skipped, evaluated, resources } = verdict;
  return [
    `checkov ${summary.checkov_version}: ${failed} failed`,
    ...(byNature.length > 0
      ? [`${byNature.length} by what an ephemeral environment is (${byNature.join(', ')})`]
      : []),
    `${skipped.length} checks skipped (${skipped.join(', ')})`,
    `${evaluated} checks evaluated`,
    `${resources} resources.`,
  ].join(', ');
}
