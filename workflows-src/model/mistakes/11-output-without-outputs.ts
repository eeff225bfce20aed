import { workflow } from '../workflow';
import { attest, base, job, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    build: {
      ...job,
      name: 'Build',
      steps: [
        attest,
        { name: 'Show', env: { BUNDLE: '${{ steps.attest.bundle-path }}' }, run: 'cat "$BUNDLE"' },
      ],
    },
  },
});
