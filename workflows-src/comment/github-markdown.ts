import { buildSync } from 'esbuild';
import type * as Markdown from 'micromark' with { 'resolution-mode': 'import' };
import type * as Gfm from 'micromark-extension-gfm' with { 'resolution-mode': 'import' };

/**
 * Markdown as GitHub shows it in a comment, for tests and pictures: CommonMark and GFM with raw HTML, hard line breaks,
 * alerts, and the colours of `diff` fences. Not emulated: GitHub's list of allowed elements, which only takes away.
 */

/** Both are ES modules, which Jest cannot load: so they are bundled first, in 30 ms. */
const { micromark, gfm, gfmHtml } = bundled(
  "export { micromark } from 'micromark'; export { gfm, gfmHtml } from 'micromark-extension-gfm';",
) as Pick<typeof Markdown, 'micromark'> & Pick<typeof Gfm, 'gfm' | 'gfmHtml'>;

function bundled(contents: string): unknown {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: __dirname },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  const module = { exports: {} };
  new Function('module', outputFiles[0]!.text)(module);
  return module.exports;
}

export type Node = string | Element;

export interface Element {
  /** In lower case; `!` and a word for what is no element: a comment, or markup that is broken. */
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
}

export function githubHtml(markdown: string): string {
  return htmlOf(githubTree(markdown));
}

export function githubTree(markdown: string): Node[] {
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml(), { enter: { codeText: enterCodeSpan } }],
  });
  return parseHtml(html).map((node) => github(alert(node)));
}

/** A code span is told apart from a raw `<code>`: GFM links addresses in the latter as in any text. */
function enterCodeSpan(this: Compiling): undefined {
  this.setData('inCodeText', true);
  this.tag(`<code ${SPAN}="">`);
}

interface Compiling {
  setData(key: 'inCodeText', value: true): void;
  tag(html: string): void;
}

const SPAN = 'data-span';

/**
 * Reads HTML strictly: every start tag has its end tag, attributes are `name` or `name="value"`. Anything that a browser
 * would repair or guess about becomes an element with a `!`, so that nobody who looks for elements misses it.
 */
export function parseHtml(html: string): Node[] {
  const root = element('!root');
  const open = [root];
  const top = (): Element => open.at(-1)!;
  for (const [token, end, start, attributes = ''] of html.matchAll(TOKEN)) {
    if (end !== undefined) {
      if (top().tag === end.toLowerCase()) open.pop();
      else top().children.push(element('!misplaced', {}, [token]));
    } else if (start !== undefined) {
      const one = element(start.toLowerCase(), attributesOf(attributes));
      top().children.push(one);
      if (!VOID.has(one.tag)) open.push(one);
    } else if (/^<!doctype html>$/i.test(token)) top().children.push(element('!doctype'));
    else if (token.startsWith('<!--')) top().children.push(element('!comment', {}, [token]));
    else if (token.startsWith('<') && token !== '<') top().children.push(element('!broken', {}, [token]));
    else {
      const before = top().children.at(-1);
      const text = decoded(token);
      if (typeof before === 'string') top().children.splice(-1, 1, before + text);
      else top().children.push(text);
    }
  }
  while (open.length > 1) open.pop()!.children.push(element('!unclosed'));
  return root.children;
}

const TOKEN =
  /<!--[^]*?-->|<\/([a-z][\w-]*)\s*>|<([a-z][\w-]*)((?:\s+[a-z][\w:-]*(?:="[^"]*")?)*)\s*\/?>|<[a-z/!?][^<>]*>?|[^<]+|</gi;
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));

function element(tag: string, attributes: Element['attributes'] = {}, children: Node[] = []): Element {
  return { tag, attributes, children };
}

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([a-z][\w:-]*)(?:="([^"]*)")?/gi)];
  return Object.fromEntries(found.map(([, name, value = '']) => [name!.toLowerCase(), decoded(value)]));
}

/** Of the named references, those that renderers write. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot));/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return NAMED.get(String(name).toLowerCase()) ?? String(all);
    const code = decimal === undefined ? parseInt(String(hex), 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
]);

export function htmlOf(nodes: readonly Node[]): string {
  return nodes.map((node) => (typeof node === 'string' ? encoded(node) : elementHtml(node))).join('');
}

function elementHtml({ tag, attributes, children }: Element): string {
  if (tag.startsWith('!')) return htmlOf(children);
  const said = Object.entries(attributes).map(([name, value]) => ` ${name}="${encoded(value)}"`);
  const start = `<${tag}${said.join('')}>`;
  return VOID.has(tag) ? start : `${start}${htmlOf(children)}</${tag}>`;
}

function encoded(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What people see of it, without the markup. */
export function textOf(nodes: readonly Node[]): string {
  return nodes.map((node) => (typeof node === 'string' ? node : textOf(node.children))).join('');
}

const ALERT = /^\[!(note|tip|important|warning|caution)\](?:\n|$)/i;

/** Only of a quotation that stands in nothing else. */
function alert(node: Node): Node {
  if (typeof node === 'string' || node.tag !== 'blockquote') return node;
  const [first, ...rest] = node.children.filter((child) => child !== '\n');
  if (first === undefined || typeof first === 'string' || first.tag !== 'p') return node;
  const [start, ...others] = first.children;
  const found = typeof start === 'string' ? ALERT.exec(start) : null;
  if (!found) return node;
  const kind = found[1]!.toLowerCase();
  const title = element('p', { class: 'markdown-alert-title' }, [kind[0]!.toUpperCase() + kind.slice(1)]);
  const said = [(start as string).slice(found[0].length), ...others].filter((child) => child !== '');
  const children = [title, ...(said.length > 0 ? [element('p', {}, said)] : []), ...rest];
  return element('div', { class: `markdown-alert markdown-alert-${kind}` }, children);
}

/** What GitHub makes of elements: links of e-mail addresses, line breaks, colours. */
function github(node: Node): Node {
  if (typeof node === 'string') return node;
  const { tag, attributes } = node;
  if (tag === 'code' && SPAN in attributes) return element(tag, {}, node.children);
  const [inside] = node.children;
  if (tag === 'pre' && typeof inside === 'object' && inside.attributes['class'] === 'language-diff')
    return element('div', { class: 'highlight highlight-source-diff' }, [
      element('pre', {}, coloured(textOf(inside.children))),
    ]);
  if (tag === 'pre' || tag === 'summary' || tag === 'a') return node;
  const children = node.children.flatMap((child) =>
    typeof child === 'string' ? linked(child).flatMap(tag === 'p' ? broken : (one) => [one]) : [child],
  );
  return element(
    tag,
    attributes,
    children.map((child) => github(child)),
  );
}

/** cmark-gfm looks for these in the text that came out, where a character reference is a character. */
function linked(text: string): Node[] {
  return text
    .split(EMAIL)
    .map((part, at) => (at % 2 === 0 ? part : element('a', { href: `mailto:${part}` }, [part])));
}

const EMAIL = /([\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[\w-]*[a-z\d])/i;

function broken(node: Node): Node[] {
  if (typeof node !== 'string') return [node];
  return node.split('\n').flatMap((line, at) => (at === 0 ? [line] : [element('br'), line]));
}

/** As Linguist's grammar for `diff` colours a line. */
function coloured(text: string): Node[] {
  return text.split(/(?<=\n)/).map((line) => {
    const kind = DIFF_CLASSES.find(([pattern]) => pattern.test(line))?.[1];
    return kind === undefined ? line : element('span', { class: kind }, [line]);
  });
}

const DIFF_CLASSES: readonly (readonly [RegExp, string])[] = [
  [/^@@\s*.+?\s*@@/, 'pl-mdr'],
  [/^[+>]/, 'pl-mi1'],
  [/^[-<]/, 'pl-md'],
  [/^!/, 'pl-mc'],
];

/** What GitHub would make more of than text, besides what is an element already. */
export interface Reference {
  readonly kind: (typeof REFERENCES)[number][0];
  readonly text: string;
}

/** Looks at all text outside of code and of links; finds rather too much than too little. */
export function findReferences(nodes: readonly Node[]): Reference[] {
  return nodes.flatMap((node): Reference[] => {
    if (typeof node !== 'string') return QUIET.has(node.tag) ? [] : findReferences(node.children);
    return REFERENCES.flatMap(([kind, pattern]) =>
      [...node.matchAll(pattern)].map(([text]): Reference => ({ kind, text })),
    );
  });
}

const QUIET = new Set(['code', 'pre', 'a']);

/** https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls */
const REFERENCES = [
  ['mention', /(?<!\w)@[a-z\d][\w-]*(?:\/[\w.-]+)?/gi],
  ['reference', /[\w./-]*#\d+|\bGH-\d+|\b[A-Z]{2,}-\d+\b|\bGHSA(?:-\w{4}){3}/gi],
  ['commit', /(?:[\w./-]+@)?\b[\da-f]{7,40}\b/gi],
  ['autolink', /\b(?:https?|ftp):\/\/\S*|\bwww\.\S+|\bmailto:\S+|[\w.+-]+@[\w-]+\.[\w.-]+/gi],
  ['emoji', /:[\w+-]+:/g],
  ['math', /\$[^$]+\$/g],
] as const;
