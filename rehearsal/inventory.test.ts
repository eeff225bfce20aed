import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from '../workflows-src/terraform/process';
import { type Emulator, withoutAws } from './emulator';
import { emulated, python, startEmulator } from './emulator-in-tests';

emulated('what AWS is asked for after a destroy', () => {
  let folder: string;
  let emulator: Emulator;

  const aws = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run(python, [join(__dirname, 'emulator', 'aws_cli.py'), ...args], {
      env: { ...withoutAws(process.env), ...emulator.env },
    });
    if (code !== 0) throw new Error(stderr);
  };
  const inventory = async (): Promise<string[]> => (await emulator.aws('inventory', {})) as string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-inventory-'));
    emulator = await startEmulator(folder);
  }, 60_000);
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  test('sees what the firewall, the dashboard, the clock and shared addresses leave behind', async () => {
    const before = await inventory();
    const arn = 'arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/it/1';
    const ecs = ['--service-namespace', 'ecs', '--scalable-dimension', 'ecs:service:DesiredCount'];
    await Promise.all([
      aws(
        ...[
          'wafv2',
          'create-web-acl',
          '--name',
          'it',
          '--scope',
          'REGIONAL',
          '--default-action',
          '{"Allow": {}}',
        ],
        ...[
          '--visibility-config',
          '{"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "it"}',
        ],
      ),
      aws(
        ...['wafv2', 'put-logging-configuration', '--logging-configuration'],
        JSON.stringify({
          ResourceArn: arn,
          LogDestinationConfigs: ['arn:aws:logs:eu-west-1:111111111111:log-group:aws-waf-logs-it'],
        }),
      ),
      aws('cloudwatch', 'put-dashboard', '--dashboard-name', 'it', '--dashboard-body', '{"widgets": []}'),
      aws(
        ...['application-autoscaling', 'put-scheduled-action', ...ecs, '--resource-id', 'service/it/it'],
        ...['--scheduled-action-name', 'night', '--schedule', 'cron(0 19 ? * MON-FRI *)'],
      ),
      aws(
        ...['ec2', 'create-managed-prefix-list', '--prefix-list-name', 'it', '--max-entries', '1'],
        ...['--address-family', 'IPv4'],
      ),
      aws('logs', 'put-resource-policy', '--policy-name', 'it', '--policy-document', '{}'),
    ]);
    const left = (await inventory()).filter((item) => !before.includes(item));
    expect(left.map((item) => item.replace(/pl-\w+/, 'pl-…'))).toEqual([
      'dashboard it',
      'log resource policy it',
      'managed prefix list pl-…',
      'scheduled action night',
      'web ACL it',
      `web ACL logging ${arn}`,
    ]);
  }, 60_000);
});
