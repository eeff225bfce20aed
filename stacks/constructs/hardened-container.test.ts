import { hardenedContainer } from './hardened-container';

const props = {
  name: 'api',
  image: 'registry/api@sha256:1',
  stopSeconds: 60,
  environment: { PORT: '3000', LOG_LEVEL: 'info' },
  logGroupName: '/acme/prod/api',
  region: 'eu-west-1',
};

test('it runs as nobody in particular, without capabilities or a way to more, on a file system it cannot write to', () => {
  expect(hardenedContainer(props)).toMatchObject({
    user: '10001:10001',
    privileged: false,
    readonlyRootFilesystem: true,
    dockerSecurityOptions: ['no-new-privileges'],
    linuxParameters: {
      capabilities: { drop: ['ALL'] },
      initProcessEnabled: true,
      tmpfs: [{ containerPath: '/tmp', size: 64, mountOptions: ['rw', 'noexec', 'nosuid', 'nodev'] }],
    },
  });
});

test('a server is checked by node itself, because the image has no curl', () => {
  expect(hardenedContainer({ ...props, port: 3000, livenessPath: '/livez' })).toMatchObject({
    portMappings: [{ containerPort: 3000, hostPort: 3000, protocol: 'tcp' }],
    healthCheck: {
      command: [
        'CMD',
        'node',
        '-e',
        "fetch('http://127.0.0.1:3000/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))",
      ],
    },
  });
});

test('what serves nothing has no port and no health check', () => {
  const container = hardenedContainer(props);
  expect(container).not.toHaveProperty('portMappings');
  expect(container).not.toHaveProperty('healthCheck');
});

test('variables and secrets are in the order of their names, so that moving a line is not a new revision', () => {
  expect(hardenedContainer({ ...props, secrets: { B: 'arn:b', A: 'arn:a' } })).toMatchObject({
    environment: [
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'PORT', value: '3000' },
    ],
    secrets: [
      { name: 'A', valueFrom: 'arn:a' },
      { name: 'B', valueFrom: 'arn:b' },
    ],
  });
});

test('it logs without waiting for the log service, and is given its time to stop', () => {
  expect(hardenedContainer(props)).toMatchObject({
    stopTimeout: 60,
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': '/acme/prod/api',
        'awslogs-region': 'eu-west-1',
        'awslogs-stream-prefix': 'api',
        mode: 'non-blocking',
        'max-buffer-size': '25m',
      },
    },
  });
});
