import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Something that is to go with us. */
export interface Guard {
  /** Does it now, and waits for it. */
  now(): Promise<void>;
  /** It went by itself: there is nothing to do any more. */
  release(): void;
}

/**
 * Runs a program when this process goes, in whatever way: Ctrl-C, a kill, a crash. A shell of its own waits for the end of
 * its input, which is the end of us; a handler of ours would not run in all of these, nor inside of Jest.
 */
export function whenGone(file: string, ...args: readonly string[]): Guard {
  const shell = spawn('sh', ['-c', 'read -r line || exec "$@"', 'sh', file, ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(shell, 'exit');
  // A shell that has gone already cannot take the line; there is nothing left for it to do.
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    now: async () => {
      shell.ref();
      shell.stdin.end();
      await ended;
    },
    release: () => void shell.stdin.end('\n'),
  };
}

/** Ends a process that leads a group, and its group, when we go. */
export function endWhenGone(pid: number): Guard {
  return whenGone('kill', '-KILL', '--', `-${pid}`);
}
