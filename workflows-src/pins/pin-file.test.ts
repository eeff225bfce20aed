import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type PinData, pinProblems, PINS_FILE, placeOf, printPins, readPins, sealed } from './pin-file';

const text = readFileSync(join(__dirname, '../..', PINS_FILE), 'utf8');
const pin = sealed({
  version: 'v1.2.3',
  sha: 'a'.repeat(40),
  released: '2026-10-01',
  inputs: {},
  outputs: {},
});

describe('the pins of this repository', () => {
  it('are as the command writes them', () => {
    const pins = readPins(text);
    expect(pinProblems(pins)).toEqual([]);
    expect(printPins(pins)).toBe(text);
  });

  it('are of one commit where they are of one repository', () => {
    const commits = new Map<string, Set<string>>();
    for (const [name, { version, sha }] of Object.entries(readPins(text))) {
      const { owner, repo } = placeOf(name);
      const found = commits.get(`${owner}/${repo}`) ?? new Set();
      commits.set(`${owner}/${repo}`, found.add(`${version} ${sha}`));
    }
    expect([...commits].filter(([, each]) => each.size > 1)).toEqual([]);
  });
});

describe('a pin that was changed by half', () => {
  it.each<[string, Partial<PinData>]>([
    ['version', { version: 'v1.2.4' }],
    ['sha', { sha: 'b'.repeat(40) }],
    ['released', { released: '2026-10-02' }],
    ['inputs', { inputs: { x: {} } }],
    ['outputs', { outputs: { x: {} } }],
  ])('is told by its digest: %s', (_field, change) => {
    expect(pinProblems({ 'a/b': { ...pin, ...change }, 'c/d': pin })).toEqual([
      "a/b: its version, commit, inputs and outputs do not belong together (integrity): run 'npm run pins -- --update a/b'",
    ]);
  });
});

describe('fails, naming the place, when the file has', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', undefined, `${PINS_FILE}: is no JSON: `],
    [
      'a branch for a version',
      { 'a/b': { ...pin, version: 'main' } },
      'a/b.version: must be a release tag such as v1.2.3',
    ],
    ['a short commit', { 'a/b': { ...pin, sha: 'abc' } }, 'a/b.sha: must be a commit, 40 hexadecimal digits'],
    ['no such day', { 'a/b': { ...pin, released: '2026-02-30' } }, 'a/b.released: must be a day, YYYY-MM-DD'],
    ['an unknown field', { 'a/b': { ...pin, using: 'node24' } }, 'a/b: Unrecognized key: "using"'],
    ['an object as default', { 'a/b': { ...pin, inputs: { x: { default: {} } } } }, 'a/b.inputs.x.default: '],
    ['a path that climbs', { 'a/../b': pin }, 'a/../b: '],
  ])('%s', (_what, json, message) => {
    expect(() => readPins(json === undefined ? '{' : JSON.stringify(json))).toThrow(message);
  });
});

it.each(['a', 'a/', '/a', 'a/b/', 'a//b', './b', 'a/b/../c', 'a/b@v1', 'https://a/b'])(
  '%s is no action',
  (name) => {
    expect(() => placeOf(name)).toThrow(`${name}: is no action; valid: <owner>/<repository>`);
  },
);

test('an action may lie in a folder', () => {
  expect(placeOf('github/codeql-action/init')).toEqual({
    owner: 'github',
    repo: 'codeql-action',
    folder: 'init',
  });
  expect(placeOf('a/b.c')).toEqual({ owner: 'a', repo: 'b.c', folder: '' });
});
