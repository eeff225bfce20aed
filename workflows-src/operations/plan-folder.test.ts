import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { planFolder, removeLeftFolders } from './plan-folder';

const MINUTE = 60_000;

test('only this user may look into the folder of plans', () => {
  expect(statSync(planFolder()).mode & 0o777).toBe(0o700);
  expect(planFolder()).toBe(planFolder());
  expect(dirname(planFolder())).toBe(tmpdir());
});

test('what a killed process left goes after a minute; what is of a living one, or is something else, stays', () => {
  const parent = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  try {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const names = [
      `fairlead-plans-${dead}-a`,
      `fairlead-plans-${process.pid}-b`,
      'fairlead-plans-x',
      'other',
    ];
    for (const name of names) {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'dev-a.tfplan'), 'state');
    }
    removeLeftFolders(parent);
    expect(readdirSync(parent).sort()).toEqual([...names].sort());
    removeLeftFolders(parent, Date.now() + 2 * MINUTE);
    expect(readdirSync(parent).sort()).toEqual(names.slice(1).sort());
    expect(existsSync(join(parent, names[1]!, 'dev-a.tfplan'))).toBe(true);
  } finally {
    rmSync(parent, { recursive: true });
  }
});
