/** Of the image's own user; root is not needed by anything a service does. */
const USER = '10001:10001';

export interface HardenedContainerProps {
  readonly name: string;
  /** `repository@sha256:…` */
  readonly image: string;
  /** @default the image's own */
  readonly command?: readonly string[];
  /** @default none: it serves nothing */
  readonly port?: number;
  /** Answers 200 on `port` while the process works. @default none */
  readonly livenessPath?: string;
  /** SIGTERM to SIGKILL. */
  readonly stopSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** ARNs of secrets by variable name, read once, when the task starts. @default none */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly logGroupName: string;
  readonly region: string;
}

/**
 * The container definition that every task of ours runs: no root, nor a way to become it, no capabilities, a root file system that cannot be
 * written to. Keys as ECS has them: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
 */
export function hardenedContainer(props: HardenedContainerProps): object {
  return {
    name: props.name,
    image: props.image,
    essential: true,
    ...(props.command && { command: props.command }),
    user: USER,
    privileged: false,
    readonlyRootFilesystem: true,
    dockerSecurityOptions: ['no-new-privileges'],
    linuxParameters: {
      capabilities: { drop: ['ALL'] },
      // Reaps children and passes signals on: node as process 1 does neither well.
      initProcessEnabled: true,
      tmpfs: [{ containerPath: '/tmp', size: 64, mountOptions: ['rw', 'noexec', 'nosuid', 'nodev'] }],
    },
    ulimits: [{ name: 'nofile', softLimit: 65536, hardLimit: 65536 }],
    stopTimeout: props.stopSeconds,
    ...(props.port !== undefined && {
      portMappings: [{ containerPort: props.port, hostPort: props.port, protocol: 'tcp' }],
    }),
    ...(props.port !== undefined &&
      props.livenessPath !== undefined && {
        healthCheck: {
          command: ['CMD', 'node', '-e', probe(props.port, props.livenessPath)],
          interval: 10,
          timeout: 5,
          retries: 3,
          startPeriod: 30,
        },
      }),
    // By name, as ECS returns them: another order would be a new revision without a change.
    environment: sorted(props.environment).map(([name, value]) => ({ name, value })),
    ...(props.secrets && {
      secrets: sorted(props.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
    }),
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': props.logGroupName,
        'awslogs-region': props.region,
        'awslogs-stream-prefix': props.name,
        // A slow log service must not stop the container from answering.
        mode: 'non-blocking',
        'max-buffer-size': '25m',
      },
    },
  };
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The image has no curl, and needs none: it has node. */
function probe(port: number, path: string): string {
  return `fetch('http://127.0.0.1:${port}${path}').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
}
