/**
 * What is wrong with the time of a schedule; undefined where GitHub takes it.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
 */
export function cronProblem(cron: string): string | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== FIELDS.length)
    return `got '${cron}'; valid: five fields (${FIELDS.map(({ name }) => name).join(', ')}), such as '17 5 * * 1-5'`;
  for (const [index, { name, least, most, names }] of FIELDS.entries()) {
    const field = fields[index] ?? '';
    if (!field.split(',').every((part) => isPart(part, least, most, names)))
      return `got '${field}' for the ${name} in '${cron}'; valid: ${least} to ${most}, *, and lists, ranges and steps of them`;
  }
  return undefined;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names that stand for numbers, from the least. */
  readonly names: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of the month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ') },
  { name: 'day of the week', least: 0, most: 6, names: 'SUN MON TUE WED THU FRI SAT'.split(' ') },
];

function isPart(part: string, least: number, most: number, names: readonly string[]): boolean {
  const [, range = '', step] = /^([^/]+)(?:\/(.+))?$/.exec(part) ?? [];
  if (step !== undefined && !(/^\d+$/.test(step) && Number(step) >= 1 && Number(step) <= most)) return false;
  if (range === '*') return true;
  const numbers = range.split('-').map((end) => {
    const named = names.indexOf(end.toUpperCase());
    return named >= 0 ? named + least : /^\d+$/.test(end) ? Number(end) : NaN;
  });
  const [from = NaN, to = from] = numbers;
  return numbers.length <= 2 && from >= least && to <= most && from <= to;
}
