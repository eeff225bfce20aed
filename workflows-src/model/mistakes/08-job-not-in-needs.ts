import { stepOutput, workflow } from '../workflow';
import { attest, base, checkout, job, onPush } from './base';

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
    test: { ...job, name: 'Test', needs: ['build'], steps: [checkout] },
    deploy: {
      ...job,
      name: 'Deploy',
      needs: ['test'],
      env: { BUNDLE: '${{ needs.build.outputs.bundle }}' },
      steps: [{ name: 'Deploy', run: './deploy "$BUNDLE"' }],
    },
  },
});
