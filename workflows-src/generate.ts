import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { checkConfig, ConfigError } from '../stacks/check-config';
import { config as givenConfig } from '../stacks/config';
import { loadServiceDescriptors } from '../stacks/services';
import { actions } from './actions';
import { problemsOf, type Actions } from './model/check';
import { differences, explain, mend } from './model/generated-files';
import { GENERATED, renderAction, renderWorkflow } from './model/render';
import type { Workflow } from './model/workflow';
import { workflows } from './workflows';
import { MAP_FILE, workflowsMap } from './workflows/map';
import { projectOf } from './workflows/project';

const HELP = `usage: npm run workflows [-- --check]

Writes .github/workflows/*.yml, .github/actions/*/action.yml and ${MAP_FILE} from workflows-src, and removes those that it wrote once and
that have no source any more. Files without its header are left alone.

  --check   writes nothing; names each file that is stale, missing or left over
  --help

Exit codes: 0 everything is up to date; 1 something is not (--check), or a workflow is wrong; 2 called wrongly.
`;

const COMMAND = 'npm run workflows';

/**
 * The text of every generated file by its path. Pure.
 * @throws WorkflowError with a line for each problem of each workflow
 */
export function generate(given: Readonly<Record<string, Workflow>>, own: Actions): Map<string, string> {
  const names = Object.keys(given).sort();
  const problems = names.flatMap((name) => problemsOf(name, given[name] as Workflow, own));
  if (problems.length > 0) throw new WorkflowError(problems);
  return new Map([
    ...names.map((name): [string, string] => [
      `${WORKFLOWS}/${name}.yml`,
      renderWorkflow(given[name] as Workflow, `workflows-src/workflows/${name}.ts`, own),
    ]),
    ...Object.keys(own)
      .sort()
      .map((name): [string, string] => [
        `${ACTIONS}/${name}/action.yml`,
        renderAction(own[name] as Actions[string], `workflows-src/actions/${name}/action.ts`),
      ]),
    [MAP_FILE, workflowsMap(given)],
  ]);
}

/** All mistakes of all workflows in one message, a line each. */
export class WorkflowError extends Error {
  public override readonly name = 'WorkflowError';
  public constructor(public readonly problems: readonly string[]) {
    super(
      `${problems.length} mistake${problems.length === 1 ? '' : 's'} in the workflows:\n  ${problems.join('\n  ')}`,
    );
  }
}

const WORKFLOWS = '.github/workflows';
const ACTIONS = '.github/actions';

/** The workflows of this repository's config and services. */
export function ourWorkflows(): Record<string, Workflow> {
  const { config, services } = checkConfig(
    givenConfig,
    loadServiceDescriptors(resolve(__dirname, '../services')),
  );
  const project = projectOf(config, services, profileNames(resolve(__dirname, '../loadtests/profiles')));
  return Object.fromEntries(Object.entries(workflows).map(([name, of]) => [name, of(project)]));
}

function profileNames(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  return files.map((file) => basename(file, '.ts')).sort();
}

/** Files below the root that begin with our header. */
function generatedBefore(root: string): string[] {
  const inFolder = (folder: string): string[] =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
  const candidates = [
    ...inFolder(WORKFLOWS).map((file) => `${WORKFLOWS}/${file}`),
    ...inFolder(ACTIONS).map((folder) => `${ACTIONS}/${folder}/action.yml`),
  ];
  return candidates.filter(
    (path) =>
      /\.ya?ml$/.test(path) &&
      existsSync(join(root, path)) &&
      readFileSync(join(root, path), 'utf8').startsWith(GENERATED),
  );
}

/**
 * Writes what is not up to date below `root`, or says so.
 * @returns the exit code
 */
export function run(
  root: string,
  files: ReadonlyMap<string, string>,
  check: boolean,
  print: (line: string) => void,
): number {
  const found = differences(root, files, generatedBefore(root));
  if (check) {
    for (const difference of found) print(explain(difference, COMMAND));
    return found.length > 0 ? 1 : 0;
  }
  mend(root, files, found);
  for (const { path, is } of found) print(`${is === 'no longer generated' ? 'removed' : 'wrote'} ${path}`);
  return 0;
}

function main(argv: readonly string[]): number {
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
  try {
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    return run(resolve(__dirname, '..'), generate(ourWorkflows(), actions), options.check ?? false, print);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof WorkflowError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));
