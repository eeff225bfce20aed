import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { UsageError } from './io';
import { renderCommand } from './render';

const FIXTURES = join(__dirname, '../changes/fixtures');

async function run(
  argv: readonly string[],
  cwd = FIXTURES,
  env: NodeJS.ProcessEnv = {},
  stdin?: Readable,
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io = {
    cwd,
    env,
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
  };
  const code = await renderCommand(argv, io, stdin && (() => stdin));
  return { code, out, err };
}

test('prints one summary of all files, each stack named after its file', async () => {
  const { code, out, err } = await run(['by-request.json', join(FIXTURES, 'no-changes.json')]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('## Plan: 1 to replace\n');
  expect(out).toContain(
    '| `by-request` | changes | 0 | 0 | 1 | 0 |\n| `no-changes` | no&nbsp;changes | 0 | 0 | 0 | 0 |\n',
  );
});

test('explains itself', async () => {
  const { code, out } = await run(['--help']);
  expect(code).toBe(0);
  expect(out).toMatch(/^usage: npm run render -- plan\.json/);
});

test('prints nothing but all the problems when a file is missing or no plan', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-render-'));
  try {
    writeFileSync(join(folder, 'good.json'), readFileSync(join(FIXTURES, 'by-request.json')));
    writeFileSync(join(folder, 'bad.json'), 'No changes.');
    const { code, out, err } = await run(['good.json', 'bad.json', 'absent.json'], folder);
    expect([code, out]).toEqual([1, '']);
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/^bad: this is not JSON/),
      expect.stringMatching(
        /^absent: cannot be read: ENOENT: no such file or directory, open '.*absent\.json'$/,
      ),
      '',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file named - is standard input, in as many pieces as it comes, and read once', async () => {
  const plan = readFileSync(join(FIXTURES, 'by-request.json'));
  const pieces = Readable.from([plan.subarray(0, 100), plan.subarray(100)]);
  const { code, out, err } = await run(['-', 'no-changes.json'], FIXTURES, {}, pieces);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('| `stdin` | changes | 0 | 0 | 1 | 0 |\n| `no-changes` |');
  expect(await run(['-'], FIXTURES, {}, Readable.from([]))).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^stdin: the plan is empty/) as string,
  });
  await expect(run(['-', '-'])).rejects.toThrow(
    new UsageError("two files would both be the stack 'stdin': rename one"),
  );
});

test('as JSON there is no value, and everything else', async () => {
  const { code, out } = await run(['sensitive.json', 'task-new-image.json', '--format', 'json']);
  expect(code).toBe(0);
  expect(out).not.toMatch(/CANARY|sha256:/);
  const sets = JSON.parse(out) as { stack: string; counts: object; changes: { attributes: object[] }[] }[];
  expect(sets.map(({ stack }) => stack)).toEqual(['sensitive', 'task-new-image']);
  expect(sets[0]).toMatchObject({
    terraformVersion: '1.11.4',
    counts: { replace: 1, create: 0 },
    changes: [
      {
        address: 'terraform_data.holds',
        action: 'delete-then-create',
        attributes: [
          { path: 'id', kind: 'update' },
          { path: 'input.password', kind: 'update' },
          { path: 'input.plain', kind: 'update' },
          { path: 'output', kind: 'update' },
          { path: 'triggers_replace', kind: 'update', forcesReplacement: true },
        ],
      },
    ],
    outputs: [{ name: 'secret', action: 'update', attributes: [{ path: '', kind: 'update' }] }],
  });
});

test('a secret of the environment is masked', async () => {
  const plan = readFileSync(join(FIXTURES, 'destroy.json'), 'utf8').replaceAll('stays', 'my-secret-of-ci');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-render-'));
  try {
    writeFileSync(join(folder, 'a.json'), plan);
    expect((await run(['a.json', '--full', 'p.html'], folder)).code).toBe(0);
    expect(readFileSync(join(folder, 'p.html'), 'utf8')).toContain('my-secret-of-ci');
    await run(['a.json', '--full', 'p.html'], folder, { DEPLOY_TOKEN: 'my-secret-of-ci' });
    expect(readFileSync(join(folder, 'p.html'), 'utf8')).not.toContain('my-secret-of-ci');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the page is written whole or not at all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-render-'));
  try {
    const { code, out } = await run([join(FIXTURES, 'by-request.json'), '--full', 'page.html'], folder);
    expect(code).toBe(0);
    expect(out).toMatch(/^## Plan: 1 to replace\n/);
    expect(readdirSync(folder)).toEqual(['page.html']);
    await expect(
      run([join(FIXTURES, 'by-request.json'), '--full', 'no/folder.html'], folder),
    ).rejects.toThrow(/no\/folder\.html cannot be written: ENOENT/);
    expect((await run(['absent.json', '--full', 'other.html'], folder)).code).toBe(1);
    expect(readdirSync(folder)).toEqual(['page.html']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('fails when called without a file, with an unknown option, or with two files of one name', async () => {
  await expect(run([])).rejects.toThrow(new UsageError('name at least one plan file'));
  await expect(run(['--values', 'a.json'])).rejects.toThrow("Unknown option '--values'");
  await expect(run(['a.json', '--format', 'yaml'])).rejects.toThrow(
    new UsageError("--format must be markdown or json, got 'yaml'"),
  );
  await expect(run(['a/plan.json', 'b/plan.json'])).rejects.toThrow(
    new UsageError("two files would both be the stack 'plan': rename one"),
  );
});
