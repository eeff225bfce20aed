import { isFailed, isReplace, kindOf, type ChangeSet, type ResourceChange } from '../changes/change-set';
import { visible, withoutAnsi } from '../changes/visible-text';
import { shorten } from './markdown';
import type { Group } from './sections';
import { attributes, changeLine, deferredLine, line } from './words';

/** What a stack's details consist of; empty when it stays as it is. */
export function groupsOf(set: ChangeSet): readonly Group[] {
  const of = (title: string, symbol: string, belongs: (change: ResourceChange) => boolean): Group => {
    const changes = set.changes.filter(belongs);
    return diff(
      title,
      changes.map((change) => changeLine(symbol, change)),
      changes.map((change) => change.type),
    );
  };
  const stays = (change: ResourceChange): boolean => change.action === 'no-op';
  const isMove = (change: ResourceChange): boolean => stays(change) && change.previousAddress !== undefined;
  const groups = [
    of('Delete', '-', (change) => change.action === 'delete'),
    of('Replace', '-/+', (change) => isReplace(change.action)),
    of('Update', '!', (change) => change.action === 'update'),
    of('Create', '+', (change) => change.action === 'create'),
    of('Move, nothing else', '!', isMove),
    of('Import, nothing else', '+', (change) => stays(change) && !isMove(change)),
    of('Forget: stays in the cloud, leaves the state', '!', (change) => change.action === 'forget'),
    of('Read during the apply', '!', (change) => change.action === 'read'),
    of('Open for the apply', '!', (change) => kindOf(change.action) === 'ephemeral'),
    diff(
      'Invoke',
      set.invocations.map((one) =>
        line(
          '!',
          one.address,
          one.triggeredBy === undefined ? [] : [`by ${visible(shorten(one.triggeredBy, 300))}`],
        ),
      ),
    ),
    diff('Put off until after this apply', set.deferred.map(deferredLine)),
    diff(
      'Outputs',
      set.outputs.map((output) => line(OUTPUT_SYMBOLS.get(output.action) ?? '!', output.name)),
    ),
    driftGroup(set.drift),
    diff(
      'Failed checks',
      set.checks
        .filter(isFailed)
        .map((check) => line('!', check.address, check.status === 'error' ? ['could not be evaluated'] : [])),
    ),
  ];
  return groups.map((group, rank) => ({ ...group, rank })).filter((group) => group.lines.length > 0);
}

const OUTPUT_SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['create', '+'],
  ['delete', '-'],
]);

function diff(title: string, lines: readonly string[], types?: readonly string[]): Group {
  return { title, rank: 0, language: 'diff', lines, ...(types && { types }) };
}

/** What was changed outside of Terraform, with the attributes that differ. */
export function driftGroup(
  drift: ChangeSet['drift'],
  note: (address: string) => readonly string[] = () => [],
): Group {
  const lines = drift.map((one) => {
    const from =
      one.previousAddress === undefined ? [] : [`moved from ${visible(shorten(one.previousAddress, 300))}`];
    if (one.action === 'delete') return line('-', one.address, ['is gone', ...from, ...note(one.address)]);
    const differs = one.attributes.length > 0 ? [attributes(one.attributes)] : [];
    return line('!', one.address, [...differs, ...from, ...note(one.address)]);
  });
  return diff(
    'Changed outside of Terraform',
    lines,
    drift.map((one) => one.type),
  );
}

/** The beginning of what Terraform said: it puts the error first. */
export function diagnosticsGroup(diagnostics: string): Group {
  const lines = withoutAnsi(diagnostics)
    .slice(0, DIAGNOSTICS_LENGTH)
    .split(/\r?\n/)
    .map((text) => visible(text.replaceAll('\t', '  ').trimEnd()))
    .slice(0, DIAGNOSTICS_LINES);
  while (lines.at(-1) === '') lines.pop();
  const said = lines.length > 0 ? lines : ['Terraform said nothing: look at its exit code in the log.'];
  return { title: 'Lines of the error', rank: 2, language: 'text', lines: said };
}

const DIAGNOSTICS_LENGTH = 8_000;
const DIAGNOSTICS_LINES = 100;
