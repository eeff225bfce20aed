import { bytes, code, fence, fenceOf, number, plural, some } from './markdown';

/** The details of one stack: what the reader opens below the table. */
export interface Section {
  /** HTML on one line. */
  readonly summary: string;
  readonly open: boolean;
  /** A sentence above the groups. */
  readonly note?: string;
  /** In the order in which they are read. */
  readonly groups: readonly Group[];
}

/** Lines of one kind, such as everything that is deleted. */
export interface Group {
  readonly title: string;
  /** When not all lines fit, those of a lower rank are shown first, over all sections. */
  readonly rank: number;
  readonly language: 'diff' | 'text';
  /** Safe inside a fence, without line breaks. */
  readonly lines: readonly string[];
  /** The resource type of each line, for the counts that stand in for lines that do not fit. */
  readonly types?: readonly string[];
}

/**
 * The sections as Markdown, within a number of bytes. What does not fit goes in this order: lines, the highest rank
 * first (the group then says how many of how many are shown, and counts by type); then whole sections, those that are
 * closed first and the last first. What is left out is counted, so that no absence can be taken for "nothing".
 */
export function fitSections(sections: readonly Section[], budget: number): string {
  if (sections.length === 0) return '';
  const whole = wholeIfShort(sections, budget);
  if (whole !== undefined) return whole;

  const leftOut = (chosen: number): string =>
    `Details of ${chosen} of ${plural(sections.length, 'stack')} fit here.`;
  let left = budget - bytes(leftOut(sections.length)) - 2;
  const chosen = new Set<Section>();
  for (const section of [...sections].sort((a, b) => Number(b.open) - Number(a.open))) {
    const cost = mostWithoutLines(section);
    if (cost > left) break;
    left -= cost;
    chosen.add(section);
  }

  const shown = new Map<Group, number>();
  const kept = sections.filter((section) => chosen.has(section));
  const groups = kept.flatMap((section) => section.groups).sort((a, b) => a.rank - b.rank);
  for (const group of groups) {
    let lines = 0;
    for (const line of group.lines) {
      const cost = bytes(line) + 1;
      if (cost > left) break;
      left -= cost;
      lines += 1;
    }
    shown.set(group, lines);
    if (lines < group.lines.length) break;
  }
  const parts = kept.map((section) => render(section, (group) => shown.get(group) ?? 0));
  if (kept.length < sections.length) parts.push(leftOut(kept.length));
  return parts.join('\n\n');
}

function wholeIfShort(sections: readonly Section[], budget: number): string | undefined {
  let length = 0;
  for (const { groups } of sections) {
    for (const { lines } of groups) for (const line of lines) length += line.length + 1;
    if (length > budget) return undefined;
  }
  const text = sections.map((section) => render(section, (group) => group.lines.length)).join('\n\n');
  return bytes(text) <= budget ? text : undefined;
}

function render(section: Section, shown: (group: Group) => number): string {
  const parts = section.groups.map((group) => renderGroup(group, shown(group)));
  if (section.note !== undefined) parts.unshift(section.note);
  const open = section.open ? '<details open>' : '<details>';
  return `${open}\n<summary>${section.summary}</summary>\n\n${parts.join('\n\n')}\n\n</details>`;
}

function renderGroup(group: Group, shown: number): string {
  const all = group.lines.length;
  if (shown === all) return `**${group.title} (${number(all)})**\n\n${fence(group.language, group.lines)}`;
  const title = `**${group.title} (${number(shown)} of ${number(all)} shown)**${byType(group)}`;
  return shown === 0 ? title : `${title}\n\n${fence(group.language, group.lines.slice(0, shown))}`;
}

/** Of the whole group, whatever is shown: so its length does not depend on how much fits. */
function byType({ types }: Group): string {
  if (!types) return '';
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  const largest = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return `, in all ${some(
    largest.map(([type, n]) => `${number(n)} ${code(type)}`),
    MOST_TYPES,
  )}`;
}

const MOST_TYPES = 8;

/** An upper bound of a section's bytes besides its lines: they may add a fence and digits to what stands without them. */
function mostWithoutLines(section: Section): number {
  let most = bytes(render(section, () => 0)) + 2;
  for (const { lines } of section.groups)
    most += 2 * fenceOf(lines).length + FENCE_AND_BREAKS + number(lines.length).length;
  return most;
}

/** Two blank lines' breaks, the language, and the breaks after the opening fence and before the closing one. */
const FENCE_AND_BREAKS = '\n\ndiff\n\n'.length;
