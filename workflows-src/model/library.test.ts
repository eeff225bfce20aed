import { execFileSync, spawnSync } from 'node:child_process';
import {
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
import { delimiter, join } from 'node:path';

import { MISTAKES, type Mistake } from './mistakes/mistakes';

const ROOT = join(__dirname, '../..');
const DOC = readFileSync(join(ROOT, 'docs/workflows.md'), 'utf8');

const EXAMPLE = /<!-- example -->\n\n```ts\n(.*?)```/s.exec(DOC)?.[1] ?? '';

/** Where our own checks keep it, or where the path leads. */
function findActionlint(): string | undefined {
  const folders = [join(ROOT, '.fairlead/ci'), ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, 'actionlint')).find((file) => existsSync(file));
}

describe('a second repository that copies the model', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'another-repository-'));
    cpSync(__dirname, join(folder, 'model'), {
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

  const actionlint = findActionlint();
  // Nobody is made to install it for the tests, but where all is checked it has to be there.
  (actionlint === undefined && !process.env['CI'] ? it.skip : it)('gives what actionlint accepts', () => {
    if (actionlint === undefined)
      throw new Error('actionlint: not on the PATH; valid: there, wherever CI is set');
    const file = join(folder, '.github/workflows/release.yml');
    const lint = (): string => spawnSync(actionlint, [file], { cwd: folder, encoding: 'utf8' }).stdout;
    expect(lint()).toBe('');
    writeFileSync(file, readFileSync(file, 'utf8').replace('needs.version', 'needs.vresion'));
    expect(lint()).toContain('vresion');
  });
});

/** A mistake as the documentation tells it. */
function told({ file, title, threads, compiler, generator }: Mistake, index: number): string {
  const links = [
    `[fixture](../workflows-src/model/mistakes/${file}.ts)`,
    ...threads.map(
      (url) => `[${url.replace('https://github.com/', '').replace(/\/(?:issues|pull)\//, '#')}](${url})`,
    ),
  ];
  const printed = [...(compiler === undefined ? [] : [compiler]), generator].join('\n');
  return `### ${index + 1}: ${title}\n\n${links.join(', ')}\n\n\`\`\`text\n${printed}\n\`\`\`\n`;
}

it('the documentation says what each mistake prints, compiler first', () => {
  const said = /<!-- mistakes -->\n(.*)<!-- \/mistakes -->/s.exec(DOC)?.[1];
  expect(said).toBe(`\n${MISTAKES.map(told).join('\n')}\n`);
});
