import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';

import { parse } from 'yaml';

import { pinProblems, PINS_FILE, readPins } from './pin-file';

const root = join(__dirname, '../..');
const text = readFileSync(join(root, PINS_FILE), 'utf8');

/** JSON5 is a part of JavaScript. */
const renovate = runInNewContext(`(${readFileSync(join(root, '.github/renovate.json5'), 'utf8')}\n)`) as {
  readonly enabledManagers: readonly string[];
  readonly customManagers: readonly {
    readonly managerFilePatterns: readonly [string];
    readonly matchStrings: readonly [string];
  }[];
};

describe('Renovate', () => {
  const [manager] = renovate.customManagers;
  const pattern = manager?.matchStrings[0] ?? '';
  const matches = [...text.matchAll(new RegExp(pattern, 'g'))];

  it('looks into the file of the pins, and nowhere else', () => {
    expect([...renovate.enabledManagers]).toEqual(['custom.regex']);
    expect(renovate.customManagers).toHaveLength(1);
    const [file] = manager?.managerFilePatterns ?? [];
    expect(new RegExp(file?.slice(1, -1) ?? '').test(PINS_FILE)).toBe(true);
    expect(new RegExp(file?.slice(1, -1) ?? '').test('.github/workflows/ci.yml')).toBe(false);
  });

  it('finds every pin, with its repository, version and commit', () => {
    expect(matches.map(({ groups }) => ({ ...groups }))).toEqual(
      Object.entries(readPins(text)).map(([name, { version, sha }]) => ({
        depName: name,
        packageName: name.split('/').slice(0, 2).join('/'),
        currentValue: version,
        currentDigest: sha,
      })),
    );
  });

  it('has an expression without what RE2 does not know', () => {
    expect(pattern).not.toMatch(/\(\?[=!]|\(\?<[=!]|\\\d|\\k</);
  });

  it('leaves a pin that CI tells to complete', () => {
    const [match] = matches;
    const { depName = '', currentValue = '', currentDigest = '' } = match?.groups ?? {};
    const replaced = (match?.[0] ?? '')
      .replace(currentValue, 'v99.0.0')
      .replace(currentDigest, 'f'.repeat(40));
    expect(pinProblems(readPins(text.replace(match?.[0] ?? '', replaced)))).toEqual([
      `${depName}: its version, commit, inputs and outputs do not belong together (integrity): run 'npm run pins -- --update ${depName}'`,
    ]);
  });
});

it('Dependabot leaves the actions alone: what it would edit is generated', () => {
  const { updates } = parse(readFileSync(join(root, '.github/dependabot.yml'), 'utf8')) as {
    updates: { 'package-ecosystem': string }[];
  };
  const ecosystems = updates.map((each) => each['package-ecosystem']);
  expect(ecosystems).toContain('npm');
  expect(ecosystems).not.toContain('github-actions');
});
