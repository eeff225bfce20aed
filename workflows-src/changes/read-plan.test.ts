import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { kindOf, type ChangeSet, type ResourceChange } from './change-set';
import { readPlan } from './read-plan';

const FIXTURES = join(__dirname, 'fixtures');
const fixture = (name: string): ChangeSet => readPlan(readFileSync(join(FIXTURES, `${name}.json`)), name);

test('drift is told by attribute, and a provider that reads back empty what it wrote as null is not drift', () => {
  const text = readFileSync(join(FIXTURES, 'drift-refresh-only.txt'), 'utf8');
  expect([...text.matchAll(/^ {2}# (\S+) has (changed|been deleted)$/gm)].map((match) => match[1])).toEqual([
    'aws_sqs_queue.drifts',
    'aws_sqs_queue.steady',
    'aws_sqs_queue.vanishes',
  ]);
  const drift = [
    {
      address: 'aws_sqs_queue.drifts',
      type: 'aws_sqs_queue',
      action: 'update',
      attributes: [
        { path: 'tags.Owner', kind: 'update', before: '"team-a"', after: '"team-b"' },
        { path: 'tags_all.Owner', kind: 'update', before: '"team-a"', after: '"team-b"' },
        { path: 'visibility_timeout_seconds', kind: 'update', before: '30', after: '99' },
      ],
    },
    { address: 'aws_sqs_queue.vanishes', type: 'aws_sqs_queue', action: 'delete', attributes: [] },
  ];
  expect(fixture('drift-refresh-only').drift).toEqual(drift);
  expect(fixture('drift-normal').drift).toEqual(drift);
});

test('what differs and stays so, because the configuration does not set it, is no drift', () => {
  const bytes = JSON.stringify({
    format_version: '1.2',
    planned_values: {},
    resource_changes: [
      { address: 'a.left', mode: 'managed', type: 'a', change: { actions: ['no-op'] } },
      { address: 'a.repaired', mode: 'managed', type: 'a', change: { actions: ['update'] } },
    ],
    resource_drift: ['left', 'repaired', 'unknown'].map((name) => ({
      address: `a.${name}`,
      mode: 'managed',
      type: 'a',
      change: { actions: ['update'], before: { rules: [] }, after: { rules: ['one'] } },
    })),
  });
  const { drift, settled } = readPlan(bytes, 'dev');
  expect(drift.map(({ address }) => address)).toEqual(['a.repaired', 'a.unknown']);
  expect(settled.map(({ address }) => address)).toEqual(['a.left']);
});

test('no fixture changes beyond its drift when only refreshed', () => {
  expect(fixture('drift-refresh-only').changes).toEqual([]);
});

test('a replacement says why and by which attributes, a move from where, a leftover object its key', () => {
  const of = (name: string, address: string): ResourceChange | undefined =>
    fixture(name).changes.find((change) => change.address === address);
  expect(of('every-action', 'terraform_data.replaced')).toEqual({
    address: 'terraform_data.replaced',
    mode: 'managed',
    type: 'terraform_data',
    action: 'delete-then-create',
    reason: 'replace_because_cannot_update',
    replacePaths: ['triggers_replace'],
    importing: false,
  });
  expect(of('every-action', 'terraform_data.changed_to')).toMatchObject({
    action: 'update',
    previousAddress: 'terraform_data.changed_from',
  });
  expect(of('every-action', 'data.terraform_remote_state.read_later')).toMatchObject({
    mode: 'data',
    action: 'read',
  });
  expect(of('failed-apply', 'terraform_data.replaced')).toMatchObject({
    action: 'delete',
    deposed: 'c0ffee01',
  });
});

test('checks have a status each; those that fail are named by instance', () => {
  expect(fixture('checks').checks).toEqual([
    { address: 'check.fails', status: 'fail' },
    { address: 'check.not_known_yet', status: 'unknown' },
    { address: 'check.passes', status: 'pass' },
    { address: 'terraform_data.later', status: 'unknown' },
  ]);
});

test('an instance whose condition could not be evaluated is named like one that fails', () => {
  const instance = (key: string, status: string): object => ({
    address: { to_display: `a.b["${key}"]` },
    status,
  });
  const check = {
    address: { to_display: 'a.b' },
    status: 'error',
    instances: [instance('breaks', 'error'), instance('passes', 'pass'), instance('fails', 'fail')],
  };
  expect(readPlan(plan({ checks: [check] }), 's').checks).toEqual([
    { address: 'a.b["breaks"]', status: 'error' },
    { address: 'a.b["fails"]', status: 'fail' },
  ]);
});

test('the value of a sensitive input variable is hidden where the plan does not mark it', () => {
  const change = {
    actions: ['create'],
    after: { url: 'https://CANARY-of-a-variable/', name: 'plain-text-1' },
  };
  const variables = { hook: { value: 'https://CANARY-of-a-variable/' }, name: { value: 'plain-text-1' } };
  const configuration = { root_module: { variables: { hook: { sensitive: true }, name: {} } } };
  const [created] = readPlan(
    plan({ variables, resource_changes: [resource(change)], configuration }),
    's',
  ).changes;
  expect(created?.attributes.map(({ path, after }) => [path, after])).toEqual([
    ['name', '"plain-text-1"'],
    ['url', '(sensitive)'],
  ]);
});

test('a secret that is known by its value is hidden in an address, and in what is imported', () => {
  const change = { actions: ['no-op'], importing: { id: 'CANARY-of-the-job' } };
  const [imported] = readPlan(
    plan({ resource_changes: [resource(change, 'a.b["CANARY-of-the-job"]')] }),
    's',
    ['CANARY-of-the-job'],
  ).changes;
  expect(imported?.address).toMatch(/^\(sensitive [\da-f]{8}\)$/);
  expect(imported?.importId).toMatch(/^\(sensitive [\da-f]{8}\)$/);
});

test('what keeps its address is not moved', () => {
  const stays = { ...resource({ actions: ['no-op'] }), previous_address: 'a.b' };
  expect(readPlan(plan({ resource_changes: [stays] }), 's')).toMatchObject({ changes: [], unchanged: 1 });
});

test('a plan that was stopped by an error says so', () => {
  expect(fixture('stopped-by-an-error')).toMatchObject({ errored: true });
  expect(fixture('every-action')).toMatchObject({ errored: false, complete: true });
});

test('holds no value of a plan: not one planted secret, sensitive or not, in any part', () => {
  for (const name of ['sensitive', 'checks']) {
    expect(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')).toContain('CANARY');
    expect(JSON.stringify(fixture(name))).not.toContain('CANARY');
  }
});

describe('actions of other versions of Terraform and OpenTofu', () => {
  test.each([
    [['create', 'forget'], 'create-then-forget', 'replace'],
    [['forget', 'create'], 'forget-then-create', 'replace'],
    [['forget'], 'forget', 'forget'],
    [['Open'], 'open', 'ephemeral'],
    [['close'], 'close', 'ephemeral'],
  ])('%j is %s', (actions, action, kind) => {
    const [change] = readPlan(plan({ resource_changes: [resource({ actions })] }), 's').changes;
    expect(change?.action).toBe(action);
    expect(kindOf(change!.action)).toBe(kind);
  });

  test('what is put off and which actions are invoked is kept apart from the changes', () => {
    const set = readPlan(
      plan({
        deferred_changes: [
          { reason: 'instance_count_unknown', resource_change: resource({ actions: ['create'] }) },
        ],
        deferred_action_invocations: [
          { reason: 'unknown', action_invocation: { address: 'action.a.later' } },
        ],
        action_invocations: [
          { address: 'action.a.asked', invoke_action_trigger: {} },
          { address: 'action.a.after', lifecycle_action_trigger: { triggering_resource_address: 'a.b' } },
        ],
        complete: false,
      }),
      's',
    );
    expect(set).toMatchObject({
      changes: [],
      complete: false,
      deferred: [
        { address: 'a.b', action: 'create', reason: 'instance_count_unknown' },
        { address: 'action.a.later', action: 'invoke', reason: 'unknown' },
      ],
      invocations: [{ address: 'action.a.asked' }, { address: 'action.a.after', triggeredBy: 'a.b' }],
    });
  });

  test('a data source that leaves the state is no deletion, as terraform counts it', () => {
    const gone = { ...resource({ actions: ['delete'] }), mode: 'data' };
    expect(readPlan(plan({ resource_changes: [gone] }), 's')).toMatchObject({ changes: [], unchanged: 1 });
  });
});

test.each(['0.1', '0.2', '1.0', '1.1', '1.2', '1.9'])('format %s is read', (version) => {
  const { formatVersion, changes } = readPlan(
    plan({ format_version: version, resource_changes: [resource({ actions: ['create'] })] }),
    's',
  );
  expect([formatVersion, changes.length]).toEqual([version, 1]);
});

test('an import is named by its id, or by its identity, or not at all while neither is known', () => {
  const importing = [
    { id: 'vpc-1' },
    { identity: { region: 'eu-west-1', account: 1, tags: {} } },
    { unknown: true },
  ];
  const ids = importing.map(
    (one) =>
      readPlan(plan({ resource_changes: [resource({ actions: ['no-op'], importing: one })] }), 's')
        .changes[0],
  );
  expect(ids.map((one) => [one?.importing, one?.importId])).toEqual([
    [true, 'vpc-1'],
    [true, 'account=1, region=eu-west-1'],
    [true, undefined],
  ]);
});

describe('encodings', () => {
  const text = plan({ resource_changes: [resource({ actions: ['create'] }, 'a.b["ключ 日本"]')] });
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 little-endian', utf16],
    ['UTF-16 big-endian', Buffer.from(utf16).swap16()],
    ['UTF-16 little-endian without a mark', utf16.subarray(2)],
    ['UTF-16 big-endian without a mark', Buffer.from(utf16).swap16().subarray(2)],
    ['a text', text],
    ['a text with a byte order mark', `\uFEFF${text}`],
  ])('%s is read', (_, bytes) => {
    expect(readPlan(bytes, 's').changes[0]?.address).toBe('a.b["ключ 日本"]');
  });

  test('big-endian bytes are not turned around in place', () => {
    const bytes = Buffer.from(utf16).swap16();
    readPlan(bytes, 's');
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0xfe, 0xff]));
  });
});

describe('fails, naming the stack and what to do, when the input is', () => {
  const again = 'write it again with `terraform show -json <plan file>`';
  test.each<[string, string | Buffer, string]>([
    ['empty', '', `dev: the plan is empty: ${again}, and look at its exit code`],
    ['only blanks', ' \n', `dev: the plan is empty: ${again}, and look at its exit code`],
    [
      'truncated',
      plan({}).slice(0, -9),
      `dev: the plan ends in the middle, after ${plan({}).length - 9} characters: look for a full disk or a killed job, and ${again}`,
    ],
    [
      'a UTF-16 file cut within a character',
      Buffer.from(`\uFEFF${plan({})}`, 'utf16le').subarray(0, 21),
      `dev: the plan ends in the middle, after 21 characters: look for a full disk or a killed job, and ${again}`,
    ],
    ['broken JSON', '{"format_version":nil}', `dev: this is not valid JSON: ${again}`],
    [
      'text',
      'No changes.\n',
      `dev: this is not JSON (\`terraform plan\` and \`terraform show\` print text without -json): ${again}`,
    ],
    [
      'the progress log',
      '{"@level":"info"}\n{"@level":"info"}\n',
      `dev: this is the progress log of \`terraform plan -json\`: save the plan with -out, then ${again}`,
    ],
    [
      'begun by the wrapper of setup-terraform',
      `[command]/opt/terraform-bin show -json p\n${plan({})}`,
      `dev: the wrapper of hashicorp/setup-terraform wrote its own lines around the plan: set \`terraform_wrapper: false\` and ${again}`,
    ],
    [
      'ended by the wrapper of setup-terraform',
      `${plan({})}\n::debug::Terraform exited with code 0.\n`,
      `dev: the wrapper of hashicorp/setup-terraform wrote its own lines around the plan: set \`terraform_wrapper: false\` and ${again}`,
    ],
    [
      'the binary plan',
      Buffer.from('PK\u0003\u0004…'),
      `dev: this is the binary plan file, which holds the state in clear: ${again}`,
    ],
    [
      'neither UTF-8 nor UTF-16',
      Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x7d]),
      `dev: the plan is neither UTF-8 nor UTF-16: ${again}, and do not convert it`,
    ],
    [
      'another JSON value',
      '[]',
      `dev: this is JSON but not a plan: a list came, an object was expected: ${again}`,
    ],
    ['another JSON object', '{}', `dev: this is not a plan (it has no format_version): ${again}`],
    [
      'a plan of nothing',
      '{"format_version":"1.0"}',
      `dev: this is no plan (\`show -json\` without a plan file shows the state): ${again}`,
    ],
    [
      'a state',
      '{"format_version":"1.0","values":{}}',
      `dev: this is a state (\`show -json\` without a plan file shows the state): ${again}`,
    ],
    ['a state file', '{"version":4,"lineage":"x"}', `dev: this is a state file, not a plan: ${again}`],
    [
      'of a newer format',
      plan({ format_version: '2.0' }),
      "dev: the plan's format_version is 2.0; 0.1 to 1.x can be read: update Fairlead",
    ],
    [
      'of a format before the first',
      plan({ format_version: '0.0' }),
      "dev: the plan's format_version is 0.0; 0.1 to 1.x can be read: update Fairlead",
    ],
    [
      'holding an unknown action',
      plan({ resource_changes: [resource({ actions: ['create', 'obliterate'] })] }),
      'dev: a.b: the actions ["create", "obliterate"] are not known here: update Fairlead, or plan with a Terraform version it knows',
    ],
    [
      'holding no action',
      plan({ resource_changes: [resource({})] }),
      'dev: a.b: the actions nothing are not known here: update Fairlead, or plan with a Terraform version it knows',
    ],
    [
      'holding an unknown action of an output',
      plan({ output_changes: { o: { actions: ['publish'] } } }),
      'dev: output o: the actions ["publish"] are not known here: update Fairlead, or plan with a Terraform version it knows',
    ],
    [
      'holding an unknown mode',
      plan({ resource_changes: [{ ...resource({ actions: ['create'] }), mode: 'list' }] }),
      'dev: a.b: the mode "list" is not one of managed, data, ephemeral: update Fairlead',
    ],
    [
      'holding an unknown check status',
      plan({ checks: [{ address: { to_display: 'check.c' }, status: 'maybe' }] }),
      'dev: check.c: check status "maybe" is not one of pass, fail, error, unknown: update Fairlead',
    ],
    [
      'not a list where one belongs',
      plan({ resource_changes: 'many' }),
      `dev: plan: resource_changes must be a list, got "many": ${again}`,
    ],
    [
      'without an address',
      plan({ resource_changes: [{ change: {} }] }),
      `dev: resource_changes[0]: address must be a text, got nothing: ${again}`,
    ],
    [
      'without a change',
      plan({ resource_drift: [{ address: 'a.b' }] }),
      `dev: a.b: change must be an object, got nothing: ${again}`,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readPlan(bytes, 'dev')).toThrow(new Error(message));
  });

  test('hostile, without repeating anything that acts on a terminal or a runner', () => {
    const bytes = plan({ resource_changes: [resource({ actions: ['x'] }, 'a\n::error::\u001b[31m\u202e')] });
    expect(() => readPlan(bytes, 'dev')).toThrow('dev: a\\u{a}::error::\\u{1b}[31m\\u{202e}: the actions');
  });
});

function plan(parts: object): string {
  return JSON.stringify({ format_version: '1.2', planned_values: {}, ...parts });
}

function resource(change: object, address = 'a.b'): object {
  return { address, mode: 'managed', type: 'a', name: 'b', change };
}
