import { call, callingWorkflow, workflow } from '../workflow';
import { base, checkout, job, onPush } from './base';

const publish = workflow({
  ...base,
  concurrency: { group: 'publish', 'cancel-in-progress': false },
  on: { workflow_call: {} },
  jobs: {
    image: {
      ...job,
      permissions: { contents: 'read', packages: { write: 'to push the image' } },
      name: 'Image',
      steps: [checkout],
    },
  },
});

export const workflows = { publish };

export default callingWorkflow({
  ...base,
  on: onPush,
  jobs: {
    release: {
      name: 'Release',
      permissions: { contents: 'read', packages: { read: 'to push the image' } },
      ...call('publish', publish, {}),
    },
  },
});
