import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkConfig } from './check-config';
import { loadServiceDescriptors } from './services';
import { given, stackOf, stacksOf } from './test-app';
import { all } from './test-json';

test('every Terraform address is a contract: a rename needs a moved block', () => {
  const addresses = Object.fromEntries(
    Object.entries(stacksOf()).map(([id, { resource, data, output, variable }]) => [
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
