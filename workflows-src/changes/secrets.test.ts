import { configuredSecrets, markedSecrets } from './secrets';

const of = (change: object): string[] => [...markedSecrets({ resource_changes: [{ change }] })];

test('texts below a mark are secrets, on both sides and in drift too', () => {
  expect(
    of({
      before: { a: 'secret-before', b: { c: ['plain-text-1', 'secret-inner-1'] } },
      after: { a: 'secret-after-1', b: {} },
      before_sensitive: { b: { c: [false, true] } },
      after_sensitive: { a: true },
    }),
  ).toEqual(['secret-inner-1', 'secret-before', 'secret-after-1']);
  const change = { before: 'secret-text-1', after: null, before_sensitive: true };
  expect([...markedSecrets({ resource_drift: [{ change }] })]).toEqual(['secret-text-1']);
});

test('keys of a sensitive map are secrets unless they are names', () => {
  const map = { 'ab12-cd34-ef56': 1, 'Content-Type': 1, connectionString: 1, user_name: 1 };
  expect(of({ after: { m: map }, after_sensitive: { m: true } })).toEqual(['ab12-cd34-ef56']);
  expect(of({ after: { m: map }, after_sensitive: { m: { user_name: true } } })).toEqual([]);
});

test('values and defaults of sensitive input variables are secrets', () => {
  const plan = {
    variables: { s: { value: 'secret-value-1' }, p: { value: 'plain-value-1' } },
    configuration: {
      root_module: {
        variables: { s: { sensitive: true, default: 'secret-default-1' }, p: { default: 'x' } },
      },
    },
  };
  expect([...markedSecrets(plan)]).toEqual(['secret-default-1', 'secret-value-1']);
});

test('of a configuration, defaults of sensitive input variables are secrets', () => {
  const variable = { s: { sensitive: true, default: 'secret-default-1' }, p: { default: 'plain-default-1' } };
  expect([...configuredSecrets({ variable })]).toEqual(['secret-default-1']);
  expect([...configuredSecrets({}), ...configuredSecrets(undefined)]).toEqual([]);
});

test.each([
  'postgres',
  'short',
  '12345678',
  '2026-01-01T00:00:00Z',
  'vpc-0a1b2c3d4e5f60718',
  'arn:aws:iam::111111111111:role/x',
  '10.20.0.0/16',
  'db.example.com:5432',
])('%s is not looked for elsewhere', (plain) => {
  expect(of({ after: { a: plain }, after_sensitive: { a: true } })).toEqual([]);
});

test.each([null, [], 'x', [null], [{ change: [] }], [{ change: { after: 'x', after_sensitive: 'yes' } }]])(
  'what is not as the format says holds none: %j',
  (changes) => {
    expect([...markedSecrets({ resource_changes: changes, configuration: 1, variables: [] })]).toEqual([]);
  },
);
