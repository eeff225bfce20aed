import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

import { actions } from './actions';
import { ourWorkflows } from './generate';
import { PLACES, type Place } from './model/contexts';
import { generate } from './model/generate';
import { PINS, type ActionName } from './model/pinned';
import {
  call,
  callingWorkflow,
  stepOutput,
  workflow,
  type AnyJob,
  type AnyWorkflow,
  type Step,
} from './model/workflow';

/**
 * GitHub's own parser of workflows, which knows nothing of ours: what it reads in a generated file is what the model says,
 * and it finds no mistake there.
 */
const ROOT = join(__dirname, '..');
const PARSER = join(ROOT, 'node_modules/@actions/workflow-parser');

/** A token of the parser, as far as it is read here. */
interface Token {
  /** 0 text, 1 list, 2 map, 3 expression, 5 boolean, 6 number, 7 nothing. */
  readonly templateTokenType: number;
  readonly value?: unknown;
  readonly source?: string;
  readonly [Symbol.iterator]: () => Iterator<Token & { readonly key: Token; readonly value: Token }>;
}

interface Parser {
  readonly NoOperationTraceWriter: new () => object;
  parseWorkflow(file: { name: string; content: string }, trace: object): Parsed;
  convertWorkflowTemplate(
    context: object,
    value: Token | undefined,
    files: object,
    options: object,
  ): Promise<{ readonly errors?: readonly { readonly Message: string }[]; readonly jobs: readonly object[] }>;
}

interface Parsed {
  readonly context: { readonly errors: { getErrors(): { message: string }[] } };
  readonly value?: Token;
}

/** It is there as modules that import JSON, which Node only takes as one file. */
function loadParser(): Parser {
  const { outputFiles } = buildSync({
    stdin: { contents: "export * from '@actions/workflow-parser';", resolveDir: ROOT },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    logLevel: 'silent',
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')(
    module,
    module.exports,
    createRequire(__filename),
  );
  return module.exports as Parser;
}

/** What the parser read, as plain values. */
function plain(token: Token): unknown {
  switch (token.templateTokenType) {
    case 1:
      return [...token].map(plain);
    case 2:
      return Object.fromEntries([...token].map(({ key, value }) => [String(plain(key)), plain(value)]));
    case 3:
      return token.source;
    default:
      return token.value;
  }
}

/** What the model says, without the generator's help. */
function said({ name, on, concurrency, env, jobs }: AnyWorkflow): object {
  return {
    name,
    on,
    permissions: {},
    concurrency,
    defaults: { run: { shell: 'bash' } },
    ...(env && { env }),
    jobs: Object.fromEntries(Object.entries(jobs).map(([id, job]) => [id, saidJob(job)])),
  };
}

function saidJob({ permissions, ...job }: AnyJob): object {
  const granted = Object.entries(permissions).map(([scope, grant]) => [
    scope,
    typeof grant === 'string' ? grant : Object.keys(grant).join(),
  ]);
  return {
    ...job,
    permissions: Object.fromEntries(granted),
    ...('steps' in job && { steps: job.steps.map(saidStep) }),
  };
}

function saidStep(step: Step): object {
  if (step.uses === undefined) {
    const { outputs: _outputs, ...rest } = step;
    return rest;
  }
  const own = /^\.\/\.github\/actions\/(.*)$/.exec(step.uses)?.[1] as keyof typeof actions | undefined;
  if (own === undefined) {
    const { with: given = {} } = step;
    // GitHub hands every input to an action as a text.
    const texts = Object.fromEntries(Object.entries(given).map(([input, value]) => [input, String(value)]));
    const uses = `${step.uses}@${PINS[step.uses as ActionName].sha}`;
    return { ...step, uses, ...('with' in step && { with: texts }) };
  }
  const { uses: _uses, with: given, env, ...rest } = step;
  const inputs = Object.entries(actions[own].inputs).map(([input, { ...declared }]) => [
    `INPUT_${input.toUpperCase()}`,
    String(
      (given as Record<string, unknown> | undefined)?.[input] ??
        ('default' in declared ? declared.default : ''),
    ),
  ]);
  return {
    ...rest,
    env: { ...env, ...Object.fromEntries(inputs) },
    run: `node .github/actions/${own}/dist/index.js`,
  };
}

const push = {
  id: 'push',
  name: 'Push',
  run: 'echo "digest=sha256:1" >> "$GITHUB_OUTPUT"',
  outputs: ['digest'],
} as const;

/** What our own workflows have no use for. */
const publish = workflow({
  name: 'publish',
  about: 'Publishes.',
  on: {
    workflow_call: {
      inputs: {
        to: { description: 'Where: "dev" or #prod', type: 'string', required: true },
        count: { description: 'How many', type: 'number', default: 2 },
        rehearse: { description: 'Only look', type: 'boolean', default: false },
      },
      secrets: { KEY: { description: 'The key', required: true } },
      outputs: { digest: { description: 'Of the image', value: '${{ jobs.build.outputs.digest }}' } },
    },
  },
  concurrency: { group: 'publish-${{ inputs.to }}', 'cancel-in-progress': "${{ inputs.to == 'dev' }}" },
  env: { TO: '${{ inputs.to }}', YES: 'yes', NUMBER: '1e3', OCTAL: '010', COLON: 'a: b', EMPTY: '' },
  jobs: {
    build: {
      name: 'Build on ${{ matrix.os }} of ${{ strategy.job-total }}',
      'runs-on': 'ubuntu-24.04',
      'timeout-minutes': 5,
      permissions: { contents: 'read', packages: { write: 'to push it # there' } },
      if: "!inputs.rehearse && inputs.count > 1 || 'a: #b' == inputs.to",
      environment: { name: '${{ inputs.to }}', url: 'https://example.com/${{ steps.push.outputs.digest }}' },
      concurrency: { group: 'build', 'cancel-in-progress': false, queue: 'single' },
      strategy: {
        matrix: {
          os: ['a', 'b'],
          node: [20, 24],
          include: [{ os: 'a', extra: true }],
          exclude: [{ os: 'b' }],
        },
        'fail-fast': false,
        'max-parallel': 2,
      },
      outputs: { digest: stepOutput(push, 'digest') },
      env: { KEY: '${{ secrets.KEY }}' },
      steps: [
        { ...push, 'timeout-minutes': 3, 'working-directory': 'a b', env: { A: "it's\nhere", B: '*' } },
        { name: 'Two lines', if: 'always()', run: 'echo a\n\n  echo "b: c"' },
      ],
    },
  },
});

const release = callingWorkflow({
  name: 'release',
  about: 'Releases.',
  on: {
    push: { branches: ['main', 'v*'], tags: ['v*'], 'paths-ignore': ['docs/**'] },
    pull_request: { branches: ['main'], types: ['opened', 'closed'], paths: ['a/**'] },
    merge_group: { branches: ['main'] },
    branch_protection_rule: { types: ['edited'] },
    release: { types: ['published'] },
    schedule: [{ cron: '17 5 * * 1-5' }, { cron: '0 0 1 * *' }],
    workflow_dispatch: {
      inputs: {
        to: {
          description: 'Where',
          required: true,
          type: 'choice',
          options: ['dev', 'prod'],
          default: 'dev',
        },
        count: { description: 'How many', required: false, type: 'number', default: 3 },
      },
    },
  },
  concurrency: { group: 'release', 'cancel-in-progress': false, queue: 'max' },
  secrets: ['KEY'],
  jobs: {
    publish: {
      name: 'Publish',
      permissions: { contents: 'read', packages: { write: 'to push it' } },
      if: "github.event_name != 'pull_request'",
      ...call('publish', publish, {
        with: { to: '${{ inputs.to }}', count: 3, rehearse: true },
        secrets: { KEY: '${{ secrets.KEY }}' },
      }),
    },
    tell: {
      name: 'Tell',
      'runs-on': 'ubuntu-24.04-arm',
      'timeout-minutes': 5,
      permissions: {},
      needs: ['publish'],
      steps: [
        { name: 'Tell', env: { DIGEST: '${{ needs.publish.outputs.digest }}' }, run: 'echo "$DIGEST"' },
      ],
    },
  },
});

describe('what GitHub reads in a generated file', () => {
  const parser = loadParser();
  const all: Record<string, AnyWorkflow> = { ...ourWorkflows(), publish, release };
  const files = generate({ workflows: all, actions });
  const textOf = (name: string): string => files.get(`.github/workflows/${name}.yml`) ?? '';

  it.each(Object.keys(all))('is what the model says: %s', async (name) => {
    const { context, value } = parser.parseWorkflow(
      { name: `${name}.yml`, content: textOf(name) },
      new parser.NoOperationTraceWriter(),
    );
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
    expect(value && plain(value)).toEqual(said(all[name] as AnyWorkflow));

    const files = {
      getFileContent: ({ path }: { path: string }) =>
        Promise.resolve({ name: path, content: textOf(/([^/]+)\.yml$/.exec(path)?.[1] ?? '') }),
    };
    const options = { fetchReusableWorkflowDepth: 2, errorPolicy: 1 };
    const { errors, jobs } = await parser.convertWorkflowTemplate(context, value, files, options);
    expect(errors ?? []).toEqual([]);
    expect(jobs).toHaveLength(Object.keys(all[name]?.jobs ?? {}).length);
  });

  it.each([
    ['an unknown key', 'runs-on:', 'runs-onn:', 'Unexpected value'],
    ['a context where there is none', 'inputs.to }}-', 'secrets.KEY }}-', 'Unrecognized named-value'],
  ])('is told from %s, so the parser does look', (_what, right, wrong, message) => {
    const content = `${textOf('publish').replace(right, wrong)}`.replace(
      'publish-${{ inputs.to }}',
      'a-${{ secrets.KEY }}',
    );
    const { context } = parser.parseWorkflow(
      { name: 'publish.yml', content },
      new parser.NoOperationTraceWriter(),
    );
    expect(
      context.errors
        .getErrors()
        .map((error) => error.message)
        .join('\n'),
    ).toContain(message);
  });
});

/** The definitions of GitHub's schema that say what can be read at each of our places. */
const DEFINITIONS: Readonly<Record<Place, string>> = {
  workflowConcurrency: 'workflow-concurrency',
  workflowEnv: 'workflow-env',
  callOutput: 'workflow-output-context',
  jobIf: 'job-if',
  strategy: 'strategy',
  job: 'job-concurrency',
  environmentUrl: 'string-runner-context-no-secrets',
  jobEnv: 'job-env',
  jobOutputs: 'string-runner-context',
  stepIf: 'step-if',
  step: 'step-with',
};

it.each(Object.entries(DEFINITIONS))('reads at %s what GitHub says in %s', (place, definition) => {
  const { definitions } = JSON.parse(readFileSync(join(PARSER, 'dist/workflow-v1.0.min.json'), 'utf8')) as {
    definitions: Record<string, { context: string[] }>;
  };
  const names = (definitions[definition]?.context ?? []).map((name) => name.replace(/\(.*/, ''));
  const { contexts, functions } = PLACES[place as Place];
  expect([...contexts, ...functions].sort()).toEqual(names.sort());
});
