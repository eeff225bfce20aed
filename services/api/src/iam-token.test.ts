import { iamTokens } from './iam-token';
import { faultOf } from './test-token';

const rules = {
  host: 'api.cluster.eu-west-1.rds.amazonaws.com',
  port: 5432,
  user: 'api',
  region: 'eu-west-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const before = { ...process.env };
beforeEach(() => {
  process.env['AWS_ACCESS_KEY_ID'] = rules.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = rules.secretAccessKey;
  delete process.env['AWS_SESSION_TOKEN'];
});
afterAll(() => {
  process.env = before;
});

test('a token is a request to connect, signed for host, port, user and region, that expires after 900 s', async () => {
  const token = await iamTokens(rules)();
  expect(faultOf(token, rules)).toBeUndefined();
});

test('a token of temporary credentials, as a task has them, carries their session', async () => {
  const session = { ...rules, sessionToken: 'FwoGZXIvYXdzEJr//////////wEaDH+a/b=c==' };
  process.env['AWS_SESSION_TOKEN'] = session.sessionToken;
  expect(faultOf(await iamTokens(rules)(), session)).toBeUndefined();
});

test.each([
  ['host', { host: 'other.example' }],
  ['port', { port: 5433 }],
  ['user', { user: 'other' }],
  ['region', { region: 'eu-central-1' }],
  ['secret key', { secretAccessKey: 'another' }],
])('a token for another %s is told apart, and so is an old one', async (_what, change) => {
  const token = await iamTokens({ ...rules, ...change })();
  const other = { ...rules, ...change };
  if ('secretAccessKey' in change) expect(faultOf(token, other)).toBe('is signed with another key');
  else expect(faultOf(token, rules)).toEqual(expect.any(String));
  expect(faultOf(await iamTokens(rules)(), rules, Date.now() + 900_000)).toMatch(/^was made at /);
});
