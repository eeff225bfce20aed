import type { ActionDefinition } from '../../model/action';

export const changedServices = {
  name: 'Changed services',
  description:
    'Says which services changed since the last apply that succeeded, so that only their images are built.',
  inputs: {
    services: { description: 'Names of all services, separated by commas.', required: true },
    before: {
      description:
        'The commit to compare with where no run of the workflow has succeeded on the branch; forty zeros for none.',
      required: true,
    },
    after: { description: 'The commit to build.', required: true },
    workflow: {
      description: 'File name of the workflow whose last successful run on the branch is compared with.',
      default: 'apply.yml',
    },
    token: { description: 'Reads runs; needs actions: read.', default: '${{ github.token }}' },
  },
  outputs: {
    services: { description: 'JSON list of the names whose image has to be built.' },
  },
} as const satisfies ActionDefinition;
