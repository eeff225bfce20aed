import { createNodeResolver, flatConfigs, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Lint without type information: types are `tsc`'s job, and this takes seconds. What it holds besides the recommended
 * rules is the shape of the repository: imports point one way (`zones`), have no cycles, and stay off what costs much.
 */

/** Files of `stacks/` that every room may read: plain data, and what checks and names it. */
const SHARED = ['./config.ts', './names.ts', './check-config.ts', './services.ts'];
const TYPESCRIPT_ROOMS = ['./stacks', './workflows-src', './rehearsal', './loadtests'];

/** Who may not import from where, and why. */
const zones = [
  {
    target: './stacks',
    from: ['./workflows-src', './rehearsal', './loadtests'],
    message: 'The stacks know nothing of what runs them.',
  },
  {
    target: TYPESCRIPT_ROOMS,
    from: './services/*/*/**',
    message: "A service's code is its own: read its descriptor, services/<name>/service.ts.",
  },
  {
    target: './services',
    from: TYPESCRIPT_ROOMS,
    message: 'A service is built and shipped alone: it imports nothing of the platform.',
  },
  {
    target: './workflows-src',
    from: './stacks',
    except: SHARED,
    message:
      'The workflows and commands read cdktf.out, not the stacks; of stacks/ they import config, names, check-config and services.',
  },
  {
    target: './workflows-src',
    from: './rehearsal',
    message: 'The rehearsal uses the commands, not the other way round.',
  },
  {
    target: ['./workflows-src/!(cli)/**', './workflows-src/*.ts'],
    from: './loadtests',
    message: 'Only the command line (workflows-src/cli) reaches the load tests, through loadtests/command.',
  },
  {
    target: './workflows-src/cli',
    from: './loadtests',
    except: ['./command.ts'],
    message: 'The command line reaches the load tests through loadtests/command alone.',
  },
  {
    target: './loadtests',
    from: './stacks',
    except: SHARED,
    message:
      'The load tests know an address, not the stacks; of stacks/ they import config, names, check-config and services.',
  },
  {
    target: './loadtests',
    from: './workflows-src',
    message: 'The load tests stand alone: the command line hands them what they need.',
  },
  {
    target: './loadtests',
    from: './rehearsal',
    message: 'The rehearsal uses the load tests, not the other way round.',
  },
  {
    target: './rehearsal',
    from: './stacks',
    except: [...SHARED, './main.ts', './test-policy.ts'],
    message:
      'The rehearsal synthesizes through stacks/main; of stacks/ it imports config, names, check-config, services and test-policy besides.',
  },
];

const BARREL = {
  name: '@cdktf/provider-aws',
  message: "Import the resource's own path, @cdktf/provider-aws/lib/<resource>: the barrel costs 4.8 s.",
};
const ACTIONS_TOOLKIT = {
  group: ['@actions/*'],
  message: 'Only workflows-src/actions/*/main.ts talks to the runner; pass values to pure code.',
};

/** Of ESLint's own recommended rules, those that TypeScript does not make needless. */
const MISTAKES = [
  'eqeqeq',
  'no-async-promise-executor',
  'no-case-declarations',
  'no-cond-assign',
  'no-constant-condition',
  'no-control-regex',
  'no-debugger',
  'no-dupe-else-if',
  'no-empty',
  'no-empty-pattern',
  'no-loss-of-precision',
  'no-prototype-builtins',
  'no-self-assign',
  'no-sparse-arrays',
  'no-unsafe-finally',
  'no-unsafe-optional-chaining',
  'no-useless-escape',
  'use-isnan',
];

/** The same two bans for `await import(…)`, which `no-restricted-imports` does not see. */
const restrictedSyntax = (...bans) => [
  'error',
  ...bans.map(([pattern, message]) => ({
    selector: `ImportExpression > Literal[value=${pattern}]`,
    message,
  })),
];
const BARREL_LATE = ['/^@cdktf.provider-aws$/', BARREL.message];
const ACTIONS_TOOLKIT_LATE = ['/^@actions./', ACTIONS_TOOLKIT.message];

export default tseslint.config(
  { ignores: ['**/dist/', 'cdktf.out/', '.fairlead/', '.github/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.recommended,
  flatConfigs.typescript,
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })] },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'no-restricted-imports': ['error', { paths: [BARREL], patterns: [ACTIONS_TOOLKIT] }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-restricted-syntax': restrictedSyntax(BARREL_LATE, ACTIONS_TOOLKIT_LATE),
      // A registry of declarations is merged into the interface of another module by `interface X extends Y {}`.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      ...Object.fromEntries(MISTAKES.map((rule) => [rule, 'error'])),
    },
  },
  {
    files: ['workflows-src/actions/*/main.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [BARREL] }],
      'no-restricted-syntax': restrictedSyntax(BARREL_LATE),
    },
  },
  {
    // Tests hand in what the types forbid, and look for control characters.
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off', 'no-control-regex': 'off' },
  },
  {
    // Run by act as they are, far from our modules.
    files: ['rehearsal/pipeline/stand-ins/**/*.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['stacks/config.ts', 'services/*/service.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'ImportDeclaration, ImportExpression, TSImportEqualsDeclaration, TSImportType, ExportAllDeclaration, ExportNamedDeclaration[source]',
          message: 'Plain data that everybody reads imports nothing.',
        },
      ],
    },
  },
);
