import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { main } from './main';

const io = () => {
  const said = { out: '', err: '' };
  return {
    said,
    io: {
      cwd: process.cwd(),
      env: process.env,
      out: (text: string) => void (said.out += text),
      err: (text: string) => void (said.err += text),
    },
  };
};

test('help names every command and its exit codes', async () => {
  const { said, io: given } = io();
  expect(await main(['--help'], given)).toBe(0);
  for (const command of [
    'plan',
    'affected',
    'apply',
    'drift',
    'render',
    'bootstrap',
    'image',
    'loadtest',
    'costs',
    'pins',
    'doctor',
  ]) {
    expect(said.out).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
    const own = io();
    expect(await main([command, '--help'], own.io)).toBe(0);
    expect(own.said.out).toMatch(/^usage: /);
  }
});

test.each<[string[], RegExp]>([
  [[], /^$/],
  [['pln'], /there is no command 'pln'; there are plan, affected, apply/],
  [['plan', '--nonsense'], /--nonsense[\s\S]*See fairlead plan --help/],
  [['plan', 'dev', '--image', 'api=repo:latest'], /give <service>=<repository>@sha256:/],
  [['plan', 'stage'], /unknown environment 'stage': there are dev, prod/],
  [['plan', 'dev', 'nettwork'], /no stack 'nettwork' in dev: there are bootstrap, /],
  [['plan', 'dev', '--image', `apo=repo@sha256:${'0'.repeat(64)}`], /dev has no service 'apo'/],
  [['bootstrap', 'dev', 'prod'], /one environment at a time, got dev, prod/],
  [
    ['loadtest', '--profile', 'smoke', '--env', 'stage', '--k6', process.execPath],
    /unknown environment 'stage'/,
  ],
  [['drift'], /name an environment: dev, prod/],
])('fails with 2 when called as %j', async (argv, message) => {
  const { said, io: given } = io();
  expect(await main(argv, given)).toBe(2);
  expect(said.err).toMatch(message);
});

test('a reader that goes away is no crash', async () => {
  const child = spawn(process.execPath, ['-r', 'tsx/cjs', join(__dirname, 'main.ts'), '--help'], {
    cwd: join(__dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await once(child, 'close');
  expect(err).not.toMatch(/EPIPE|\n\s+at /);
});

const full = existsSync('/dev/full') ? test : test.skip;

full('what cannot be written is not done', () => {
  const device = openSync('/dev/full', 'w');
  try {
    const { status } = spawnSync(process.execPath, ['-r', 'tsx/cjs', join(__dirname, 'main.ts'), '--help'], {
      cwd: join(__dirname, '..', '..'),
      stdio: ['ignore', device, 'pipe'],
    });
    expect(status).toBe(1);
  } finally {
    closeSync(device);
  }
});
