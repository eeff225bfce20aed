import { mkdir, readdir, readFile, rm, symlink, writeFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import { holdsTrue, isObject, type JsonObject } from '../changes/json';
import type { Plan, PlannedOutput } from '../changes/planned-change';
import type { SynthesizedStack } from '../graph/synthesized';

/** Begins the names of what stands in for outputs in a plan, and is no change of anybody's. */
const STAND_IN = 'fairlead-pending';

/**
 * The configuration of a stack in which the outputs that its upstreams are about to change stand as they will be: with
 * their new value, or as not known yet. Terraform itself reads them from a state in which they still have the old value, so
 * it would plan as if the upstreams were not applied first.
 * @param upstreams the plans of the stacks that it reads from, by id
 * @returns JSON; undefined when none of the outputs that it uses changes
 * @throws Error when the stack has names that begin with ours
 */
export async function withPendingOutputs(
  { folder }: SynthesizedStack,
  upstreams: ReadonlyMap<string, Plan>,
): Promise<string | undefined> {
  const text = await readFile(join(folder, 'cdk.tf.json'), 'utf8');
  const changed = substituted(JSON.parse(text), upstreams);
  return changed === undefined ? undefined : JSON.stringify(changed);
}

/** Does something in a copy of a stack's folder that has another configuration, and takes the copy away. */
export async function inCopy<T>(
  stack: SynthesizedStack,
  configuration: string,
  work: (copy: SynthesizedStack) => Promise<T>,
): Promise<T> {
  const folder = `${stack.folder}.pending`;
  await rm(folder, { recursive: true, force: true });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const entry of await readdir(stack.folder, { withFileTypes: true })) {
      const { name } = entry;
      if (entry.isDirectory()) await symlink(join(stack.folder, name), join(folder, name));
      else if (name !== 'cdk.tf.json') await copyFile(join(stack.folder, name), join(folder, name));
    }
    await writeFile(join(folder, 'cdk.tf.json'), configuration);
    return await work({ ...stack, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A plan without what only stood in for outputs. */
export function withoutStandIns(plan: Plan): Plan {
  const isStandIn = ({ address }: { readonly address: string }): boolean =>
    address.startsWith(`terraform_data.${STAND_IN}`);
  return { ...plan, changes: plan.changes.filter((change) => !isStandIn(change)) };
}

const REFERENCE = /\bdata\.terraform_remote_state\.([\w-]+)\.outputs(?:\.([\w-]+)|\["([\w-]+)"\])/g;

/**
 * The configuration with every reference to a changing output replaced.
 * @returns undefined when there is none
 * @throws Error when the configuration has names that begin with ours: what they name would be shown to nobody
 */
export function substituted(configuration: unknown, upstreams: ReadonlyMap<string, Plan>): unknown {
  expectNoStandIns(configuration);
  const keys = keysOf(configuration);
  const locals: Record<string, unknown> = {};
  const resources: Record<string, unknown> = {};
  const found = new Map<string, string>();
  const replace = (reference: string, name: string, member?: string, key?: string): string => {
    const output = member ?? key;
    const known = found.get(reference);
    if (known !== undefined) return known;
    const pending = upstreams.get(keys.get(name) ?? '')?.outputs.find((one) => one.name === output);
    if (pending === undefined || pending.action === 'delete') return reference;
    const id = `${STAND_IN}-${found.size + 1}`;
    const { before, after, afterUnknown } = pending.values;
    if (isKnown(pending)) locals[id] = literal(after);
    // The output of a resource that is about to be created is unknown, and has the type of its input.
    else
      resources[id] = {
        input: isSensitive(pending) ? '' : literal(afterUnknown === true ? (before ?? '') : after),
      };
    const instead = isKnown(pending) ? `local.${id}` : `terraform_data.${id}.output`;
    found.set(reference, instead);
    return instead;
  };
  const replaced = mapTexts(configuration, (text) =>
    inTemplates(text, (expression) => expression.replace(REFERENCE, replace)),
  );
  if (found.size === 0 || !isObject(replaced)) return undefined;
  return {
    ...replaced,
    ...(Object.keys(locals).length > 0 && { locals: merged(replaced['locals'], locals) }),
    ...(Object.keys(resources).length > 0 && {
      resource: merged(replaced['resource'], {
        terraform_data: merged(child(replaced['resource'], 'terraform_data'), resources),
      }),
    }),
  };
}

function expectNoStandIns(configuration: unknown): void {
  const blocks = [child(configuration, 'locals'), child(child(configuration, 'resource'), 'terraform_data')];
  const taken = blocks
    .flatMap((block) => Object.keys(isObject(block) ? block : {}))
    .find((name) => name.startsWith(STAND_IN));
  if (taken !== undefined)
    throw new Error(`names that begin with ${STAND_IN} are kept for plans: call ${taken} something else`);
}

/** A value of which a part is unknown counts as unknown; so does a sensitive one, which is to stand in no file. */
function isKnown(output: PlannedOutput): boolean {
  return !holdsTrue(output.values.afterUnknown) && !isSensitive(output);
}

function isSensitive({ values }: PlannedOutput): boolean {
  return holdsTrue(values.beforeSensitive) || holdsTrue(values.afterSensitive);
}

/** State keys, which are stack ids, by the name of the data source. */
function keysOf(configuration: unknown): ReadonlyMap<string, string> {
  const sources = child(child(configuration, 'data'), 'terraform_remote_state');
  if (!isObject(sources)) return new Map();
  return new Map(
    Object.entries(sources).map(([name, source]) => [name, String(child(child(source, 'config'), 'key'))]),
  );
}

function child(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function merged(value: unknown, more: JsonObject): JsonObject {
  return { ...(isObject(value) ? value : {}), ...more };
}

/** In Terraform's JSON syntax every text is a template, and so is every key of a map. */
function literal(value: unknown): unknown {
  return mapTexts(value, (text) => text.replace(/[$%]\{/g, (begin) => `${begin[0]}${begin}`));
}

/** Changes what stands in `${…}` and `%{…}`; not what an escape makes of them, which is text. */
function inTemplates(text: string, map: (expression: string) => string): string {
  let mapped = '';
  let at = 0;
  for (;;) {
    const begin = BEGIN.exec(text.slice(at))?.index;
    if (begin === undefined) return mapped + text.slice(at);
    const from = at + begin;
    const isEscape = text[from] === text[from + 1];
    const to = isEscape ? from + 3 : endOf(text, from + 2);
    mapped += text.slice(at, from) + (isEscape ? text.slice(from, to) : map(text.slice(from, to)));
    at = to;
  }
}

const BEGIN = /\$\$\{|%%\{|[$%]\{/;

/** Behind the brace that closes the expression which begins at `from`; a text inside of it may hold braces, and templates. */
function endOf(text: string, from: number): number {
  const open = ['{'];
  for (let at = from; at < text.length; at += 1) {
    const isText = open.at(-1) === '"';
    const character = text[at];
    if (isText && character === '\\') at += 1;
    else if (character === '"') {
      if (isText) open.pop();
      else open.push('"');
    } else if (isText && BEGIN.exec(text.slice(at, at + 3))?.index === 0) {
      const isEscape = character === text[at + 1];
      at += isEscape ? 2 : 1;
      if (!isEscape) open.push('{');
    } else if (!isText && character === '{') open.push('{');
    else if (!isText && character === '}') {
      open.pop();
      if (open.length === 0) return at + 1;
    }
  }
  return text.length;
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, map));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [map(key), mapTexts(one, map)]));
}
