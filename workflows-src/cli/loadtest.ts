import { loadtestCommand as run } from '../../loadtests/command';
import { environmentsOutput } from '../operations/outputs';
import type { CommandIo } from './io';
import { openWorkspace } from './workspace';

/** `npm run loadtest`: the target of `--env` is the `url` that the environment's platform stack gives. */
export function loadtestCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  return run(argv, {
    ...io,
    targetOf: async (environment) => {
      const workspace = await openWorkspace(io, { environment });
      const url = await environmentsOutput(workspace, environment, 'url');
      workspace.board.close();
      return url;
    },
  });
}
