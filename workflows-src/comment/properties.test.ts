import { inspect } from 'node:util';

import fc, { type Arbitrary } from 'fast-check';

import {
  anyPlan,
  CANARY,
  planJson,
  resultsJson,
  runs,
  type PlanJson,
  type ResourceJson,
  type ResultJson,
} from '../changes/arbitrary-plan';
import { SEVERITIES, type Severity } from '../changes/risks/risk';
import { ledgerDigest, ledgerOf } from '../changes/ledger';
import type { Plan } from '../changes/planned-change';
import { readPlan } from '../changes/read-plan';
import { visible } from '../changes/visible-text';
import { withoutValues } from '../changes/without-values';
import { diffLines } from './diff-lines';
import { bytes, COMMENT_BYTES } from './markdown';
import { renderPage } from './page';
import { fitSummary, renderSummary, type StackResult, type SummaryMeta } from './render';

const seen = new WeakSet<object>();
let plans = 0;

/** What `readPlan` makes of it, of which each plan is counted once. */
function read(result: ResultJson, text: (plan: PlanJson) => string = JSON.stringify): StackResult {
  if (result.status !== 'planned') return result;
  const { stack, status, plan, provisional, hasLedger } = result;
  if (!seen.has(plan)) plans += 1;
  seen.add(plan);
  const changes = readPlan(text(plan), stack);
  return {
    stack,
    status,
    changes,
    ...(provisional !== undefined && { provisional }),
    ...(hasLedger && { ledger: ledgerDigest(ledgerOf(changes)) }),
  };
}

const readAll = (results: readonly ResultJson[]): readonly StackResult[] =>
  results.map((result) => read(result));

const META: SummaryMeta = {
  environment: 'dev',
  commit: '1a2b3c4d5e6f',
  base: 'main',
  tools: ['Fairlead 0.1.0'],
  runUrl: 'https://github.test/run/1',
  fullUrl: 'https://github.test/run/1#full',
};
const meta = fc.constantFrom<SummaryMeta>({}, META);

const some = resultsJson();
const large = planJson({ most: 12, times: [1, 8, 20, 20, 60, 150] });
const manyStacks = resultsJson(planJson(), 40);
const budget = fc.oneof(
  fc.constant(COMMENT_BYTES),
  fc.integer({ min: 5_000, max: 65_000 }),
  fc.integer({ min: 65_000, max: 1_000_000 }),
);

function check<T>(inCi: number, of: Arbitrary<T>, holds: (value: T) => void): void {
  fc.assert(fc.property(of, holds), runs(inCi));
}

// What the text says, read without the code that wrote it.

interface ReadGroup {
  readonly title: string;
  readonly shown: number;
  readonly all: number;
  readonly detail: string;
  /** Behind the title: counts by kind. */
  readonly kinds: string;
  readonly lines: readonly string[];
}

interface ReadSection {
  readonly summary: string;
  readonly groups: readonly ReadGroup[];
}

interface ReadSummary {
  readonly headline: string;
  readonly outside: readonly string[];
  readonly sections: readonly ReadSection[];
}

const NUMBER = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''));
const GROUP = /^\*\*(\D+?)(?: \((?:([\d,]+) of )?([\d,]+)( shown)?(?:, ([^)]*))?\))?\*\*(|, in all .*)$/;
const TAG = /^<(?:\/?code|\/?sub|https:[^>]*|\/?details|\/?summary)>$/;

/** Fails where a fence or an element is not closed, or HTML stands where none may. */
function parse(markdown: string): ReadSummary {
  const outside: string[] = [];
  const sections: { summary: string; groups: ReadGroup[] }[] = [];
  let section: (typeof sections)[number] | undefined;
  let isFolded = false;
  let fence: { readonly closing: string; readonly lines: string[] } | undefined;
  let folds = 0;
  for (const line of markdown.split('\n')) {
    if (fence) {
      // Any longer run would close it too.
      if (/^ {0,3}`{3,} *$/.test(line) && line.trim().length >= fence.closing.length) {
        expect(line).toBe(fence.closing);
        fence = undefined;
      } else fence.lines.push(line);
      continue;
    }
    const opening = /^(`{3,})(\w*)$/.exec(line);
    if (opening) {
      const groups = section?.groups ?? [];
      expect(groups.length).toBeGreaterThan(0);
      fence = { closing: opening[1]!, lines: groups.at(-1)!.lines as string[] };
    } else if (line === '<details>' || line === '<details open>') {
      expect(section).toBeUndefined();
      section = { summary: '', groups: [] };
      sections.push(section);
    } else if (line === '<details><summary>Show them</summary>') {
      expect([section === undefined, isFolded]).toEqual([false, false]);
      isFolded = true;
    } else if (line === '</details>') {
      expect(section).toBeDefined();
      if (!isFolded) section = undefined;
      isFolded = false;
    } else if (line.startsWith('<summary>')) {
      expect(line).toMatch(/^<summary>.*<\/summary>$/);
      section!.summary = line;
    } else {
      const title = section && GROUP.exec(line);
      if (title) {
        section!.groups.push({
          title: title[1]!,
          shown: NUMBER(title[2] ?? title[3]),
          all: NUMBER(title[3]),
          detail: title[5] ?? '',
          kinds: title[6]!,
          lines: [],
        });
        expect(title[4] === undefined).toBe(title[2] === undefined);
      } else if (!section) outside.push(line);
      const tags = line.replace(/`[^`]*`/g, '').match(/<[^>]*>?/g) ?? [];
      expect(tags.filter((tag) => !TAG.test(tag))).toEqual([]);
      // Those that fold a part of an alert.
      if (line.startsWith('> '))
        for (const tag of tags) folds += tag === '<details>' ? 1 : tag === '</details>' ? -1 : 0;
    }
  }
  expect([fence, section, folds]).toEqual([undefined, undefined, 0]);
  return { headline: outside[0]!, outside, sections };
}

/** What Terraform said of an error has no changes in it. */
const isOfPlan = ({ summary }: ReadSection): boolean => !summary.endsWith(': planning failed</summary>');

const isHead = (line: string): boolean => /^(?:-\/\+|[-+!]) \S/.test(line);
const heads = ({ lines }: ReadGroup): readonly string[] => lines.filter(isHead);

/** `- address # why` → `address`, of any address that has no ` # ` in it. */
const named = (head: string): string => head.replace(/^\S+ /, '').split(' # ')[0]!;

// What a plan holds, counted without the code that reads it.

const REPLACES = ['delete,create', 'create,delete', 'create,forget', 'forget,create'];
const joined = ({ change }: ResourceJson): string => change.actions.join().toLowerCase();
const isMoved = ({ address, previous_address: from }: ResourceJson): boolean =>
  from !== undefined && from !== address;
const isShown = (one: ResourceJson): boolean =>
  joined(one) === 'no-op'
    ? isMoved(one) || one.change.importing !== undefined
    : !(one.mode === 'data' && joined(one) === 'delete');

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((one) => withoutEmpty(one) ?? null);
  if (typeof value !== 'object' || value === null) return value === null || value === '' ? undefined : value;
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const without = withoutEmpty(inner);
    return without === undefined ? [] : [[key, without]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept.sort(([a], [b]) => (a! < b! ? -1 : 1)));
}

function driftedOf(plan: PlanJson): readonly ResourceJson[] {
  const stays = new Set(
    plan.resource_changes.filter((one) => !isShown(one) && !one.deposed).map((one) => one.address),
  );
  return plan.resource_drift.filter((one) => {
    if (joined(one) !== 'update') return true;
    const [before, after] = [one.change.before, one.change.after].map((side) =>
      JSON.stringify(withoutEmpty(side)),
    );
    return before !== after && !stays.has(one.address);
  });
}

function failedChecks(plan: PlanJson): number {
  const isFailed = (status: string): boolean => status === 'fail' || status === 'error';
  return plan.checks.reduce((sum, { status, instances = [] }) => {
    const failing = instances.filter((one) => isFailed(one.status)).length;
    return sum + (failing > 0 ? failing : Number(isFailed(status)));
  }, 0);
}

/** By the title of the group that it belongs to. */
function groupCounts(plan: PlanJson): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (title: string, n = 1): void => void (n > 0 && counts.set(title, (counts.get(title) ?? 0) + n));
  for (const one of plan.resource_changes.filter(isShown)) {
    const action = joined(one);
    if (REPLACES.includes(action)) add('Replace');
    else if (action === 'no-op') add(isMoved(one) ? 'Move, nothing else' : 'Import, nothing else');
    else add(TITLES[action]!);
  }
  add('Invoke', plan.action_invocations.length);
  add(
    'Put off until after this apply',
    plan.deferred_changes.length + plan.deferred_action_invocations.length,
  );
  add('Outputs', Object.values(plan.output_changes).filter(({ actions }) => actions[0] !== 'no-op').length);
  add('Changed outside of Terraform', driftedOf(plan).length);
  add('Failed checks', failedChecks(plan));
  return counts;
}

const TITLES: Readonly<Record<string, string>> = {
  delete: 'Delete',
  update: 'Update',
  create: 'Create',
  forget: 'Forget: stays in the cloud, leaves the state',
  read: 'Read during the apply',
  open: 'Open for the apply',
};

function sum(maps: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const map of maps) for (const [title, n] of map) total.set(title, (total.get(title) ?? 0) + n);
  return total;
}

interface Expected {
  readonly groups: ReadonlyMap<string, number>;
  readonly imported: number;
  readonly moved: number;
}

function expectedOf(all: readonly PlanJson[]): Expected {
  const shown = all.flatMap((plan) => plan.resource_changes.filter(isShown));
  return {
    groups: sum(all.map(groupCounts)),
    imported: shown.filter(({ change }) => change.importing !== undefined).length,
    moved: shown.filter(isMoved).length,
  };
}

/** `2 to create, 1 to delete` and so on, in the words of a headline and of a stack's title. */
function totals({ groups, imported, moved }: Expected): ReadonlyMap<string, number> {
  const of = (title: string): number => groups.get(title) ?? 0;
  return new Map(
    (
      [
        ['to create', of('Create')],
        ['to update', of('Update')],
        ['to replace', of('Replace')],
        ['to delete', of('Delete')],
        ['to import', imported],
        ['to move', moved],
        ['to forget', of(TITLES['forget']!)],
        ['to read', of(TITLES['read']!)],
        ['to open for the apply', of(TITLES['open']!)],
        ['action to invoke', of('Invoke')],
        ['put off', of('Put off until after this apply')],
        ['output change', of('Outputs')],
        ['changed outside of Terraform', of('Changed outside of Terraform')],
        ['failed check', of('Failed checks')],
      ] as const
    ).filter(([, n]) => n > 0),
  );
}

/** The same of what a text says: `2 actions to invoke` → `action to invoke`: 2. */
function said(text: string): ReadonlyMap<string, number> {
  const parts = text
    .replaceAll('*', '')
    .split(', ')
    .flatMap((part) => {
      const match = /^([\d,]+) (.*)$/.exec(part);
      return match
        ? [
            [
              match[2]!.replace(/^(action|output change|failed check|stack|plan)s/, '$1'),
              NUMBER(match[1]),
            ] as const,
          ]
        : [];
    });
  return new Map(parts);
}

function planned(results: readonly ResultJson[]): readonly PlanJson[] {
  return results.flatMap((one) => (one.status === 'planned' ? [one.plan] : []));
}

/** Address of a resource as it stands in a line. No secret is in it, unless the plan was made with copies of one. */
const written = (address: string): string =>
  visible(address.length > 1000 ? `${address.slice(0, 1000)}… (${address.length} characters)` : address);

const isDestroying = (one: ResourceJson): boolean =>
  joined(one) === 'delete' || REPLACES.includes(joined(one));

describe('a summary of any plans', () => {
  test('fits into a comment, with every fence and every element closed', () => {
    check(250, fc.tuple(some, meta), ([results, about]) => {
      const body = renderSummary(readAll(results), about);
      expect(bytes(body)).toBeLessThanOrEqual(COMMENT_BYTES);
      parse(body);
    });
  });

  test('fits into any other number of bytes', () => {
    check(200, fc.tuple(fc.oneof(some, manyStacks), meta, budget), ([results, about, most]) => {
      const body = renderSummary(readAll(results), about, most);
      expect(bytes(body)).toBeLessThanOrEqual(most);
      parse(body);
    });
  });

  test('names everything that is destroyed or replaced, at level 1, 2 and 3', () => {
    let reached = 0;
    check(100, fc.tuple(resultsJson(large, 3), budget), ([results, most]) => {
      const { markdown, level } = fitSummary(readAll(results), {}, most);
      if (level > 3) return;
      reached = Math.max(reached, level);
      const lines = new Map<string, number>();
      for (const { groups } of parse(markdown).sections)
        for (const group of groups.filter(({ title }) => title === 'Delete' || title === 'Replace'))
          for (const head of heads(group)) lines.set(named(head), (lines.get(named(head)) ?? 0) + 1);
      const wanted = new Map<string, number>();
      for (const one of planned(results).flatMap((plan) => plan.resource_changes.filter(isDestroying))) {
        const address = named(`- ${written(one.address)}`);
        wanted.set(address, (wanted.get(address) ?? 0) + 1);
      }
      expect(lines).toEqual(wanted);
    });
    if (process.env['CI']) expect(reached).toBe(3);
  });

  test('at level 1 shows every change, in the group of its action', () => {
    check(
      200,
      fc.tuple(resultsJson(planJson(), 3), fc.constantFrom(300_000, 1_000_000)),
      ([results, most]) => {
        const { markdown, level } = fitSummary(readAll(results), {}, most);
        if (level !== 1) return;
        const { sections, outside } = parse(markdown);
        expect(outside.join('\n')).not.toMatch(/Details of/);
        const groups = sections.filter(isOfPlan).flatMap((section) => section.groups);
        expect(groups.filter(({ shown, all, detail }) => shown !== all || detail !== '')).toEqual([]);
        const changes = groups.flatMap((group) =>
          heads(group).map((head) => `${group.title}: ${named(head)}`),
        );
        const wanted = planned(results).flatMap((plan) =>
          plan.resource_changes.filter(isShown).map((one) => {
            const of = REPLACES.includes(joined(one)) ? 'Replace' : TITLES[joined(one)];
            const stays = isMoved(one) ? 'Move, nothing else' : 'Import, nothing else';
            return `${of ?? stays}: ${named(`- ${written(one.address)}`)}`;
          }),
        );
        const others = [
          'Invoke',
          'Put off until after this apply',
          'Outputs',
          'Changed outside of Terraform',
          'Failed checks',
        ];
        expect(changes.filter((one) => !others.includes(one.split(': ')[0]!)).sort()).toEqual(wanted.sort());
        for (const group of groups) expect(heads(group).length).toBe(group.all);
      },
    );
  });

  test('has the exact counts in its headline, in its table, in the titles of stacks and in those of groups', () => {
    check(200, fc.tuple(fc.oneof(some, resultsJson(large, 3)), budget), ([results, most]) => {
      const body = renderSummary(readAll(results), {}, most);
      const { headline, sections, outside } = parse(body);
      const all = planned(results);
      const expected = expectedOf(all);
      const hasTable = outside.some((line) => line.startsWith('| Stack |'));
      if (!hasTable) {
        expect([...totals(expected)]).toEqual([]);
        return;
      }
      const states = (status: ResultJson['status']): number =>
        results.filter((one) => one.status === status).length;
      const isPart = ({ complete, errored }: PlanJson): boolean => !complete || errored;
      const extra = [
        ['stack failed', states('failed')],
        ['stack missing', states('missing')],
        ['plan incomplete', all.filter(isPart).length],
        [
          'plan provisional',
          results.filter((one) => one.status === 'planned' && one.provisional !== undefined).length,
        ],
        ['stack deferred', states('deferred')],
      ] as const;
      expect(said(headline.replace('## Plan: ', ''))).toEqual(
        new Map([...totals(expected), ...extra.filter(([, n]) => n > 0)]),
      );

      const destroyed = all.flatMap((plan) =>
        plan.resource_changes.filter(
          (one) => isShown(one) && ['delete', 'delete,create', 'create,delete'].includes(joined(one)),
        ),
      ).length;
      const lead = outside
        .map((line) => /([\d,]+) existing objects? will be destroyed/.exec(line))
        .find((one) => one);
      // Said only where a risk comes with it.
      if (lead) expect(NUMBER(lead[1])).toBe(destroyed);

      const columns = outside.find((line) => line.startsWith('| Stack |'))!.split(/ \| | \|$/);
      const rows = outside.filter((line) => line.startsWith('| ') && !/^\| (?:Stack|---) \|/.test(line));
      const left = /^([\d,]+) of ([\d,]+) stacks? shown\.$/m.exec(outside.join('\n'));
      expect(rows.length).toBe(left ? NUMBER(left[1]) : results.length);
      if (left) expect(NUMBER(left[2])).toBe(results.length);
      else
        for (const [at, result] of results.entries()) {
          if (result.status !== 'planned') continue;
          const cells = rows[at]!.replace(/ \|$/, '').split(' | ');
          const { groups, imported, moved } = expectedOf([result.plan]);
          const of = (title: string): number => groups.get(title) ?? 0;
          expect(cells.slice(2, 6).map(NUMBER)).toEqual(['Create', 'Update', 'Replace', 'Delete'].map(of));
          const others: readonly (readonly [string, number])[] = [
            ['imported', imported],
            ['moved', moved],
            ['forgotten', of(TITLES['forget']!)],
            ['read', of('Read during the apply')],
            ['ephemeral', of('Open for the apply')],
            ['action invoked', of('Invoke')],
            ['put off', of('Put off until after this apply')],
            ['output', of('Outputs')],
            ['changed outside', of('Changed outside of Terraform')],
            ['failed check', of('Failed checks')],
          ];
          const other = said(
            (columns.includes('Other') ? cells[6]! : '')
              .replace('actions invoked', 'action invoked')
              .replace(/outputs$|outputs(?=,)/, 'output'),
          );
          expect(other).toEqual(new Map(others.filter(([, n]) => n > 0)));
        }

      const chosen = /^Details of ([\d,]+) of ([\d,]+) stacks? fit here\.$/m.exec(outside.join('\n'));
      if (chosen) expect(NUMBER(chosen[1])).toBe(sections.length);
      const planSections = sections.filter(isOfPlan);
      const loud = results.flatMap((one) =>
        one.status === 'planned' &&
        (groupCounts(one.plan).size > 0 || isPart(one.plan) || one.provisional !== undefined)
          ? [one.plan]
          : [],
      );
      const failed = states('failed');
      if (chosen) expect(NUMBER(chosen[2])).toBe(loud.length + failed);
      else {
        expect(planSections.length).toBe(loud.length);
        for (const [at, plan] of loud.entries()) {
          const { summary, groups } = planSections[at]!;
          expect(said(summary.replace(/^<summary><code>.*?<\/code>: |<\/summary>$/g, ''))).toEqual(
            totals(expectedOf([plan])),
          );
          expect(new Map(groups.map(({ title, all: n }) => [title, n]))).toEqual(groupCounts(plan));
        }
      }
    });
  });

  test('counts what it leaves out: of names, of differences, of kinds and of risks', () => {
    let cut = 0;
    check(100, fc.tuple(resultsJson(large, 3), budget), ([results, most]) => {
      const stacks = readAll(results);
      const { markdown, level } = fitSummary(stacks, {}, most);
      const { sections, outside } = parse(markdown);
      for (const section of sections.filter((one) => !isOfPlan(one)))
        for (const { lines, shown, all } of section.groups)
          if (all > 0) expect(lines.length).toBe(shown);
          else expect(lines.length).toBeGreaterThan(0);
      for (const group of sections.filter(isOfPlan).flatMap((section) => section.groups)) {
        const shown = heads(group).length;
        expect(shown).toBe(group.shown);
        const withLines = group.lines.filter(
          (line, at) => !isHead(line) && isHead(group.lines[at - 1]!),
        ).length;
        const full = /^([\d,]+) in full$/.exec(group.detail);
        if (group.detail === 'names only') expect(withLines).toBe(0);
        if (full) {
          expect(NUMBER(full[1])).toBeGreaterThanOrEqual(withLines);
          expect(NUMBER(full[1])).toBeLessThan(shown);
        }
        if (group.detail !== '') expect(level).toBeGreaterThan(1);
        if (group.shown < group.all) {
          cut += 1;
          expect(level).toBeGreaterThan(2);
          const kinds = [...group.kinds.matchAll(/([\d,]+) (?:`|<code>)/g)].map(([, n]) => NUMBER(n));
          const isWhole = !/ and [\d,]+ more$/.test(group.kinds);
          const known = kinds.reduce((a, b) => a + b, 0);
          if (isWhole && group.kinds !== '') expect(known).toBe(group.all);
          else expect(known).toBeLessThanOrEqual(group.all);
        } else expect(group.kinds).toBe('');
      }
      for (const severity of SEVERITIES) risksAreCounted(stacks, outside, severity);
    });
    if (process.env['CI']) expect(cut).toBeGreaterThan(20);
  });

  test('is the same bytes for the same plans, in whatever order their keys stand', () => {
    check(150, fc.tuple(some, meta), ([results, about]) => {
      const body = renderSummary(readAll(results), about);
      expect(renderSummary(readAll(results), about)).toBe(body);
      const again = results.map((one) =>
        read(one, (plan) => JSON.stringify(JSON.parse(JSON.stringify(plan)), null, 2)),
      );
      expect(renderSummary(again, about)).toBe(body);
      const backwards = results.map((one) => read(one, (plan) => JSON.stringify(reversed(plan))));
      expect(renderSummary(backwards, about)).toBe(body);
      expect(renderPage(backwards, about)).toBe(renderPage(readAll(results), about));
    });
  });

  test('and its page, its JSON and its ledger hold nothing that is sensitive by its mark, its name or its place', () => {
    const plan = fc.oneof(planJson(), planJson({ most: 10, times: [20] }));
    check(250, fc.tuple(resultsJson(plan, 2), budget), ([results, most]) => holdNoCanary(results, most));
  });

  test('nor a secret that is marked in one place of a plan and got into others', () => {
    const plan = planJson({ most: 1, hasCopies: true });
    check(250, fc.tuple(resultsJson(plan, 1), budget), ([results, most]) => holdNoCanary(results, most));
  });

  test('cannot act on what shows it: nothing but one line a thing, without control characters', () => {
    check(100, some, (results) => {
      const stacks = readAll(results);
      for (const line of renderSummary(stacks).split('\n')) {
        expect(line).not.toMatch(
          /[\p{Cc}\p{Bidi_Control}\u200b]|[\ud800-\udfff](?![\udc00-\udfff])(?<![\ud800-\udbff].)/u,
        );
        expect(line).not.toMatch(/^\s*::|##\[/);
      }
      expect(outsideOfCode(renderSummary(stacks))).not.toMatch(/@octocat|octocat\/hello|#1\b|GH-1/);
    });
  });
});

test('a page of any plans is well formed, with everything that is destroyed', () => {
  check(100, some, (results) => {
    const page = renderPage(readAll(results));
    const body = page.slice(page.indexOf('<body>'), page.indexOf('</html>'));
    const tags = [...body.matchAll(/<[^>]*>?/g)].map(([tag]) => tag);
    const known =
      /^<(?:\/?(?:html|body|main|h1|h2|h3|p|table|thead|tbody|tr|th|td|ul|li|pre|b|span|code|strong|div|section|a)|(?:p|b|span|div|section|a|th|h2) (?:class|href|scope|id)="[#\w -]*")>$/;
    expect(tags.filter((tag) => !known.test(tag))).toEqual([]);
    const open: string[] = [];
    for (const tag of tags) {
      const [, closes, name] = /^<(\/?)(\w+)/.exec(tag)!;
      if (closes === '') open.push(name!);
      else expect(open.pop()).toBe(name);
    }
    const text = body
      .replace(/<[^>]*>/g, '')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
    const lines = new Set(text.split('\n').map((line) => line.split(' # ')[0]));
    for (const one of planned(results).flatMap((plan) => plan.resource_changes.filter(isDestroying)))
      expect(lines).toContain(
        `${joined(one) === 'delete' ? '-' : '-/+'} ${named(`- ${written(one.address)}`)}`,
      );
  });
});

test('the lines of a change are counted where not all are shown', () => {
  check(150, fc.tuple(planJson(), fc.integer({ min: 2, max: 12 })), ([plan, most]) => {
    plans += 1;
    for (const { action, attributes } of readPlan(JSON.stringify(plan), 'dev').changes) {
      const all = diffLines(action, attributes, { lines: Infinity, characters: 200 });
      const lines = diffLines(action, attributes, { lines: most, characters: 200 });
      if (all.length <= most) expect(lines).toEqual(all);
      else expect(lines).toEqual([...all.slice(0, most - 1), `      … ${all.length - most + 1} more lines`]);
    }
  });
});

test('plans of every size were among them', () => {
  expect(plans).toBeGreaterThanOrEqual(process.env['CI'] ? 1000 : 100);
  const sizes = fc.sample(anyPlan, { numRuns: 300, seed: 3 }).map((plan) => plan.resource_changes.length);
  expect(Math.min(...sizes)).toBe(0);
  expect(Math.max(...sizes)).toBeGreaterThan(2000);
});

const ALERTS = { critical: '> [!CAUTION]', high: '> [!WARNING]', medium: '> [!NOTE]' } as const;

/** Each thing at risk is in the list of its severity, or else in the number of those that are not. */
function risksAreCounted(
  stacks: readonly StackResult[],
  outside: readonly string[],
  severity: Severity,
): void {
  const risks = stacks.flatMap((one) =>
    one.status === 'planned' ? one.changes.risks.map((risk) => ({ stack: one.stack, ...risk })) : [],
  );
  const some = risks.filter((risk) => risk.severity === severity);
  const things = new Set(some.map(({ stack, address }) => JSON.stringify([stack, address]))).size;
  const alerts = outside.flatMap((line, at) => (line === ALERTS[severity] ? [outside.slice(at + 1)] : []));
  // Another one of the same kind says what failed.
  const lists = alerts.map((lines) =>
    lines.slice(
      0,
      lines.findIndex((line) => !line.startsWith('>')),
    ),
  );
  const bullets = lists.flat().filter((line) => line.startsWith('> - '));
  let listed = 0;
  let left = 0;
  for (const line of bullets) {
    const more = /^> - And ([\d,]+) more: (.*)\.$/.exec(line);
    if (more) {
      left += NUMBER(more[1]);
      expect([...said(more[2]!).values()].reduce((a, b) => a + b, 0)).toBe(NUMBER(more[1]));
      continue;
    }
    const match =
      /^> - \*\*[^*]+\*\* ((?:(?:`[^`]*`|<code>.*?<\/code>)(?:, )?)+)(?: and ([\d,]+) more)? in /.exec(line);
    expect([line, match === null]).toEqual([line, false]);
    listed += (match![1]!.match(/`[^`]*`|<code>.*?<\/code>/g) ?? []).length + NUMBER(match![2] ?? '0');
  }
  expect(listed).toBeLessThanOrEqual(things);
  if (left === 0) expect(listed).toBe(things);
  else expect(listed + left).toBeGreaterThanOrEqual(things);
  const folded = lists
    .flat()
    .flatMap((line) => /<summary>([\d,]+) more: (.*)<\/summary>/.exec(line)?.slice(1) ?? []);
  if (folded.length > 0)
    expect([...said(folded[1]!).values()].reduce((a, b) => a + b, 0)).toBe(NUMBER(folded[0]));
}

function holdNoCanary(results: readonly ResultJson[], most: number): void {
  const stacks = readAll(results);
  const sets = stacks.flatMap((one) => (one.status === 'planned' ? [one.changes as Plan] : []));
  hasNoCanary(renderSummary(stacks, META, most));
  hasNoCanary(renderPage(stacks, META));
  hasNoCanary(JSON.stringify(sets.map(withoutValues)));
  hasNoCanary(JSON.stringify(sets.map((one) => ledgerOf(one))));
  hasNoCanary(JSON.stringify(sets.map((one) => ledgerOf(one, { key: 'a key' }))));
  hasNoCanary(JSON.stringify(sets));
  hasNoCanary(inspect(sets, { depth: 20 }));
}

function hasNoCanary(text: string): void {
  const at = text.search(CANARY);
  expect(at < 0 ? '' : text.slice(Math.max(0, at - 300), at + 100)).toBe('');
}

function outsideOfCode(markdown: string): string {
  return markdown.replace(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, '').replace(/`[^`\n]*`|<code>.*?<\/code>/g, '');
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
