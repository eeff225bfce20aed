import { bytes, code, fence, fenceOf, number, plural, some } from './markdown';

/** The details of one stack: what the reader opens below the table. */
export interface Section {
  /** HTML on one line. */
  readonly summary: string;
  readonly open: boolean;
  /** Markdown above the groups. */
  readonly note?: string;
  /** In the order in which they are read. */
  readonly groups: readonly Group[];
  /** Markdown below the groups. */
  readonly end?: string;
}

/** What is of one kind, such as everything that is deleted. */
export interface Group {
  readonly title: string;
  /** When not everything fits, what is of a lower rank is named first, over all sections. */
  readonly rank: number;
  readonly language: 'diff' | 'text';
  readonly items: readonly Item[];
  /** Opened by the reader where there are many and something else stands above: creates, mostly. @default false */
  readonly folds?: boolean;
}

/** All lines are safe inside a fence, without line breaks. They are made when there may be room for them. */
export interface Item {
  /** The line that names it. */
  head(): string;
  /** Module and type, for the counts that stand in for what does not fit. */
  readonly kind?: string;
  /** The lines below the head. */
  diff?(): readonly string[];
  /** When not all differences fit, those of a lower number are shown first; 0 is what destroys. @default 9 */
  readonly importance?: number;
}

export interface Fitted {
  readonly markdown: string;
  /**
   * How much is shown: 1 everything; 2 every name, and how everything differs that is destroyed or replaced; 3 every name of
   * what is destroyed or replaced; 4 less, in which case counts stand in. Never does anything go uncounted.
   */
  readonly level: 1 | 2 | 3 | 4;
}

/**
 * The sections as Markdown, within a number of bytes. What does not fit goes in this order: differences, those of what is
 * destroyed last; names, the highest rank first; then whole sections, those that are closed first and the last first.
 * What is left out is counted, so that no absence can be taken for "nothing".
 */
export function fitSections(sections: readonly Section[], budget: number): Fitted {
  if (sections.length === 0) return { markdown: '', level: 1 };
  const leftOut = (chosen: number): string =>
    `Details of ${chosen} of ${plural(sections.length, 'stack')} fit here.`;
  const skeletons = sections.map((section) => ({ section, cost: skeletonCost(section) }));
  const wanted = skeletons.reduce((sum, { cost }) => sum + cost, 0);
  let left = budget - (wanted > budget ? bytes(leftOut(sections.length)) + 2 : 0);
  const chosen = new Set<Section>();
  for (const { section, cost } of [...skeletons].sort(
    (a, b) => Number(b.section.open) - Number(a.section.open),
  )) {
    if (cost > left) break;
    left -= cost;
    chosen.add(section);
  }
  const kept = sections.filter((section) => chosen.has(section));
  const room: Room = { left };
  const shown = fill(kept, room);
  const parts = kept.map((section) => render(section, shown));
  if (kept.length < sections.length) parts.push(leftOut(kept.length));
  return { markdown: parts.join('\n\n'), level: levelOf(sections, shown) };
}

/** The sections in full, whatever that takes. */
export function allOf(sections: readonly Section[]): string {
  const shown = fill(sections, { left: Infinity });
  return sections.map((section) => render(section, shown)).join('\n\n');
}

/** What is shown of a group. */
interface Shown {
  /** Of the items that are named, from the first on. */
  readonly heads: string[];
  /** The lines below those items that have some shown. */
  readonly diffs: Map<Item, readonly string[]>;
  /** How many of those with something below them are shown with it. */
  inFull: number;
  /** Backticks of the fence. */
  ticks: number;
}

interface Room {
  left: number;
}

/**
 * First what is destroyed or replaced: all names, and how it differs in up to half of the room. Then the other names, then
 * the other differences. Once something does not fit, nothing that matters less is shown: a reader must be able to rely on
 * the order.
 */
function fill(sections: readonly Section[], room: Room): ReadonlyMap<Group, Shown> {
  const groups = sections.flatMap((section) => section.groups).sort((a, b) => a.rank - b.rank);
  const shown = new Map(
    groups.map((group): [Group, Shown] => [group, { heads: [], diffs: new Map(), inFull: 0, ticks: 3 }]),
  );
  const destroying = groups.filter(isDestroying);
  const others = groups.filter((group) => !isDestroying(group));
  const fits = nameAll(destroying, shown, room);
  const half = { left: room.left / 2 };
  const reserved = room.left - half.left;
  const first = fits ? differAll(destroying, shown, half, 0) : 0;
  room.left = half.left + reserved;
  if (fits && nameAll(others, shown, room, MOST_NAMES)) differAll(groups, shown, room, first);
  return shown;
}

/**
 * @param most of a group, unless all fit: where the rest is only counted, a thousand names are not read
 * @returns whether all fit
 */
function nameAll(
  groups: readonly Group[],
  shown: ReadonlyMap<Group, Shown>,
  room: Room,
  most = Infinity,
): boolean {
  const limit = allNamesFit(groups, room.left) ? Infinity : most;
  for (const group of groups) {
    const one = shown.get(group)!;
    for (const item of group.items.slice(0, limit)) {
      const head = item.head();
      if (!take([head], one, room)) return false;
      one.heads.push(head);
    }
  }
  return groups.every(({ items }) => items.length <= limit);
}

function allNamesFit(groups: readonly Group[], room: number): boolean {
  let left = room;
  for (const { items } of groups) {
    for (const item of items) {
      left -= bytes(item.head()) + 1;
      if (left < 0) return false;
    }
  }
  return true;
}

/** Where not all names fit, of what is not destroyed. */
const MOST_NAMES = 100;

/**
 * @param from how many of the items are done already, the most important first
 * @returns how many are done now
 */
function differAll(
  groups: readonly Group[],
  shown: ReadonlyMap<Group, Shown>,
  room: Room,
  from: number,
): number {
  const items = groups.flatMap((group) => withDiff(group.items).map((item) => ({ group, item })));
  items.sort((a, b) => importanceOf(a.item) - importanceOf(b.item));
  for (let at = from; at < items.length; at += 1) {
    const { group, item } = items[at]!;
    const one = shown.get(group)!;
    const lines = item.diff!();
    // With a blank line behind them, so that one resource is told from the next.
    if (!take(lines.length === 0 ? lines : [...lines, ''], one, room)) return at;
    one.inFull += 1;
    if (lines.length > 0) one.diffs.set(item, lines);
  }
  return items.length;
}

function withDiff(items: readonly Item[]): readonly Item[] {
  return items.filter(({ diff }) => diff !== undefined);
}

function isDestroying({ items }: Group): boolean {
  return items.some((item) => importanceOf(item) === 0);
}

function take(lines: readonly string[], into: Shown, room: Room): boolean {
  const ticks = Math.max(into.ticks, fenceOf(lines).length);
  const cost = lines.reduce((sum, line) => sum + bytes(line) + 1, 2 * (ticks - into.ticks));
  if (cost > room.left) return false;
  room.left -= cost;
  into.ticks = ticks;
  return true;
}

function importanceOf({ importance }: Item): number {
  return importance ?? 9;
}

function levelOf(sections: readonly Section[], shown: ReadonlyMap<Group, Shown>): Fitted['level'] {
  const groups = sections.flatMap((section) => section.groups);
  const namesAll = (some: readonly Group[]): boolean =>
    some.every((group) => (shown.get(group)?.heads.length ?? 0) === group.items.length);
  const destroying = groups.filter(isDestroying);
  const differsAll = (some: readonly Group[]): boolean =>
    some.every((group) => shown.get(group)?.inFull === withDiff(group.items).length);
  if (namesAll(groups) && differsAll(groups)) return 1;
  if (namesAll(groups) && differsAll(destroying)) return 2;
  return namesAll(destroying) ? 3 : 4;
}

function render(section: Section, shown: ReadonlyMap<Group, Shown>): string {
  const parts = section.groups.map((group, at) => renderGroup(group, shown.get(group), isFolded(group, at)));
  if (section.note !== undefined) parts.unshift(section.note);
  if (section.end !== undefined) parts.push(section.end);
  const open = section.open ? '<details open>' : '<details>';
  return `${open}\n<summary>${section.summary}</summary>\n\n${parts.join('\n\n')}\n\n</details>`;
}

function isFolded({ folds, items }: Group, at: number): boolean {
  return folds === true && at > 0 && items.length > MOST_UNFOLDED;
}

const MOST_UNFOLDED = 6;
const FOLD = ['<details><summary>Show them</summary>\n\n', '\n\n</details>'] as const;

function renderGroup(group: Group, shown: Shown | undefined, fold: boolean): string {
  const all = group.items.length;
  const heads = shown?.heads.length ?? 0;
  if (group.language === 'text' && heads === all) return `**${group.title}**\n\n${fenced(group, shown!)}`;
  const count = heads === all ? number(all) : `${number(heads)} of ${number(all)} shown`;
  const full = shown?.inFull ?? 0;
  const isWhole = full === withDiff(group.items.slice(0, heads)).length;
  const detail = isWhole ? '' : full === 0 ? ', names only' : `, ${number(full)} in full`;
  const kinds = heads === all ? '' : byKind(group);
  const title = `**${group.title} (${count}${detail})**${kinds}`;
  if (!shown || heads === 0) return title;
  const lines = fenced(group, shown);
  return `${title}\n\n${fold ? FOLD[0] + lines + FOLD[1] : lines}`;
}

function fenced({ language, items }: Group, { heads, diffs }: Shown): string {
  const lines = heads.flatMap((head, at) => {
    const below = diffs.get(items[at]!);
    if (!below) return [head];
    return at === heads.length - 1 ? [head, ...below] : [head, ...below, ''];
  });
  return fence(language, lines);
}

/** Of the whole group, whatever is shown: so its length does not depend on how much fits. */
function byKind({ items }: Group): string {
  const counts = new Map<string, number>();
  for (const { kind } of items) if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size === 0) return '';
  const largest = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return `, in all ${some(
    largest.map(([kind, n]) => `${number(n)} ${code(kind)}`),
    MOST_KINDS,
  )}`;
}

const MOST_KINDS = 8;

/** An upper bound of a section's bytes besides its items, with the blank line behind it. */
function skeletonCost(section: Section): number {
  let most = bytes(render(section, new Map())) + 2;
  for (const [at, group] of section.groups.entries()) {
    most += FENCE + DETAIL + 2 * number(group.items.length).length;
    if (isFolded(group, at)) most += FOLD.join('').length;
  }
  return most;
}

/** A blank line, the opening fence with its language, and the closing one. */
const FENCE = '\n\n```diff\n\n```'.length;
const DETAIL = ', names only'.length;
