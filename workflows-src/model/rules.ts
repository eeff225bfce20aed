import { LEFT_OUT } from './keys';
import { choice, didYouMean } from './names';
import type { Report } from './scope';

/** Ids of jobs and steps, and names of inputs. */
export const ID = /^[A-Za-z_][\w-]{0,99}$/;
export const ID_RULE = 'letters, digits, - and _, a letter or _ first';

export function unknownKeys(value: object, known: readonly string[], report: Report): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const why = Object.hasOwn(LEFT_OUT, key) ? ` (left out here: ${LEFT_OUT[key]})` : didYouMean(key, known);
    report(`no key '${key}'${why}; ${choice('keys', known)}`);
  }
}
