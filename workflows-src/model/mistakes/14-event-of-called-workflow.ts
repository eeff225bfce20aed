import { workflow } from '../workflow';
import { base, checkout, job, onPush } from './base';

export default workflow({
  ...base,
  on: { ...onPush, workflow_call: {} },
  jobs: {
    test: { ...job, name: 'Test', steps: [checkout] },
    cleanup: { ...job, name: 'Clean up', if: "github.event_name != 'workflow_call'", steps: [checkout] },
  },
});
