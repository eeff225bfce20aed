import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { checkConfig, ConfigError } from '../stacks/check-config';
import { config as givenConfig } from '../stacks/config';
import { loadServiceDescriptors } from '../stacks/services';
import { actions } from './actions';
import { command, type Definitions } from './model/generate';
import type { Workflow } from './model/workflow';
import { permissionProblems } from './permissions/check';
import { workflows } from './workflows';
import { MAP_FILE, workflowsMap } from './workflows/map';
import { projectOf } from './workflows/project';

/** `npm run workflows`: this repository's workflows and actions, given to the generator. */

const root = resolve(__dirname, '..');

/**
 * The workflows of this repository's config and services.
 * @throws ConfigError
 */
export function ourWorkflows(): Record<string, Workflow> {
  const { config, services } = checkConfig(givenConfig, loadServiceDescriptors(below('services')));
  const project = projectOf(config, services, profileNames(below('loadtests/profiles')));
  return Object.fromEntries(Object.entries(workflows).map(([name, of]) => [name, of(project)]));
}

/** All that is generated, and the rules that go beyond the language's. */
export const definitions = (): Definitions => ({
  workflows: ourWorkflows(),
  actions,
  problems: permissionProblems,
  documents: (all) => new Map([[MAP_FILE, workflowsMap(all)]]),
});

const below = (folder: string): string => resolve(root, folder);

function profileNames(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  return files.map((file) => basename(file, '.ts')).sort();
}

function main(argv: readonly string[]): number {
  try {
    return command(argv, root, definitions);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));
