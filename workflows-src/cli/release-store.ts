import { config } from '../../stacks/config';
import { releaseParameter } from '../../stacks/names';
import type { SynthesizedStack } from '../graph/synthesized';
import { ReleaseStore } from '../release/release-store';
import type { CommandIo } from './io';

/** Where the releases of an environment are recorded. @param stacks any of its own, which say its region */
export function releaseStore(
  io: Pick<CommandIo, 'env' | 'signal'>,
  environment: string,
  stacks: readonly SynthesizedStack[],
): ReleaseStore {
  const region = stacks.find(({ id }) => id.startsWith(`${environment}-`))?.stateRegion;
  if (region === undefined) throw new Error(`${environment} has no stacks`);
  return new ReleaseStore({ region, env: io.env, signal: io.signal }, (service) =>
    releaseParameter(config.project, environment, service),
  );
}
