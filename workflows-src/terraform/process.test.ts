import { spawnSync } from 'node:child_process';

import { CannotStart, run } from './process';

const node = (script: string): [string, string[]] => [process.execPath, ['-e', script]];

test('the result has the exit code and both streams, and a code above zero is no exception', async () => {
  const result = await run(
    ...node('process.stdout.write("out"); process.stderr.write("err"); process.exitCode = 7'),
  );
  expect({ ...result, stdout: result.stdout.toString() }).toEqual({ code: 7, stdout: 'out', stderr: 'err' });
});

test('lines arrive whole, however the bytes were cut', async () => {
  const lines: string[] = [];
  const script = `
    const bytes = Buffer.from('one\\ntwö\\nlast');
    let i = 0;
    const step = () => { if (i < bytes.length) { process.stdout.write(bytes.subarray(i, ++i)); setTimeout(step, 1); } };
    step();`;
  await run(...node(script), { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(['one', 'twö', 'last']);
});

test('fails when the program does not exist, by its name', async () => {
  await expect(run('no-such-program-anywhere', [])).rejects.toThrow(CannotStart);
});

test('a program ended by a signal has 128 plus its number', async () => {
  expect((await run(...node('process.kill(process.pid, "SIGKILL")'))).code).toBe(137);
});

test('an abort sends one SIGINT and waits for the program to end in order', async () => {
  const controller = new AbortController();
  const lines: string[] = [];
  const script = `
    let n = 0;
    process.on('SIGINT', () => { n += 1; setTimeout(() => { console.log('interrupts', n); process.exit(0); }, 200); });
    console.log('ready'); setInterval(() => {}, 1000);`;
  const done = run(...node(script), {
    signal: controller.signal,
    onLine: (line) => {
      lines.push(line);
      if (line === 'ready') controller.abort(new Error('stop now'));
    },
  });
  await expect(done).rejects.toThrow('stop now');
  expect(lines).toEqual(['ready', 'interrupts 1']);
});

test('a program that does not end within its grace is killed with all it began', async () => {
  const controller = new AbortController();
  let child = 0;
  const script = `
    const { spawn } = require('node:child_process');
    const inner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    process.on('SIGINT', () => {});
    console.log(inner.pid); setInterval(() => {}, 1000);`;
  const done = run(...node(script), {
    signal: controller.signal,
    graceMs: 100,
    onLine: (line) => {
      child = Number(line);
      controller.abort(new Error('stop now'));
    },
  });
  await expect(done).rejects.toThrow('stop now');
  // Killed is gone, or a zombie that nobody has collected yet.
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(child)], { encoding: 'utf8' });
  expect(stdout.trim()).toMatch(/^(Z.*)?$/);
});
