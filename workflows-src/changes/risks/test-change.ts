import type { Action } from '../change-set';
import type { Values } from '../planned-change';
import { risksOf } from './index';
import type { Risk } from './risk';

/** A change as a test writes it. @default an update, of which all is known and nothing sensitive */
export interface Change extends Partial<Values> {
  readonly type: string;
  readonly action?: Action;
  readonly mode?: 'managed' | 'data' | 'ephemeral';
  readonly deposed?: string;
  readonly reason?: string;
}

/** What must stand in no sentence. */
export const SECRET = 'hunter2-canary';

export function risks(change: Change): readonly Risk[] {
  const { type, action = 'update', mode = 'managed', deposed, reason = '', ...values } = change;
  return risksOf({
    address: `${type}.it`,
    mode,
    type,
    action,
    reason,
    replacePaths: [],
    importing: false,
    ...(deposed !== undefined && { deposed }),
    values: {
      before: {},
      after: {},
      afterUnknown: {},
      beforeSensitive: {},
      afterSensitive: {},
      replacePaths: [],
      ...values,
    },
  });
}

/** The rules and sentences alone. */
export function told(change: Change): readonly string[] {
  return risks(change).map(({ rule, severity, sentence }) => `${rule} (${severity}): ${sentence}`);
}

/** `metadata_options[0].http_tokens` and a value, as the object that has it there. */
export function withValue(path: string, value: unknown): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .reduceRight((inside: unknown, part) => (/^\d+$/.test(part) ? [inside] : { [part]: inside }), value);
}
