import type { EnvironmentStacks } from '../graph/synthesized';
import { initialize, type Workspace } from './workspace';

/**
 * An output of the environment's platform stack.
 * @throws Error when the stack was never applied, or has no such output
 */
export async function environmentsOutput(
  workspace: Workspace & EnvironmentStacks,
  environment: string,
  name: string,
): Promise<string> {
  const id = `${environment}-platform`;
  const platform = workspace.stacks.find((stack) => stack.id === id);
  if (!platform) throw new Error(`there is no stack ${id}`);
  await initialize(workspace, platform);
  const value = (await workspace.terraform.outputs(platform.folder))[name];
  if (typeof value !== 'string')
    throw new Error(
      `${id} has no output '${name}': it was not applied yet (npm run apply -- ${environment})`,
    );
  return value;
}
