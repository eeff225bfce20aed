import { workflow } from '../workflow';
import { base, checkout, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    build: {
      name: 'Build',
      'runs-on': 'ubuntu-24.04',
      'timeout-minutes': 5,
      permissions: { contents: 'read' },
      // @ts-expect-error -- the mistake
      enviroment: 'prod',
      steps: [checkout],
    },
  },
});
