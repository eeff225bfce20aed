import { visible } from '../visible-text';

/** Values are short words; what is longer says no more to a reader. */
const LONGEST_VALUE = 120;
const LONGEST_SENTENCE = 600;

/**
 * A number, truth value or keyword as it is printed in a sentence, which `oneSentence` then makes harmless as a whole. Only
 * for what cannot be a secret, read through `Examined`.
 */
export function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? shorten(String(value), LONGEST_VALUE)
    : '?';
}

/** `a, b, c and 4 more` */
export function listed(values: readonly string[], most = 3): string {
  const texts = values.slice(0, most).map(shown);
  const left = values.length - texts.length;
  if (left > 0) return `${texts.join(', ')} and ${left} more`;
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)!}`;
}

/** One line that cannot act on what shows it, whatever went into it. */
export function oneSentence(text: string): string {
  return shorten(visible(text), LONGEST_SENTENCE);
}

/** Puts values into `Backups are kept {to} days instead of {from}.` */
export function fill(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => shown(values[name]));
}

/** `1 day`, `30 days` */
export function days(count: unknown): string {
  return `${shown(count)} ${count === 1 ? 'day' : 'days'}`;
}

function shorten(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
