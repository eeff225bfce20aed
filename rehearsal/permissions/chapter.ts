import { writeFileSync } from 'node:fs';

import type { RecordedCall } from '../emulator';
import known from './actions.json';
import recordedCalls from './calls.json';
import { actionsOf, callsOf, CHECKED_ROLES, missing, policiesOf, refused, type Scope } from './check';

/**
 * Holds what was called in a rehearsal against the policies of those who called it.
 * @param bootstrap the synthesized stack that has the roles
 * @param file gets the calls, to take the place of `calls.json`
 * @returns what it found, in lines
 * @throws Error naming all that AWS would refuse; when nothing was called, so nothing was checked
 */
export function checkCalls(
  recorded: readonly RecordedCall[],
  bootstrap: unknown,
  scope: Scope,
  file: string,
): readonly string[] {
  const calls = callsOf(recorded, scope);
  writeFileSync(file, `${JSON.stringify(calls, null, 2)}\n`);
  for (const role of CHECKED_ROLES)
    if (calls[role].length === 0)
      throw new Error(`the ${role} role called nothing: there is nothing to check`);
  const complaints = refused(calls, policiesOf(bootstrap, scope), scope, known);
  if (complaints.length > 0)
    throw new Error(`AWS would refuse what the emulator did:\n  ${complaints.join('\n  ')}`);
  const [plan, apply] = CHECKED_ROLES.map((role) => actionsOf(calls[role]).size);
  const unknown = missing(calls, recordedCalls);
  return [
    `Plans called ${plan} different actions, applies ${apply}; each is granted.`,
    ...(unknown.length === 0
      ? []
      : [
          `Not in rehearsal/permissions/calls.json, against which \`npm test\` holds the policies: ${unknown.join(', ')}.`,
          'To have them there, copy .fairlead/calls.json, which this wrote, after `npm start -- --env prod --destroy`.',
        ]),
  ];
}
