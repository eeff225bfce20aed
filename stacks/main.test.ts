import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkConfig } from './check-config';
import { loadServiceDescriptors } from './services';
import { given, stackOf, stacksOf } from './test-app';
import { all, type StackJson } from './test-json';

/** The whole app, as it ships: house rules tested here cover every stack from the day it is added. */
const app = stacksOf();
const stacks = Object.entries(app);

test('every Terraform address is a contract: a rename needs a moved block', () => {
  const addresses = Object.fromEntries(
    stacks.map(([id, { resource, data, output, variable }]) => [
      id,
      [
        ...Object.entries(resource ?? {}).flatMap(([type, named]) =>
          Object.keys(named).map((name) => `${type}.${name}`),
        ),
        ...Object.entries(data ?? {}).flatMap(([type, named]) =>
          Object.keys(named).map((name) => `data.${type}.${name}`),
        ),
        ...Object.keys(variable ?? {}).map((name) => `var.${name}`),
        ...Object.keys(output ?? {}).map((name) => `output.${name}`),
      ].sort(),
    ]),
  );
  expect(addresses).toMatchSnapshot();
});

test.each(stacks)(
  '%s keeps its state under its own id, locked, in the bucket of its account',
  (id, stack) => {
    const account = /^prod|222222222222/.test(id) ? '222222222222' : '111111111111';
    expect((stack as StackJson & { terraform: unknown }).terraform).toMatchObject({
      backend: {
        s3: {
          bucket: `fairlead-${account}-eu-west-1-tfstate`,
          key: id,
          region: 'eu-west-1',
          use_lockfile: true,
        },
      },
      required_providers: { aws: { version: '5.100.0' } },
    });
  },
);

test.each(stacks)('%s refuses every account but its own, and tags what it makes', (id, stack) => {
  const account = /^prod|222222222222/.test(id) ? '222222222222' : '111111111111';
  const { provider } = stack as StackJson & { provider: { aws: unknown[] } };
  expect(provider.aws).toEqual([
    {
      region: 'eu-west-1',
      allowed_account_ids: [account],
      default_tags: [
        {
          tags: {
            Project: 'fairlead',
            Environment: /bootstrap|registry/.test(id) ? 'shared' : id.split('-')[0],
            Stack: id,
            ManagedBy: 'fairlead',
            Repository: 'your-organization/your-repository',
          },
        },
      ],
    },
  ]);
});

test.each(stacks)('every role of %s carries the permissions boundary', (id, stack) => {
  const account = /^prod|222222222222/.test(id) ? '222222222222' : '111111111111';
  for (const role of all(stack, 'aws_iam_role')) {
    // The bootstrap stack makes the boundary, and refers to it; the others know its name.
    expect(role.permissions_boundary).toMatch(
      id.startsWith('bootstrap')
        ? /^\$\{aws_iam_policy\./
        : new RegExp(`^arn:aws:iam::${account}:policy/fairlead-boundary$`),
    );
  }
});

test.each(stacks)('no policy of %s allows every action on everything', (_, stack) => {
  const documents = [
    ...['aws_iam_policy', 'aws_iam_role_policy', 'aws_s3_bucket_policy', 'aws_ecr_repository_policy'].flatMap(
      (type) =>
        all(stack, type)
          // A boundary is what no role may go beyond; it grants nothing.
          .filter(({ name }) => name !== 'fairlead-boundary')
          .map(({ policy }) => policy as string),
    ),
    ...all(stack, 'aws_iam_role').map((role) => role.assume_role_policy as string),
  ];
  for (const document of documents) {
    const { Statement } = JSON.parse(document) as {
      Statement: { Effect: string; Action?: unknown; Resource?: unknown }[];
    };
    for (const { Effect, Action, Resource } of Statement) {
      if (Effect !== 'Allow') continue;
      expect([Action].flat()).not.toContain('*');
      if ([Resource].flat().includes('*'))
        expect([Action].flat().filter((action) => /^[\w-]+:\*$/.test(String(action)))).toEqual([]);
    }
  }
});

test.each(stacks)('%s holds no secret: neither password, secret string nor random password', (_, stack) => {
  const keys: string[] = [];
  JSON.stringify(stack.resource ?? {}, (key, value: unknown) => {
    keys.push(key);
    return value;
  });
  expect(
    keys.filter((key) => /^(password|secret_string|master_password|random_password)$/.test(key)),
  ).toEqual([]);
});

describe('a second service', () => {
  let services: string;
  beforeAll(() => {
    services = mkdtempSync(join(tmpdir(), 'fairlead-services-'));
    mkdirSync(join(services, 'notes-of-nobody'));
    for (const [name, priority] of [
      ['api', 100],
      ['web', 50],
    ] as const) {
      mkdirSync(join(services, name));
      const descriptor = {
        port: 8080,
        cpu: 128,
        memoryMiB: 256,
        livenessPath: '/livez',
        readinessPath: '/readyz',
        stopSeconds: 30,
        route: { priority, paths: [`/${name}/*`] },
        tasks: { min: 1, max: 2 },
        scaling: {},
        database: false,
      };
      writeFileSync(join(services, name, 'service.ts'), `export default ${JSON.stringify(descriptor)};\n`);
    }
  });
  afterAll(() => rmSync(services, { recursive: true }));

  test('is a folder: it gets its repository, its tasks and its service in every environment, and the first one stays as it was', () => {
    const both = checkConfig(given.config, loadServiceDescriptors(services)).services;
    const { web, ...one } = both;
    const before = stacksOf(given.config, one);
    const after = stacksOf(given.config, both);
    expect(web).toBeDefined();
    expect(
      Object.keys(after)
        .filter((id) => !(id in before))
        .sort(),
    ).toEqual(['dev-service-web', 'dev-tasks-web', 'prod-service-web', 'prod-tasks-web']);
    expect(all(stackOf(after, 'registry'), 'aws_ecr_repository').map(({ name }) => name as string)).toEqual([
      'fairlead/api',
      'fairlead/web',
    ]);
    for (const id of ['dev-tasks-api', 'dev-service-api']) expect(after[id]).toEqual(before[id]);
  });
});
