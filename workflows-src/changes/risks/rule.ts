import type { Examined } from './examined';
import type { Risk, Severity } from './risk';

/** A risk before it has an address. */
export type Finding = Omit<Risk, 'address'>;

/**
 * What happens to an object, as rules see it. A replacement is both `gone` (or `forgotten`) and `change`: the old object
 * goes, and the new one may be set up otherwise.
 */
export type Moment = 'create' | 'change' | 'gone' | 'forgotten';

/** Called only for its types, at its moments. */
export interface Rule {
  readonly types: readonly string[];
  readonly at: readonly Moment[];
  readonly judge: Judge;
}

export type Judge = (change: Examined) => Finding | readonly Finding[] | undefined;

/** The next one below; medium stays. */
export function milder(severity: Severity): Severity {
  return severity === 'critical' ? 'high' : 'medium';
}

/** Resource types as one writes them in a table: names with blanks between. */
export function types(names: string): readonly string[] {
  return names.split(/\s+/).filter((name) => name !== '');
}
