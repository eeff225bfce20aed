import { constants, isUtf8 } from 'node:buffer';

import { attributeDiff, resourceDiff } from './attribute-diff';
import { pathText, visiblePath, type Step } from './attribute-paths';
import type { Action, Check, DeferredChange, DriftedResource, Invocation, Mode } from './change-set';
import { Masking } from './masking';
import { members } from './members';
import { PlannedChange, PlannedOutput, type Plan, type Values } from './planned-change';
import { risksOf } from './risks';
import { byGravity } from './risks/gravity';
import type { Risk } from './risks/risk';
import { markedSecrets, withKnownMarked } from './secrets';
import { visible } from './visible-text';

/**
 * Reads what `terraform show -json <plan file>` or `tofu show -json <plan file>` printed: format 0.1 to 1.x, UTF-8 or
 * (as PowerShell redirects) UTF-16. The input is not trusted: everything used is checked, nothing else is looked at.
 * Format: https://developer.hashicorp.com/terraform/internals/json-format
 * @param stack the name that errors and the change set carry
 * @param secrets texts that are shown nowhere, besides those that the plan itself marks as sensitive. @default none
 * @throws Error `<stack>: …` saying what came and what to do; it never repeats the file's content, which holds secrets
 */
export function readPlan(bytes: Buffer | string, stack: string, secrets: Iterable<string> = []): Plan {
  const text = decode(bytes, stack);
  const plan = parse(text, stack);
  const version = formatVersion(plan, stack);
  requirePlan(plan, stack);
  const masking = new Masking([...secrets, ...markedSecrets(plan)]);
  const at = new Reader(stack, masking);

  const changes: PlannedChange[] = [];
  const unchanged = new Set<string>();
  for (const [index, item] of at.list(plan, 'resource_changes').entries()) {
    const change = resourceChange(at, item, `resource_changes[${index}]`);
    if (staysAsItIs(change)) unchanged.add(`${change.address} ${change.deposed ?? ''}`);
    else changes.push(change);
  }
  const differs = at
    .list(plan, 'resource_drift')
    .flatMap((item, index) => driftedResource(at, item, `resource_drift[${index}]`));
  const settles = ({ address, action }: DriftedResource): boolean =>
    action === 'update' && unchanged.has(`${address} `);
  return {
    stack,
    masking,
    formatVersion: version,
    terraformVersion: at.optionalText(plan, 'terraform_version', 'plan') ?? '',
    changes,
    unchanged: unchanged.size,
    deferred: deferredChanges(at, plan),
    invocations: at
      .list(plan, 'action_invocations')
      .map((item, index) => invocation(at, item, `action_invocations[${index}]`)),
    outputs: outputChanges(at, plan),
    drift: differs.filter((one) => !settles(one)),
    settled: differs.filter(settles),
    checks: checks(at, plan),
    risks: byGravity(
      changes.flatMap((change) => maskedRisks(change, masking)),
      (risk) => risk,
    ),
    complete: plan['complete'] !== false,
    errored: plan['errored'] === true,
  };
}

type Json = Readonly<Record<string, unknown>>;

const SHOW = 'write it again with `terraform show -json <plan file>`';

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['no-op', 'no-op'],
  ['create', 'create'],
  ['read', 'read'],
  ['update', 'update'],
  ['delete', 'delete'],
  ['forget', 'forget'],
  ['delete,create', 'delete-then-create'],
  ['create,delete', 'create-then-delete'],
  ['create,forget', 'create-then-forget'],
  ['forget,create', 'forget-then-create'],
  // Terraform writes an action that its JSON format does not name yet as it is called in its code: "Open".
  ['open', 'open'],
  ['Open', 'open'],
  ['renew', 'renew'],
  ['Renew', 'renew'],
  ['close', 'close'],
  ['Close', 'close'],
]);

const MODES: ReadonlySet<unknown> = new Set<Mode>(['managed', 'data', 'ephemeral']);

function resourceChange(at: Reader, item: unknown, where: string): PlannedChange {
  const resource = at.object(item, where);
  const address = at.name(resource, 'address', where);
  const change = at.object(resource['change'], `${address}: change`);
  const previousAddress = at.optionalName(resource, 'previous_address', address);
  const deposed = at.optionalText(resource, 'deposed', address);
  const importing = change['importing'] ?? null;
  const importId = importing === null ? undefined : importIdOf(at, importing, address);
  const values = valuesOf(at, change, address);
  return new PlannedChange(
    {
      address,
      mode: mode(at, resource, address),
      type: at.text(resource, 'type', address),
      action: action(at, change, address),
      reason: at.optionalText(resource, 'action_reason', address) ?? '',
      replacePaths: values.replacePaths.length === 0 ? NONE : shownPaths(values, at.masking),
      importing: importing !== null,
      ...(importId !== undefined && { importId }),
      ...(previousAddress !== undefined && previousAddress !== address && { previousAddress }),
      ...(deposed !== undefined && { deposed }),
    },
    values,
    at.describe,
  );
}

function valuesOf(at: Reader, change: Json, address: string): Values {
  return {
    before: change['before'],
    after: change['after'],
    afterUnknown: change['after_unknown'],
    beforeSensitive: change['before_sensitive'],
    afterSensitive: change['after_sensitive'],
    replacePaths: replacePaths(at, change, address),
  };
}

/** An import names what it imports by an id, or since Terraform 1.12 by an identity of several attributes. */
function importIdOf(at: Reader, importing: unknown, address: string): string | undefined {
  const { id, identity } = at.object(importing, `${address}: importing`);
  if (typeof id === 'string' && id !== '') return at.masking.name(id);
  if (typeof identity !== 'object' || identity === null) return undefined;
  const parts = Object.entries(identity)
    .sort(byName)
    .flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [`${name}=${value}`] : [],
    );
  return parts.length === 0 ? undefined : at.masking.name(parts.join(', '));
}

/** A sentence may name what a value names: not when that is a secret which the plan does not mark there. */
function maskedRisks(change: PlannedChange, masking: Masking): readonly Risk[] {
  const risks = risksOf(change);
  if (risks.length === 0) return risks;
  const values = withKnownMarked(change.values, masking);
  return values === change.values ? risks : risksOf({ ...change, values });
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Terraform forgets a data source that left the configuration by "deleting" it, and does not show that either. */
function staysAsItIs(change: PlannedChange): boolean {
  if (change.mode === 'data' && change.action === 'delete') return true;
  return change.action === 'no-op' && change.previousAddress === undefined && !change.importing;
}

/** Nothing where only null became empty, which is a provider's spelling and nobody's change. */
function driftedResource(at: Reader, item: unknown, where: string): readonly DriftedResource[] {
  const { address, type, action: drifted, previousAddress, values } = resourceChange(at, item, where);
  const attributes =
    drifted === 'update' ? attributeDiff(values, at.masking, { emptyIsNothing: true }) : NONE;
  if (drifted === 'update' && attributes.length === 0) return [];
  return [
    { address, type, action: drifted, attributes, ...(previousAddress !== undefined && { previousAddress }) },
  ];
}

function deferredChanges(at: Reader, plan: Json): DeferredChange[] {
  const resources = at.list(plan, 'deferred_changes').map((item, index): DeferredChange => {
    const where = `deferred_changes[${index}]`;
    const deferred = at.object(item, where);
    const change = resourceChange(at, deferred['resource_change'], `${where}.resource_change`);
    return {
      address: change.address,
      action: change.action,
      reason: at.optionalText(deferred, 'reason', where) ?? '',
    };
  });
  const invocations = at.list(plan, 'deferred_action_invocations').map((item, index): DeferredChange => {
    const where = `deferred_action_invocations[${index}]`;
    const deferred = at.object(item, where);
    const { address } = invocation(at, deferred['action_invocation'], `${where}.action_invocation`);
    return { address, action: 'invoke', reason: at.optionalText(deferred, 'reason', where) ?? '' };
  });
  return [...resources, ...invocations];
}

function invocation(at: Reader, item: unknown, where: string): Invocation {
  const invoked = at.object(item, where);
  const address = at.name(invoked, 'address', where);
  const trigger = invoked['lifecycle_action_trigger'] ?? null;
  if (trigger === null) return { address };
  const by = at.optionalName(at.object(trigger, address), 'triggering_resource_address', address);
  return by === undefined ? { address } : { address, triggeredBy: by };
}

function outputChanges(at: Reader, plan: Json): PlannedOutput[] {
  const outputs = plan['output_changes'] ?? null;
  if (outputs === null) return [];
  return Object.entries(at.object(outputs, 'output_changes'))
    .sort(byName)
    .map(([name, given]) => {
      const where = `output ${name}`;
      const change = at.object(given, where);
      const describe = (values: Values) => attributeDiff(values, at.masking, { name });
      return new PlannedOutput(name, action(at, change, where), valuesOf(at, change, where), describe);
    })
    .filter((output) => output.action !== 'no-op');
}

/** One check a failing instance; one for the whole where nothing failed, or where no instance exists yet. */
function checks(at: Reader, plan: Json): Check[] {
  return at.list(plan, 'checks').flatMap((item, index) => {
    const where = `checks[${index}]`;
    const whole = check(at, item, where);
    const instances = at
      .list(at.object(item, where), 'instances')
      .map((one, i) => check(at, one, `${where}.instances[${i}]`));
    const failing = instances.filter((one) => one.status === 'fail' || one.status === 'error');
    return failing.length > 0 ? failing : [whole];
  });
}

function check(at: Reader, item: unknown, where: string): Check {
  const result = at.object(item, where);
  const address = at.name(at.object(result['address'], `${where}.address`), 'to_display', `${where}.address`);
  const status = result['status'];
  if (status === 'pass' || status === 'fail' || status === 'error' || status === 'unknown')
    return { address, status };
  return at.fail(
    `${address}: check status ${kind(status)} is not one of pass, fail, error, unknown: update Fairlead`,
  );
}

function action(at: Reader, change: Json, address: string): Action {
  const actions = change['actions'];
  const known =
    Array.isArray(actions) && actions.every((one) => typeof one === 'string')
      ? ACTIONS.get(actions.join(','))
      : undefined;
  if (known) return known;
  const came = Array.isArray(actions) ? `[${actions.map(kind).join(', ')}]` : kind(actions);
  return at.fail(
    `${address}: the actions ${came} are not known here: update Fairlead, or plan with a Terraform version it knows`,
  );
}

function mode(at: Reader, resource: Json, address: string): Mode {
  const given = resource['mode'];
  if (MODES.has(given)) return given as Mode;
  return at.fail(
    `${address}: the mode ${kind(given)} is not one of managed, data, ephemeral: update Fairlead`,
  );
}

function replacePaths(at: Reader, change: Json, address: string): readonly (readonly Step[])[] {
  const given = at.list(change, 'replace_paths', address);
  for (const path of given) {
    if (Array.isArray(path) && path.every((step) => typeof step === 'string' || typeof step === 'number'))
      continue;
    at.fail(`${address}: replace_paths must hold lists of names and numbers, got ${kind(path)}: ${SHOW}`);
  }
  return given as readonly (readonly Step[])[];
}

/** Without repetition: where a path stops at a sensitive value, several can end in the same place. */
function shownPaths({ replacePaths: paths, ...values }: Values, masking: Masking): readonly string[] {
  const marks = [values.beforeSensitive, values.afterSensitive];
  return [...new Set(paths.map((path) => masking.name(pathText(visiblePath(path, marks)))))];
}

const NONE: readonly never[] = [];

/** Takes values out of parsed JSON; what is not as the format says is an error that names the place. */
class Reader {
  public readonly describe = (values: Values) => resourceDiff(values, this.masking);

  public constructor(
    private readonly stack: string,
    public readonly masking: Masking,
  ) {}

  public fail(message: string): never {
    throw new Error(`${this.stack}: ${visible(message)}`);
  }

  public object(value: unknown, where: string): Json {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    return this.fail(`${where} must be an object, got ${kind(value)}: ${SHOW}`);
  }

  /** An absent list is an empty one: Terraform leaves empty parts out. */
  public list(from: Json, key: string, where = 'plan'): readonly unknown[] {
    const value = from[key] ?? NONE;
    if (Array.isArray(value)) return value;
    return this.fail(`${where}: ${key} must be a list, got ${kind(value)}: ${SHOW}`);
  }

  public text(from: Json, key: string, where: string): string {
    const value = from[key];
    if (typeof value === 'string' && value !== '') return value;
    return this.fail(`${where}: ${key} must be a text, got ${kind(value)}: ${SHOW}`);
  }

  /** A text that is shown: without the secrets that somebody put into a key. */
  public name(from: Json, key: string, where: string): string {
    return this.masking.name(this.text(from, key, where));
  }

  public optionalName(from: Json, key: string, where: string): string | undefined {
    const text = this.optionalText(from, key, where);
    return text === undefined ? undefined : this.masking.name(text);
  }

  public optionalText(from: Json, key: string, where: string): string | undefined {
    const value = from[key] ?? null;
    return value === null || value === '' ? undefined : this.text(from, key, where);
  }
}

/** What came, without its content unless it is a short word: a plan's values are secret. */
function kind(value: unknown): string {
  if (typeof value === 'string')
    return KEYWORD.test(value) ? `"${value}"` : `a text of ${value.length} characters`;
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const KEYWORD = /^[A-Za-z][A-Za-z_-]{0,30}$/;

function decode(bytes: Buffer | string, stack: string): string {
  if (typeof bytes === 'string') return bytes.startsWith('\uFEFF') ? bytes.slice(1) : bytes;
  const [first, second] = bytes;
  const bigEndian = (first === 0xfe && second === 0xff) || (first === 0 && second === 0x7b);
  const littleEndian = (first === 0xff && second === 0xfe) || (first === 0x7b && second === 0);
  if (bigEndian || littleEndian) {
    if (bytes.length % 2 === 1) throw truncated(stack, bytes.length);
    const text = (bigEndian ? Buffer.from(bytes).swap16() : bytes).toString('utf16le');
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }
  if (first === 0x50 && second === 0x4b) {
    throw new Error(`${stack}: this is the binary plan file, which holds the state in clear: ${SHOW}`);
  }
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    throw new Error(
      `${stack}: the plan has ${bytes.length} bytes, more than the ${constants.MAX_STRING_LENGTH} that can be read: split the stack`,
    );
  }
  if (!isUtf8(bytes))
    throw new Error(`${stack}: the plan is neither UTF-8 nor UTF-16: ${SHOW}, and do not convert it`);
  return bytes.toString('utf8', first === 0xef && second === 0xbb ? 3 : 0);
}

function parse(text: string, stack: string): Json {
  const start = text.slice(0, 200).trimStart();
  if (start === '') throw new Error(`${stack}: the plan is empty: ${SHOW}, and look at its exit code`);
  if (start.startsWith('[command]')) throw wrapped(stack);
  let plan: unknown;
  try {
    plan = usedMembers(text) ?? JSON.parse(text);
  } catch {
    throw notJson(text, start, stack);
  }
  if (typeof plan === 'object' && plan !== null && !Array.isArray(plan)) return plan as Json;
  throw new Error(
    `${stack}: this is JSON but not a plan: ${kind(plan)} came, an object was expected: ${SHOW}`,
  );
}

/** What of a plan is looked at, parsed; of the other members, `UNREAD` says that they are there. */
function usedMembers(text: string): Json | undefined {
  const found = members(text);
  if (!found) return undefined;
  const entries = [...found].map(([name, value]): [string, unknown] => {
    if (USED.has(name)) return [name, JSON.parse(value)];
    return [name, name === 'configuration' ? rootVariables(value) : UNREAD];
  });
  return Object.fromEntries(entries);
}

const UNREAD = true;

const USED: ReadonlySet<string> = new Set([
  'format_version',
  'terraform_version',
  'variables',
  'resource_changes',
  'resource_drift',
  'output_changes',
  'deferred_changes',
  'deferred_action_invocations',
  'action_invocations',
  'checks',
  'complete',
  'errored',
]);

/** Only the configuration says which input variables are sensitive. */
function rootVariables(configuration: string): Json {
  const variables = members(members(configuration)?.get('root_module') ?? '')?.get('variables');
  return { root_module: { variables: variables === undefined ? {} : (JSON.parse(variables) as unknown) } };
}

function notJson(text: string, start: string, stack: string): Error {
  if (start.startsWith('{"@level"')) {
    return new Error(
      `${stack}: this is the progress log of \`terraform plan -json\`: save the plan with -out, then ${SHOW}`,
    );
  }
  if (!start.startsWith('{')) {
    return new Error(
      `${stack}: this is not JSON (\`terraform plan\` and \`terraform show\` print text without -json): ${SHOW}`,
    );
  }
  const end = text.slice(-2000).trimEnd();
  if (/\n(::|##\[)[^\n]*$/.test(end)) return wrapped(stack);
  return end.endsWith('}')
    ? new Error(`${stack}: this is not valid JSON: ${SHOW}`)
    : truncated(stack, text.length);
}

function wrapped(stack: string): Error {
  return new Error(
    `${stack}: the wrapper of hashicorp/setup-terraform wrote its own lines around the plan: set \`terraform_wrapper: false\` and ${SHOW}`,
  );
}

function truncated(stack: string, length: number): Error {
  return new Error(
    `${stack}: the plan ends in the middle, after ${length} characters: look for a full disk or a killed job, and ${SHOW}`,
  );
}

/** @returns the version, of a major that is known here */
function formatVersion(plan: Json, stack: string): string {
  const version = plan['format_version'];
  if (version === undefined && 'lineage' in plan)
    throw new Error(`${stack}: this is a state file, not a plan: ${SHOW}`);
  const parts = typeof version === 'string' ? /^(\d{1,4})\.(\d{1,4})$/.exec(version) : null;
  if (!parts) throw new Error(`${stack}: this is not a plan (it has no format_version): ${SHOW}`);
  if (parts[1] === '1' || (parts[1] === '0' && parts[2] !== '0')) return parts[0];
  throw new Error(
    `${stack}: the plan's format_version is ${parts[0]}; 0.1 to 1.x can be read: update Fairlead`,
  );
}

function requirePlan(plan: Json, stack: string): void {
  if ('resource_changes' in plan || 'planned_values' in plan) return;
  const came =
    'values' in plan ? 'a state' : 'provider_schemas' in plan ? 'a list of provider schemas' : 'no plan';
  throw new Error(`${stack}: this is ${came} (\`show -json\` without a plan file shows the state): ${SHOW}`);
}
