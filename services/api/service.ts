/** The sample service as the platform sees it. Plain data that imports nothing; checked by `stacks/check-config.ts`. */
export default {
  port: 3000,
  cpu: 256,
  memoryMiB: 512,
  livenessPath: '/livez',
  readinessPath: '/readyz',
  stopSeconds: 60,
  route: { priority: 100, paths: ['/*'] },
  tasks: { min: 1, max: 4 },
  scaling: { cpuPercent: 60, memoryPercent: 75, requestsPerTarget: 1000 },
  database: true,
  migrate: ['node', 'dist/migrate.js'],
  environment: { LOG_LEVEL: 'info' },
  environments: { prod: { tasks: { min: 2, max: 10 } } },
};
