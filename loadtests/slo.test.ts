import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { thresholdsOf, type Slo } from './slo';

const latency: Slo = {
  name: 'response time, p95',
  metric: 'http_req_duration',
  statistic: 'p(95)',
  bound: 'at most',
  limit: 300,
  unit: 'ms',
  samples: { metric: 'http_reqs', atLeast: 100 },
};

test('every objective has its sample count beside it, and no iteration may be dropped', () => {
  const checks: Slo = {
    ...latency,
    metric: 'checks',
    statistic: 'rate',
    bound: 'at least',
    limit: 0.99,
    unit: 'share',
  };
  expect(thresholdsOf([latency, { ...latency, statistic: 'p(99)', limit: 900 }, checks])).toEqual({
    dropped_iterations: ['count==0'],
    http_req_duration: ['p(95)<=300', 'p(99)<=900'],
    http_reqs: ['count>=100'],
    checks: ['rate>=0.99'],
  });
});

test('an objective without a sample count does not compile', () => {
  const { samples: _samples, ...rest } = latency;
  // @ts-expect-error -- samples is required
  const slo: Slo = rest;
  expect(slo).not.toHaveProperty('samples');
});

test('what k6 runs imports only k6 and files beside it, by their whole name', () => {
  const scripts = ['journeys', 'profiles', 'fixtures'].flatMap((folder) =>
    readdirSync(join(__dirname, folder)).map((name) => join(folder, name)),
  );
  const imports = ['profile.ts', 'slo.ts', ...scripts].flatMap((file) =>
    [...readFileSync(join(__dirname, file), 'utf8').matchAll(/\bfrom '([^']+)'/g)].map(
      ([, name]) => `${file}: ${name}`,
    ),
  );
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.filter((line) => !/: (k6(\/[a-z]+)?|\.{1,2}\/.*\.ts)$/.test(line))).toEqual([]);
});
