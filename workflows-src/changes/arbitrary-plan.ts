import fc, { type Arbitrary } from 'fast-check';

/**
 * Plans as `terraform show -json` writes them, made up: for properties that must hold for every plan. What is secret in them
 * is a canary, so that a test finds it wherever it turns up, also in base64; nothing else in a plan matches `CANARY`.
 */
export const CANARY = new RegExp(['cAnArY', 'yRaNaC', ...[0, 1, 2].map(inBase64)].join('|'));

/** What base64 makes of the canary, this many bytes behind a multiple of three, without what is mixed with its neighbours. */
function inBase64(bytes: number): string {
  const text = Buffer.from('\0'.repeat(bytes) + 'cAnArY').toString('base64');
  return text.slice(Math.ceil((bytes * 8) / 6), Math.floor(((bytes + 6) * 8) / 6));
}

export type Json = Readonly<Record<string, unknown>>;

export interface ChangeJson {
  readonly actions: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly after_unknown: unknown;
  readonly before_sensitive: unknown;
  readonly after_sensitive: unknown;
  readonly replace_paths?: readonly (readonly (string | number)[])[];
  readonly importing?: { readonly id?: string; readonly identity?: Json };
}

export interface ResourceJson {
  readonly address: string;
  readonly previous_address?: string;
  readonly mode: 'managed' | 'data' | 'ephemeral';
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  readonly deposed?: string;
  readonly change: ChangeJson;
  readonly action_reason?: string;
}

export interface CheckJson {
  readonly address: { readonly kind: string; readonly to_display: string };
  readonly status: string;
  readonly instances?: readonly {
    readonly address: { readonly to_display: string };
    readonly status: string;
    readonly problems?: readonly { readonly message: string }[];
  }[];
}

export interface InvocationJson {
  readonly address: string;
  readonly lifecycle_action_trigger?: { readonly triggering_resource_address: string };
}

export interface PlanJson {
  readonly format_version: string;
  readonly terraform_version: string;
  readonly variables: Json;
  readonly planned_values: unknown;
  readonly resource_drift: readonly ResourceJson[];
  readonly resource_changes: readonly ResourceJson[];
  readonly output_changes: Readonly<Record<string, ChangeJson>>;
  readonly deferred_changes: readonly { readonly reason: string; readonly resource_change: ResourceJson }[];
  readonly action_invocations: readonly InvocationJson[];
  readonly deferred_action_invocations: readonly {
    readonly reason: string;
    readonly action_invocation: InvocationJson;
  }[];
  readonly prior_state: unknown;
  readonly configuration: unknown;
  readonly checks: readonly CheckJson[];
  readonly complete: boolean;
  readonly errored: boolean;
}

/** What became of a stack, with the plan as Terraform wrote it. */
export type ResultJson =
  | {
      readonly stack: string;
      readonly status: 'planned';
      readonly plan: PlanJson;
      readonly provisional?: string;
      readonly hasLedger: boolean;
    }
  | { readonly stack: string; readonly status: 'failed'; readonly diagnostics: string }
  | { readonly stack: string; readonly status: 'deferred'; readonly reason: string }
  | { readonly stack: string; readonly status: 'missing' };

/**
 * How many times a property is tried: all of them in CI, a seventh elsewhere. `PROPERTY_SEED` makes the runs the same each
 * time and stops them at the first failure, for whoever only wants to know whether there is one.
 */
export function runs(inCi: number): fc.Parameters<unknown> {
  const seed = process.env['PROPERTY_SEED'];
  return {
    numRuns: process.env['CI'] ? inCi : Math.ceil(inCi / 7),
    ...(seed !== undefined && { seed: Number(seed), endOnFailure: true }),
  };
}

/** A change of one value, with what the plan says about it. undefined: not there. */
interface Cell {
  readonly before: unknown;
  readonly after: unknown;
  readonly unknown: unknown;
  /** Of sensitivity, before and after. */
  readonly marks: readonly [unknown, unknown];
}

function cell(before: unknown, after: unknown, unknown: unknown = false): Cell {
  return { before, after, unknown, marks: [false, false] };
}

/** An own property whatever its name is, `__proto__` too. */
function entries(of: readonly (readonly [string, unknown])[], keep: (value: unknown) => boolean): Json {
  return Object.fromEntries(of.filter(([, value]) => keep(value)));
}

function objectOf(members: readonly (readonly [string, Cell])[]): Cell {
  const side = (of: (one: Cell) => unknown, keep: (value: unknown) => boolean): Json =>
    entries(
      members.map(([name, one]) => [name, of(one)]),
      keep,
    );
  const isThere = (value: unknown): boolean => value !== undefined;
  const isMark = (value: unknown): boolean => value !== false;
  return {
    before: side((one) => one.before, isThere),
    after: side((one) => one.after, isThere),
    unknown: side((one) => one.unknown, isMark),
    marks: [side((one) => one.marks[0], isMark), side((one) => one.marks[1], isMark)],
  };
}

/** Terraform keeps the place of an element that is not known with null. */
function listOf(elements: readonly Cell[]): Cell {
  const old = elements.filter((one) => one.before !== undefined);
  const now = elements.filter((one) => one.after !== undefined || one.unknown === true);
  return {
    before: old.map((one) => one.before),
    after: now.map((one) => one.after ?? null),
    unknown: now.map((one) => one.unknown),
    marks: [old.map((one) => one.marks[0]), now.map((one) => one.marks[1])],
  };
}

function onlyBefore(one: Cell): Cell {
  return { before: one.before, after: undefined, unknown: false, marks: [one.marks[0], false] };
}

function onlyAfter(one: Cell): Cell {
  return { ...one, before: undefined, marks: [false, one.marks[1]] };
}

function holdsTrue(marks: unknown): boolean {
  if (typeof marks !== 'object' || marks === null) return marks === true;
  return Object.values(marks).some(holdsTrue);
}

/** As `jsonencode` does it: what is not known or sensitive inside makes all of the text so. */
function asText(one: Cell, indent: number): Cell {
  const text = (value: unknown): string | null =>
    value === undefined ? null : JSON.stringify(value, null, indent);
  const isUnknown = holdsTrue(one.unknown);
  const mark = one.marks.some(holdsTrue);
  return {
    before: text(one.before),
    after: isUnknown ? undefined : text(one.after),
    unknown: isUnknown,
    marks: [mark, mark],
  };
}

/** Sensitive as a whole: all texts and keys inside become canaries, the same ones for the same text. */
function marked(one: Cell, seed: number): Cell {
  const known = new Map<string, string>();
  const canary = (text: string): string => {
    const given = known.get(text) ?? core(seed + known.size);
    known.set(text, given);
    return given;
  };
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return canary(value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [canary(key), hide(inner)]));
  };
  const unknown = holdsTrue(one.unknown) ? renamed(one.unknown, canary) : false;
  return { before: hide(one.before), after: hide(one.after), unknown, marks: [true, true] };
}

function renamed(marks: unknown, name: (key: string) => string): unknown {
  if (Array.isArray(marks)) return marks.map((one) => renamed(one, name));
  if (typeof marks !== 'object' || marks === null) return marks;
  return Object.fromEntries(Object.entries(marks).map(([key, inner]) => [name(key), renamed(inner, name)]));
}

/** Of letters and digits only, which no escaping changes. */
function core(number: number): string {
  return `cAnArY${(number >>> 0).toString(16)}yRaNaC`;
}

const canary: Arbitrary<string> = fc.tuple(fc.nat(0xffffff), fc.nat(11)).map(([number, form]) => {
  const secret = core(number);
  return (
    [`pa"ss \\ ${secret} wörd`, `first ${secret}\nsecond ${core(number + 1)}`, `$^[${secret}](.*)|%20&<b>`][
      form
    ] ?? secret
  );
});

/** In values and keys: what could close a fence, forge a line, mention somebody, command the runner or hide. */
const HOSTILE = [
  '__proto__',
  'constructor',
  'say "hello"',
  '```',
  '``````\n</details>\n',
  '</details></summary></code></pre><img src=x onerror=alert(1)>',
  'line one\nline two',
  '\r\n> [!CAUTION]\r\n> forged',
  '@octocat and #1 and GH-1 and octocat/hello#2',
  '\u001b[31mred\u001b[0m\u0007',
  '\u202egpj.exe\u2066\u200b',
  '::error::forged',
  '##[group]forged',
  '| a | b |',
  '\\u{202e} and \\ and "',
  '[x](javascript:alert(1)) <!-- ',
  '$x^2$ ${not.a.reference} %{ if no }',
  '\ud83d\ude80 ünï çødé 文字',
  '\ud83d',
  '- aws_db_instance.forged will be destroyed',
  '**Delete (0)**',
  '…',
  '',
  ' ',
] as const;

const hostile: Arbitrary<string> = fc.constantFrom(...HOSTILE);
const word: Arbitrary<string> = fc
  .tuple(fc.constantFrom('alpha', 'bravo', 'service', 'eu-west-1', 'Node.Name', 'x_y'), fc.nat(999))
  .map(([name, number]) => `${name}-${number}`);

const lines: Arbitrary<string> = fc
  .tuple(fc.array(fc.oneof(word, hostile), { minLength: 2, maxLength: 9 }), fc.boolean())
  .map(([all, ends]) => all.join('\n') + (ends ? '\n' : ''));

const text: Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: word },
  { weight: 2, arbitrary: hostile },
  { weight: 1, arbitrary: lines },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.tuple(word, fc.nat(2000)).map(([one, n]) => `${one}${'x'.repeat(n)}${one}`) },
);

/** Under these names everything is hidden. */
const SECRET_NAMES = ['password', 'db_password', 'apiKey', 'GITHUB_TOKEN', 'client_secret', 'private_key'];
const secretName: Arbitrary<string> = fc.constantFrom(...SECRET_NAMES);
const key: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 3, arbitrary: hostile },
  { weight: 1, arbitrary: fc.constantFrom('Name', 'cost.center', 'id', 'name', '0', 'toString') },
);

/** All that may become of a value. */
function changing(value: Arbitrary<unknown>): Arbitrary<Cell> {
  return fc.tuple(value, value, fc.nat(13)).map(([before, after, fate]) => {
    if (fate < 5) return cell(before, before);
    if (fate < 9) return cell(before, after);
    if (fate === 9) return cell(null, after);
    if (fate === 10) return cell(before, null);
    if (fate === 11) return cell(null, '');
    return cell(fate === 12 ? before : null, undefined, true);
  });
}

const scalar: Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 2, arbitrary: fc.nat(100_000) },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constantFrom(0, -1.5, 1e21, null) },
);
const leaf = changing(scalar);
const textCell = changing(text);
/** What no plan marks, and must be hidden all the same because of its name. */
const secretCell: Arbitrary<Cell> = changing(canary);
const secretMember: Arbitrary<readonly [string, Cell]> = fc.tuple(secretName, secretCell);

function list(element: Arbitrary<Cell>, maxLength = 4): Arbitrary<Cell> {
  return fc
    .array(
      fc.tuple(element, fc.nat(5)).map(([one, fate]) => {
        if (fate === 0 && one.before !== undefined) return onlyBefore(one);
        return fate === 1 && (one.after !== undefined || one.unknown === true) ? onlyAfter(one) : one;
      }),
      { maxLength },
    )
    .map(listOf);
}

function map(value: Arbitrary<Cell>, maxLength = 4): Arbitrary<Cell> {
  const member = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(key, value) },
    { weight: 1, arbitrary: secretMember },
  );
  return fc.array(member, { maxLength }).map((members) => objectOf([...new Map(members)]));
}

function block(members: Readonly<Record<string, Arbitrary<Cell>>>): Arbitrary<Cell> {
  return fc.record(members).map((cells) => objectOf(Object.entries(cells)));
}

function json(one: Arbitrary<Cell>): Arbitrary<Cell> {
  return fc.tuple(one, fc.constantFrom(0, 0, 2)).map(([inner, indent]) => asText(inner, indent));
}

/** Anything, as a module without a schema may hold it. */
function nested(depth: number): Arbitrary<Cell> {
  if (depth === 0) return leaf;
  const inner = nested(depth - 1);
  return fc.oneof(
    { weight: 5, arbitrary: leaf },
    { weight: 2, arbitrary: list(inner) },
    { weight: 2, arbitrary: map(inner) },
    { weight: 1, arbitrary: json(fc.oneof(list(inner), map(inner))) },
    // Of another shape than before.
    { weight: 1, arbitrary: fc.tuple(plain, plain).map(([a, b]) => ({ ...b, before: a.before })) },
    { weight: 1, arbitrary: sensitive(inner) },
  );
}

const plain: Arbitrary<Cell> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }).map(listOf),
  fc.array(fc.tuple(key, leaf), { maxLength: 3 }).map((members) => objectOf([...new Map(members)])),
);

function sensitive(inner: Arbitrary<Cell>): Arbitrary<Cell> {
  return fc.tuple(inner, fc.nat(0xffffff)).map(([one, seed]) => marked(one, seed));
}

const value = nested(2);
const tags = map(textCell);

const statement = fc
  .record({
    Sid: fc.option(fc.constantFrom('Read', 'Write', 'Admin'), { nil: undefined }),
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.oneof(
      fc.constantFrom('*', 's3:*', 'iam:PassRole', 's3:GetObject'),
      fc.array(fc.constantFrom('s3:GetObject', 's3:PutObject', 'ecs:RunTask', 'kms:Decrypt'), {
        maxLength: 3,
      }),
    ),
    Resource: fc.oneof(
      fc.constant('*'),
      fc.array(
        word.map((name) => `arn:aws:s3:::${name}`),
        { maxLength: 2 },
      ),
    ),
    Principal: fc.option(fc.constantFrom('*', { AWS: '123456789012' }, { Service: 'ecs.amazonaws.com' }), {
      nil: undefined,
    }),
    Condition: fc.option(fc.constantFrom({ StringEquals: { 'aws:SourceAccount': ['1'] } }), {
      nil: undefined,
    }),
  })
  .map((one) => JSON.parse(JSON.stringify(one)) as unknown);
const policy: Arbitrary<string> = fc
  .tuple(fc.array(statement, { maxLength: 3 }), fc.constantFrom(0, 2))
  .map(([all, indent]) => JSON.stringify({ Version: '2012-10-17', Statement: all }, null, indent));

const container = fc.record({
  name: fc.constantFrom('api', 'worker', 'sidecar'),
  image: word.map((name) => `registry.test/${name}`),
  cpu: fc.nat(1024),
  essential: fc.boolean(),
  environment: fc.array(fc.record({ name: fc.constantFrom('LEVEL', 'URL', 'MODE'), value: canary }), {
    maxLength: 3,
  }),
  secrets: fc.array(
    fc.record({
      name: fc.constantFrom('DB'),
      valueFrom: word.map((name) => `arn:aws:ssm:eu-west-1:1:${name}`),
    }),
    { maxLength: 1 },
  ),
  command: fc.array(word, { maxLength: 2 }),
});
const containers: Arbitrary<string> = fc
  .array(container, { minLength: 1, maxLength: 2 })
  .map((all) => JSON.stringify(all));

const rule = block({
  from_port: changing(fc.constantFrom(22, 80, 443)),
  to_port: changing(fc.constantFrom(22, 80, 443)),
  protocol: changing(fc.constantFrom('tcp', 'udp', '-1')),
  cidr_blocks: list(changing(fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16')), 3),
  description: textCell,
});
const variable = block({
  name: fc.constantFrom('LEVEL', 'URL', 'MODE', 'REGION').map((name) => cell(name, name)),
  type: fc.constant(cell('PLAINTEXT', 'PLAINTEXT')),
  value: secretCell,
});
const script = fc.tuple(canary, lines).map(([secret, more]) => `#!/bin/sh\n${more}\nrun ${secret}\n`);
const encoded = script.map((one) => Buffer.from(one, 'utf8').toString('base64'));

/** By type: the attributes besides `id`. Where a value is a canary, nothing in the plan says so but its place. */
const TYPES: Readonly<Record<string, Readonly<Record<string, Arbitrary<Cell>>>>> = {
  terraform_data: { input: value, triggers_replace: nested(1) },
  null_resource: { triggers: tags },
  aws_db_instance: {
    identifier: textCell,
    allocated_storage: changing(fc.nat(1000)),
    backup_retention_period: changing(fc.nat(35)),
    deletion_protection: changing(fc.boolean()),
    enabled_cloudwatch_logs_exports: list(textCell),
    password: sensitive(textCell),
    publicly_accessible: changing(fc.boolean()),
    storage_encrypted: changing(fc.boolean()),
    tags,
  },
  aws_ecs_task_definition: { family: textCell, container_definitions: changing(containers), memory: leaf },
  aws_iam_role_policy: { name: textCell, policy: changing(policy) },
  aws_s3_bucket_policy: { bucket: textCell, policy: changing(policy) },
  aws_s3_bucket: { bucket: textCell, force_destroy: changing(fc.boolean()), tags, tags_all: tags },
  aws_security_group: { description: textCell, ingress: list(rule), name: textCell },
  aws_lambda_function: {
    environment: list(block({ variables: map(secretCell) }), 1),
    function_name: textCell,
    layers: list(textCell),
  },
  aws_codebuild_project: {
    environment: list(block({ environment_variable: list(variable), image: textCell }), 1),
  },
  aws_instance: { instance_type: textCell, user_data: changing(script), user_data_base64: changing(encoded) },
  aws_launch_template: { name: textCell, user_data: changing(encoded) },
  aws_lb_listener: {
    port: changing(fc.nat(65_535)),
    default_action: list(block({ type: textCell, order: leaf })),
  },
  kubernetes_config_map: {
    data: map(textCell, 8),
    metadata: list(block({ labels: tags, name: textCell }), 1),
  },
  random_password: { length: changing(fc.nat(64)), result: sensitive(textCell) },
  fairlead_invented: { setting: value, other: nested(1), flag: changing(fc.boolean()) },
};

/** What Terraform decides for a resource, and how often. */
const FATES: readonly (readonly [number, readonly string[]])[] = [
  [5, ['create']],
  [6, ['update']],
  [3, ['delete']],
  [2, ['delete', 'create']],
  [2, ['create', 'delete']],
  [1, ['create', 'forget']],
  [1, ['forget', 'create']],
  [1, ['forget']],
  [3, ['no-op']],
  [2, ['read']],
  [1, ['Open']],
];
const fate: Arbitrary<readonly string[]> = fc.oneof(
  ...FATES.map(([weight, actions]) => ({ weight, arbitrary: fc.constant(actions) })),
);

function isReplace(actions: readonly string[]): boolean {
  return actions.length === 2;
}

/** The change of a resource with these attributes. */
function changeJson(actions: readonly string[], attributes: Cell, id: string): ChangeJson {
  const joined = actions.join();
  const { before, after, unknown, marks } = attributes;
  const there = { id, ...(before as Json) };
  const willBe = after as Json;
  if (joined === 'create' || joined === 'read') {
    return {
      actions,
      before: null,
      after: willBe,
      after_unknown: { ...(unknown as Json), id: true },
      before_sensitive: false,
      after_sensitive: marks[1],
    };
  }
  if (joined === 'delete' || joined === 'forget') {
    return {
      actions,
      before: there,
      after: null,
      after_unknown: {},
      before_sensitive: marks[0],
      after_sensitive: joined === 'forget' ? {} : false,
    };
  }
  if (joined === 'no-op') {
    return {
      actions,
      before: there,
      after: there,
      after_unknown: {},
      before_sensitive: marks[0],
      after_sensitive: marks[0],
    };
  }
  if (joined === 'Open') {
    return {
      actions,
      before: null,
      after: null,
      after_unknown: false,
      before_sensitive: false,
      after_sensitive: false,
    };
  }
  const isNew = isReplace(actions);
  const sides = lopsided(marks, Number(id.at(-1)));
  return {
    actions,
    before: there,
    after: isNew ? willBe : { id, ...willBe },
    after_unknown: { ...(unknown as Json), ...(isNew && { id: true }) },
    before_sensitive: sides[0],
    after_sensitive: sides[1],
  };
}

/** As when an attribute becomes sensitive, or no longer is: what is so on one side is hidden on both. */
function lopsided(marks: Cell['marks'], seed: number): Cell['marks'] {
  const [before, after] = marks as readonly [Json, Json];
  const name = Object.keys(before).find((one) => before[one] === true && after[one] === true);
  if (name === undefined || seed > 3) return marks;
  return seed % 2 === 0 ? [{ ...before, [name]: false }, after] : [before, { ...after, [name]: false }];
}

const index: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.nat(20).map((at) => `[${at}]`) },
  { weight: 2, arbitrary: key.map((one) => `[${JSON.stringify(one)}]`) },
);
const modules: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('network', 'db'), index).map(([name, at]) => `module.${name}${at}.`),
  },
);

interface Traits {
  readonly at: string;
  readonly within: string;
  readonly actions: readonly string[];
  readonly reason: string;
  readonly isMoved: boolean;
  readonly isDeposed: boolean;
  readonly importing: NonNullable<ChangeJson['importing']> | undefined;
  readonly pathSeed: number;
}

const traits: Arbitrary<Traits> = fc.record({
  at: index,
  within: modules,
  actions: fate,
  reason: fc.constantFrom(
    '',
    '',
    'replace_because_cannot_update',
    'replace_by_request',
    'future_reason',
    'x`y',
  ),
  isMoved: fc.nat(7).map((n) => n === 0),
  isDeposed: fc.nat(4).map((n) => n === 0),
  importing: fc.oneof(
    { weight: 7, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: key.map((id) => ({ id })) },
    { weight: 1, arbitrary: word.map((name) => ({ identity: { name, account: 1, region: 'eu-west-1' } })) },
  ),
  pathSeed: fc.nat(),
});

function resourceJson(type: string, attributes: Cell, given: Traits): (number: number) => ResourceJson {
  const { actions, at, within, importing, pathSeed } = given;
  const joined = actions.join();
  const mode = joined === 'read' ? 'data' : joined === 'Open' ? 'ephemeral' : 'managed';
  const prefix = mode === 'managed' ? '' : `${mode}.`;
  const isHere = mode === 'managed' && joined !== 'create';
  const isImported =
    importing !== undefined && (joined === 'no-op' || joined === 'update' || isReplace(actions));
  const change: ChangeJson = {
    ...changeJson(actions, attributes, `id-${pathSeed}`),
    ...(isReplace(actions) && { replace_paths: pathsOf(attributes, pathSeed) }),
    ...(isImported && { importing }),
  };
  return (number) => ({
    address: `${within}${prefix}${type}.it_${number}${at}`,
    ...(isHere && given.isMoved && { previous_address: `${type}.was_${number}${at}` }),
    mode,
    type,
    name: `it_${number}`,
    provider_name: 'registry.terraform.io/hashicorp/aws',
    ...(joined === 'delete' && given.isDeposed && { deposed: `dead${number}` }),
    change,
    ...(given.reason !== '' && { action_reason: given.reason }),
  });
}

/** Of what differs, down to a member where it is an object; sometimes none, as with -replace. */
function pathsOf({ before, after }: Cell, seed: number): readonly (readonly (string | number)[])[] {
  const differing = Object.keys(before as Json).filter(
    (name) => JSON.stringify((before as Json)[name]) !== JSON.stringify((after as Json)[name]),
  );
  return differing.slice(0, seed % 3).map((name) => {
    const inner = (before as Json)[name];
    if (Array.isArray(inner) && inner.length > 0) return [name, 0];
    const first = typeof inner === 'object' && inner !== null ? Object.keys(inner)[0] : undefined;
    return first === undefined ? [name] : [name, first];
  });
}

/** One resource; its number makes its address unlike any other's. */
const resource: Arbitrary<(number: number) => ResourceJson> = fc.oneof(
  ...Object.entries(TYPES).map(([type, attributes]) =>
    fc.tuple(block(attributes), traits).map(([cells, given]) => resourceJson(type, cells, given)),
  ),
);

const output: Arbitrary<ChangeJson> = fc
  .tuple(fc.oneof(plain, nested(1), sensitive(plain)), fc.constantFrom('create', 'update', 'delete', 'no-op'))
  .map(([{ before, after, unknown, marks }, action]) => ({
    actions: [action],
    before: action === 'create' ? null : (before ?? null),
    after: action === 'delete' ? null : action === 'no-op' ? (before ?? null) : (after ?? null),
    after_unknown: action === 'create' || action === 'update' ? unknown : false,
    before_sensitive: holdsTrue(marks),
    after_sensitive: holdsTrue(marks),
  }));

const NAMES = ['url', 'bucket', '__proto__', 'a-b', 'zz', 'Capital', 'list', 'constructor'] as const;
const outputs: Arbitrary<Readonly<Record<string, ChangeJson>>> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.oneof(
          { weight: 6, arbitrary: fc.tuple(fc.constantFrom<string>(...NAMES), output) },
          {
            weight: 1,
            arbitrary: fc
              .tuple(secretName, canary)
              .map(([name, secret]) => [name, outputOf(secret)] as const),
          },
        ),
        { maxLength: 4 },
      )
      // Terraform writes them in the order of their names.
      .map((all) => Object.fromEntries([...new Map(all)].sort(([a], [b]) => (a < b ? -1 : 1)))),
  },
);

function outputOf(after: unknown): ChangeJson {
  return {
    actions: ['create'],
    before: null,
    after,
    after_unknown: false,
    before_sensitive: false,
    after_sensitive: false,
  };
}

/** What differs from the state, or only in how a provider spells nothing. */
const drift: Arbitrary<(number: number) => ResourceJson> = fc
  .tuple(
    fc.constantFrom('update', 'update', 'delete', 'no-op'),
    block({ setting: changing(word), list: list(changing(word), 2), user_data: changing(script) }),
    fc.boolean(),
  )
  .map(([action, { before, after, marks }, isSpelling]) => (number: number): ResourceJson => {
    const there = { id: `id-${number}`, ...(before as Json) };
    const now = isSpelling ? { ...there, extra: '' } : { id: `id-${number}`, ...(after as Json) };
    return {
      address: `aws_drifted.it_${number}`,
      ...(action === 'no-op' && { previous_address: `aws_drifted.was_${number}` }),
      mode: 'managed',
      type: 'aws_drifted',
      name: `it_${number}`,
      provider_name: 'registry.terraform.io/hashicorp/aws',
      change: {
        actions: [action],
        before: there,
        after: action === 'delete' ? null : action === 'no-op' ? there : now,
        after_unknown: {},
        before_sensitive: marks[0],
        after_sensitive: action === 'delete' ? false : marks[0],
      },
    };
  });

const status = fc.constantFrom('pass', 'fail', 'error', 'unknown');
const check: Arbitrary<(number: number) => CheckJson> = fc
  .tuple(status, fc.array(fc.tuple(status, hostile, canary), { maxLength: 3 }), key)
  .map(([whole, instances, name]) => (number: number): CheckJson => {
    const display = `check.it_${number}[${JSON.stringify(name)}]`;
    return {
      address: { kind: 'check', to_display: display },
      status: whole,
      ...(instances.length > 0 && {
        instances: instances.map(([one, message, secret]) => ({
          address: { to_display: display },
          status: one,
          problems: [{ message: `${message} ${secret}` }],
        })),
      }),
    };
  });

const invocation: Arbitrary<(number: number) => InvocationJson> = fc
  .tuple(index, fc.boolean(), key)
  .map(([at, isTriggered, name]) => (number: number): InvocationJson => ({
    address: `action.aws_lambda_invoke.it_${number}${at}`,
    ...(isTriggered && {
      lifecycle_action_trigger: { triggering_resource_address: `aws_x.it[${JSON.stringify(name)}]` },
    }),
  }));

interface Parts {
  readonly resources: readonly ((number: number) => ResourceJson)[];
  /** How many there are of each. */
  readonly times: number;
  readonly outputs: Readonly<Record<string, ChangeJson>>;
  readonly drift: readonly ((number: number) => ResourceJson)[];
  /** Drifted resources that stay as they are: of these nothing is changed back. */
  readonly settled: number;
  readonly deferred: readonly ((number: number) => ResourceJson)[];
  readonly checks: readonly ((number: number) => CheckJson)[];
  readonly invocations: readonly ((number: number) => InvocationJson)[];
  readonly variables: readonly (readonly [string, string, boolean])[];
  readonly terraform: string;
  readonly errored: boolean;
  readonly copies: readonly ResourceJson[];
}

function planOf(parts: Parts): PlanJson {
  const { times, drift: drifts, settled } = parts;
  const changes = Array.from({ length: times }, (_, round) =>
    parts.resources.map((make, at) => make(round * parts.resources.length + at)),
  ).flat();
  const drifted = drifts.map((make, at) => make(at));
  const stay = drifted.slice(0, settled).map((one): ResourceJson => {
    const { previous_address: _, ...rest } = one;
    const { after, after_sensitive: mark } = one.change;
    return { ...rest, change: { ...one.change, actions: ['no-op'], before: after, before_sensitive: mark } };
  });
  const variables = parts.variables.map(([name, secret]): [string, unknown] => [name, { value: secret }]);
  const declared = parts.variables.map(([name, secret, isDefault]): [string, unknown] => [
    name,
    { sensitive: true, ...(isDefault && { default: secret }) },
  ]);
  const deferred = parts.deferred.map((make, at) => ({
    reason: ['instance_count_unknown', 'deferred_prereq', 'x`y', ''][at % 4]!,
    resource_change: make(9000 + at),
  }));
  return printed({
    format_version: '1.2',
    terraform_version: parts.terraform,
    variables: Object.fromEntries(variables),
    planned_values: { root_module: { resources: [{ values: { x: core(1) } }] } },
    resource_drift: drifted,
    resource_changes: [...changes, ...stay, ...parts.copies],
    output_changes: parts.outputs,
    deferred_changes: deferred,
    action_invocations: parts.invocations.map((make, at) => make(at)),
    deferred_action_invocations: parts.invocations
      .slice(1)
      .map((make, at) => ({ reason: 'deferred_prereq', action_invocation: make(100 + at) })),
    prior_state: { values: { root_module: { resources: [{ values: { x: core(2) } }] } } },
    configuration: {
      provider_config: { aws: { expressions: { secret_key: { constant_value: core(3) } } } },
      root_module: { variables: Object.fromEntries(declared) },
    },
    checks: parts.checks.map((make, at) => make(at)),
    complete: deferred.length === 0 && parts.invocations.length < 2,
    errored: parts.errored,
  });
}

/** What a failed test prints of it: JSON to try again with, as much as one reads. */
function printed<T extends object>(of: T): T {
  const text = (): string => JSON.stringify(of, null, 1).slice(0, MOST_PRINTED);
  return Object.defineProperty(of, fc.toStringMethod, { value: text, enumerable: false });
}

const MOST_PRINTED = 12_000;

/**
 * A secret that the plan marks in one place, and that got into others which nothing says are sensitive: into texts, keys,
 * addresses, and encoded.
 */
function copied(secret: string): readonly ResourceJson[] {
  const quoted = JSON.stringify(secret);
  const shared = { mode: 'managed', name: 'copy', provider_name: 'registry.terraform.io/x/x' } as const;
  const created = (address: string, type: string, after: Json, unknown: Json = {}): ResourceJson => ({
    ...shared,
    address,
    type,
    change: {
      actions: ['create'],
      before: null,
      after,
      after_unknown: { id: true, ...unknown },
      before_sensitive: false,
      after_sensitive: {},
    },
  });
  const updated = (address: string, type: string, before: Json, after: Json): ResourceJson => ({
    ...shared,
    address,
    type,
    change: {
      actions: ['update'],
      before: { id: 'i', ...before },
      after: { id: 'i', ...after },
      after_unknown: {},
      before_sensitive: {},
      after_sensitive: {},
    },
  });
  const encodedSecret = Buffer.from(`xx ${secret} yy`, 'utf8').toString('base64');
  return [
    created('x_copy.text', 'x_copy', {
      text: `it is ${secret}.`,
      exact: secret,
      url: encodeURIComponent(secret),
    }),
    created('x_copy.json', 'x_copy', { text: JSON.stringify({ deep: [secret, { [secret]: secret }] }) }),
    created('x_copy.coded', 'x_copy', {
      text: encodedSecret,
      own: Buffer.from(secret, 'utf8').toString('base64'),
    }),
    created('x_copy.lines', 'x_copy', { text: `one\ntwo ${secret} three\nfour\n` }),
    created(`x_copy.each[${quoted}]`, 'x_copy', { text: 'plain' }),
    updated('x_copy.keyed', 'x_copy', { labels: { a: 'one' } }, { labels: { [secret]: 'two' } }),
    updated('x_copy.named', 'x_copy', { items: [{ name: 'a', n: 1 }] }, { items: [{ name: secret, n: 1 }] }),
    created('x_copy.later', 'x_copy', { labels: { [secret]: 'two' } }, { labels: { later: true } }),
    updated(
      'aws_db_instance.copy',
      'aws_db_instance',
      { enabled_cloudwatch_logs_exports: ['audit', secret], engine_version: '16' },
      { enabled_cloudwatch_logs_exports: ['audit'], engine_version: secret },
    ),
    updated(
      'aws_iam_role_policy.copy',
      'aws_iam_role_policy',
      { policy: JSON.stringify({ Statement: [] }) },
      {
        policy: JSON.stringify({
          Statement: [{ Sid: secret, Effect: 'Allow', Action: secret, Resource: `arn:aws:s3:::${secret}` }],
        }),
      },
    ),
    {
      ...updated('x_copy.moved', 'x_copy', {}, {}),
      previous_address: `x_copy.moved[${quoted}]`,
    },
    imported(updated('x_copy.imported', 'x_copy', {}, {}), { id: secret }),
    imported(updated('x_copy.identified', 'x_copy', {}, {}), { identity: { name: secret } }),
    replaced(updated('x_copy.replaced', 'x_copy', { labels: { [secret]: '1' } }, { labels: {} }), [
      ['labels', secret],
    ]),
  ];
}

function imported(of: ResourceJson, importing: NonNullable<ChangeJson['importing']>): ResourceJson {
  return { ...of, change: { ...of.change, importing } };
}

function replaced(of: ResourceJson, paths: NonNullable<ChangeJson['replace_paths']>): ResourceJson {
  return { ...of, change: { ...of.change, actions: ['delete', 'create'], replace_paths: paths } };
}

/** The copies with the resource whose value is marked. */
const copies: Arbitrary<readonly ResourceJson[]> = canary.chain((secret) =>
  fc.subarray([...copied(secret)], { minLength: 1 }).map((some): readonly ResourceJson[] => [
    {
      address: 'random_password.copied',
      mode: 'managed',
      type: 'random_password',
      name: 'copied',
      provider_name: 'registry.terraform.io/hashicorp/random',
      change: {
        actions: ['no-op'],
        before: { id: 'none', result: secret },
        after: { id: 'none', result: secret },
        after_unknown: {},
        before_sensitive: { result: true },
        after_sensitive: { result: true },
      },
    },
    ...some,
  ]),
);

const FEW = [1];

export interface PlanOptions {
  readonly most?: number;
  /** How many times the resources are there, one of these numbers. @default once */
  readonly times?: readonly number[];
  /** Secrets turn up where nothing marks them. @default false */
  readonly hasCopies?: boolean;
}

/** A plan of up to `most` different resources. */
export function planJson({
  most = 6,
  times = FEW,
  hasCopies = false,
}: PlanOptions = {}): Arbitrary<PlanJson> {
  const some = <T>(of: Arbitrary<T>, maxLength: number): Arbitrary<readonly T[]> =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(of, { maxLength }) },
    );
  const variables = fc.array(
    fc.tuple(fc.constantFrom('db_secret', '__proto__', 'plain_name'), canary, fc.boolean()),
    {
      maxLength: 2,
    },
  );
  return fc
    .record({
      resources: fc.array(resource, { maxLength: most }),
      times: fc.constantFrom(...times),
      outputs,
      drift: some(drift, 4),
      settled: fc.nat(2),
      deferred: some(resource, 2),
      checks: some(check, 4),
      invocations: some(invocation, 3),
      variables,
      terraform: fc.constantFrom('1.11.4', '1.14.0', '1.10.0-dev'),
      errored: fc.nat(9).map((n) => n === 0),
      copies: hasCopies ? copies : fc.constant([]),
    })
    .map(planOf);
}

/** Most plans are small; one in sixty goes into the thousands. */
export const anyPlan: Arbitrary<PlanJson> = fc.oneof(
  { weight: 50, arbitrary: planJson() },
  { weight: 9, arbitrary: planJson({ times: [15] }) },
  { weight: 1, arbitrary: planJson({ most: 5, times: [300, 700] }) },
);

/** As they are called in real life, and worse. */
const stackName: Arbitrary<string> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('dev-network', 'dev-data', 'dev-platform', 'prod-service', 'registry'),
  },
  { weight: 1, arbitrary: hostile.filter((name) => name.trim() !== '') },
  { weight: 1, arbitrary: fc.nat(150).map((length) => `stack-${'x'.repeat(length)}`) },
);

const sentence: Arbitrary<string> = fc
  .array(fc.oneof(word, hostile, fc.constantFrom('is', 'applied', 'first,', 'wait.')), {
    minLength: 1,
    maxLength: 8,
  })
  .map((words) => words.join(' '));

function resultJson(plan: Arbitrary<PlanJson>): Arbitrary<(stack: string) => ResultJson> {
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .record({
          plan,
          provisional: fc.option(sentence, { nil: undefined, freq: 3 }),
          hasLedger: fc.boolean(),
        })
        .map(({ plan: made, provisional, hasLedger }) => (stack: string): ResultJson => ({
          stack,
          status: 'planned',
          plan: made,
          hasLedger,
          ...(provisional !== undefined && { provisional }),
        })),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.oneof(text, hostile), { maxLength: 30 })
        .map((said) => (stack: string): ResultJson => ({
          stack,
          status: 'failed',
          diagnostics: said.join('\n'),
        })),
    },
    {
      weight: 1,
      arbitrary: sentence.map((reason) => (stack: string): ResultJson => ({
        stack,
        status: 'deferred',
        reason,
      })),
    },
    { weight: 1, arbitrary: fc.constant((stack: string): ResultJson => ({ stack, status: 'missing' })) },
  );
}

/** The results of up to `most` stacks, each with another name. */
export function resultsJson(plan: Arbitrary<PlanJson> = anyPlan, most = 4): Arbitrary<readonly ResultJson[]> {
  return fc
    .array(fc.tuple(stackName, resultJson(plan)), { minLength: 1, maxLength: most })
    .map((all) => all.map(([name, make], at) => make(at === 0 ? name : `${name}-${at}`)));
}
