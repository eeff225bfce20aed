import type { Plan } from '../changes/planned-change';
import { readPlan } from '../changes/read-plan';
import { besidesImages } from './image-only';

const image = (letter: string): string => `registry.example/shop/api@sha256:${letter.repeat(64)}`;
const IMAGES = [image('a'), image('b')];

interface Definition {
  readonly image: string;
  readonly cpu?: number;
  readonly variable?: string;
  readonly role?: string;
}

function attributes({ image, cpu = 256, variable = 'info', role = 'arn:role/api' }: Definition): object {
  const container = { name: 'api', image, cpu, environment: [{ name: 'LOG_LEVEL', value: variable }] };
  return { family: 'api', task_role_arn: role, container_definitions: JSON.stringify([container]) };
}

function planOf(resource: object, more: object = {}): Plan {
  return readPlan(
    JSON.stringify({ format_version: '1.2', resource_changes: [resource], ...more }),
    'dev-tasks-api',
  );
}

const definition = (before: Definition, after: Definition): Plan =>
  planOf({
    address: 'aws_ecs_task_definition.api',
    mode: 'managed',
    type: 'aws_ecs_task_definition',
    change: {
      actions: ['delete', 'create'],
      before: { ...attributes(before), arn: 'arn:api:1', id: 'api', revision: 1 },
      after: attributes(after),
      after_unknown: { arn: true, id: true, revision: true },
      replace_paths: [['container_definitions']],
    },
  });
const service = (before: object, after: object): Plan =>
  planOf({
    address: 'aws_ecs_service.service',
    mode: 'managed',
    type: 'aws_ecs_service',
    change: {
      actions: ['update'],
      before: { id: 'x', ...before },
      after: { id: 'x', ...after },
      after_unknown: {},
    },
  });

test('a revision that differs in the image alone, and a service that moves to it, are that and nothing else', () => {
  expect(besidesImages(definition({ image: image('a') }, { image: image('b') }), IMAGES)).toEqual([]);
  expect(besidesImages(service({ task_definition: 'api:1' }, { task_definition: 'api:2' }), IMAGES)).toEqual(
    [],
  );
});

test.each<[string, Plan]>([
  ['another image than those two', definition({ image: image('a') }, { image: image('c') })],
  ['more of the container', definition({ image: image('a') }, { image: image('b'), cpu: 512 })],
  // Masked wherever it is shown, and told apart all the same.
  [
    'a variable of the container',
    definition({ image: image('a') }, { image: image('b'), variable: 'debug' }),
  ],
])('fails for %s, naming the attribute', (_what, plan) => {
  expect(besidesImages(plan, IMAGES)).toEqual([
    {
      address: 'aws_ecs_task_definition.api',
      sentence: 'differs in container_definitions besides the image',
    },
  ]);
});

test('fails for another role, although the revision is new anyway', () => {
  const plan = definition({ image: image('a') }, { image: image('b'), role: 'arn:role/admin' });
  expect(besidesImages(plan, IMAGES)).toEqual([
    { address: 'aws_ecs_task_definition.api', sentence: 'differs in task_role_arn besides the image' },
  ]);
});

test('fails for a service that changes in more than its revision', () => {
  expect(besidesImages(service({ desired_count: 1 }, { desired_count: 2 }), IMAGES)).toEqual([
    { address: 'aws_ecs_service.service', sentence: 'differs in desired_count besides the image' },
  ]);
});

test.each([['create'], ['delete'], ['update']])('fails for anything else: %s of a role', (action) => {
  const plan = planOf({
    address: 'aws_iam_role.api',
    mode: 'managed',
    type: 'aws_iam_role',
    change: {
      actions: [action],
      before: action === 'create' ? null : { id: 'x', name: 'a' },
      after: action === 'delete' ? null : { id: 'x', name: 'b' },
    },
  });
  expect(besidesImages(plan, IMAGES)).toEqual([
    { address: 'aws_iam_role.api', sentence: `would be changed (${action}), and is not what runs an image` },
  ]);
});

test('outputs do nothing by themselves', () => {
  const plan = planOf(
    {
      address: 'aws_x.a',
      mode: 'managed',
      type: 'aws_x',
      change: { actions: ['no-op'], before: {}, after: {} },
    },
    { output_changes: { deployed_image: { actions: ['update'], before: image('a'), after: image('b') } } },
  );
  expect(besidesImages(plan, IMAGES)).toEqual([]);
});
