/**
 * The members of a JSON object's text by name, each as its own text, without parsing them: half of a plan is never looked
 * at, and parsing it would take half of the time and memory. The last of several members with one name counts, as it does
 * in `JSON.parse`.
 * @returns undefined when this is no object or is not well formed as far as its brackets and texts go
 */
export function members(text: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  let at = skipBlanks(text, 0);
  if (text.charCodeAt(at) !== OPEN_OBJECT) return undefined;
  at = skipBlanks(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_OBJECT) return isEnd(text, at + 1) ? found : undefined;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return undefined;
    const endOfName = endOfText(text, at);
    if (endOfName < 0) return undefined;
    const name = text.slice(at, endOfName);
    at = skipBlanks(text, endOfName);
    if (text.charCodeAt(at) !== COLON) return undefined;
    const start = skipBlanks(text, at + 1);
    at = endOfValue(text, start);
    if (at < 0) return undefined;
    found.set(unquoted(name), text.slice(start, at));
    at = skipBlanks(text, at);
    const next = text.charCodeAt(at);
    if (next === CLOSE_OBJECT) return isEnd(text, at + 1) ? found : undefined;
    if (next !== COMMA) return undefined;
    at = skipBlanks(text, at + 1);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** @returns where the value ends, or -1 */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfText(text, at) - 1;
      if (at < 0) return -1;
      if (depth === 0) return at + 1;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth += 1;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === COMMA || isBlank(code))) {
      return at;
    }
  }
  return -1;
}

/** @param at its opening quote @returns where it ends, behind its closing quote, or -1 */
function endOfText(text: string, at: number): number {
  // Most of a plan is text, and indexOf is native.
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
  return -1;
}

function unquoted(text: string): string {
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (isBlank(text.charCodeAt(next))) next += 1;
  return next;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isEnd(text: string, at: number): boolean {
  return skipBlanks(text, at) === text.length;
}
