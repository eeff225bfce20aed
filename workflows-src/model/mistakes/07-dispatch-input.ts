import { workflow } from '../workflow';
import { base, checkout, job } from './base';

export default workflow({
  ...base,
  on: {
    workflow_dispatch: {
      inputs: {
        environment: { description: 'Where', required: true, type: 'choice', options: ['dev', 'prod'] },
      },
    },
  },
  jobs: {
    deploy: { ...job, name: 'Deploy', if: "inputs.enviroment == 'dev'", steps: [checkout] },
  },
});
