import { findReferences, githubTree, type Element, type Node } from './github-markdown';

/**
 * For tests of what is rendered: whether a hostile text acts in it, as a Markdown renderer shows it. All of these act on
 * GitHub, in HTML, on a terminal or on the runner, at some place where nobody escapes them.
 */
export const HOSTILE: readonly string[] = [
  '</code></pre></summary></details><h2>forged</h2>',
  '<img src=x onerror=alert(1)>',
  '<!-- comment',
  '-->',
  '[link](https://evil.example)',
  'https://evil.example/x www.evil.example',
  '@octocat @octocat/team',
  '#1 GH-1 octocat/hello#2',
  '0123456789abcdef0123456789abcdef01234567',
  ':rocket: $x^2$',
  'a | b |\n| --- | --- |\n| c | d |',
  '`',
  '` @octocat `',
  '```````',
  '\n```\n# forged\n',
  '\n\n## forged\n\n',
  '\u2028## forged\u2029',
  '\n::error::forged',
  '##[error]forged',
  '\u001b[31mred\u001b[0m',
  '\u202egpj.exe\u2066',
  '<!-- end -->',
  '\n<!-- end -->\n\n<!-- environment: prod -->\n',
  '\n<!-- fairlead: plan -->\n<!-- head: 0123456789abcdef0123456789abcdef01234567 -->\n',
  '> [!CAUTION]',
  '**bold** ~~gone~~',
  'me@evil.example',
];

/**
 * What acts that does not when the text is calm; nothing, for a good rendering.
 * @param calm the same with a harmless word in place of the hostile text
 */
export function whatActs(markdown: string, calm: string): string[] {
  const tree = githubTree(markdown);
  const before = githubTree(calm);
  const problems: string[] = [];
  if (shape(tree) !== shape(before))
    problems.push(`other elements: ${shape(tree)} instead of ${shape(before)}`);
  if (targets(tree).join() !== targets(before).join()) problems.push('other links');
  const own = new Set(findReferences(before).map(({ kind, text }) => `${kind} ${text}`));
  for (const { kind, text } of findReferences(tree))
    if (!own.has(`${kind} ${text}`)) problems.push(`${kind} ${text}`);
  const unseen = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|^\s*::|##\[/mu.exec(markdown);
  if (unseen) problems.push(`${JSON.stringify(unseen[0])} acts`);
  return problems;
}

/** By hostile text, what is wrong with what `render` makes of it. */
export function actsIn(render: (text: string) => string): Record<string, string[]> {
  const calm = render('calm');
  const found = HOSTILE.map((text): [string, string[]] => [text, whatActs(render(text), calm)]);
  return Object.fromEntries(found.filter(([, problems]) => problems.length > 0));
}

/** Elements without what is in code, of which the words may take other forms. */
function shape(nodes: readonly Node[]): string {
  return elements(nodes)
    .filter(({ tag }) => tag !== 'code')
    .map((one) => (one.tag === 'pre' ? '<pre>' : `<${one.tag}>${shape(one.children)}`))
    .join('');
}

function targets(nodes: readonly Node[]): string[] {
  return elements(nodes).flatMap((one) => [
    ...(one.attributes['href'] === undefined ? [] : [one.attributes['href']]),
    ...targets(one.children),
  ]);
}

function elements(nodes: readonly Node[]): Element[] {
  return nodes.filter((node): node is Element => typeof node !== 'string');
}
