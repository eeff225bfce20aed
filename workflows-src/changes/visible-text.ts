/**
 * Untrusted text on one line, with nothing in it that acts instead of being seen: control and ANSI characters, line
 * breaks, bidirectional and zero-width characters, lone surrogates and look-alike blanks are written as `\u{202e}`. What
 * GitHub's runner would take for a command (`::error::` at the start of a line, `##[error]` anywhere) is broken.
 */
export function visible(text: string): string {
  const escaped = PLAIN.test(text) ? text : text.replace(UNSEEN, escape);
  return escaped.includes('##[') || STARTS_COMMAND.test(escaped)
    ? escaped.replaceAll('##[', `##${escape('[')}`).replace(STARTS_COMMAND, `$1${escape(':')}`)
    : escaped;
}

/** Removes terminal colours and cursor movements, as `-no-color` should have. */
export function withoutAnsi(text: string): string {
  return text.replace(ANSI, '');
}

const PLAIN = /^[\x20-\x7e]*$/;

/** Blanks other than the space, filler letters and variation selectors join the categories that cannot be seen. */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u{a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}\u{34f}\u{115f}\u{1160}\u{2800}\u{3164}\u{ffa0}\u{fe00}-\u{fe0f}\u{e0100}-\u{e01ef}]/gu;

/** A command is not what begins with an IPv6 network, which a reviewer has to recognize: `::/0`, `::1`. */
const STARTS_COMMAND = /^(\s*):(?=:(?!(?=[\da-f/])(?:[\da-f]{1,4}(?::[\da-f]{1,4})*)?(?:\/\d{1,3})?$))/i;

// eslint-disable-next-line no-control-regex
const ANSI = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
