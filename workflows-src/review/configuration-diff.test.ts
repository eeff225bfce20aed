import { Masking } from '../changes/masking';
import { configurationDiff, type ConfigurationChange } from './configuration-diff';

const diff = (
  before: unknown,
  after: unknown,
  secrets: readonly string[] = [],
): readonly ConfigurationChange[] => configurationDiff(before, after, new Masking(secrets));
const said = (before: unknown, after: unknown): string[] =>
  diff(before, after).map(({ action, address }) => `${action} ${address}`);

const CONFIGURATION = {
  '//': { metadata: { version: '0.21.0' } },
  terraform: { backend: { s3: { bucket: 'b', key: 'k' } } },
  provider: { aws: [{ region: 'eu-west-1' }] },
  locals: { a: 1 },
  variable: { image: { type: 'string' } },
  data: { aws_ami: { this: { owner: 'self' } } },
  resource: { aws_vpc: { main: { '//': { metadata: { path: 'x' } }, cidr_block: '10.0.0.0/16' } } },
  module: { other: { source: './x' } },
  output: { url: { value: '${aws_vpc.main.id}' } },
  check: { health: { assert: [] } },
  moved: [{ from: 'a.b', to: 'a.c' }],
};
const ALL = [
  'aws_vpc.main',
  'check.health',
  'data.aws_ami.this',
  'locals',
  'module.other',
  'moved',
  'output.url',
  'provider.aws',
  'terraform',
  'variable.image',
];

test('a configuration is the same as itself, whatever the order of its keys', () => {
  const shuffled = Object.fromEntries(Object.entries(CONFIGURATION).reverse());
  expect(diff(CONFIGURATION, shuffled)).toEqual([]);
});

test('where there was none, every block is new, in the order of addresses; and the other way round', () => {
  expect(said(undefined, CONFIGURATION)).toEqual(ALL.map((address) => `create ${address}`));
  expect(said(CONFIGURATION, undefined)).toEqual(ALL.map((address) => `delete ${address}`));
});

test('a block is updated with the attributes that differ', () => {
  const after = {
    ...CONFIGURATION,
    resource: { aws_vpc: { main: { cidr_block: '10.1.0.0/16', tags: { a: 'b' } }, spare: {} } },
    output: {},
  };
  expect(diff(CONFIGURATION, after)).toEqual([
    {
      address: 'aws_vpc.main',
      action: 'update',
      attributes: [
        { path: 'cidr_block', kind: 'update', before: '"10.0.0.0/16"', after: '"10.1.0.0/16"' },
        { path: 'tags', kind: 'add', after: '{ a = "b" }' },
      ],
    },
    { address: 'aws_vpc.spare', action: 'create', attributes: [] },
    expect.objectContaining({ address: 'output.url', action: 'delete' }),
  ]);
});

test('the comments that CDKTF writes make no difference, at the top, in a type and in a block', () => {
  const after = {
    ...CONFIGURATION,
    '//': 'other',
    resource: { '//': 'x', aws_vpc: { '//': 'x', main: { '//': 'other', cidr_block: '10.0.0.0/16' } } },
    provider: { aws: [{ '//': 'x', region: 'eu-west-1' }] },
    data: { aws_ami: { '//': 'x', this: { owner: 'self' } } },
    output: { '//': 'x', url: CONFIGURATION.output.url },
  };
  expect(diff(CONFIGURATION, after)).toEqual([]);
});

test('inside of a value, what is called as a comment is none', () => {
  const tagged = (tags: object): object => ({ resource: { aws_vpc: { main: { tags } } } });
  expect(said(tagged({}), tagged({ '//': 'evil' }))).toEqual(['update aws_vpc.main']);
});

test('blocks of one name and of several kinds are told apart', () => {
  const kinds = { a: { it: {} } };
  expect(said(undefined, { resource: kinds, data: kinds, ephemeral: kinds, module: { a: {} } })).toEqual([
    'create a.it',
    'create data.a.it',
    'create ephemeral.a.it',
    'create module.a',
  ]);
});

test('environment variables of a container, and what has the name of a secret, are not shown', () => {
  const definitions = (value: string): string =>
    JSON.stringify([{ name: 'api', image: '${var.image}', environment: [{ name: 'URL', value }] }]);
  const of = (secret: string): object => ({
    resource: {
      aws_ecs_task_definition: { api: { container_definitions: definitions(secret) } },
      aws_db_instance: { main: { master_password: secret, tags: { owner: secret } } },
    },
  });
  const text = JSON.stringify(diff(of('hunter2-old'), of('hunter2-new'), ['hunter2-old', 'hunter2-new']));
  expect(text).not.toContain('hunter2');
  expect(text).toContain('container_definitions');
  const unknown = JSON.stringify(diff(of('hunter2-old'), of('hunter2-new')));
  expect(unknown.match(/hunter2/g)).toHaveLength(2);
  expect(unknown).toContain(
    '"path":"tags.owner","kind":"update","before":"\\"hunter2-old\\"","after":"\\"hunter2-new\\""',
  );
});

test('what a sensitive variable or output holds is not shown, be it so on one side only; what it refers to is', () => {
  const of = (secret: string, sensitive: boolean): object => ({
    variable: { password: { type: 'string', default: secret, sensitive } },
    output: {
      literal: {
        value: { list: [secret, '${aws_vpc.main[0].id}'], of: `\${upper("${secret}")}` },
        sensitive,
      },
    },
  });
  const shown = JSON.stringify([
    ...diff(of('hunter2-old', false), of('hunter2-new', true)),
    ...diff(of('hunter2-old', true), undefined),
  ]);
  expect(shown).not.toContain('hunter2');
  expect(shown).toContain('(sensitive, changed)');
  expect(shown).toContain('${aws_vpc.main[0].id}');
  expect(JSON.stringify(diff(undefined, of('hunter2-old', false)))).toContain('hunter2-old');
});

test('a name that is a secret is not shown, and one that acts is harmless', () => {
  const named = (name: string): object => ({ resource: { aws_vpc: { [name]: {} } } });
  expect(diff({}, named('x-hunter2-hunter2'), ['hunter2-hunter2'])[0]?.address).toMatch(
    /^\(sensitive [0-9a-f]{8}\)$/,
  );
  expect(diff({}, named('a\n\u202e'))[0]?.address).toBe('aws_vpc.a\\u{a}\\u{202e}');
});

test.each<[unknown]>([
  [null],
  ['text'],
  [[]],
  [{ resource: 'x' }],
  [{ resource: { a: 'x' } }],
  [{ data: [1] }],
])('what is no configuration, such as %j, is compared without an error', (odd) => {
  expect(() => diff(odd, CONFIGURATION)).not.toThrow();
  expect(diff(odd, odd)).toEqual([]);
});

test('keys that JavaScript treats in a way of its own are blocks as any', () => {
  const odd: unknown = JSON.parse(
    '{"resource":{"__proto__":{"constructor":{"a":1}}},"output":{"__proto__":{"value":1}}}',
  );
  expect(said({}, odd)).toEqual(['create __proto__.constructor', 'create output.__proto__']);
});
