import { InMemoryIssues } from '../../drift/in-memory-issues';
import type { DriftReport } from '../../drift/report';
import { failureOf, resultOf } from '../../drift/write-issues';
import { keepIssues, parseLimit } from './keep-issues';

const AUTHOR = 'github-actions[bot]';
const OPTIONS = { author: AUTHOR, limit: 5 };

const report = (environment: string): DriftReport => ({
  version: 1,
  environment,
  commit: 'a'.repeat(40),
  checkedAt: '2026-11-25T05:17:00.000Z',
  stacks: [`${environment}-network`],
  results: [
    {
      stack: `${environment}-network`,
      status: 'drifted',
      digest: 'one',
      drifted: 1,
      pending: 0,
      body: 'drift',
    },
  ],
});
const file = (environment: string, text?: string) => ({ name: `drift-${environment}.json`, text });
const inGitHub = (): InMemoryIssues => new InMemoryIssues(AUTHOR, new Date(0));

it('writes the issues of all reports, reading what is there once', async () => {
  const github = inGitHub();
  const files = ['dev', 'prod'].map((name) => file(name, JSON.stringify(report(name))));
  const outcome = await keepIssues(github, files, OPTIONS);
  expect(github.calls).toEqual(['issues drift', 'create drift', 'create drift']);
  expect(failureOf(outcome)).toBeUndefined();
});

it('says which report is missing or garbage, and still writes the issues of the others', async () => {
  const github = inGitHub();
  const files = [file('dev', JSON.stringify(report('dev'))), file('test'), file('prod', '{}')];
  const outcome = await keepIssues(github, files, OPTIONS);
  expect(github.writes).toEqual(['create drift']);
  expect(resultOf(outcome)).toBe('1 written, 2 reports not read');
  expect(failureOf(outcome)).toMatch(
    /^drift-test\.json: there is no such report: .*; drift-prod\.json: not a drift report: version: /,
  );
});

it('asks GitHub nothing where no report can be read', async () => {
  const github = inGitHub();
  expect(resultOf(await keepIssues(github, [file('dev')], OPTIONS))).toBe('1 report not read');
  expect(github.calls).toEqual([]);
});

it('takes a limit of 0 or more', () => {
  expect(parseLimit('0')).toBe(0);
  expect(() => parseLimit('-1')).toThrow("limit: got '-1'; valid: a whole number from 0 to 999");
});
