import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

describe('a program that survives', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-survives-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Ten steps of 100 ms, each told as it is done, as an apply does; after the last there is a folder `done`. */
  const tenSteps = (): [string, string[]] => [
    '/bin/sh',
    [
      '-c',
      `for n in 1 2 3 4 5 6 7 8 9 10; do echo "step $n of $$"; printf e >&2; sleep 0.1; done; mkdir '${join(folder, 'done')}'`,
    ],
  ];
  const isDone = (): boolean => existsSync(join(folder, 'done'));

  /** Another process of ours that runs those steps, and has its temporary files in the folder. */
  const runByAnother = (): { child: ChildProcess; said: (pattern: RegExp) => Promise<string> } => {
    const script = `
      const { run } = require(${JSON.stringify(join(__dirname, 'process.ts'))});
      process.on('SIGTERM', () => process.exit(3));
      void run(...${JSON.stringify(tenSteps())}, {
        survives: true,
        onLine: (line) => console.log(line),
        onLeft: (pid) => console.log('left', pid),
      });`;
    const child = spawn(process.execPath, ['-r', 'tsx/cjs', '-e', script], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const said = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const found = pattern.exec(out)?.[1];
        if (found !== undefined) return found;
        await once(child.stdout, 'data');
      }
    };
    return { child, said };
  };

  test('is read while it runs, and gives the same result as any other', async () => {
    const lines: string[] = [];
    const result = await run(...tenSteps(), {
      survives: true,
      onLine: (line) => lines.push(`${line.replace(/ of .*/, '')}${isDone() ? ', done' : ''}`),
    });
    expect(result).toEqual({ code: 0, stdout: Buffer.alloc(0), stderr: 'e'.repeat(10) });
    expect(lines.map((line) => line.replace(', done', ''))).toEqual(
      Array.from({ length: 10 }, (_, n) => `step ${n + 1}`),
    );
    expect(lines.slice(0, 5).join()).not.toContain('done');
    expect((await run(...node('console.log("all")'), { survives: true })).stdout.toString()).toBe('all\n');
    await expect(run('no-such-program-anywhere', [], { survives: true })).rejects.toThrow(CannotStart);
  });

  test('goes on to its end when we are killed, and its output leaves no file behind', async () => {
    const { child, said } = runByAnother();
    const pid = Number(await said(/step 2 of (\d+)/));
    expect(temporary(folder)).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(isDone()).toBe(false);
    await ended(pid);
    expect(isDone()).toBe(true);
    expect(temporary(folder)).toEqual(['done']);
  });

  test('goes on to its end when we exit, which is told with its process id', async () => {
    const { child, said } = runByAnother();
    const pid = await said(/step 2 of (\d+)/);
    child.kill('SIGTERM');
    expect(await said(/left (\d+)/)).toBe(pid);
    await ended(Number(pid));
    expect(isDone()).toBe(true);
  });
});

/** Besides what tsx compiles. */
function temporary(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('tsx-'));
}

/** Gone, or a zombie that nobody has collected yet. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
    if (/^(Z.*)?$/.test(stdout.trim())) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}
