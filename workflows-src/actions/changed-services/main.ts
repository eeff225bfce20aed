import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { getInput, info, setFailed, setOutput } from '@actions/core';

import { readInputs } from '../../model/action';
import { changedServices as action } from './action';
import { changedServices, filesOf, imageTags, type Git } from './changed';

const run = promisify(execFile);
/** Bytes of git's answer; a path is 100, so this is a change of 600,000 files. */
const MAX_OUTPUT = 64 * 1024 * 1024;

const git: Git = {
  async hasCommit(sha) {
    try {
      await run('git', ['rev-parse', '--quiet', '--verify', `${sha}^{commit}`]);
      return true;
    } catch (error) {
      // 1 is git's quiet "no such commit"; anything else (no git, no repository) is an error.
      if ((error as { code?: unknown }).code === 1) return false;
      throw error;
    }
  },
  async changedFiles(before, after) {
    const { stdout } = await run('git', ['diff', '--name-only', '--no-renames', '-z', before, after], {
      maxBuffer: MAX_OUTPUT,
    });
    return stdout.split('\0').filter((path) => path !== '');
  },
  async lastChange(at, paths) {
    const { stdout } = await run('git', ['log', '-1', '--first-parent', '--format=%H', at, '--', ...paths]);
    return stdout.trim();
  },
};

async function main(): Promise<void> {
  const { services, before, after } = readInputs(action, getInput);
  const files = await filesOf(git, before, after);
  const names = services.split(',');
  const changed = changedServices(names, files);
  info(
    files
      ? `${files.length} files changed between ${before} and ${after}`
      : `nothing to compare ${after} with: all services`,
  );
  info(`to build: ${changed.join(', ') || 'nothing'}`);
  setOutput('services', JSON.stringify(changed));
  setOutput('tags', JSON.stringify(await imageTags(git, names, after)));
}

main().catch((error: unknown) => setFailed(error instanceof Error ? error : String(error)));
