import {
  isFailed,
  isReplace,
  kindOf,
  type OutputChange,
  type ChangeSet,
  type ResourceChange,
} from '../changes/change-set';
import { visible, withoutAnsi } from '../changes/visible-text';
import { diffLines, type DiffLimits } from './diff-lines';
import { shorten } from './markdown';
import type { Group, Item } from './sections';
import { attributes, changeLine, deferredLine, kindOfThing, line } from './words';

/** What a stack's details consist of; empty when it stays as it is. */
export function groupsOf(set: ChangeSet, limits?: DiffLimits): readonly Group[] {
  const risky = new Set(set.risks.map(({ address }) => address));
  const of = (
    title: string,
    symbol: string,
    importance: number,
    belongs: (change: ResourceChange) => boolean,
  ): Group =>
    group(
      title,
      set.changes.filter(belongs).map((change): Item => ({
        head: () => changeLine(symbol, change),
        kind: kindOfThing(change),
        diff: () => diffLines(change.action, change.attributes, limits),
        importance: importance > RISKY && risky.has(change.address) ? RISKY : importance,
      })),
    );
  const stays = (change: ResourceChange): boolean => change.action === 'no-op';
  const isMove = (change: ResourceChange): boolean => stays(change) && change.previousAddress !== undefined;
  const groups = [
    of('Delete', '-', 0, (change) => change.action === 'delete'),
    of('Replace', '-/+', 0, (change) => isReplace(change.action)),
    of('Update', '!', 2, (change) => change.action === 'update'),
    { ...of('Create', '+', 4, (change) => change.action === 'create'), folds: true },
    of('Move, nothing else', '!', 5, isMove),
    of('Import, nothing else', '+', 5, (change) => stays(change) && !isMove(change)),
    of('Forget: stays in the cloud, leaves the state', '!', 5, (change) => change.action === 'forget'),
    { ...of('Read during the apply', '!', 6, (change) => change.action === 'read'), folds: true },
    of('Open for the apply', '!', 6, (change) => kindOf(change.action) === 'ephemeral'),
    plain(
      'Invoke',
      set.invocations.map((one) =>
        line(
          '!',
          one.address,
          one.triggeredBy === undefined ? [] : [`by ${visible(shorten(one.triggeredBy, 300))}`],
        ),
      ),
    ),
    plain('Put off until after this apply', set.deferred.map(deferredLine)),
    group(
      'Outputs',
      set.outputs.map((output): Item => outputItem(output, limits)),
    ),
    driftGroup(set.drift, () => [], limits),
    plain(
      'Failed checks',
      set.checks
        .filter(isFailed)
        .map((check) => line('!', check.address, check.status === 'error' ? ['could not be evaluated'] : [])),
    ),
  ];
  return groups.map((one, rank) => ({ ...one, rank })).filter(({ items }) => items.length > 0);
}

/** A short value is told beside the name. */
function outputItem({ name, action, attributes: differences }: OutputChange, limits?: DiffLimits): Item {
  const symbol = OUTPUT_SYMBOLS.get(action) ?? '!';
  const lines = diffLines(action, differences, limits);
  const own =
    lines.length === 1 && differences[0]?.path === '' ? `: ${lines[0]!.slice(1).trim()}` : undefined;
  const head = line(symbol, name);
  return own === undefined
    ? { head: () => head, diff: () => lines, importance: 3 }
    : { head: () => head + own };
}

/** How soon a difference is shown where not all fit: behind what destroys, before what only updates. */
const RISKY = 1;

const OUTPUT_SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['create', '+'],
  ['delete', '-'],
]);

function group(title: string, items: readonly Item[]): Group {
  return { title, rank: 0, language: 'diff', items };
}

function plain(title: string, lines: readonly string[]): Group {
  return group(
    title,
    lines.map((head) => ({ head: () => head })),
  );
}

/** What was changed outside of Terraform. */
export function driftGroup(
  drift: ChangeSet['drift'],
  note: (address: string) => readonly string[] = () => [],
  limits?: DiffLimits,
): Group {
  const items = drift.map((one): Item => {
    const from =
      one.previousAddress === undefined ? [] : [`moved from ${visible(shorten(one.previousAddress, 300))}`];
    const isGone = one.action === 'delete';
    const names = [...new Set(one.attributes.map(({ path }) => /^[^.[]*/.exec(path)?.[0] ?? path))];
    const says = isGone ? ['is gone'] : names.length > 0 ? [attributes(names)] : [];
    return {
      head: () => line(isGone ? '-' : '!', one.address, [...says, ...from, ...note(one.address)]),
      kind: kindOfThing(one),
      diff: () => (isGone ? [] : diffLines(one.action, one.attributes, limits)),
      importance: 3,
    };
  });
  return group('Changed outside of Terraform', items);
}

/** The beginning of what Terraform said: it puts the error first. Long lines are broken, because a fence does not. */
export function diagnosticsGroup(diagnostics: string): Group {
  const lines = withoutAnsi(diagnostics)
    .slice(0, DIAGNOSTICS_LENGTH)
    .split(/\r?\n/)
    .flatMap((text) => wrapped(visible(text.replaceAll('\t', '  ').trimEnd())));
  while (lines[0] === '') lines.shift();
  const said = lines.slice(0, DIAGNOSTICS_LINES);
  while (said.at(-1) === '') said.pop();
  if (said.length === 0) said.push('nothing: look at its exit code in the log');
  return {
    title: 'Terraform said',
    rank: 2,
    language: 'text',
    items: said.map((head) => ({ head: () => head })),
  };
}

/** At blanks, with the indentation of the line. */
function wrapped(text: string): readonly string[] {
  const indent = /^ */.exec(text)![0].slice(0, LINE_LENGTH / 2);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > LINE_LENGTH) {
    const at = rest.lastIndexOf(' ', LINE_LENGTH);
    if (at <= indent.length) break;
    lines.push(rest.slice(0, at));
    rest = indent + rest.slice(at + 1);
  }
  return [...lines, rest];
}

const LINE_LENGTH = 110;
const DIAGNOSTICS_LENGTH = 8_000;
const DIAGNOSTICS_LINES = 100;
