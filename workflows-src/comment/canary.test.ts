import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ledgerOf } from '../changes/ledger';
import { readPlan } from '../changes/read-plan';
import { withoutValues } from '../changes/without-values';
import { renderPage } from './page';
import { renderSummary, type StackResult } from './render';
import { renderDrift } from './render-drift';

/** Real plans with secrets planted in them: `CANARY-…` wherever a secret may stand, marked as sensitive or not. */
const FIXTURES = join(__dirname, '../changes/fixtures');
const planted = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json'))
  .filter((file) => readFileSync(join(FIXTURES, file), 'utf8').includes('CANARY'));

/** Everything that leaves the engine. */
function outputs(stack: string, json: string, secrets: readonly string[] = []): string {
  const plan = readPlan(json, stack, secrets);
  const results: StackResult[] = [{ stack, status: 'planned', changes: plan }];
  return [
    renderSummary(results),
    renderSummary(results, {}, 5_000_000),
    renderDrift(results),
    renderPage(results),
    JSON.stringify(withoutValues(plan)),
    JSON.stringify(plan),
    JSON.stringify(ledgerOf(plan)),
    JSON.stringify(ledgerOf(plan, { key: 'k' })),
  ].join('\n');
}

test('there are plans with planted secrets', () => {
  expect(planted.length).toBeGreaterThanOrEqual(10);
});

test.each(planted)('no secret of %s is in any output', (file) => {
  const json = readFileSync(join(FIXTURES, file), 'utf8');
  expect(outputs(file, json).match(/.{0,40}CANARY.{0,40}/g)).toBeNull();
});

/** One sensitive variable stands at nine paths of a plan. */
const nine = (secret: string): object => {
  const resource = {
    address: 'a.b',
    mode: 'managed',
    type: 'a',
    name: 'b',
    values: { password: secret, list: [secret] },
    sensitive_values: { password: true, list: [true] },
  };
  const change = {
    actions: ['update'],
    before: { password: 'CANARY-before', list: ['CANARY-before'], plain: 1 },
    after: { password: secret, list: [secret], plain: 2 },
    after_unknown: {},
    before_sensitive: { password: true, list: [true] },
    after_sensitive: { password: true, list: [true] },
  };
  const module = {
    root_module: { resources: [resource], outputs: { o: { value: secret, sensitive: true } } },
  };
  return {
    format_version: '1.2',
    terraform_version: '1.11.4',
    variables: { v: { value: secret } },
    planned_values: module,
    resource_changes: [{ address: 'a.b', mode: 'managed', type: 'a', name: 'b', change }],
    resource_drift: [{ address: 'a.c', mode: 'managed', type: 'a', name: 'c', change }],
    output_changes: {
      o: {
        actions: ['update'],
        before: 'CANARY-before',
        after: secret,
        before_sensitive: true,
        after_sensitive: true,
      },
    },
    prior_state: { format_version: '1.0', values: module },
    configuration: {
      root_module: {
        variables: { v: { default: secret, sensitive: true } },
        resources: [{ address: 'a.b', expressions: { password: { constant_value: secret } } }],
      },
    },
    checks: [
      {
        address: { kind: 'resource', to_display: 'a.b' },
        status: 'fail',
        instances: [{ address: { to_display: 'a.b' }, status: 'fail', problems: [{ message: secret }] }],
      },
    ],
  };
};

test('a secret at the nine places of a plan is in no output', () => {
  const found = outputs('dev', JSON.stringify(nine('CANARY-secret-1')));
  expect(found).toContain('(sensitive, changed)');
  expect(found).not.toContain('CANARY');
});

test.each([
  ['an unmarked value', (secret: string) => ({ after: { text: `see ${secret}` } })],
  ['a key of a map', (secret: string) => ({ after: { tags: { [secret]: 'x' } } })],
  ['an element of a list', (secret: string) => ({ after: { list: ['a', secret] } })],
  ['the name of an element', (secret: string) => ({ after: { rule: [{ name: secret }, { name: 'b' }] } })],
  ['a line of a text', (secret: string) => ({ after: { text: `one\n${secret}\nthree` } })],
  ['a text within JSON', (secret: string) => ({ after: { json: JSON.stringify({ a: [secret] }) } })],
  ['base64', (secret: string) => ({ after: { text: Buffer.from(secret).toString('base64') } })],
  ['the address', (secret: string) => ({ address: `a.b["${secret}"]` })],
  ['the former address', (secret: string) => ({ previous: `a.c["${secret}"]` })],
  ['the import id', (secret: string) => ({ importing: { id: secret } })],
  ['a path that forces a replacement', (secret: string) => ({ paths: [['tags', secret]] })],
])('a secret of the environment is in no output when it is %s', (_, at) => {
  const secret = 'CANARY/of+the environment';
  const parts: { address?: string; previous?: string; after?: object; importing?: object; paths?: unknown } =
    at(secret);
  const { address = 'a.b', previous, after = { text: 'x' }, importing, paths } = parts;
  const json = JSON.stringify({
    format_version: '1.2',
    planned_values: {},
    resource_changes: [
      {
        address,
        mode: 'managed',
        type: 'a',
        ...(previous !== undefined && { previous_address: previous }),
        change: {
          actions: ['delete', 'create'],
          before: { text: 'y', tags: {} },
          after,
          ...(importing && { importing }),
          ...(paths !== undefined && { replace_paths: paths }),
        },
      },
    ],
  });
  // Without knowing it, the engine could not hide it: so the test can fail.
  const spelled = [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
  const shows = (text: string): boolean => spelled.some((one) => text.includes(one));
  expect(shows(outputs('dev', json))).toBe(true);
  expect(shows(outputs('dev', json, [secret]))).toBe(false);
});
