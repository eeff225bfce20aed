import calls from './calls.json';
import { CHECKED_ROLES, needsOf } from './check';

/** Prints the permissions that the recorded calls take, for `record-actions.py`. */
for (const call of CHECKED_ROLES.flatMap((role) => calls[role])) {
  const needs = needsOf(call);
  if (typeof needs === 'string') throw new Error(needs);
  for (const { action } of needs) console.log(action);
}
