import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ChangeSet, DriftedResource } from '../changes/change-set';
import { readPlan } from '../changes/read-plan';
import { toldApart } from './drift';

const fixture = (name: string): ChangeSet =>
  readPlan(readFileSync(join(__dirname, `../changes/fixtures/${name}.json`)), name);

const plain = (drift: ChangeSet['drift']): unknown => JSON.parse(JSON.stringify(drift));

/** One update in AWS, and one change of the same resource in the plan. */
const one = (attribute: string, planned?: { action: string; attribute?: string }): ChangeSet => {
  const change = (action: string, name: string): object => ({
    address: 'a.b',
    mode: 'managed',
    type: 'a',
    change: {
      actions: [action],
      before: { [name]: 1 },
      after: action === 'delete' ? null : { [name]: 2 },
    },
  });
  const plan = (parts: object): ChangeSet =>
    readPlan(JSON.stringify({ format_version: '1.2', planned_values: {}, ...parts }), 's');
  const differs = plan({ resource_drift: [change('update', attribute)] }).drift;
  const changes = planned ? [change(planned.action, planned.attribute ?? attribute)] : [];
  return toldApart(plan({ resource_changes: changes }), differs);
};

describe('what differs', () => {
  // Real pairs of plans of one state: the refresh-only plan knows no difference that the normal plan does not know.
  it.each(['drift', 'drift-of-many'])('is the same in both plans, and told apart alike: %s', (name) => {
    const normal = fixture(name === 'drift' ? 'drift-normal' : name);
    const differs = fixture(`${name}-refresh-only`).drift;
    const apart = toldApart(normal, differs);
    expect(plain(apart.drift)).toEqual(plain(normal.drift));
    expect(plain(apart.settled)).toEqual(plain(normal.settled));
  });

  it('is drift where the next apply changes it back, or makes the resource anew', () => {
    expect(one('size', { action: 'update' })).toMatchObject({ drift: [{ address: 'a.b' }], settled: [] });
    expect(one('size', { action: 'update', attribute: 'size' }).drift).toHaveLength(1);
    expect(one('size', { action: 'delete', attribute: 'id' }).drift).toHaveLength(1);
  });

  it('stays where the plan does nothing, or something else, to the resource', () => {
    expect(one('rules')).toMatchObject({ drift: [], settled: [{ address: 'a.b' }] });
    expect(one('rules', { action: 'update', attribute: 'tags' })).toMatchObject({
      drift: [],
      settled: [{ address: 'a.b' }],
    });
  });

  it('is drift where it is gone, whatever is planned; a move is none', () => {
    const differs: DriftedResource[] = [
      { address: 'a.gone', type: 'a', action: 'delete', attributes: [] },
      { address: 'a.moved', type: 'a', action: 'no-op', attributes: [], previousAddress: 'a.old' },
    ];
    const apart = toldApart(fixture('no-changes'), differs);
    expect(apart.drift.map(({ address }) => address)).toEqual(['a.gone']);
    expect(apart.settled).toEqual([]);
  });
});
