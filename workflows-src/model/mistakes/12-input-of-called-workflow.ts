import { call, callingWorkflow, workflow } from '../workflow';
import { base, checkout, job, onPush } from './base';

const deploy = workflow({
  ...base,
  concurrency: { group: 'deploy', 'cancel-in-progress': false },
  on: { workflow_call: { inputs: { target: { description: 'Where', type: 'string', required: true } } } },
  jobs: { deploy: { ...job, name: 'Deploy', steps: [checkout] } },
});

export const workflows = { deploy };

export default callingWorkflow({
  ...base,
  on: onPush,
  jobs: {
    release: {
      name: 'Release',
      permissions: { contents: 'read' },
      // @ts-expect-error -- the mistake
      ...call('deploy', deploy, { with: { target: 'dev', payload: '{}' } }),
    },
  },
});
