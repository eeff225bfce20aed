import { count, type ChangeSet } from '../changes/change-set';
import { SEVERITIES } from '../changes/risks/risk';
import { IN_FULL } from './diff-lines';
import { diagnosticsGroup, groupsOf } from './groups';
import { number, plural } from './markdown';
import { headlineOf, type StackResult, type SummaryMeta } from './render';
import { capital, CATEGORY_WORDS, riskCounts } from './risk-blocks';
import type { Group } from './sections';
import { otherCounts, resourceTotals } from './words';

/**
 * Everything that a summary says, and all that it has no room for, as one HTML page that needs nothing else: no script, no
 * address. Values are masked as in the summary. Its length grows with the plans.
 */
export function renderPage(results: readonly StackResult[], meta: SummaryMeta = {}): string {
  const sets = results.flatMap((result) => (result.status === 'planned' ? [result.changes] : []));
  const subject = meta.environment === undefined ? 'Plan' : `Plan for ${meta.environment}`;
  const facts = [
    ...(meta.commit === undefined ? [] : [`planned at ${meta.commit}`]),
    ...(meta.base === undefined ? [] : [`against ${meta.base}`]),
    ...new Set(sets.map(({ terraformVersion }) => `Terraform ${terraformVersion}`)),
    ...(meta.tools ?? []),
  ];
  const rows = results.map(rowOf).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(subject)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(subject)}: ${escaped(headlineOf(results))}</h1>
<p class="facts">${escaped(facts.join(' · '))}</p>
${risksOf(results)}
<div class="wide"><table>
<thead><tr><th>Stack</th><th>Result</th><th>Changes</th><th>Other</th><th>Risks</th></tr></thead>
<tbody>
${rows}
</tbody>
</table></div>
${results.map(sectionOf).join('\n')}
</main>
</body>
</html>
`;
}

/** Untrusted text in HTML, between tags or in a quoted attribute. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function rowOf(result: StackResult): string {
  const name = `<th scope="row"><a href="#${anchor(result.stack)}"><code>${escaped(result.stack)}</code></a></th>`;
  const cells = (...texts: readonly string[]): string =>
    texts.map((text) => `<td>${escaped(text)}</td>`).join('');
  if (result.status === 'deferred') return `<tr>${name}${cells('deferred', '', result.reason, '')}</tr>`;
  if (result.status !== 'planned') return `<tr>${name}${cells(result.status, '', '', '')}</tr>`;
  const { changes, provisional } = result;
  const counts = count([changes]);
  const totals = resourceTotals(counts) || 'no resource changes';
  const status =
    !changes.complete || changes.errored
      ? 'incomplete'
      : provisional === undefined
        ? 'planned'
        : 'provisional';
  return `<tr>${name}${cells(status, totals, otherCounts(counts), riskCounts(changes.risks))}</tr>`;
}

function risksOf(results: readonly StackResult[]): string {
  const all = results.flatMap((result) =>
    result.status === 'planned' ? result.changes.risks.map((risk) => ({ stack: result.stack, risk })) : [],
  );
  return SEVERITIES.map((severity) => {
    const some = all.filter(({ risk }) => risk.severity === severity);
    if (some.length === 0) return '';
    const items = some.map(
      ({ stack, risk }) =>
        `<li><strong>${capital(CATEGORY_WORDS[risk.category])}</strong> <code>${escaped(risk.address)}</code> in <code>${escaped(stack)}</code>: ${escaped(risk.sentence)}</li>`,
    );
    return `<section class="risks ${severity}"><h2>${plural(some.length, 'risk')}, ${severity}</h2><ul>\n${items.join('\n')}\n</ul></section>`;
  }).join('\n');
}

function sectionOf(result: StackResult): string {
  const head = `<h2 id="${anchor(result.stack)}"><code>${escaped(result.stack)}</code></h2>`;
  switch (result.status) {
    case 'failed':
      return `${head}\n<p>Planning failed.</p>\n${groupOf(diagnosticsGroup(result.diagnostics))}`;
    case 'deferred':
      return `${head}\n<p>Deferred: ${escaped(result.reason)}</p>`;
    case 'missing':
      return `${head}\n<p>It left no plan: the run’s log says why.</p>`;
    case 'planned':
      return `${head}\n${notesOf(result)}${planOf(result.changes)}`;
  }
}

function notesOf({ provisional, changes }: Extract<StackResult, { status: 'planned' }>): string {
  const notes = [
    ...(provisional === undefined ? [] : [`Provisional: ${provisional}`]),
    ...(changes.errored ? ['Planning stopped with an error: this is only a part of what would change.'] : []),
    ...(changes.complete || changes.errored
      ? []
      : ['This plan is a first step: Terraform needs another plan after it is applied.']),
  ];
  return notes.map((note) => `<p>${escaped(note)}</p>\n`).join('');
}

function planOf(changes: ChangeSet): string {
  const groups = groupsOf(changes, IN_FULL).map(groupOf);
  return [...groups, `<p class="facts">${plural(changes.unchanged, 'resource')} unchanged.</p>`].join('\n');
}

function groupOf({ title, items }: Group): string {
  const lines = items.flatMap((item) => {
    const head = item.head();
    const below = item.diff?.() ?? [];
    return [
      `<b class="${signOf(head)}">${escaped(head)}</b>`,
      ...below.map((line) => `<span class="${signOf(line)}">${escaped(line)}</span>`),
    ];
  });
  return `<h3>${escaped(title)} (${number(items.length)})</h3>\n<pre>${lines.join('\n')}</pre>`;
}

function signOf(line: string): string {
  return SIGNS.get(line[0] ?? '') ?? 'same';
}

const SIGNS: ReadonlyMap<string, string> = new Map([
  ['+', 'add'],
  ['-', 'del'],
  ['!', 'mod'],
  ['@', 'gap'],
]);

/** Distinct for distinct stacks, and without what an address would have to escape. */
function anchor(stack: string): string {
  return `stack-${Buffer.from(stack).toString('hex')}`;
}

/** GitHub's own colours, in both themes. */
const STYLE = `
:root{--fg:#1f2328;--bg:#fff;--soft:#59636e;--line:#d1d9e0;--code:#f6f8fa;--add:#116329;--addbg:#dafbe1;--del:#82071e;--delbg:#ffebe9;--mod:#953800;--modbg:#fff1e5;--gap:#6639ba;--critical:#cf222e;--high:#9a6700;--medium:#0969da}
@media (prefers-color-scheme:dark){:root{--fg:#f0f6fc;--bg:#0d1117;--soft:#9198a1;--line:#3d444d;--code:#151b23;--add:#aff5b4;--addbg:#033a16;--del:#ffdcd7;--delbg:#67060c;--mod:#ffdfb6;--modbg:#5a1e02;--gap:#d2a8ff;--critical:#f85149;--high:#d29922;--medium:#4493f8}}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif}
main{max-width:75rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}h3{font-size:1rem;margin:1.25rem 0 .5rem}
a{color:inherit}
.facts{color:var(--soft);font-size:.875rem}
.wide{overflow-x:auto}
table{border-collapse:collapse}
th,td{border:1px solid var(--line);padding:.35rem .75rem;text-align:left;vertical-align:top}
h2 code{font-size:1em!important}
code{overflow-wrap:anywhere}
code,pre{font:.8125rem/1.45 ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
pre{background:var(--code);border-radius:6px;padding:1rem;overflow-x:auto}
pre>*{display:inline-block;min-width:100%}
b.add,b.del,b.mod{margin-top:.35rem}
.add{color:var(--add)}.del{color:var(--del)}.mod{color:var(--mod)}b.add{background:var(--addbg)}b.del{background:var(--delbg)}b.mod{background:var(--modbg)}.gap{color:var(--gap)}
.risks{border-left:.25rem solid var(--line);padding:0 1rem}.risks h2{border:0;margin:.5rem 0;font-size:1rem}
.risks.critical{border-color:var(--critical)}.risks.critical h2{color:var(--critical)}
.risks.high{border-color:var(--high)}.risks.high h2{color:var(--high)}
.risks.medium{border-color:var(--medium)}.risks.medium h2{color:var(--medium)}
@media print{pre{white-space:pre-wrap}}
`;
