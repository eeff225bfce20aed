import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import ts from 'typescript';

import { problemsBetween, problemsOf, type Workflows } from '../check';
import type { AnyWorkflow } from '../workflow';
import { MISTAKES, type Mistake } from './mistakes';

const ROOT = join(__dirname, '../../..');
const EXPECTED = /^ *\/\/ @ts-expect-error -- the mistake$/gm;

interface Fixture {
  readonly default: AnyWorkflow;
  readonly workflows?: Workflows;
}

/** A fixture's text, without what keeps the repository's own check of types quiet. Lines stay where they are. */
function textOf({ file, mend: [wrong, right] }: Mistake, mended: boolean): string {
  const text = readFileSync(join(__dirname, `${file}.ts`), 'utf8').replaceAll(EXPECTED, '');
  expect(text.split(wrong)).toHaveLength(2);
  return mended ? text.replace(wrong, () => right) : text;
}

const pathOf = (file: string, mended: boolean): string =>
  join(__dirname, mended ? `${file}.mended.ts` : `${file}.ts`);

/** What `tsc` prints of each of the texts, by path; one program for all. */
function compilerSays(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
  const host = ts.createCompilerHost({ ...options, types: [] });
  const onDisk = { ...host };
  host.readFile = (path) => texts.get(path) ?? onDisk.readFile(path);
  host.fileExists = (path) => texts.has(path) || onDisk.fileExists(path);
  host.getSourceFile = (path, version) => {
    const text = host.readFile(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, version);
  };
  const program = ts.createProgram([...texts.keys()], { ...options, types: [] }, host);
  return new Map(
    [...texts.keys()].map((path) => {
      const source = program.getSourceFile(path);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [path, found.map((one) => printed(one))];
    }),
  );
}

function printed({ file, start = 0, code, messageText }: ts.Diagnostic): string {
  const { line, character } = file!.getLineAndCharacterOfPosition(start);
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  return `${relative(__dirname, file!.fileName)}(${line + 1},${character + 1}): error TS${code}: ${text}`;
}

/** What the generator prints, of the fixture and of all that it calls. */
function generatorSays(text: string): string[] {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exports: Partial<Fixture> = {};
  new Function('exports', 'require', outputText)(exports, require);
  const { default: ship, workflows = {} } = exports as Fixture;
  const all: Workflows = { ship, ...workflows };
  return [
    ...Object.entries(all).flatMap(([name, workflow]) => problemsOf(name, workflow, {}, all)),
    ...problemsBetween(all),
  ];
}

describe('a mistake that reached somebody’s main branch', () => {
  let compiled: Map<string, string[]>;
  beforeAll(() => {
    compiled = compilerSays(
      new Map(
        MISTAKES.flatMap((mistake) =>
          [false, true].map((mended) => [pathOf(mistake.file, mended), textOf(mistake, mended)] as const),
        ),
      ),
    );
  }, 120_000);

  it('has a file for each, and a thread for each that is not of the eight', () => {
    const files = readdirSync(__dirname).filter((name) => /^\d\d-/.test(name));
    expect(files.sort()).toEqual(MISTAKES.map(({ file }) => `${file}.ts`));
    expect(MISTAKES.slice(8).filter(({ threads }) => threads.length === 0)).toEqual([]);
    expect(MISTAKES).toHaveLength(16);
  });

  it.each(MISTAKES.map((mistake) => [mistake.title, mistake] as const))(
    'is found before any YAML is written: %s',
    (_title, mistake) => {
      const { file, compiler, generator } = mistake;
      expect(compiled.get(pathOf(file, false))).toEqual(compiler === undefined ? [] : [compiler]);
      expect(generatorSays(textOf(mistake, false))).toEqual([generator]);
    },
  );

  it.each(MISTAKES.map((mistake) => [mistake.title, mistake] as const))(
    'is the only one in its workflow: %s',
    (_title, mistake) => {
      expect(compiled.get(pathOf(mistake.file, true))).toEqual([]);
      expect(generatorSays(textOf(mistake, true))).toEqual([]);
    },
  );
});
