import { visible } from '../changes/visible-text';

/** UTF-8 bytes. GitHub takes 65,536 characters; what is left is for the marker that finds the comment again. */
export const COMMENT_BYTES = 65_000;

/** Bytes of UTF-8: what GitHub's limit is safely measured in. */
export function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** As many characters as fit, and how many there were. Never cuts a character in two. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}… (${text.length} characters)`;
}

/**
 * Untrusted text as inline code, in a paragraph, a heading, a list or a table cell. Inside of a code span GitHub reads no
 * markup, and links and mentions nothing; inside of `<code>` it still links addresses, so that is for what a span cannot hold.
 */
export function code(text: string): string {
  const seen = visible(text);
  if (/[`|]/.test(seen) || seen.trim() === '') return htmlCode(text);
  // Of blanks at both ends a code span loses one each.
  return /^ .* $/.test(seen) ? `\` ${seen} \`` : `\`${seen}\``;
}

/**
 * Untrusted text as an HTML code element, for an HTML block such as `<summary>`: all that Markdown or HTML could read is
 * written as a character reference. GFM decodes references before it looks for addresses, so `@` is shown as an escape.
 */
export function htmlCode(text: string): string {
  const escaped = visible(text)
    .replaceAll('@', '\\u{40}')
    .replace(/[^\p{L}\p{M}\p{N} /=,-]/gu, (character) => `&#${character.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** Lines, each without a line break, in a fence that nothing inside can close. */
export function fence(language: string, lines: readonly string[]): string {
  const ticks = fenceOf(lines);
  return `${ticks}${language}\n${lines.join('\n')}\n${ticks}`;
}

/** Backticks, one more than the longest run in any line, and three at least. */
export function fenceOf(lines: readonly string[]): string {
  let longest = 2;
  for (const line of lines) {
    if (!line.includes('```')) continue;
    for (const run of line.match(/`{3,}/g) ?? []) longest = Math.max(longest, run.length);
  }
  return '`'.repeat(longest + 1);
}

/** `1,234` */
export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 stack`, `2 stacks` */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** The first few, and how many more. */
export function some(names: readonly string[], most: number): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${number(rest)} more` : names.join(', ');
}

/**
 * Text of our own that may name things from a plan: words that Markdown or GitHub could read as markup, a link, a mention
 * or a reference are shown as code, the others as they are.
 */
export function prose(text: string): string {
  return text
    .split(' ')
    .map((word) => {
      const [, open, inner, close] = /^([("]*)(.*?)([)".,;:]*)$/s.exec(word) as unknown as [
        string,
        string,
        string,
        string,
      ];
      return inner === '' || PLAIN_WORD.test(inner) ? word : `${open}${code(inner)}${close}`;
    })
    .join(' ');
}

/** Letters, a number, or a few words joined: nothing that GitHub links, as it does commits, `GH-1` and addresses. */
const PLAIN_WORD =
  /^(?!GH-\d|GHSA-|[\da-f]{7,40}$)(?:[A-Za-z]+(?:[-/'’][A-Za-z]+)*|e\.g|i\.e|\d{1,6}(?:[.,]\d{1,4}){0,2}(?:-[a-z]+)?%?|[A-Za-z]{1,4}\d{1,2})$/;
