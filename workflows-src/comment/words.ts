import type { Counts, DeferredChange, ResourceChange } from '../changes/change-set';
import { visible } from '../changes/visible-text';
import { code, htmlCode, number, plural, shorten, some } from './markdown';

/** A stack in a sentence or a table. */
export function stackName(stack: string): string {
  return code(shorten(stack, NAME_LENGTH));
}

/** A stack in HTML. */
export function stackTitle(stack: string): string {
  return htmlCode(shorten(stack, NAME_LENGTH));
}

/** Already named stacks, the first few of them. */
export function stackNames(names: readonly string[]): string {
  return some(names, MOST_NAMES);
}

/** With these, even names of nothing but escapes leave room for the rest of a comment. */
const NAME_LENGTH = 100;
const MOST_NAMES = 8;

/** Characters of an address that are shown: a longer one is not a name that anybody reads. */
const ADDRESS_LENGTH = 1000;

/** One line, without anything that acts. */
export function address(text: string): string {
  return visible(shorten(text, ADDRESS_LENGTH));
}

/** Attribute paths, the first few of them. */
export function attributes(paths: readonly string[]): string {
  const names = paths.map((path) => visible(shorten(path, 120)));
  return some(names, MOST_PATHS);
}

const MOST_PATHS = 8;

/** `address # why, how`: everything about a change but what the heading above it already says. */
export function changeLine(symbol: string, change: ResourceChange): string {
  const notes: string[] = [];
  if (change.deposed !== undefined) {
    notes.push(
      `leftover object ${visible(shorten(change.deposed, 40))} of a replacement that failed half way`,
    );
  }
  const order = ORDERS.get(change.action);
  if (order) notes.push(order);
  if (change.replacePaths.length > 0) notes.push(`forced by ${attributes(change.replacePaths)}`);
  else if (change.reason !== '') notes.push(reason(REASONS, change.reason));
  if (change.previousAddress !== undefined) notes.push(`moved from ${address(change.previousAddress)}`);
  if (change.importing) {
    const from =
      change.importId === undefined ? '' : ` ${visible(JSON.stringify(shorten(change.importId, 200)))}`;
    if (change.action !== 'no-op') notes.push(`imports${from} first`);
    else if (from !== '') notes.push(`imports${from}`);
  }
  return line(symbol, change.address, notes);
}

/** Module and type of a resource, for counting: `module.network.aws_subnet`, without keys. */
export function kindOfThing({ address: of, type }: Pick<ResourceChange, 'address' | 'type'>): string {
  const at = of.startsWith('module.') ? moduleOf(of) : '';
  return `${at}${type}`;
}

/** `module.a["x.y"].module.b[0].aws_x.y` → `module.a.module.b.` */
function moduleOf(of: string): string {
  return (
    /^(?:module\.[\w-]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.)+/
      .exec(of)?.[0]
      .replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g, '') ?? ''
  );
}

export function deferredLine({ address: of, reason: why }: DeferredChange): string {
  return line('!', of, [reason(DEFERRED_REASONS, why)]);
}

export function line(symbol: string, of: string, notes: readonly string[] = []): string {
  return notes.length === 0 ? `${symbol} ${address(of)}` : `${symbol} ${address(of)} # ${notes.join('; ')}`;
}

/** `2 to create, 1 to delete`: only what there is; '' for nothing. */
export function resourceTotals(counts: Counts): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.create, 'create'],
    [counts.update, 'update'],
    [counts.replace, 'replace'],
    [counts.delete, 'delete'],
    [counts.imported, 'import'],
    [counts.moved, 'move'],
    [counts.forget, 'forget'],
    [counts.read, 'read'],
    [counts.ephemeral, 'open for the apply'],
  ];
  const said = parts.filter(([n]) => n > 0).map(([n, verb]) => `${number(n)} to ${verb}`);
  if (counts.invoke > 0) said.push(`${plural(counts.invoke, 'action')} to invoke`);
  if (counts.deferred > 0) said.push(`${number(counts.deferred)} put off`);
  return said.join(', ');
}

/** What has no column of its own. */
export function otherCounts(counts: Counts): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.imported, `${number(counts.imported)} imported`],
    [counts.moved, `${number(counts.moved)} moved`],
    [counts.forget, `${number(counts.forget)} forgotten`],
    [counts.read, `${number(counts.read)} read`],
    [counts.ephemeral, `${number(counts.ephemeral)} ephemeral`],
    [counts.invoke, `${plural(counts.invoke, 'action')} invoked`],
    [counts.deferred, `${number(counts.deferred)} put off`],
    [counts.outputs, plural(counts.outputs, 'output')],
    [counts.drifted, `${number(counts.drifted)} changed outside`],
    [counts.failedChecks, `${plural(counts.failedChecks, 'failed check')}`],
  ];
  return parts
    .filter(([n]) => n > 0)
    .map(([, words]) => words)
    .join(', ');
}

/** A keyword of a newer Terraform is shown as it came. */
function reason(words: ReadonlyMap<string, string>, keyword: string): string {
  return words.get(keyword) ?? visible(shorten(keyword, 80));
}

const ORDERS: ReadonlyMap<string, string> = new Map([
  ['delete-then-create', 'destroyed first, then created'],
  ['create-then-delete', 'created first, then the old one destroyed'],
  ['create-then-forget', 'created anew; the old one stays and is no longer managed'],
  ['forget-then-create', 'created anew; the old one stays and is no longer managed'],
]);

const REASONS: ReadonlyMap<string, string> = new Map([
  ['replace_because_cannot_update', 'cannot be updated in place'],
  ['replace_because_tainted', 'tainted: an earlier apply failed on it'],
  ['replace_by_request', 'asked for with -replace'],
  ['replace_by_triggers', 'because of replace_triggered_by'],
  ['delete_because_no_resource_config', 'not in the configuration any more'],
  ['delete_because_wrong_repetition', 'count or for_each came or went'],
  ['delete_because_count_index', 'count is lower now'],
  ['delete_because_each_key', 'its key is not in for_each any more'],
  ['delete_because_no_module', 'its module is not in the configuration any more'],
  ['delete_because_no_move_target', 'moved to what is not in the configuration'],
  ['delete_because_enabled_false', 'enabled is false'],
  ['read_because_config_unknown', 'depends on values known during the apply'],
  ['read_because_dependency_pending', 'depends on what changes here'],
  ['read_because_check_nested', 'for a check'],
  ['forgot_because_lifecycle_destroy_in_state', 'destroy is false'],
  ['forgot_because_lifecycle_destroy_in_config', 'destroy is false'],
]);

const DEFERRED_REASONS: ReadonlyMap<string, string> = new Map([
  ['', 'Terraform gives no reason'],
  ['unknown', 'Terraform gives no reason'],
  ['instance_count_unknown', 'how many there are is known after the apply'],
  ['resource_config_unknown', 'its configuration is known after the apply'],
  ['provider_config_unknown', "its provider's configuration is known after the apply"],
  ['deferred_prereq', 'depends on what is put off'],
  ['absent_prereq', 'depends on what is not there yet'],
]);
