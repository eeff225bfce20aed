import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SynthesizedStack } from '../graph/synthesized';
import { appliedNow, revisionsRead } from './applied';
import type { AppliedRecord } from './state-store';

const commit = 'a'.repeat(40);
const at = '2026-01-01T00:00:00.000Z';
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'applied-'));
  writeFileSync(join(folder, 'cdk.tf.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true }));

const stack = (id: string, reads: readonly string[] = []): SynthesizedStack => ({
  id,
  folder,
  dependencies: reads,
  reads,
  variables: [],
  stateBucket: 'states',
  stateRegion: 'eu-west-1',
});
const store = (records: Readonly<Record<string, AppliedRecord>>) => ({
  applied: async ({ id }: SynthesizedStack): Promise<AppliedRecord> => records[id] ?? { format: 1 },
});
const done = (revision?: string): AppliedRecord => ({
  format: 1,
  applied: { commit, at, ...(revision !== undefined && { revision }) },
});

test('what a stack reads has its revision; one that was never recorded, or is being applied, has none', async () => {
  const records = {
    network: done('n1'),
    data: done(),
    platform: { ...done('p1'), running: { at } },
    other: done('o1'),
  };
  const known = ['network', 'data', 'platform', 'other', 'new'].map((id) => stack(id));
  const reads = ['network', 'data', 'platform', 'new'];
  expect(await revisionsRead(store(records), stack('service', reads), known)).toEqual({ network: 'n1' });
});

test('an apply that changed something has a revision of its own, one that did not keeps the one before', async () => {
  const now = { commit, at: new Date(at), reads: { network: 'n1' } };
  const first = await appliedNow({ images: new Map() }, stack('data'), {
    ...now,
    before: undefined,
    changed: false,
  });
  const again = await appliedNow({ images: new Map() }, stack('data'), {
    ...now,
    before: first,
    changed: false,
  });
  const changed = await appliedNow({ images: new Map() }, stack('data'), {
    ...now,
    before: again,
    changed: true,
  });
  expect(first.revision).toMatch(/^[0-9a-f-]{36}$/);
  expect(again).toEqual(first);
  expect(changed.revision).not.toBe(first.revision);
  expect(changed.reads).toEqual({ network: 'n1' });
});
