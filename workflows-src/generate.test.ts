import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { actions } from './actions';
import { definitions, ourWorkflows } from './generate';
import { generate, write } from './model/generate';
import { PINS } from './model/pinned';

const root = resolve(__dirname, '..');
const files = generate(definitions());

describe('the generator', () => {
  let folder: string;
  let lines: string[];
  const runIn = (check: boolean): number => {
    lines = [];
    return write(folder, files, check, (line) => lines.push(line));
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'workflows-'));
    runIn(false);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes what is missing once, and nothing the second time', () => {
    expect(lines).toEqual([...files.keys()].map((path) => `wrote ${path}`));
    expect(runIn(false)).toBe(0);
    expect(lines).toEqual([]);
    expect(runIn(true)).toBe(0);
  });

  it('--check fails after one more character, names the file and the command, and leaves it as it is', () => {
    const ci = join(folder, '.github/workflows/ci.yml');
    appendFileSync(ci, ' ');
    const before = readFileSync(ci, 'utf8');
    expect(runIn(true)).toBe(1);
    expect(lines).toEqual([
      ".github/workflows/ci.yml is stale: run 'npm run workflows' and commit the result",
    ]);
    expect(readFileSync(ci, 'utf8')).toBe(before);

    expect(runIn(false)).toBe(0);
    expect(runIn(true)).toBe(0);
  });

  it('--check names a file that is missing', () => {
    rmSync(join(folder, '.github/actions/plan-comment/action.yml'));
    expect(runIn(true)).toBe(1);
    expect(lines).toEqual([
      ".github/actions/plan-comment/action.yml is missing: run 'npm run workflows' and commit the result",
    ]);
  });

  it('removes what it wrote once and has no source any more, and nothing else', () => {
    const old = '.github/workflows/old.yml';
    const ours = '.github/workflows/by-hand.yml';
    writeFileSync(join(folder, old), readFileSync(join(folder, '.github/workflows/ci.yml')));
    writeFileSync(join(folder, ours), 'name: by hand\n');
    mkdirSync(join(folder, '.github/actions/empty'));
    expect(runIn(true)).toBe(1);
    expect(lines).toEqual([`${old} is no longer generated: run 'npm run workflows' and commit the result`]);

    expect(runIn(false)).toBe(0);
    expect(lines).toEqual([`removed ${old}`]);
    expect([existsSync(join(folder, old)), existsSync(join(folder, ours))]).toEqual([false, true]);
  });

  it('writes nothing while any workflow is wrong, and names every mistake', () => {
    const { ci, plan } = ourWorkflows();
    const wrong = {
      ci: { ...ci, jobs: { ...ci?.jobs, test: { ...ci?.jobs.test, needs: ['statc'] } } },
      plan: { ...plan, concurrency: { group: '${{ githb.ref }}', 'cancel-in-progress': true } },
    };
    expect(() => generate({ workflows: wrong as never, actions })).toThrow(
      [
        '2 mistakes in the workflows:',
        "  ci, job 'test': needs: no job 'statc' (did you mean 'static'?); valid jobs: static, image, service-api, policy, weaknesses, linters, pipeline, rehearsal, required",
        "  plan: concurrency.group: githb.ref: no context 'githb' (did you mean 'github'?) here; valid contexts: github, inputs, vars",
      ].join('\n'),
    );
  });

  it('refuses an option it does not know, with its help and exit 2', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['-r', 'tsx/cjs', 'workflows-src/generate.ts', '--chek'],
      { cwd: root, encoding: 'utf8' },
    );
    expect(status).toBe(2);
    expect(stderr).toContain("Unknown option '--chek'");
    expect(stderr).toContain('usage: npm run workflows');
  });
});

/** A process of `npm run workflows` in a checkout of its own, whose path has spaces. */
describe('the same bytes', () => {
  let above: string;
  let checkout: string;
  beforeAll(() => {
    above = mkdtempSync(join(tmpdir(), 'fairlead workflows '));
    checkout = join(above, 'a check out');
    for (const path of [
      'package.json',
      'tsconfig.json',
      'stacks',
      'services',
      'loadtests',
      'workflows-src',
    ]) {
      cpSync(join(root, path), join(checkout, path), {
        recursive: true,
        filter: (from) => !/node_modules|[\\/](?:dist|fixtures)$|\.test\.ts$/.test(from),
      });
    }
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
    writeFileSync(
      join(above, 'reversed.cjs'),
      `const fs = require('node:fs');
      const { readdirSync } = fs;
      fs.readdirSync = (...given) => readdirSync(...given).reverse();
      require('node:module').syncBuiltinESMExports();`,
    );
    writeFileSync(
      join(above, 'turkish.cjs'),
      `const { locale } = new Intl.DateTimeFormat().resolvedOptions();
      if (locale !== 'tr-TR') throw new Error('speaks ' + locale);`,
    );
  });
  afterAll(() => rmSync(above, { recursive: true }));

  const written = (): [string, string][] =>
    [...files.keys()].map((path) => [path, readFileSync(join(checkout, path), 'utf8')]);
  const unwrite = (): void => {
    for (const path of files.keys()) rmSync(join(checkout, path), { force: true });
  };
  const generateThere = (given: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    first?: string;
    args?: string[];
  }): string =>
    execFileSync(
      process.execPath,
      [
        '-r',
        require.resolve('tsx/cjs'),
        ...(given.first === undefined ? [] : ['-r', join(above, given.first)]),
        join(checkout, 'workflows-src/generate.ts'),
        ...(given.args ?? []),
      ],
      { cwd: given.cwd ?? checkout, env: { ...process.env, ...given.env }, encoding: 'utf8' },
    );

  it.each<[string, Parameters<typeof generateThere>[0]]>([
    ['from a path with spaces', {}],
    [
      'in Turkish, which sorts and capitalizes its own way',
      { env: { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' }, first: 'turkish.cjs' },
    ],
    ['from another folder', { cwd: tmpdir() }],
  ])('are written %s', (_how, given) => {
    unwrite();
    expect(generateThere(given).trim().split('\n')).toHaveLength(files.size);
    expect(written()).toEqual([...files]);
    // What is committed is that too, and a second run has nothing to do.
    for (const [path, text] of files) expect(readFileSync(join(root, path), 'utf8')).toBe(text);
    expect(generateThere(given)).toBe('');
    expect(generateThere({ ...given, args: ['--check'] })).toBe('');
  });

  it('are written with files listed in another order', () => {
    // Of one there is no order.
    mkdirSync(join(checkout, 'services/web'));
    const service = readFileSync(join(checkout, 'services/api/service.ts'), 'utf8');
    writeFileSync(
      join(checkout, 'services/web/service.ts'),
      service.replace(/priority: \d+/, 'priority: 101'),
    );
    cpSync(join(checkout, 'loadtests/profiles/smoke.ts'), join(checkout, 'loadtests/profiles/peak.ts'));
    unwrite();
    generateThere({});
    const before = written();
    expect(new Map(before).get('.github/workflows/load-test.yml')).toContain('- peak\n          - smoke\n');
    expect(new Map(before).get('.github/workflows/apply.yml')).toContain('  build-web:\n');
    unwrite();
    generateThere({ first: 'reversed.cjs' });
    expect(written()).toEqual(before);
  });
});

describe('every workflow', () => {
  const yaml = [...files].filter(([path]) => path.startsWith('.github/workflows/'));

  it.each(yaml)('%s runs pinned actions only', (_path, text) => {
    const shas = Object.values(PINS).map(({ sha }) => sha);
    for (const [, sha = ''] of text.matchAll(/uses: \S+@(\S+)/g)) expect(shas).toContain(sha);
    expect(text.match(/^ *(?:- )?uses: /gm)?.length).toBe(
      text.match(/uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+\n/g)?.length,
    );
  });

  it.each(yaml)('%s says nothing about this machine', (_path, text) => {
    expect(text).not.toContain(root);
  });
});
