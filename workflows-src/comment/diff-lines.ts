import { UNKNOWN } from '../changes/attribute-diff';
import { isReplace, type Action, type AttributeChange } from '../changes/change-set';
import { number, shorten, some } from './markdown';

export interface DiffLimits {
  /** Lines for one change; what is left out is counted. */
  readonly lines: number;
  /** Characters of a line. Two long values are shortened where they are equal, so that their difference stays visible. */
  readonly characters: number;
}

export const IN_A_COMMENT: DiffLimits = { lines: 40, characters: 200 };
export const IN_FULL: DiffLimits = { lines: Infinity, characters: Infinity };

/**
 * What changes inside of a resource or an output, as lines of a `diff` fence under the line that names it. In a comment, what
 * says nothing new is left out.
 */
export function diffLines(
  action: Action,
  attributes: readonly AttributeChange[],
  limits: DiffLimits = IN_A_COMMENT,
): readonly string[] {
  if (action === 'forget' || action === 'no-op') return [];
  const listed = limits === IN_FULL ? attributes : worthReading(action, attributes);
  const isCollapsed = (one: AttributeChange): boolean =>
    one.after === UNKNOWN && !one.forcesReplacement && (one.before === undefined || isReplace(action));
  const lines = listed.filter((one) => !isCollapsed(one)).flatMap((one) => linesOf(one, limits.characters));
  const unknown = listed.filter(isCollapsed).map(({ path }) => path);
  if (unknown.length > 0) {
    const names = limits === IN_FULL ? unknown.join(', ') : some(unknown, MOST_UNKNOWN);
    lines.push(names === '' ? `+     ${UNKNOWN}` : `      known after apply: ${names}`);
  }
  if (lines.length <= limits.lines) return lines;
  const shown = limits.lines - 1;
  return [...lines.slice(0, shown), `      … ${number(lines.length - shown)} more lines`];
}

/**
 * Of what is destroyed only what it is known by: that it goes is the news. And `tags_all` only where it says more than `tags`:
 * providers fill it from those and from the tags that all resources get.
 */
function worthReading(action: Action, attributes: readonly AttributeChange[]): readonly AttributeChange[] {
  if (action === 'delete') return known(attributes);
  const tags = new Map(attributes.map((one) => [one.path, one]));
  return attributes.filter((one) => {
    if (!/^tags_all\b/.test(one.path)) return true;
    if (action !== 'update') return false;
    const same = tags.get(one.path.replace('tags_all', 'tags'));
    return same?.before !== one.before || same?.after !== one.after;
  });
}

/** Providers fill in a dozen attributes of most resources: that they do is no news. */
const MOST_UNKNOWN = 4;

/** An object is known by its name; by its id or ARN only where it has none. */
function known(attributes: readonly AttributeChange[]): readonly AttributeChange[] {
  const listed = attributes.filter(({ path }) => IDENTIFYING.has(path));
  const isNamed = listed.some(({ path }) => NAMES.has(path));
  const hasId = listed.some(({ path }) => path === 'id');
  return listed.filter(({ path }) => (path === 'id' ? !isNamed : path === 'arn' ? !isNamed && !hasId : true));
}

const NAMES: ReadonlySet<string> = new Set('name bucket identifier domain_name function_name'.split(' '));

/** By what people know an object that goes. */
const IDENTIFYING: ReadonlySet<string> = new Set(
  (
    'arn allocated_storage bucket cidr_block database_name db_name description domain domain_name engine engine_version family ' +
    'function_name id identifier image instance_class instance_type key name name_prefix path policy_arn port protocol role ' +
    'size tags.Name type url user_name username version'
  ).split(' '),
);

function linesOf(change: AttributeChange, characters: number): string[] {
  const { path, kind, before, after, lines, note, forcesReplacement } = change;
  const name = path === '' ? '' : `${shorten(path, 300)}: `;
  const forces = forcesReplacement ? ' # forces replacement' : '';
  if (lines !== undefined) {
    const sign = kind === 'add' ? '+' : kind === 'remove' ? '-' : '!';
    return [
      `${sign}     ${[name.trimEnd() || 'text:', note].filter(Boolean).join(' ')}${forces}`,
      ...lines.map((line) => contentLine(line, characters)),
    ];
  }
  if (before === undefined || after === undefined) {
    const sign = before !== undefined ? '-' : kind === 'add' ? '+' : '!';
    const value = shorten(before ?? after ?? '', characters);
    return [`${sign}     ${name}${[value, note].filter(Boolean).join(', ')}${forces}`];
  }
  if (after === UNKNOWN) return [`!     ${name}${shorten(before, BEFORE_UNKNOWN)} → ${after}${forces}`];
  const suffix = `${note === undefined ? '' : `, ${note}`}${forces}`;
  const line = `!     ${name}${before} → ${after}${suffix}`;
  if (line.length <= ONE_LINE) return [line];
  const room = characters === Infinity ? Infinity : Math.max(LEAST_ROOM, ONE_LINE - name.length);
  const [old, now] = shortenBoth(before, after, room);
  const short = `!     ${name}${old} → ${now}${suffix}`;
  return short.length <= ONE_LINE ? [short] : [`-     ${name}${old}`, `+     ${name}${now}${suffix}`];
}

/** What it was is no great help to see what it may become. */
const BEFORE_UNKNOWN = 60;

/** What a fence shows of a line without scrolling. */
const ONE_LINE = 110;

/** For a value, however long its path is. */
const LEAST_ROOM = 60;

function contentLine(line: string, characters: number): string {
  const sign = line.slice(0, 1);
  const text = shorten(line.slice(1), characters);
  return sign === '@' ? `@@${text} @@` : `${sign}         ${text}`;
}

/** Takes out what both have in common at their beginning and end, but for some characters around the difference. */
export function shortenBoth(before: string, after: string, most: number): readonly [string, string] {
  if (before.length <= most && after.length <= most) return [before, after];
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const cut = (text: string): string => {
    const from = start > AROUND + 1 ? start - AROUND : 0;
    const to = end > AROUND + 1 ? text.length - end + AROUND : text.length;
    const middle = shorten(text.slice(wholeCharacter(text, from), wholeCharacter(text, to)), most);
    return `${from > 0 ? '…' : ''}${middle}${to < text.length ? '…' : ''}`;
  };
  return [cut(before), cut(after)];
}

const AROUND = 30;

/** Not between the halves of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
