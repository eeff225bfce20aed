/** What a reviewer must not miss about a change. */
export interface Risk {
  /** Of the rule that found it, such as `database-destroyed`: stable, for filters and tests. */
  readonly rule: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly address: string;
  /** What will happen, and to whom: one sentence without the address, plain text on one line, no secret in it. */
  readonly sentence: string;
}

/**
 * `data-loss`: data is gone, or can no longer be restored. `downtime`: users notice. `exposure`: reachable or readable by
 * more than before. `privilege`: somebody may do more than before. `protection`: a safety net goes. `unknown`: destroys or
 * replaces something whose type is not known here, so that nobody has judged it.
 */
export type Category = (typeof CATEGORIES)[number];

/** The gravest first. */
export const CATEGORIES = [
  'data-loss',
  'exposure',
  'privilege',
  'downtime',
  'protection',
  'unknown',
] as const;

/** `critical`: may not be undone. `high`: hurts at once. `medium`: a reviewer should know. */
export type Severity = (typeof SEVERITIES)[number];

/** The gravest first. */
export const SEVERITIES = ['critical', 'high', 'medium'] as const;
