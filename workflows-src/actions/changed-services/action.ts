import type { ActionDefinition } from '../../model/action';

export const changedServices = {
  name: 'Changed services',
  description: 'Says which services a push changed, so that only their images are built.',
  inputs: {
    services: { description: 'Names of all services, separated by commas.', required: true },
    before: { description: 'The commit before the push; forty zeros for a new branch.', required: true },
    after: { description: 'The commit that was pushed.', required: true },
  },
  outputs: {
    services: { description: 'JSON list of the names whose image has to be built.' },
    tags: { description: 'JSON object: by name, the commit that changed the inputs of its image last.' },
  },
  calls: [],
} as const satisfies ActionDefinition;
