import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Bytes of git's answer. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** What is asked of git. */
export interface Git {
  hasCommit(sha: string): Promise<boolean>;
  /** Text of a file at a commit; undefined: it has none there. */
  fileAt(commit: string, path: string): Promise<string | undefined>;
  /** Whether one of the paths differs between two commits. */
  hasChanged(before: string, after: string, paths: readonly string[]): Promise<boolean>;
  /** The last commit up to `at` that changed one of the paths, merges as one; empty for none. */
  lastChange(at: string, paths: readonly string[]): Promise<string>;
}

/** @param cwd a folder of the checkout */
export function gitIn(cwd: string): Git {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', args, { cwd, maxBuffer: MAX_OUTPUT })).stdout;
  return {
    async hasCommit(sha) {
      try {
        await git('rev-parse', '--quiet', '--verify', `${sha}^{commit}`);
        return true;
      } catch (error) {
        // 1 is git's quiet "no such commit"; anything else (no git, no repository) is an error.
        if ((error as { code?: unknown }).code === 1) return false;
        throw error;
      }
    },
    async fileAt(commit, path) {
      const listed = await git('ls-tree', '--full-tree', '--name-only', '-z', commit, '--', path);
      return listed === '' ? undefined : git('show', `${commit}:${path}`);
    },
    async hasChanged(before, after, paths) {
      return (await git('diff', '--name-only', '--no-renames', '-z', before, after, '--', ...paths)) !== '';
    },
    async lastChange(at, paths) {
      return (await git('log', '-1', '--first-parent', '--format=%H', at, '--', ...paths)).trim();
    },
  };
}
