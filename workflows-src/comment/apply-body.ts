import { bytes } from './markdown';

/** First line of the comment: how it is found again. */
export const APPLY_MARKER = '<!-- fairlead: apply -->';

/** Bytes for one environment's part: four of them fit in a comment with everything around them. */
export const APPLY_BYTES = 15_000;

/** GitHub's limit for the whole, less what a body needs besides its parts. */
const WHOLE_BYTES = 65_000;

/**
 * The comment with one environment's part replaced or added, and those of the others as they are; the part that was
 * written last is the last one. Where that is too long, the oldest parts go.
 * @param body of the comment so far; '' for none
 * @param part Markdown without our markers
 */
export function withPart(body: string, environment: string, part: string): string {
  const others = partsOf(body).filter(({ name }) => name !== environment);
  const parts = [
    ...others,
    { name: environment, text: part.trim().replace(/^<!-- (?=end|environment)/gm, ' $&') },
  ];
  const written = (): string =>
    [APPLY_MARKER, ...parts.map(({ name, text }) => `${begin(name)}\n${text}\n${END}`)].join('\n\n');
  while (parts.length > 1 && bytes(written()) > WHOLE_BYTES) parts.shift();
  return `${written()}\n`;
}

interface Part {
  readonly name: string;
  readonly text: string;
}

function partsOf(body: string): readonly Part[] {
  const found = body
    .replaceAll('\r\n', '\n')
    .matchAll(/^<!-- environment: ([a-z][a-z0-9]*) -->\n([\s\S]*?)\n<!-- end -->$/gm);
  return [...found].map(([, name = '', text = '']) => ({ name, text }));
}

function begin(name: string): string {
  return `<!-- environment: ${name} -->`;
}

/** Cannot begin a line of a part, whatever terraform said there. */
const END = '<!-- end -->';
