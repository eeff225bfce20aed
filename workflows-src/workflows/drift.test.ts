import { config } from '../../stacks/config';
import { drift } from './drift';
import { projectOf } from './project';

const { on, jobs } = drift(projectOf(config, {}, []));

it('starts off the full hour, when schedules are late, and by hand', () => {
  expect(on.schedule?.map(({ cron }) => Number(cron.split(' ')[0]))).not.toContain(0);
  expect(on.workflow_dispatch).toBeDefined();
});

it('writes issues only where no credentials of AWS are, and the other way round', () => {
  const { issues, ...checks } = jobs;
  expect(Object.keys(issues?.permissions ?? {})).toEqual(['contents', 'issues']);
  expect(issues?.if).toBe('!cancelled()');
  expect(issues?.needs).toEqual(Object.keys(checks));
  for (const check of Object.values(checks)) {
    expect(Object.keys(check.permissions)).toEqual(['contents', 'id-token']);
  }
});
