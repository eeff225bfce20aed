import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import {
  environmentsOf,
  inOrder,
  named,
  readSynthesized,
  stacksOf,
  type SynthesizedStack,
} from './synthesized';

const stack = (id: string, dependencies: string[] = [], stateBucket = 'one'): SynthesizedStack => ({
  id,
  folder: `/out/${id}`,
  dependencies,
  reads: [],
  variables: [],
  stateBucket,
  stateRegion: 'eu-west-1',
});

const all = [
  stack('dev-service-api', ['dev-tasks-api']),
  stack('dev-tasks-api', ['dev-network', 'registry']),
  stack('dev-network'),
  stack('registry'),
  stack('bootstrap'),
  stack('bootstrap-222222222222', [], 'two'),
  stack('prod-network', [], 'two'),
  stack('prod-tasks-api', ['prod-network', 'registry'], 'two'),
];

test('an environment is its own stacks and the shared ones they depend on, dependencies first, with its bootstrap apart', () => {
  const { bootstrap, stacks } = stacksOf(all, 'dev');
  expect(stacks.map(({ id }) => id)).toEqual(['dev-network', 'registry', 'dev-tasks-api', 'dev-service-api']);
  expect(bootstrap.id).toBe('bootstrap');
  expect(stacksOf(all, 'prod').bootstrap.id).toBe('bootstrap-222222222222');
});

test('a shared stack is applied with the environments of its own account only', () => {
  expect(stacksOf(all, 'prod').stacks.map(({ id }) => id)).toEqual(['prod-network', 'prod-tasks-api']);
});

test('fails when the environment is unknown, naming those there are', () => {
  expect(environmentsOf(all)).toEqual(['dev', 'prod']);
  expect(() => stacksOf(all, 'stage')).toThrow("unknown environment 'stage': there are dev, prod");
});

test('stacks are named with or without their environment', () => {
  const { stacks } = stacksOf(all, 'dev');
  expect(named(stacks, 'dev', ['network', 'dev-service-api']).map(({ id }) => id)).toEqual([
    'dev-network',
    'dev-service-api',
  ]);
  expect(named(stacks, 'dev', [])).toBe(stacks);
  expect(() => named(stacks, 'dev', ['nettwork'])).toThrow(
    "no stack 'nettwork' in dev: there are dev-network, registry, dev-tasks-api, dev-service-api",
  );
});

test('fails when stacks depend on each other in a circle', () => {
  expect(() => inOrder([stack('a', ['b']), stack('b', ['a'])])).toThrow('a -> b -> a');
});

describe('reading what CDKTF wrote', () => {
  let outdir: string;
  beforeEach(() => {
    outdir = mkdtempSync(join(tmpdir(), 'fairlead-synth-'));
  });
  afterEach(() => rmSync(outdir, { recursive: true }));

  const write = (file: string, content: unknown): void => {
    mkdirSync(dirname(join(outdir, file)), { recursive: true });
    writeFileSync(join(outdir, file), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const manifest = (...dependencies: string[]) => ({
    version: '0.21.0',
    stacks: {
      a: {
        name: 'a',
        workingDirectory: 'stacks/a',
        synthesizedStackPath: 'stacks/a/cdk.tf.json',
        dependencies,
      },
    },
  });
  const backend = { backend: { s3: { bucket: 'states', key: 'a', region: 'eu-west-1' } } };

  test('a variable that has a default, be it null, needs no value', () => {
    write('manifest.json', manifest());
    const variable = { image: { type: 'string' }, size: { default: 1 }, note: { default: null } };
    write('stacks/a/cdk.tf.json', { terraform: backend, variable });
    expect(readSynthesized(outdir)).toMatchObject([{ variables: ['image'] }]);
  });

  test('a stack has its folder, its variables, the states it reads and the bucket of its own', () => {
    write('manifest.json', manifest());
    write('stacks/a/cdk.tf.json', {
      terraform: backend,
      variable: { image: { type: 'string' } },
      data: { terraform_remote_state: { x: { backend: 's3', config: { key: 'dev-network' } } }, aws_ami: {} },
    });
    expect(readSynthesized(outdir)).toEqual([
      {
        id: 'a',
        folder: join(outdir, 'stacks/a'),
        dependencies: [],
        reads: ['dev-network'],
        variables: ['image'],
        stateBucket: 'states',
        stateRegion: 'eu-west-1',
      },
    ]);
  });

  test.each<[string, unknown, unknown, RegExp]>([
    ['the manifest is cut off', '{"stacks": {', {}, /manifest\.json: cannot be read as JSON .*npm run synth/],
    ['the manifest is something else', { stacks: [] }, {}, /manifest\.json: stacks: .*npm run synth/],
    [
      'a dependency is missing',
      manifest('b'),
      { terraform: backend },
      /a depends on b, which is not a stack/,
    ],
    [
      'a stack keeps its state elsewhere',
      manifest(),
      { terraform: { backend: { local: {} } } },
      /cdk\.tf\.json: terraform\.backend\.s3: /,
    ],
  ])('fails when %s', (_, manifestFile, stackFile, message) => {
    write('manifest.json', manifestFile);
    write('stacks/a/cdk.tf.json', stackFile);
    expect(() => readSynthesized(outdir)).toThrow(message);
  });
});
