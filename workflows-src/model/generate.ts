import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { problemsBetween, problemsOf, type Actions, type Workflows } from './check';
import { differences, explain, mend } from './generated-files';
import { GENERATED, renderAction, renderWorkflow } from './render';
import type { AnyWorkflow } from './workflow';

const HELP = `usage: npm run workflows [-- --check]

Writes .github/workflows/*.yml and .github/actions/*/action.yml from their TypeScript, and removes those that it wrote once
and that have no source any more; further files that the repository makes from them. Files without its header are left alone.

  --check   writes nothing; names each file that is stale, missing or left over
  --help

Exit codes: 0 everything is up to date; 1 something is not (--check), or a workflow is wrong; 2 called wrongly.
`;

const COMMAND = 'npm run workflows';
const WORKFLOWS = '.github/workflows';
const ACTIONS = '.github/actions';

/** What a repository has. */
export interface Definitions {
  /** By file name without `.yml`. */
  readonly workflows: Workflows;
  /** Its own actions, by folder name. */
  readonly actions: Actions;
  /** Further rules of the repository: what is wrong with a workflow, a line each. @default none */
  readonly problems?: (name: string, workflow: AnyWorkflow, actions: Actions) => readonly string[];
  /** Further files that are made from the workflows, by their paths. @default none */
  readonly documents?: (workflows: Workflows) => ReadonlyMap<string, string>;
}

/** Paths of the sources below the root, for the headers. */
export interface Sources {
  readonly workflow: (name: string) => string;
  readonly action: (name: string) => string;
}

const SOURCES: Sources = {
  workflow: (name) => `workflows-src/workflows/${name}.ts`,
  action: (name) => `workflows-src/actions/${name}/action.ts`,
};

/**
 * The text of every generated file by its path. Pure.
 * @throws WorkflowError with a line for each problem of each workflow
 */
export function generate(
  { workflows, actions, problems: more, documents }: Definitions,
  sources = SOURCES,
): Map<string, string> {
  const all = sorted(workflows);
  const problems = [
    ...all.flatMap(([name, workflow]) => problemsOf(name, workflow, actions, workflows)),
    ...problemsBetween(workflows),
    ...all.flatMap(([name, workflow]) => more?.(name, workflow, actions) ?? []),
  ];
  if (problems.length > 0) throw new WorkflowError(problems);
  return new Map([
    ...all.map(([name, workflow]): [string, string] => [
      `${WORKFLOWS}/${name}.yml`,
      renderWorkflow(workflow, sources.workflow(name), actions),
    ]),
    ...sorted(actions).map(([name, action]): [string, string] => [
      `${ACTIONS}/${name}/action.yml`,
      renderAction(action, sources.action(name)),
    ]),
    ...(documents?.(workflows) ?? []),
  ]);
}

/** By name, as text is compared everywhere: not as a language sorts it. */
function sorted<T>(all: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
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
export function write(
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

/**
 * The whole of `npm run workflows`.
 * @param argv what the command line gives
 * @param define called when there is something to do
 * @returns the exit code
 */
export function command(
  argv: readonly string[],
  root: string,
  define: () => Definitions,
  sources = SOURCES,
): number {
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
  try {
    return write(root, generate(define(), sources), options.check ?? false, print);
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
