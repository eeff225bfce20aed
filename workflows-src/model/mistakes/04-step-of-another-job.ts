import { stepOutput, workflow } from '../workflow';
import { attest, base, job, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    build: {
      ...job,
      name: 'Build',
      outputs: { bundle: stepOutput(attest, 'bundle-path') },
      steps: [attest],
    },
    deploy: {
      ...job,
      name: 'Deploy',
      outputs: { bundle: '${{ steps.attest.outputs.bundle-path }}' },
      steps: [{ name: 'Deploy', run: './deploy' }],
    },
  },
});
