import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { changedServices, imageInputs, imageTags } from './changed';
import { gitIn } from './git';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-changed-'));
  git('init', '--quiet', '--initial-branch=main');
});
afterEach(() => rmSync(folder, { recursive: true }));

function git(...args: string[]): string {
  const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  const config = ['-c', 'user.name=n', '-c', 'user.email=e@example.com'];
  return execFileSync('git', [...config, ...args], { cwd: folder, env, encoding: 'utf8' }).trim();
}

/** Commits files with these texts. @returns the commit */
function commit(files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  git('add', '--all');
  git('commit', '--quiet', '--message', 'a change');
  return git('rev-parse', 'HEAD');
}

const ignore = (service: string): string =>
  ['*', '!package-lock.json', `!services/${service}/src`, `services/${service}/src/**/*.test.ts`, ''].join(
    '\n',
  );
const twoServices = (): string =>
  commit(
    Object.fromEntries(
      ['api', 'web'].flatMap((service) => [
        [`services/${service}/Dockerfile.dockerignore`, ignore(service)],
        [`services/${service}/Dockerfile`, 'FROM scratch\n'],
        [`services/${service}/src/main.ts`, '0'],
      ]),
    ),
  );

const SERVICES = ['api', 'web'];
const ZEROS = '0'.repeat(40);

async function changed(before: string, after: string): Promise<readonly string[]> {
  const inputs = await imageInputs(gitIn(folder), SERVICES, after);
  return (await changedServices(gitIn(folder), inputs, before, after)).services;
}

describe('services to build', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['the one whose source changed', { 'services/web/src/main.ts': '1', 'README.md': '1' }, ['web']],
    ['the one whose Dockerfile changed', { 'services/web/Dockerfile': 'FROM a\n' }, ['web']],
    [
      'the one whose Dockerfile.dockerignore alone changed',
      { 'services/api/Dockerfile.dockerignore': `${ignore('api')}!services/api/migrations\n` },
      ['api'],
    ],
    [
      'none where only what the build does not get changed',
      { 'services/web/service.ts': '1', 'services/web/README.md': '1', 'services/web/src/a.test.ts': '1' },
      [],
    ],
    ['none where only other things changed', { 'stacks/network.ts': '1', 'services/README.md': '1' }, []],
    ['none for a folder whose name only begins alike', { 'services/api2/src/a.ts': '1' }, []],
    ['all for a file that every build gets', { 'package-lock.json': '{}' }, ['api', 'web']],
  ])('are %s', async (_what, files, expected) => {
    const before = twoServices();
    expect(await changed(before, commit(files))).toEqual(expected);
  });

  it('are those that lost a file, and those that a file was moved between', async () => {
    const before = twoServices();
    git('mv', 'services/api/src/main.ts', 'services/web/src/other.ts');
    expect(await changed(before, commit({}))).toEqual(['api', 'web']);
  });

  it.each([ZEROS, 'c'.repeat(40)])('are all after a commit that is not there: %s', async (before) => {
    const after = twoServices();
    const inputs = await imageInputs(gitIn(folder), SERVICES, after);
    expect(await changedServices(gitIn(folder), inputs, before, after)).toEqual({
      services: SERVICES,
      isCompared: false,
    });
  });

  it('fails when it is given anything but a commit', async () => {
    const after = twoServices();
    await expect(changed('--output=x', after)).rejects.toThrow("before: got '--output=x'; valid: a commit");
  });

  it('fails for a service that does not say what its build gets', async () => {
    twoServices();
    git('rm', '--quiet', 'services/web/Dockerfile.dockerignore');
    const after = commit({});
    await expect(changed(ZEROS, after)).rejects.toThrow(
      `services/web/Dockerfile.dockerignore: is missing at ${after}; it says what the build gets`,
    );
  });
});

describe('tags of images', () => {
  const tags = async (at: string): Promise<Readonly<Record<string, string>>> =>
    imageTags(gitIn(folder), await imageInputs(gitIn(folder), SERVICES, at), at);

  it('are the commits that changed what each is made from last', async () => {
    const first = twoServices();
    const second = commit({ 'services/web/src/main.ts': '1' });
    const third = commit({ 'services/web/README.md': '1', 'services/api/src/a.test.ts': '1' });
    expect(await tags(third)).toEqual({ api: first, web: second });
  });

  it('are the merge that brought a change to the branch', async () => {
    twoServices();
    git('checkout', '--quiet', '-b', 'change');
    commit({ 'services/api/src/main.ts': '1' });
    git('checkout', '--quiet', 'main');
    commit({ 'README.md': '1' });
    git('merge', '--quiet', '--no-edit', 'change');
    const merge = git('rev-parse', 'HEAD');
    expect((await tags(merge))['api']).toBe(merge);
  });

  it('fail for a service that no commit has', async () => {
    const at = twoServices();
    const nothing = new Map([['api', [':(top)services/none']]]);
    await expect(imageTags(gitIn(folder), nothing, at)).rejects.toThrow('check out the whole history');
  });
});
