import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

import { actions } from './actions';
import { differences, explain, mend, type Files } from './model/generated-files';

const HELP = `usage: npm run build [-- --check]

Bundles each action to .github/actions/<name>/dist/index.js, which is committed, and all commands to dist/fairlead.js, which
is not. Beside each bundle, licenses.txt has the licences of the packages in it.

  --check   writes nothing; names each bundle of an action that is stale, missing or left over
  --help

Exit codes: 0 everything is up to date; 1 something is not (--check), or cannot be built; 2 called wrongly.
`;

const COMMAND = 'npm run build';
const CLI = 'workflows-src/cli/main.ts';

/** The committed bundles: the same bytes wherever the repository lies. @throws Error of esbuild, which says where */
export async function actionBundles(root: string): Promise<Files> {
  const all = await Promise.all(
    Object.keys(actions).map((name) =>
      bundle(
        root,
        `workflows-src/actions/${name}/main.ts`,
        `.github/actions/${name}/dist`,
        'index.js',
        'node24',
      ),
    ),
  );
  return new Map(all.flat());
}

/** `dist/fairlead.js`: every command in one file, for the oldest Node that we run on. */
export async function commandBundle(root: string): Promise<Files> {
  return new Map(await bundle(root, CLI, 'dist', 'fairlead.js', 'node20.19'));
}

async function bundle(
  root: string,
  entry: string,
  folder: string,
  file: string,
  target: string,
): Promise<[string, Uint8Array | string][]> {
  const deferred: Metafile['inputs'] = {};
  const options = optionsFor(root, target);
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: [entry],
    outfile: `${folder}/${file}`,
    plugins: [onDemand(options, deferred), WITHOUT_OIDC],
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  return [
    [`${folder}/${file}`, code],
    [`${folder}/licenses.txt`, licences(root, { ...metafile.inputs, ...deferred })],
  ];
}

function optionsFor(root: string, target: string) {
  return {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target,
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    // Nothing that only this checkout knows.
    tsconfigRaw: {},
    metafile: true,
    write: false,
    logLevel: 'silent',
  } as const satisfies BuildOptions;
}

/**
 * Leaves out the part of `@actions/core` that asks for OIDC tokens, which none of our actions does: it alone needs an HTTP client
 * of 430 KB, two thirds of a bundle, which V8 would look through at each start.
 */
const WITHOUT_OIDC: Plugin = {
  name: 'without-oidc',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@actions[\\/]core[\\/]lib[\\/]oidc-utils\.js$/ }, () => ({
      loader: 'js',
      contents: `exports.OidcClient = { getIDToken() { throw new Error('this bundle is built without OIDC: see workflows-src/build.ts'); } };`,
    }));
  },
};

/** Large, and of use to few commands. */
const ON_DEMAND = 'workflows-src/operations/s3.ts';

/**
 * Keeps a module, with all that it needs, as text in the bundle. V8 looks through everything it is given as code before it
 * runs the first line, and of a text it only looks for the end: the quick commands do not pay for the SDK of the others.
 * @param inputs takes what the text was made from
 */
function onDemand(options: ReturnType<typeof optionsFor>, inputs: Metafile['inputs']): Plugin {
  return {
    name: 'on-demand',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]s3\.ts$/ }, async ({ path }) => {
        const name = relative(options.absWorkingDir, path).replaceAll('\\', '/');
        if (name !== ON_DEMAND) return undefined;
        const { outputFiles, metafile } = await build({ ...options, entryPoints: [name], outfile: 's3.js' });
        Object.assign(inputs, metafile.inputs);
        const text = JSON.stringify(outputFiles[0]?.text ?? '');
        const names = "['module', 'exports', 'require']";
        return {
          loader: 'js',
          contents: `require('node:vm').compileFunction(${text}, ${names}, { filename: 's3.js' })(module, exports, require);`,
        };
      });
    },
  };
}

/** The licence of every package that has code in a bundle, by package. @throws Error naming a package that has none */
function licences(root: string, inputs: Metafile['inputs']): string {
  const folders = new Set(Object.keys(inputs).flatMap((path) => PACKAGE_FOLDER.exec(path)?.[0] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    ) as Record<string, string>;
    const file = readdirSync(join(root, folder))
      .sort()
      .find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined && license === undefined)
      throw new Error(`${folder}: no licence: it cannot be part of a bundle`);
    const text =
      file === undefined
        ? ''
        : readFileSync(join(root, folder, file), 'utf8')
            .replaceAll('\r\n', '\n')
            .trim();
    return [`${name} ${version} (${license ?? 'see below'})`, text].filter(Boolean).join('\n\n');
  });
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The innermost package: `node_modules/a/node_modules/@b/c` of a path that lies deeper. */
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** Files in the `dist` folders of actions: nothing but bundles belongs there. */
function builtBefore(root: string): string[] {
  const actionsFolder = join(root, '.github/actions');
  if (!existsSync(actionsFolder)) return [];
  return readdirSync(actionsFolder)
    .sort()
    .flatMap((name) => {
      const dist = join(actionsFolder, name, 'dist');
      return existsSync(dist)
        ? readdirSync(dist)
            .sort()
            .map((file) => `.github/actions/${name}/dist/${file}`)
        : [];
    });
}

/**
 * Compares what is committed with what the source gives.
 * @returns the exit code
 */
export function check(root: string, bundles: Files, print: (line: string) => void): number {
  const found = differences(root, bundles, builtBefore(root));
  for (const difference of found) print(explain(difference, COMMAND));
  return found.length > 0 ? 1 : 0;
}

function write(root: string, bundles: Files, before: readonly string[], print: (line: string) => void): void {
  const found = differences(root, bundles, before);
  mend(root, bundles, found);
  for (const { path, is } of found) print(`${is === 'no longer generated' ? 'removed' : 'wrote'} ${path}`);
}

async function main(argv: readonly string[]): Promise<number> {
  let options: { check?: boolean; help?: boolean };
  try {
    options = parseArgs({
      args: [...argv],
      options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const root = resolve(__dirname, '..');
  const bundles = await actionBundles(root);
  if (options.check) return check(root, bundles, print);

  write(root, bundles, builtBefore(root), print);
  write(root, await commandBundle(root), [], print);
  return 0;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
