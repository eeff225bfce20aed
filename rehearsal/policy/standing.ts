import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Config } from '../../stacks/config';
import type { SynthesizedStack } from '../../workflows-src/graph/synthesized';
import { scan, type ScanOptions } from './checkov';
import { configurationOf } from './plans';
import { skipsOf, skipsOfSubjects } from './skips';
import { described, judge, standing } from './verdict';

export interface StandingEnvironment {
  /** A folder with a second plan of each stack, as `terraform show -json` gives it, in `<stack id>.json`. */
  readonly plans: string;
  /** The stacks of the environment, with those that it shares with others. */
  readonly stacks: readonly SynthesizedStack[];
  /** With its environment only. */
  readonly config: Config;
}

/**
 * Scans an environment that stands. A second plan knows every value; a plan from nothing leaves half of all policy documents
 * unknown, and checkov passes over those in silence.
 * @returns what it found, in one line
 * @throws Error naming all that it complains of; a stack without a plan is one
 */
export async function scanStanding(
  { plans, stacks, config }: StandingEnvironment,
  options: ScanOptions,
): Promise<string> {
  const missing = stacks.filter(({ id }) => !existsSync(planOf(plans, id)));
  if (missing.length > 0)
    throw new Error(`there is no second plan of ${missing.map(({ id }) => id).join(', ')} to scan`);
  const skips = stacks
    .map(configurationOf)
    .flatMap((configuration) => [...skipsOf(configuration), ...skipsOfSubjects(configuration)]);
  const report = await scan(
    stacks.map(({ id }) => planOf(plans, id)),
    skips,
    options,
  );
  const verdict = judge(
    report,
    skips,
    stacks.map(({ id }) => id),
    standing(config),
  );
  if (verdict.complaints.length > 0)
    throw new Error(
      `${described(report, verdict)}\n${verdict.complaints.map((complaint) => `- ${complaint}`).join('\n')}`,
    );
  return described(report, verdict);
}

const planOf = (plans: string, id: string): string => join(plans, `${id}.json`);
