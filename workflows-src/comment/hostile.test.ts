import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';

import { ledgerDigest, ledgerOf } from '../changes/ledger';
import { readPlan } from '../changes/read-plan';
import { CATEGORIES, SEVERITIES } from '../changes/risks/risk';
import { IN_FULL, type DiffLimits } from './diff-lines';
import { findReferences, githubTree, parseHtml, textOf, type Element, type Node } from './github-markdown';
import { diagnosticsGroup, groupsOf } from './groups';
import { COMMENT_BYTES } from './markdown';
import { renderPage } from './page';
import { fitSummary, renderSummary, type StackResult, type SummaryMeta } from './render';
import { renderDrift } from './render-drift';

/**
 * Whatever stands in a plan, a reader on GitHub sees the elements that the template writes and no other: text of a plan is
 * only ever in code. What is looked at is what a Markdown renderer and a parser of HTML make of it, not the Markdown.
 */

/** By parent, what the template writes; the first class tells elements of one tag apart. */
const COMMENT: Readonly<Record<string, readonly string[]>> = {
  '': ['h2', 'p', 'div.markdown-alert', 'table', 'details'],
  h2: ['strong', 'code', '#text'],
  p: ['strong', 'code', 'sub', 'a', '#text'],
  sub: ['code', 'a', '#text'],
  strong: ['code', '#text'],
  a: ['#text'],
  'div.markdown-alert': ['p.markdown-alert-title', 'p', 'ul', 'details'],
  'p.markdown-alert-title': ['#text'],
  ul: ['li'],
  li: ['strong', 'code', '#text'],
  table: ['thead', 'tbody'],
  thead: ['tr'],
  tbody: ['tr'],
  tr: ['th', 'td'],
  th: ['#text'],
  td: ['strong', 'code', '#text'],
  details: ['summary', 'p', 'div.highlight', 'pre', 'ul', 'details'],
  summary: ['code', '#text'],
  'div.highlight': ['pre'],
  pre: ['code', 'span', '#text'],
  code: ['#text'],
  span: ['#text'],
};

const COMMENT_ATTRIBUTES: readonly RegExp[] = [
  /^details open=$/,
  /^t[hd] align=right$/,
  /^code class=language-text$/,
  /^div class=(?:highlight highlight-source-diff|markdown-alert markdown-alert-(?:caution|warning|note|important|tip))$/,
  /^p class=markdown-alert-title$/,
  /^span class=pl-\w+$/,
];

const PAGE: Readonly<Record<string, readonly string[]>> = {
  '': ['!doctype', 'html'],
  html: ['head', 'body'],
  head: ['meta', 'title', 'style'],
  title: ['#text'],
  style: ['#text'],
  body: ['main'],
  main: ['h1', 'h2', 'h3', 'p.facts', 'p', 'section.risks', 'div.wide', 'pre'],
  h1: ['#text'],
  h2: ['code', '#text'],
  h3: ['#text'],
  p: ['#text'],
  'p.facts': ['#text'],
  'section.risks': ['h2', 'ul'],
  ul: ['li'],
  li: ['strong', 'code', '#text'],
  strong: ['#text'],
  'div.wide': ['table'],
  table: ['thead', 'tbody'],
  thead: ['tr'],
  tbody: ['tr'],
  tr: ['th', 'td'],
  th: ['a', '#text'],
  td: ['#text'],
  a: ['code'],
  code: ['#text'],
  pre: ['b', 'span'],
  b: ['#text'],
  span: ['#text'],
};

const PAGE_ATTRIBUTES: readonly RegExp[] = [
  /^html lang=en$/,
  /^meta (?:charset=utf-8|name=(?:viewport|color-scheme)|http-equiv=Content-Security-Policy)$/,
  /^meta content=(?:width=device-width, initial-scale=1|light dark|default-src 'none'; style-src 'unsafe-inline')$/,
  /^h2 id=stack-[\da-f]+$/,
  /^a href=#stack-[\da-f]+$/,
  /^th scope=row$/,
  /^(?:p|div|section|b|span) class=[a-z ]+$/,
];

const FIXTURES = join(__dirname, '../changes/fixtures');
const CORPUS = readdirSync(FIXTURES).filter((file) => file.endsWith('.json'));

function planned(file: string): StackResult {
  const changes = readPlan(readFileSync(join(FIXTURES, file)), file);
  return { stack: file, status: 'planned', changes, ledger: ledgerDigest(ledgerOf(changes)) };
}

/** What is in a comment that the template does not write; nothing, for a good one. */
function problemsOf(markdown: string, links: readonly string[] = [], tree = githubTree(markdown)): string[] {
  const own = (attribute: string): boolean => links.some((link) => attribute === `a href=${link}`);
  const problems = strangers(
    tree,
    COMMENT,
    (said) => own(said) || COMMENT_ATTRIBUTES.some((one) => one.test(said)),
  );
  const heads = all(tree, 'h2').length;
  if (heads > 1) problems.push(`${heads} headings`);
  for (const table of all(tree, 'table')) {
    const cells = all([table], 'tr').map((row) => elements(row.children).length);
    if (new Set(cells).size > 1) problems.push(`rows of ${cells.join(' and ')} cells`);
  }
  for (const { kind, text } of findReferences(tree)) problems.push(`${kind} ${text}`);
  const unseen = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|^\s*::|##\[/mu.exec(markdown);
  if (unseen) problems.push(`${JSON.stringify(unseen[0])} acts`);
  return problems;
}

function pageProblemsOf(html: string): string[] {
  const tree = parseHtml(html);
  const problems = strangers(tree, PAGE, (said) => PAGE_ATTRIBUTES.some((one) => one.test(said)));
  const anchors = new Set(all(tree, 'h2').map(({ attributes }) => `#${attributes['id']}`));
  for (const { attributes } of all(tree, 'a')) {
    if (!anchors.has(attributes['href']!)) problems.push(`link to ${attributes['href']}`);
  }
  const acts = /url\(|@import|:\/\//.exec(textOf(all(tree, 'style')));
  if (acts) problems.push(`the style has ${acts[0]}`);
  return problems;
}

/** Elements, attributes and text where the template has none. */
function strangers(
  nodes: readonly Node[],
  template: Readonly<Record<string, readonly string[]>>,
  isOwn: (attribute: string) => boolean,
  parent = '',
): string[] {
  return nodes.flatMap((node): string[] => {
    const name = nameOf(node);
    if (typeof node === 'string' && node.trim() === '') return [];
    if (template[parent]?.includes(name) !== true) return [`${name} in ${parent || 'the comment'}`];
    if (typeof node === 'string') return [];
    const attributes = Object.entries(node.attributes).map(([key, value]) => `${node.tag} ${key}=${value}`);
    return [...attributes.filter((one) => !isOwn(one)), ...strangers(node.children, template, isOwn, name)];
  });
}

function nameOf(node: Node): string {
  if (typeof node === 'string') return '#text';
  const [first] = (node.attributes['class'] ?? '').split(' ');
  return first && ['p', 'div', 'section'].includes(node.tag) ? `${node.tag}.${first}` : node.tag;
}

function elements(nodes: readonly Node[]): Element[] {
  return nodes.filter((node): node is Element => typeof node !== 'string');
}

/** In the order of the text. */
function all(nodes: readonly Node[], tag: string): Element[] {
  return elements(nodes).flatMap((one) => (one.tag === tag ? [one] : []).concat(all(one.children, tag)));
}

/** The elements as a text, without those that hold code and without words. */
function skeleton(nodes: readonly Node[]): string {
  return elements(nodes)
    .filter(({ tag }) => tag !== 'code')
    .map((one) => (one.tag === 'pre' ? '<pre>' : `<${one.tag}>${skeleton(one.children)}</${one.tag}>`))
    .join('');
}

/** What acts on GitHub, in HTML, in Markdown, on a terminal or on the runner, alone or in its place in a line. */
const HOSTILE: readonly string[] = [
  '</code></pre></summary></details><h2>forged</h2>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" onerror="alert(1)">',
  '"><script>alert(1)</script>',
  '<style>*{display:none}</style>',
  '<a href="https://evil.example">x</a>',
  '<!-- comment',
  '-->',
  '<?php ?>',
  '<![CDATA[x]]>',
  '</style></title>',
  '<details open>',
  '</details>',
  '[link](https://evil.example)',
  '[link][1]',
  '[1]: https://evil.example',
  '[^1]',
  '[^1]: note',
  '![image](https://evil.example/x.png)',
  '<https://evil.example>',
  'https://evil.example/x',
  '(www.evil.example)',
  'javascript:alert(1)',
  '@octocat',
  '@octocat/team',
  '["@octocat"] and #1, GH-1, octocat/hello#2 (@octocat)',
  '#1',
  'GH-1',
  'JIRA-123',
  'octocat/hello#2',
  'octocat/hello@0123456',
  '0123456789abcdef0123456789abcdef01234567',
  ':rocket:',
  '$x^2$',
  '$$\\href{javascript:alert(1)}{x}$$',
  '$`x`$',
  '|',
  'a | b |',
  '\\|',
  '\\',
  '| a | b |\n| --- | --- |\n| c | d |',
  '`',
  '``',
  '` @octocat `',
  '`` `` @octocat ```',
  '```````',
  '~~~',
  '~~gone~~',
  '**bold** _it_ * x',
  '__x__',
  '# forged',
  '\n\n## forged\n\n',
  '\r\n# forged\r\n',
  '\n```\n# forged\n',
  '\u2028## forged\u2029',
  '\n===',
  '---',
  '> [!CAUTION]',
  '[!CAUTION]',
  '- [ ] task',
  '&lt;b&gt; &#60;b&#62; &amp;',
  '&commat;octocat',
  '::error::forged',
  ' ::stop-commands::x',
  '##[error]forged',
  '\u001b[31mred\u001b[0m',
  '\u202egpj.exe\u2066',
  '@\u200boctocat',
  '\u0000',
  '\ud800',
  '😀',
  'e\u0301',
  ' leading and trailing ',
  '\ttab',
  '@@ -1 +1 @@',
  '${x} %{ if y } $${z}',
  '${{ github.token }}',
  '\'x\' "y" {"a": 1}',
  '{"a": ["<b>", "@octocat"]}',
  'no changes',
  'see www.evil.example["x"]',
  'me@evil.example',
  'mail ["me@evil.example"] now',
  'mailto:me@evil.example',
  'GHSA-aaaa-bbbb-cccc',
  'deadbee',
  '1. one',
];

/** A plan that has the text wherever a plan can have one. */
function planOf(text: string): string {
  const lines = `${text}\n${text}\nlast`;
  const one = { [text]: text, lines, list: [text], nested: { [text]: { [text]: 1 } }, same: 1 };
  const two = { [text]: `${text}2`, lines: `${lines}\n${text}`, list: [text, `${text}2`], same: 1 };
  let number = 0;
  const change = (actions: readonly string[], rest: object = {}, inside: object = {}): object => ({
    address: `${text}${(number += 1)}`,
    mode: 'managed',
    type: text,
    ...rest,
    change: {
      actions,
      before: actions[0] === 'create' ? null : one,
      after: actions[0] === 'delete' && actions.length === 1 ? null : two,
      after_unknown: { [`${text}3`]: true },
      ...inside,
    },
  });
  return JSON.stringify({
    format_version: '1.2',
    terraform_version: text,
    resource_changes: [
      change(['create'], { address: text }),
      change(['update'], { action_reason: text, previous_address: text }),
      change(['delete'], { deposed: text, action_reason: text }),
      change(['delete', 'create'], {}, { replace_paths: [[text], ['list', 0, text]] }),
      change(['create', 'delete'], { action_reason: text }),
      change(['forget'], { module_address: text }),
      change(['read'], { mode: 'data', action_reason: text }),
      change(['no-op'], { previous_address: text }),
      change(['no-op'], {}, { importing: { id: text } }),
      change(['update'], {}, { importing: { identity: { [text]: text } } }),
    ],
    resource_drift: [change(['update'], { previous_address: text }), change(['delete'])],
    output_changes: {
      [text]: { actions: ['create'], before: null, after: text },
      [`${text}2`]: { actions: ['update'], before: one, after: two },
    },
    deferred_changes: [{ reason: text, resource_change: change(['create']) }],
    action_invocations: [{ address: text, lifecycle_action_trigger: { triggering_resource_address: text } }],
    checks: [{ address: { to_display: text }, status: 'fail' }],
  });
}

/** Every status that a stack can have, with the text wherever one can be told of it. */
function resultsOf(text: string): StackResult[] {
  const changes = readPlan(planOf(text), 'a stack');
  const risks = SEVERITIES.flatMap((severity) =>
    CATEGORIES.map((category) => ({ rule: text, category, severity, address: text, sentence: text })),
  );
  return [
    { stack: text, status: 'planned', changes: { ...changes, risks }, provisional: text, ledger: text },
    { stack: `${text}2`, status: 'planned', changes: { ...changes, changes: [], errored: true } },
    { stack: `${text}3`, status: 'failed', diagnostics: `${text}\nError: ${text}\n\n${text}` },
    { stack: `${text}4`, status: 'deferred', reason: text },
    { stack: `${text}5`, status: 'missing' },
  ];
}

const RUN = 'https://github.test/run?x=1#(2)';

function metaOf(text: string): SummaryMeta {
  return { environment: text, commit: text, base: text, tools: [text], runUrl: RUN, fullUrl: RUN };
}

const calm = {
  summary: githubTree(renderSummary(resultsOf('calm'), metaOf('calm'))),
  drift: skeleton(githubTree(renderDrift(resultsOf('calm')))),
  page: skeleton(parseHtml(renderPage(resultsOf('calm'), metaOf('calm')))),
};

/** What is wrong with a summary of these results. */
function summaryProblems(text: string): string[] {
  const results = resultsOf(text);
  const { markdown, level } = fitSummary(results, metaOf(text), 500_000);
  const tree = githubTree(markdown);
  const problems = besideCalm(markdown, tree);
  if (level !== 1) problems.push(`level ${level}`);
  // Those of stacks that failed stand first, and a blank line stands behind a resource with differences.
  const ordered = [...results].sort((a, b) => Number(b.status === 'failed') - Number(a.status === 'failed'));
  problems.push(
    ...differences(
      fencesOf(tree),
      ordered.flatMap((result) => linesOf(result, undefined, [''])),
    ),
  );
  return problems;
}

function besideCalm(markdown: string, tree = githubTree(markdown)): string[] {
  const problems = problemsOf(markdown, [RUN], tree);
  if (skeleton(tree) !== skeleton(calm.summary)) problems.push('other elements than in calm times');
  const cells = cellsOf(tree);
  const moved = cellsOf(calm.summary).some((text, at) => !text.includes('calm') && cells[at] !== text);
  return moved ? [...problems, 'a cell is not in its place'] : problems;
}

/** GFM cuts a row that has too many, so that their number tells nothing. */
function cellsOf(tree: readonly Node[]): string[] {
  return all(tree, 'td').map((cell) => textOf([cell]));
}

function driftProblems(text: string): string[] {
  const markdown = renderDrift(resultsOf(text));
  const tree = githubTree(markdown);
  const problems = problemsOf(markdown, [], tree);
  if (skeleton(tree) !== calm.drift) problems.push('other elements than in calm times');
  return problems;
}

function pageProblems(text: string): string[] {
  const results = resultsOf(text);
  const html = renderPage(results, metaOf(text));
  const tree = parseHtml(html);
  const problems = pageProblemsOf(html);
  if (skeleton(tree) !== calm.page) problems.push('other elements than in calm times');
  const wanted = results.flatMap((result) => linesOf(result, IN_FULL));
  problems.push(...differences(fencesOf(tree), wanted));
  return problems;
}

/** The contents of each fence, as they are to arrive. */
function linesOf(result: StackResult, limits?: DiffLimits, behind: readonly string[] = []): string[] {
  if (result.status !== 'planned' && result.status !== 'failed') return [];
  const groups =
    result.status === 'failed' ? [diagnosticsGroup(result.diagnostics)] : groupsOf(result.changes, limits);
  return groups.map(({ items }) =>
    items
      .flatMap((item, at) => {
        const below = item.diff?.() ?? [];
        return [item.head(), ...below, ...(below.length > 0 && at < items.length - 1 ? behind : [])];
      })
      .join('\n'),
  );
}

function fencesOf(tree: readonly Node[]): string[] {
  return all(tree, 'pre').map((pre) => textOf(pre.children).replace(/\n$/, ''));
}

function differences(arrived: readonly string[], wanted: readonly string[]): string[] {
  if (arrived.length !== wanted.length) return [`${arrived.length} fences instead of ${wanted.length}`];
  return wanted.flatMap((text, at) => (text === arrived[at] ? [] : [`${arrived[at]} instead of ${text}`]));
}

/** By text, what is wrong with it, each thing once. */
function wrongWith(texts: readonly string[], look: (text: string) => string[]): Record<string, string[]> {
  const found = texts.map((text): [string, string[]] => [text, [...new Set(look(text))].slice(0, 5)]);
  return Object.fromEntries(found.filter(([, problems]) => problems.length > 0));
}

test('a hostile text anywhere in a plan adds no element to the summary, and no reference', () => {
  expect(wrongWith(HOSTILE, summaryProblems)).toEqual({});
});

test('nor to the report of drift', () => {
  expect(wrongWith(HOSTILE, driftProblems)).toEqual({});
});

test('nor to the page', () => {
  expect(wrongWith(HOSTILE, pageProblems)).toEqual({});
});

test('nor does any mixture of such texts', () => {
  const text = fc
    .array(fc.constantFrom(...HOSTILE), { minLength: 2, maxLength: 5 })
    .map((parts) => parts.join(' '));
  const mixed = fc.sample(text, { numRuns: 25, seed: 1 });
  expect(wrongWith(mixed, summaryProblems)).toEqual({});
  expect(wrongWith(mixed, driftProblems)).toEqual({});
  expect(wrongWith(mixed, pageProblems)).toEqual({});
});

test('nor where not everything fits', () => {
  const cut = (text: string): string[] =>
    problemsOf(renderSummary(resultsOf(text), metaOf(text), 7_000), [RUN]);
  expect(wrongWith(HOSTILE, cut)).toEqual({});
});

test('the summary of every plan of the corpus has these elements and no others', () => {
  const wrong = wrongWith(CORPUS, (name) => [
    ...problemsOf(renderSummary([planned(name)])),
    ...problemsOf(renderDrift([planned(name)])),
    ...pageProblemsOf(renderPage([planned(name)])),
  ]);
  expect(wrong).toEqual({});
});

test('so has the summary of all of them together, where not everything fits', () => {
  const results = CORPUS.map(planned);
  const { markdown, level } = fitSummary(results, {}, COMMENT_BYTES);
  expect(level).toBeGreaterThan(1);
  expect(problemsOf(markdown)).toEqual([]);
});

describe('had the renderer not escaped it, it would be found', () => {
  const PLACE = /`[^`\n]*PLACE[^`\n]*`|<code>[^<]*PLACE[^<]*<\/code>/g;
  const summary = renderSummary(resultsOf('"PLACE"'), metaOf('"PLACE"'));
  const page = renderPage(resultsOf('"PLACE"'), metaOf('"PLACE"'));
  /** In the middle of a line these are text, on GitHub too, or at most code. */
  const HARMLESS: readonly string[] = [
    ...['"><script>alert(1)</script>', '-->', '</style></title>', '[link][1]', '[^1]', '[^1]: note'],
    ...['javascript:alert(1)', '\\|', '~~~', '# forged', '---', '> [!CAUTION]'],
    ...['[!CAUTION]', '- [ ] task', '&lt;b&gt; &#60;b&#62; &amp;', '😀', 'e\u0301'],
    ...[' leading and trailing ', '@@ -1 +1 @@', '\'x\' "y" {"a": 1}', 'no changes', '1. one'],
  ];

  test('outside of code, whatever it does', () => {
    const raw = HOSTILE.filter((text) => besideCalm(summary.replace(PLACE, () => text)).length === 0);
    expect(raw).toEqual(HARMLESS);
  });

  test('at every single place of the summary', () => {
    const places = [...summary.matchAll(PLACE)];
    expect(places.length).toBeGreaterThanOrEqual(25);
    const missed = places.filter(({ 0: code, index }) => {
      const broken = `${summary.slice(0, index)}@octocat${summary.slice(index + code.length)}`;
      return !problemsOf(broken, [RUN]).includes('mention @octocat');
    });
    expect(missed).toEqual([]);
  });

  test.each([
    ['a fence that its content closes', /^`{3,}diff\n/m, '```diff\n```\n## forged\n', '2 headings'],
    ['a fence that nothing closes', /\n```$/m, '', 'other elements than in calm times'],
    ['a cell too many', /\| (\*\*failed\*\*|deferred) \|/, '| x | $1 |', 'a cell is not in its place'],
    ['a forged row', /\n\| [^\n]*deferred[^\n]*/, '$&$&', 'other elements than in calm times'],
    ['an attribute', '<summary>', '<summary onclick="x">', 'summary onclick=x'],
    ['an address that is not ours', RUN, 'https://evil.example', 'a href=https://evil.example'],
    ['a comment', '\n\n</details>', '\n\n<!-- x -->\n\n</details>', '!comment in details'],
    ['a command to the runner', '\n\n</details>', '\n\n::error::x\n\n</details>', '"\\n::" acts'],
  ])('%s', (_, from, to, problem) => {
    expect(besideCalm(summary)).toEqual([]);
    expect(besideCalm(summary.replace(from, to))).toContain(problem);
  });

  test('in the page', () => {
    const raw = HOSTILE.filter((text) => /[<]/.test(text));
    const found = raw.filter(
      (text) => pageProblemsOf(page.replace(/&#34;PLACE&#34;/g, () => text)).length > 0,
    );
    expect(found).toEqual(raw);
    expect(pageProblemsOf(page.replace('<style>', '<style>@import "x";'))).toEqual(['the style has @import']);
    expect(pageProblemsOf(page.replace('href="#stack', 'href="#stick'))).not.toEqual([]);
    expect(pageProblemsOf(page.replace('</main>', '<script></script></main>'))).toEqual(['script in main']);
  });
});
