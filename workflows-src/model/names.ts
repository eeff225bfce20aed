/** How a wrong name is told: what is wrong, which one was probably meant, and what is valid. */

/** `valid jobs: build, deploy` */
export function choice(what: string, valid: readonly string[]): string {
  return `valid ${what}: ${valid.length > 0 ? valid.join(', ') : 'none'}`;
}

/** ` (did you mean 'build'?)` where one of the valid names is a letter or two away; otherwise nothing. */
export function didYouMean(name: string, valid: readonly string[]): string {
  const limit = Math.min(2, Math.floor(name.length / 3));
  const near = valid
    .map((other) => ({ other, away: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ away }) => away <= limit)
    .sort((a, b) => a.away - b.away)[0];
  return near ? ` (did you mean '${near.other}'?)` : '';
}

/** Whether two names are one to GitHub, whose contexts and ids do not tell capitals. */
export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The value behind a name in any spelling of capitals. */
export function lookUp<T>(of: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return Object.entries(of ?? {}).find(([key]) => same(key, name))?.[1];
}

/**
 * Undefined where the name is valid, or computed (`*`).
 * @param what such as `output of step 'push'`
 * @param hint what was probably meant, in place of a name that is near
 */
export function oneOf(
  what: string,
  name: string | undefined,
  valid: readonly string[],
  hint = didYouMean(name ?? '', valid),
): string | undefined {
  if (name === '*' || (name !== undefined && valid.some((other) => same(other, name)))) return undefined;
  return `no ${what} is named '${name ?? ''}'${hint}; ${choice('names', valid)}`;
}

/** Letters to insert, leave out, replace or swap with their neighbour to come from one text to the other. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const cell = (up: number, left: number): number => rows[i - up]?.[j - left] ?? Infinity;
      const replaced = cell(1, 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? cell(2, 2) + 1 : Infinity;
      row.push(Math.min(cell(1, 0) + 1, (row[j - 1] ?? Infinity) + 1, replaced, swapped));
    }
    rows.push(row);
  }
  return rows[from.length]?.[to.length] ?? Infinity;
}
