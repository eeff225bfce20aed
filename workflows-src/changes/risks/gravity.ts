import { CATEGORIES, SEVERITIES, type Risk } from './risk';

/** The gravest first, those of one kind together, otherwise as they came. */
export function byGravity(risks: readonly Risk[]): readonly Risk[] {
  const rank = ({ severity, category }: Risk): number =>
    SEVERITIES.indexOf(severity) * CATEGORIES.length + CATEGORIES.indexOf(category);
  return [...risks].sort((a, b) => rank(a) - rank(b));
}
