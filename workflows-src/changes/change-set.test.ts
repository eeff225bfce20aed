import { destroys, isFailed, type Action } from './change-set';

test('a replacement destroys the existing object in either order, unless it is forgotten', () => {
  const actions: readonly Action[] = [
    'delete',
    'delete-then-create',
    'create-then-delete',
    'create-then-forget',
    'forget-then-create',
    'forget',
    'update',
  ];
  expect(actions.filter(destroys)).toEqual(['delete', 'delete-then-create', 'create-then-delete']);
});

test('a check that could not be evaluated has failed; one that is decided later has not', () => {
  const statuses = ['pass', 'fail', 'error', 'unknown'] as const;
  expect(statuses.filter((status) => isFailed({ address: 'check.c', status }))).toEqual(['fail', 'error']);
});
