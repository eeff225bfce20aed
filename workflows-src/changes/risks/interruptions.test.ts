import { INTERRUPTIONS } from './interruptions';
import { risks, told } from './test-change';

const TYPES = INTERRUPTIONS.flatMap(({ types }) => types);

test('no type is in two rows', () => {
  expect(TYPES.filter((type, index) => TYPES.indexOf(type) !== index)).toEqual([]);
});

test.each(TYPES)('the end of %s is told as downtime, milder where its successor stands first', (type) => {
  const gravity = (change: object) => {
    const { category, severity } = risks({ type, action: 'delete', ...change }).find(
      (risk) => risk.category === 'downtime',
    )!;
    return [category, severity];
  };
  const destroyed = gravity({});
  expect(destroyed[1]).not.toBe('critical');
  expect(gravity({ action: 'delete-then-create' })).toEqual(destroyed);
  expect(gravity({ action: 'create-then-delete' })).toEqual(['downtime', 'medium']);
  expect(gravity({ deposed: 'abcd1234' })).toEqual(['downtime', 'medium']);
});

test.each([
  [
    { action: 'delete' as const },
    'load-balancer-destroyed (high): The load balancer is destroyed: nobody reaches what is behind it.',
  ],
  [
    { action: 'delete-then-create' as const },
    'load-balancer-destroyed (high): The load balancer is destroyed before a new one stands: until then, nobody reaches what is behind it; then it has another address, which names and clients have to follow.',
  ],
  [
    { action: 'create-then-delete' as const },
    'load-balancer-destroyed (medium): The load balancer is replaced, the new one first: it has another address, which names and clients have to follow.',
  ],
  [
    { action: 'delete' as const, deposed: 'abcd1234' },
    'load-balancer-destroyed (medium): A load balancer that an earlier replacement left over is destroyed: nobody reaches what is behind it.',
  ],
])('the sentence says what is missed, and for how long: %j', (change, expected) => {
  expect(told({ type: 'aws_lb', ...change })).toEqual([expected]);
});

test('what has no other address when it is made anew is missed only meanwhile', () => {
  expect(told({ type: 'aws_ecs_cluster', action: 'delete-then-create' })).toEqual([
    'cluster-destroyed (high): The cluster is destroyed before a new one stands: until then, nothing that ran in it runs.',
  ]);
  expect(told({ type: 'aws_ecs_cluster', action: 'create-then-delete' })).toEqual([
    'cluster-destroyed (medium): The cluster is replaced, the new one first: what still uses the old one when it goes fails.',
  ]);
});

test.each(['create', 'update', 'forget', 'create-then-forget'] as const)('by %s nothing stops', (action) => {
  const downtime = TYPES.flatMap((type) => risks({ type, action })).filter(
    ({ category }) => category === 'downtime',
  );
  expect(downtime).toEqual([]);
});
