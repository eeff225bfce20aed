import { MIGRATION_MINUTES } from '../release/limits';

/** The longest that GitHub lets a job run. https://docs.github.com/en/actions/reference/limits */
const MOST = 360;
/** Infrastructure at its slowest, mostly AWS changing a database. */
const INFRASTRUCTURE = 60;
/** What terraform waits at most for a service to be steady, unless told otherwise, as we do not: `aws_ecs_service`'s timeouts. */
const STEADY = 20;
/** The smoke test, with what is before and after it. */
const SMOKE_TEST = 5;
/** Getting ready: tools, packages, providers, plans. */
const PREPARATION = 15;
/** Stacks that are applied at once: `graph/schedule.ts`. */
const AT_ONCE = 4;

/**
 * Minutes that an apply may take at its slowest, so that none is cut off which could still end in order. Services are released
 * several at once; each that fails is put back, one after the other.
 */
export function applyMinutes(services: number): number {
  const release = MIGRATION_MINUTES + STEADY + SMOKE_TEST;
  const putBack = services * STEADY;
  return Math.min(MOST, PREPARATION + INFRASTRUCTURE + Math.ceil(services / AT_ONCE) * release + putBack);
}

/** Minutes that a rollback may take, and after it fails, putting back what ran before. */
export function rollbackMinutes(): number {
  return PREPARATION + STEADY + SMOKE_TEST + STEADY;
}
