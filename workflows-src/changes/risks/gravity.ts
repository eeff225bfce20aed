import { CATEGORIES, SEVERITIES, type Risk } from './risk';

/** The gravest first, those of one category together, otherwise as they came. */
export function byGravity<T>(all: readonly T[], riskOf: (one: T) => Risk): readonly T[] {
  const rank = ({ severity, category }: Risk): number =>
    SEVERITIES.indexOf(severity) * CATEGORIES.length + CATEGORIES.indexOf(category);
  return [...all].sort((a, b) => rank(riskOf(a)) - rank(riskOf(b)));
}
