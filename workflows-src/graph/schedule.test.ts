import { runGraph } from './schedule';

const node = (id: string, ...dependencies: string[]) => ({ id, dependencies });

/** Runs a graph, noting when each node begins and ends. */
async function traced(
  nodes: readonly { id: string; dependencies: readonly string[] }[],
  options: Parameters<typeof runGraph>[2] = {},
  failing: readonly string[] = [],
) {
  const trace: string[] = [];
  let most = 0;
  let now = 0;
  const outcomes = await runGraph(
    nodes,
    async ({ id }) => {
      trace.push(`+${id}`);
      most = Math.max(most, ++now);
      await new Promise((done) => setTimeout(done, 5));
      now--;
      trace.push(`-${id}`);
      if (failing.includes(id)) throw new Error(`${id} broke`);
      return id.toUpperCase();
    },
    options,
  );
  return { trace, most, outcomes };
}

const diamond = [
  node('network'),
  node('data', 'network'),
  node('platform', 'network'),
  node('service', 'data', 'platform'),
];

test('a node begins only after all it depends on have ended, and independent nodes run together', async () => {
  const { trace, most, outcomes } = await traced(diamond);
  expect(trace).toEqual([
    '+network',
    '-network',
    '+data',
    '+platform',
    '-data',
    '-platform',
    '+service',
    '-service',
  ]);
  expect(most).toBe(2);
  expect(outcomes.get('service')).toEqual({ state: 'done', result: 'SERVICE' });
});

test('in reverse, dependents go first', async () => {
  const { trace } = await traced(diamond, { reverse: true, parallel: 1 });
  expect(trace.filter((step) => step.startsWith('+'))).toEqual([
    '+service',
    '+data',
    '+platform',
    '+network',
  ]);
});

test('a failure stops what waits for it, and nothing else', async () => {
  const { outcomes } = await traced([...diamond, node('registry')], {}, ['data']);
  expect([...outcomes].map(([id, { state }]) => `${id} ${state}`)).toEqual([
    'network done',
    'data failed',
    'platform done',
    'service skipped',
    'registry done',
  ]);
  expect(outcomes.get('service')).toEqual({ state: 'skipped', because: 'data is not done' });
});

test('no more than the given number run at a time', async () => {
  const { most } = await traced(
    ['a', 'b', 'c', 'd', 'e'].map((id) => node(id)),
    { parallel: 3 },
  );
  expect(most).toBe(3);
});

test('what most others wait for begins first', async () => {
  const { trace } = await traced([node('alone'), ...diamond, node('registry')], { parallel: 1 });
  expect(trace.filter((step) => step.startsWith('+'))).toEqual([
    '+network',
    '+data',
    '+platform',
    '+alone',
    '+service',
    '+registry',
  ]);
});

test('after an abort nothing more begins', async () => {
  const controller = new AbortController();
  const outcomes = await runGraph(diamond, async () => controller.abort(), { signal: controller.signal });
  expect([...outcomes.values()].map(({ state }) => state)).toEqual(['done', 'skipped', 'skipped', 'skipped']);
  expect(outcomes.get('data')).toEqual({ state: 'skipped', because: 'the run was stopped' });
});

test('dependencies outside the run count as done', async () => {
  const { outcomes } = await traced([node('service', 'platform')]);
  expect(outcomes.get('service')?.state).toBe('done');
});

test('fails when nodes wait for each other in a circle, without hanging', async () => {
  const { outcomes } = await traced([node('a', 'b'), node('b', 'a'), node('c')]);
  expect([...outcomes.values()].map(({ state }) => state)).toEqual(['skipped', 'skipped', 'done']);
});
