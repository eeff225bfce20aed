import { stepOutput, workflow } from '../workflow';
import { attest, base, job, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    build: {
      ...job,
      name: 'Build',
      // @ts-expect-error -- the mistake
      outputs: { bundle: stepOutput(attest, 'bundle-pth') },
      steps: [attest],
    },
  },
});
