import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readPlan } from '../changes/read-plan';
import { renderPage } from './page';
import type { StackResult } from './render';

const planned = (stack: string, from: string): Extract<StackResult, { status: 'planned' }> => ({
  stack,
  status: 'planned',
  changes: readPlan(readFileSync(join(__dirname, `../changes/fixtures/${from}.json`)), stack),
});

test('shows every change in full, however many there are', () => {
  const page = renderPage([planned('dev', 'three-hundred')]);
  const addresses = planned('dev', 'three-hundred').changes.changes.map(({ address }) => address);
  expect(addresses.length).toBeGreaterThanOrEqual(300);
  for (const address of addresses)
    expect(page).toContain(address.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`));
  expect(page).not.toMatch(/more lines|names only|of \d+ shown/);
});

test('needs nothing but itself', () => {
  const page = renderPage([planned('dev', 'every-action')]);
  expect(page).not.toMatch(/<(script|img|link|iframe|object|form)\b/i);
  expect(page.match(/(?:src|href)="[^#][^"]*"|url\(|@import/g)).toBeNull();
  expect(page).toContain("default-src 'none'");
});

test('every kind of result has its words, and what was planned stands above', () => {
  const page = renderPage(
    [
      { ...planned('a', 'no-changes'), provisional: 'dev-network changes first.' },
      { ...planned('b', 'stopped-by-an-error') },
      { stack: 'c', status: 'failed', diagnostics: 'Error: no <credentials>' },
      { stack: 'd', status: 'deferred', reason: 'e was never applied' },
      { stack: 'e', status: 'missing' },
    ],
    { environment: 'dev', commit: '1a2b3c4', base: '9f8e7d6', tools: ['Fairlead 0.1.0'] },
  );
  expect(page).toContain(
    '<h1>Plan for dev: 1 stack failed, 1 stack missing, 1 plan incomplete, 1 to create, 1 failed check, 1 plan provisional, 1 stack deferred</h1>',
  );
  expect(page).toContain('planned at 1a2b3c4 · against 9f8e7d6 · Terraform 1.11.4 · Fairlead 0.1.0');
  for (const said of [
    'Provisional: dev-network changes first.',
    'Planning stopped with an error: this is only a part of what would change.',
    'Error: no &#60;credentials&#62;',
    'Deferred: e was never applied',
    'It left no plan',
  ])
    expect(page).toContain(said);
  expect(
    [...page.matchAll(/<td>(provisional|incomplete|failed|deferred|missing)<\/td>/g)].map(([, word]) => word),
  ).toEqual(['provisional', 'incomplete', 'failed', 'deferred', 'missing']);
});

test('risks stand first, the gravest above', () => {
  const page = renderPage([planned('dev', 'storage-destroyed')]);
  const [critical, high, table] = [
    page.indexOf('class="risks critical"'),
    page.indexOf('class="risks high"'),
    page.indexOf('<table>'),
  ];
  expect(critical).toBeGreaterThan(0);
  expect(high).toBeGreaterThan(critical);
  expect(table).toBeGreaterThan(high);
});
