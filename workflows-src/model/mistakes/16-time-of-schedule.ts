import { workflow } from '../workflow';
import { base, checkout, job } from './base';

export default workflow({
  ...base,
  on: { schedule: [{ cron: '@daily' }] },
  jobs: {
    drift: { ...job, name: 'Drift', steps: [checkout] },
  },
});
