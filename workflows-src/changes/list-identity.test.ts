import { align, type Naming } from './list-identity';

function aligned(before: unknown[], after: unknown[], naming: Naming = 'by anything') {
  const { pairs, label, isReordered } = align(before, after, naming);
  return {
    pairs: pairs.map((pair) => [pair.before, pair.after]),
    labels: after.map((element, index) => label(element, index)),
    isReordered,
  };
}

test('elements are told apart by what people call them', () => {
  const [a, b, c] = [
    { name: 'a', x: 1 },
    { name: 'b', x: 1 },
    { name: 'c', x: 9, y: 9 },
  ];
  expect(aligned([a, b], [c, { ...a, x: 2 }])).toEqual({
    pairs: [
      [1, undefined],
      [undefined, 0],
      [0, 1],
    ],
    labels: ['c', 'a'],
    isReordered: false,
  });
});

test.each([
  ['Sid', [{ Sid: 'A' }, { Sid: 'B' }], ['A', 'B']],
  ['a port', [{ containerPort: 80 }, { containerPort: 443 }], ['80', '443']],
  [
    'protocol and ports',
    [
      { protocol: 'tcp', from_port: 443, to_port: 443 },
      { protocol: 'tcp', from_port: 1, to_port: 9 },
      { protocol: '-1', from_port: 0, to_port: 0 },
    ],
    ['tcp 443', 'tcp 1-9', 'all'],
  ],
])('by %s', (_, elements, labels) => {
  expect(aligned([], elements).labels).toEqual(labels);
});

test('a name that two elements share tells nothing', () => {
  const twice = [
    { name: 'a', id: '1' },
    { name: 'a', id: '2' },
  ];
  expect(aligned(twice, twice).labels).toEqual(['1', '2']);
  expect(aligned([{ name: 'a' }, { name: 'a' }], [{ name: 'a' }]).labels).toEqual([undefined]);
});

test('where nothing names them, equal elements are the same, then those that have most in common', () => {
  const [x, y] = [
    { cidr: ['10.0.0.0/8'], from: 1, to: 2 },
    { cidr: ['10.1.0.0/16'], from: 3, to: 4 },
  ];
  expect(aligned([x, y], [y, { ...x, cidr: ['0.0.0.0/0'] }]).pairs).toEqual([
    [1, 0],
    [0, 1],
  ]);
  const other = { cidr: [], from: 5, to: 6 };
  expect(aligned([x, y], [x, other]).pairs).toEqual([
    [1, undefined],
    [0, 0],
    [undefined, 1],
  ]);
});

test('a single block stays itself, whatever changes in it, and needs no name but its own', () => {
  expect(aligned([{ path: '/a', port: 80 }], [{ path: '/b', port: 81 }])).toEqual({
    pairs: [[0, 0]],
    labels: [undefined],
    isReordered: false,
  });
  expect(aligned([{ name: 'api', x: 1 }], [{ name: 'web', x: 2 }]).pairs).toEqual([
    [0, undefined],
    [undefined, 0],
  ]);
});

test('an element with another name and all else the same is renamed', () => {
  const { pairs } = aligned([{ name: 'api', a: 1, b: 2, c: 3 }], [{ name: 'web', a: 1, b: 2, c: 3 }]);
  expect(pairs).toEqual([[0, 0]]);
});

test('another order is noticed, and what comes or goes is no other order', () => {
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  expect(aligned([a, b, c], [c, a, b]).isReordered).toBe(true);
  expect(aligned([a, b, c], [a, c]).isReordered).toBe(false);
  expect(aligned([b], [a, b, c]).isReordered).toBe(false);
});

test('where attributes may be secret, only a name names an element, or nothing does', () => {
  const elements = [{ name: 'A', id: 'x' }];
  expect(aligned([], [{ id: 'x' }], 'by name').labels).toEqual([undefined]);
  expect(aligned([], elements, 'by name').labels).toEqual(['A']);
  expect(aligned([], elements, 'by index').labels).toEqual([undefined]);
});
