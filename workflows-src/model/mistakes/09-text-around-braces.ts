import { workflow } from '../workflow';
import { base, job, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    deploy: {
      ...job,
      name: 'Deploy',
      steps: [{ name: 'Deploy', if: "${{ github.ref }} == 'refs/heads/main'", run: './deploy' }],
    },
  },
});
