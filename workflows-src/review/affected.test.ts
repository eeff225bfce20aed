import { affectedStacks, type StackFiles } from './affected';

const of = (id: string, text = id, reads: readonly string[] = [], more: object = {}): StackFiles => ({
  stack: {
    id,
    reads,
    folder: `/${id}`,
    dependencies: reads,
    variables: [],
    stateBucket: 'b',
    stateRegion: 'r',
  },
  files: new Map(Object.entries({ 'cdk.tf.json': text, ...more })),
});

const base = [of('network'), of('data', 'data', ['network']), of('registry'), of('tasks', 'tasks', ['data'])];

test('none is affected where every file is the same', () => {
  expect(affectedStacks(base, [...base])).toEqual({ stacks: [], removed: [] });
});

test('a stack is affected that differs, and all that read from it, near and far, in the given order', () => {
  const head = [of('network', 'other'), ...base.slice(1)];
  expect(affectedStacks(base, head)).toEqual({ stacks: ['network', 'data', 'tasks'], removed: [] });
});

test('what it reads from itself is not', () => {
  const head = [...base.slice(0, 3), of('tasks', 'other', ['data'])];
  expect(affectedStacks(base, head).stacks).toEqual(['tasks']);
});

test('a stack is affected that is new, and one that reads from another than before', () => {
  const head = [...base, of('queue')];
  expect(affectedStacks(base, head).stacks).toEqual(['queue']);
  const reading = [base[0]!, of('queue'), of('data', 'data', ['queue'])];
  expect(affectedStacks(base, reading).stacks).toEqual(['queue', 'data']);
});

test.each<[string, StackFiles]>([
  ['has one more', of('network', 'network', [], { 'asset.zip': '' })],
  ['has one in place of another', { ...of('network'), files: new Map([['other.tf.json', 'network']]) }],
  ['has none', { ...of('network'), files: new Map() }],
])('a stack is affected whose folder %s', (_what, changed) => {
  expect(affectedStacks(base.slice(0, 1), [changed]).stacks).toEqual(['network']);
});

test('a stack counts as changed that is said to be, with what reads from it', () => {
  expect(affectedStacks(base, base, new Set(['data', 'unknown'])).stacks).toEqual(['data', 'tasks']);
});

test('a stack that is not configured any more is removed, and not affected', () => {
  expect(affectedStacks(base, base.slice(0, 2))).toEqual({ stacks: [], removed: ['registry', 'tasks'] });
  expect(affectedStacks(base, [])).toEqual({ stacks: [], removed: base.map(({ stack }) => stack.id) });
});
