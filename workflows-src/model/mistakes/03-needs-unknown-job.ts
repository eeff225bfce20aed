import { workflow } from '../workflow';
import { base, checkout, job, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  jobs: {
    build: { ...job, name: 'Build', steps: [checkout] },
    // @ts-expect-error -- the mistake
    deploy: { ...job, name: 'Deploy', needs: ['buidl'], steps: [checkout] },
  },
});
