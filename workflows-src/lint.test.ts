import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(__dirname, '..');

interface Snippet {
  readonly file: string;
  readonly text: string;
}

/** The rules that each snippet breaks. In a process of its own, because Jest cannot load a configuration that is a module. */
function brokenRules(snippets: readonly Snippet[]): string[][] {
  const script = `
    import { text } from 'node:stream/consumers';
    import { ESLint } from 'eslint';
    const eslint = new ESLint();
    const found = [];
    for (const snippet of JSON.parse(await text(process.stdin))) {
      const [{ messages }] = await eslint.lintText(snippet.text, { filePath: snippet.file });
      found.push(messages.map(({ ruleId, message }) => ruleId ?? message));
    }
    console.log(JSON.stringify(found));`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    input: JSON.stringify(snippets),
    encoding: 'utf8',
  });
  return JSON.parse(answer) as string[][];
}

const PATHS = 'import-x/no-restricted-paths';
const IMPORTS = 'no-restricted-imports';
const SYNTAX = 'no-restricted-syntax';

const all = (module: string): string => `export * from '${module}';\n`;
const late = (module: string): string => `export const late = () => import('${module}');\n`;

const cases: readonly (readonly [what: string, file: string, text: string, breaks: readonly string[]])[] = [
  ['refuses a stack that reads the workflows', 'stacks/new.ts', all('../workflows-src/generate'), [PATHS]],
  [
    'refuses a workflow that reads a stack',
    'workflows-src/workflows/new.ts',
    all('../../stacks/base-stack'),
    [PATHS],
  ],
  [
    'refuses a command that synthesizes in its own process',
    'workflows-src/cli/new.ts',
    all('../../stacks/main'),
    [PATHS],
  ],
  [
    'refuses a service that reads the platform',
    'services/api/src/new.ts',
    all('../../../stacks/names'),
    [PATHS],
  ],
  ['refuses a rehearsal that goes around stacks/main', 'rehearsal/new.ts', all('../stacks/network'), [PATHS]],
  ['refuses a load test that reads a stack', 'loadtests/new.ts', all('../stacks/platform'), [PATHS]],
  [
    'refuses a load test that reads a workflow',
    'loadtests/new.ts',
    all('../workflows-src/generate'),
    [PATHS],
  ],
  ["refuses a stack that reads a service's code", 'stacks/new.ts', all('../services/api/src/app'), [PATHS]],
  [
    "refuses a rehearsal that reads a service's code",
    'rehearsal/new.ts',
    all('../services/api/src/app'),
    [PATHS],
  ],
  [
    "refuses a workflow that reads a service's code",
    'workflows-src/new.ts',
    all('../services/api/src/app'),
    [PATHS],
  ],
  [
    'refuses a workflow that reads the rehearsal',
    'workflows-src/new.ts',
    all('../rehearsal/settings'),
    [PATHS],
  ],

  ['allows config everywhere', 'workflows-src/new.ts', all('../stacks/config'), []],
  ['allows names to the commands', 'workflows-src/cli/new.ts', all('../../stacks/names'), []],
  ['allows the checks to the rehearsal', 'rehearsal/new.ts', all('../stacks/check-config'), []],
  ['allows the whole app to the rehearsal', 'rehearsal/new.ts', all('../stacks/main'), []],
  ['allows the commands to the rehearsal', 'rehearsal/new.ts', all('../workflows-src/cli/main'), []],
  ['allows a service descriptor to the stacks', 'stacks/new.ts', all('../services/api/service'), []],

  [
    'refuses modules that import each other',
    'workflows-src/model/expressions.ts',
    all('./check'),
    ['import-x/no-cycle'],
  ],
  ['refuses an import in config', 'stacks/config.ts', "import './names';\n", [SYNTAX]],
  [
    'refuses even a type in a service descriptor',
    'services/api/service.ts',
    "export type Port = import('node:net').AddressInfo;\n",
    [SYNTAX],
  ],

  ['refuses the provider barrel', 'stacks/new.ts', all('@cdktf/provider-aws'), [IMPORTS]],
  ['refuses the provider barrel late', 'stacks/new.ts', late('@cdktf/provider-aws'), [SYNTAX]],
  ['allows a path of the provider', 'stacks/new.ts', all('@cdktf/provider-aws/lib/s3-bucket'), []],
  ["refuses GitHub's toolkit", 'workflows-src/new.ts', all('@actions/core'), [IMPORTS]],
  ["refuses GitHub's toolkit late", 'workflows-src/new.ts', late('@actions/core'), [SYNTAX]],
  [
    "refuses GitHub's toolkit in the pure part of an action",
    'workflows-src/actions/plan-comment/body.ts',
    all('@actions/core'),
    [IMPORTS],
  ],
  [
    "allows GitHub's toolkit in an action's main",
    'workflows-src/actions/plan-comment/main.ts',
    all('@actions/core'),
    [],
  ],
];

describe('lint', () => {
  let broken: readonly string[][];
  beforeAll(() => {
    broken = brokenRules(cases.map(([, file, text]) => ({ file, text })));
  });

  it.each(cases.map((given, index) => [given[0], index] as const))('%s', (_what, index) => {
    expect(broken[index]).toEqual(cases[index]?.[3]);
  });
});
