import { guardOf, isSecretName, Masking } from './masking';

const none = new Masking();

describe('a name says that its value is a secret', () => {
  test.each([
    'password',
    'db_password',
    'DB_PASSWORD',
    'dbPassword',
    'master_user_passwords',
    'passphrase',
    'pwd',
    'secret',
    'secret_string',
    'client-secret',
    'token',
    'GITHUB_TOKEN',
    'accessToken',
    'api_key',
    'apiKey',
    'X-Api-Key',
    'SIGNING_KEYS',
    'private_key',
    'master_key',
    'credentials',
    'Authorization',
    'cookie',
  ])('%s', (name) => expect(isSecretName(name)).toBe(true));
});

describe('a name that only names, measures or switches a secret is not one', () => {
  test.each([
    'secret_arn',
    'secret_id',
    'password_length',
    'token_ttl_seconds',
    'TOKEN_URL',
    'credentials_provider',
    'manage_master_user_password',
    'enable_secret_rotation',
    'http_tokens',
    'key',
    'kms_key',
    'kms_key_id',
    'hash_key',
    'public_key',
    'key_name',
    'tokenizer',
    'keyboard',
    'passenger',
    'compass',
    'author',
    'engine',
  ])('%s', (name) => expect(isSecretName(name)).toBe(false));
});

describe('where a value stands', () => {
  test('user data is hidden whatever is in it, and so is all inside', () => {
    for (const name of ['user_data', 'user_data_base64', 'custom_data', 'cloud_init', 'insecure_value'])
      expect(guardOf(name, 'echo', 'shown', {})).toBe('hidden');
    expect(guardOf('name', 'x', 'hidden', { name: 'x', value: 1 })).toBe('hidden');
  });

  test('environment variables are guarded as a map, as pairs and as texts, and a block of that name is not', () => {
    expect(guardOf('variables', { LEVEL: 'debug' }, 'shown', {})).toBe('guarded');
    expect(guardOf('environment', [{ name: 'LEVEL', value: 'debug' }], 'shown', {})).toBe('guarded');
    expect(guardOf('env', ['LEVEL=debug'], 'shown', {})).toBe('guarded');
    expect(guardOf('environment', [{ image: 'x', type: 'LINUX' }], 'shown', {})).toBe('shown');
    expect(guardOf('environment', 'dev', 'shown', {})).toBe('shown');
    expect(guardOf('Environment', 'dev', 'shown', {})).toBe('shown');
  });

  test('of a guarded pair the name is shown and where the value comes from; of a map nothing is', () => {
    const pair = { name: 'LEVEL', value: 'debug' };
    expect(guardOf('name', 'LEVEL', 'guarded', pair)).toBe('shown');
    expect(guardOf('value', 'debug', 'guarded', pair)).toBe('guarded');
    expect(guardOf('valueFrom', 'arn', 'guarded', { name: 'A', valueFrom: 'arn' })).toBe('shown');
    expect(guardOf('name', 'debug', 'guarded', { name: 'debug', level: 'x' })).toBe('guarded');
  });

  test("the value of a pair is guarded when the pair's name is a secret's", () => {
    expect(guardOf('value', 'x', 'shown', { name: 'DB_PASSWORD', value: 'x' })).toBe('guarded');
    expect(guardOf('value', 'x', 'shown', { key: 'Owner', value: 'x' })).toBe('shown');
  });

  test('so is that of an environment variable of Elastic Beanstalk, and of a header that CloudFront adds', () => {
    const setting = { name: 'LEVEL', namespace: 'aws:elasticbeanstalk:application:environment', value: 'x' };
    expect(guardOf('value', 'x', 'shown', setting)).toBe('guarded');
    expect(guardOf('value', 'x', 'shown', { ...setting, namespace: 'aws:autoscaling:asg' })).toBe('shown');
    expect(guardOf('custom_header', [{ name: 'X-Origin', value: 'x' }], 'shown', {})).toBe('guarded');
  });

  test('no argument is shown of a command that is given a secret as one of them', () => {
    const of = (...args: readonly unknown[]): string => guardOf('command', args, 'shown', {});
    expect(of('serve', '--db-password', 'hunter22')).toBe('guarded');
    expect(guardOf('entryPoint', ['-token', 'hunter22'], 'shown', {})).toBe('guarded');
    expect([of('serve', '--port', '80'), of('--token', '--port'), of('x', '--token')]).toEqual(
      Array(3).fill('shown'),
    );
    expect([of('--token', '$TOKEN'), of('--token-ttl', '60'), of(1, '--token', 2)]).toEqual(
      Array(3).fill('shown'),
    );
    expect(guardOf('command', 'serve --port 80', 'shown', {})).toBe('shown');
  });

  test('a key that is named like an inherited property is a plain name', () => {
    expect(guardOf('constructor', 'x', 'shown', {})).toBe('shown');
    expect(guardOf('__proto__', 'x', 'shown', {})).toBe('shown');
  });
});

describe('a text is hidden when it has the form of a secret', () => {
  test.each([
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE',
    'AKIAIOSFODNN7EXAMPLE',
    `ghp_${'a1'.repeat(18)}`,
    `github_pat_${'a1'.repeat(15)}`,
    'xoxb-1234567890-abcdef',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc',
    'postgres://app:hunter22@db.internal/app',
    'redis://:hunter22@cache:6379',
    'password=hunter22',
    'export DB_PASSWORD="hunter22"',
    '{"secret": "hunter22"',
    '--password hunter22',
    '-p1 --api-key hunter22',
    'curl -H "Authorization: Bearer hunter2222" localhost',
    '{"authorization": "Basic YXBwOmh1bnRlcg=="}',
    Buffer.from('password=hunter22').toString('base64'),
  ])('%s', (text) => expect(none.hides(text)).toBe(true));
});

describe('a text is shown that only speaks of secrets', () => {
  test.each([
    'arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf:password::',
    'secretsmanager:GetSecretValue',
    'token.actions.githubusercontent.com:sub',
    'password=${var.password}',
    'password: $DB_PASSWORD',
    'curl -H "Authorization: Bearer $TOKEN" localhost',
    'https://example.com:8080/path',
    'git@github.com:owner/repository.git',
    'The password is rotated every 7 days.',
    '111111111111.dkr.ecr.eu-west-1.amazonaws.com/api@sha256:0000000000000000000000000000000000000000000000000000000000000002',
    'cGxhaW4gdGV4dCwgbm90aGluZyBzZWNyZXQ=',
    'a1b2',
    '',
  ])('%s', (text) => expect(none.hides(text)).toBe(false));
});

describe('a secret that is known by its value', () => {
  const secret = 'c0rrect/horse+battery "staple"';
  const masking = new Masking([secret, 'short', 'on']);

  test.each([
    ['as it is', secret],
    ['inside of another text', `https://example.com/?q=${secret}&x`],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64, within more', `Basic ${Buffer.from(secret).toString('base64')}`],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in an address', encodeURIComponent(secret)],
    ['in JSON', JSON.stringify({ a: secret })],
    ['when it is short, as the whole text', 'short'],
  ])('is found %s', (_, text) => expect(masking.hides(text)).toBe(true));

  test('a short one hides no text that only holds it, and a very short one nothing', () => {
    expect(masking.hides('in short')).toBe(false);
    expect(masking.hides('on')).toBe(false);
  });

  test('each of its lines is one', () => {
    const lines = new Masking(['first line of it\nsecond line of it\nend']);
    expect(lines.hides('… second line of it …')).toBe(true);
    expect(lines.hides('the end')).toBe(false);
  });

  test('in a name is replaced by a digest, so that two names stay two', () => {
    const [one, other] = [masking.name(`a["${secret}"]`), masking.name(`b["${secret}"]`)];
    expect(one).toMatch(/^\(sensitive [0-9a-f]{8}\)$/);
    expect(one).not.toBe(other);
    expect(masking.name('aws_a.b["c"]')).toBe('aws_a.b["c"]');
  });

  test('is not printed with the masking that knows it', () => {
    expect(JSON.stringify(masking)).toBe('{}');
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- what console.log uses
    const { inspect } = require('node:util') as typeof import('node:util');
    expect(inspect(masking, { depth: 9, showHidden: true })).not.toContain('horse');
  });
});

describe('lines', () => {
  test('those with a secret are replaced, the others stay', () => {
    expect(none.lines('set -e\nexport TOKEN=abcdef123\nrun')).toEqual(['set -e', '(sensitive)', 'run']);
    expect(none.lines('a\r\nb')).toEqual(['a', 'b']);
  });

  test('none is shown of a private key, or where a secret goes over several', () => {
    expect(none.lines('x\n-----BEGIN PRIVATE KEY-----\nabc\n')).toBeUndefined();
    expect(none.lines('password:\n  hunter22\n')).toBeUndefined();
  });
});

test("a process's secrets are the values of the variables that are named so", () => {
  const environment = {
    GITHUB_TOKEN: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    PATH: 'c',
    AWS_REGION: 'd',
    EMPTY: undefined,
  };
  expect(Masking.secretsOf(environment)).toEqual(['a', 'b']);
});
