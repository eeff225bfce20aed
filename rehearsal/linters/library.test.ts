import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findLinters } from './tools';

const ROOT = join(__dirname, '../..');
const DOC = readFileSync(join(ROOT, 'docs/workflows.md'), 'utf8');

const EXAMPLE = /<!-- example -->\n\n```ts\n(.*?)```/s.exec(DOC)?.[1] ?? '';

describe('a second repository that copies the model', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'another-repository-'));
    cpSync(join(ROOT, 'workflows-src/model'), join(folder, 'model'), {
      recursive: true,
      filter: (path) => !/\.test\.ts$|[\\/]mistakes$/.test(path),
    });
    for (const name of ['yaml', 'typescript', '@types/node', 'undici-types']) {
      mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const compilerOptions = {
      target: 'ES2022',
      module: 'Node16',
      moduleResolution: 'Node16',
      strict: true,
      resolveJsonModule: true,
      skipLibCheck: true,
      types: ['node'],
      outDir: 'dist',
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'another', private: true }));
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['workflows.ts'] }),
    );
    writeFileSync(join(folder, 'workflows.ts'), EXAMPLE);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has the example of the documentation in up to thirty lines', () => {
    expect(EXAMPLE.trim().split('\n').length).toBeLessThanOrEqual(30);
    expect(EXAMPLE).toContain('workflow({');
  });

  it('type-checks it, generates the workflow, and has nothing left to do', () => {
    const node = (...args: string[]): string =>
      execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--project', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(tsc.stdout).toBe('');
    expect(node('dist/workflows.js')).toBe('wrote .github/workflows/release.yml\n');
    expect(node('dist/workflows.js', '--check')).toBe('');
    const yaml = readFileSync(join(folder, '.github/workflows/release.yml'), 'utf8');
    expect(yaml).toContain('# Source: workflows.ts\n');
    expect(yaml).toContain('    needs:\n      - version\n');
  }, 120_000);

  it('gives what actionlint accepts', async () => {
    let actionlint: string;
    try {
      ({ actionlint } = await findLinters(process.env));
    } catch (error) {
      if (process.env['CI']) throw error;
      process.stderr.write(`\nACTIONLINT DOES NOT RUN: ${(error as Error).message}\n\n`);
      return;
    }
    const file = join(folder, '.github/workflows/release.yml');
    const lint = (): string => spawnSync(actionlint, [file], { cwd: folder, encoding: 'utf8' }).stdout;
    expect(lint()).toBe('');
    writeFileSync(file, readFileSync(file, 'utf8').replace('needs.version', 'needs.vresion'));
    expect(lint()).toContain('vresion');
  }, 300_000);
});
