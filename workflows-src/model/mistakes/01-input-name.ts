import { workflow } from '../workflow';
import { base, job, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    build: {
      ...job,
      name: 'Build',
      steps: [
        {
          name: 'Check out',
          uses: 'actions/checkout',
          // @ts-expect-error -- the mistake
          with: { 'persist-credentials': false, 'fetch-dept': 0 },
        },
      ],
    },
  },
});
