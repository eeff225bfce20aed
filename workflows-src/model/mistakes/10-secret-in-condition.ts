import { workflow } from '../workflow';
import { base, job, onPush } from './base';

export default workflow({
  ...base,
  on: onPush,
  secrets: ['APP_KEY'],
  jobs: {
    notify: {
      ...job,
      name: 'Notify',
      env: { APP_KEY: '${{ secrets.APP_KEY }}' },
      steps: [{ name: 'Notify', if: "secrets.APP_KEY != ''", run: './notify' }],
    },
  },
});
