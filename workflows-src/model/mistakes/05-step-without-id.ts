import { stepOutput, workflow } from '../workflow';
import { base, job, onPush } from './base';

const attest = { name: 'Attest', uses: 'actions/attest', with: { 'subject-path': 'app.tgz' } } as const;

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    build: {
      ...job,
      name: 'Build',
      // @ts-expect-error -- the mistake
      outputs: { bundle: stepOutput(attest, 'bundle-path') },
      steps: [attest],
    },
  },
});
