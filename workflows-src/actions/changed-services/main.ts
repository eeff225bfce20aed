import { getInput, info, setFailed, setOutput } from '@actions/core';

import { readInputs, writeOutputs } from '../../model/action';
import { changedServices as action } from './action';
import { changedServices, imageInputs, imageTags } from './changed';
import { gitIn } from './git';

async function main(): Promise<void> {
  const { services: all, before, after } = readInputs(action, getInput);
  const git = gitIn(process.cwd());
  const inputs = await imageInputs(git, all.split(','), after);
  const { services, isCompared } = await changedServices(git, inputs, before, after);
  info(isCompared ? `compared ${after} with ${before}` : `nothing to compare ${after} with: all services`);
  info(`to build: ${services.join(', ') || 'nothing'}`);
  writeOutputs(action, setOutput, {
    services: JSON.stringify(services),
    tags: JSON.stringify(await imageTags(git, inputs, after)),
  });
}

main().catch((error: unknown) => setFailed(error instanceof Error ? error : String(error)));
