import { workflow } from '../workflow';
import { base, checkout, job } from './base';

export default workflow({
  ...base,
  on: {
    workflow_dispatch: {
      inputs: { rehearse: { description: 'Only look', required: false, type: 'boolean', default: true } },
    },
  },
  jobs: {
    deploy: { ...job, name: 'Deploy', if: "inputs.rehearse != 'true'", steps: [checkout] },
  },
});
