import { changedServices, filesOf, type Git, imageTags, inputPaths } from './changed';

const SERVICES = ['api', 'web'];
const BEFORE = 'a'.repeat(40);
const AFTER = 'b'.repeat(40);

describe('services to build', () => {
  it.each<[string, string[] | undefined, string[]]>([
    ['the one whose folder has a changed file', ['services/web/src/a.ts', 'README.md'], ['web']],
    [
      'none where only what no image is made of changed',
      ['services/web/service.ts', 'services/web/README.md', 'services/web/src/a.test.ts'],
      [],
    ],
    ['none where only other things changed', ['stacks/network.ts', 'services/README.md'], []],
    ['none for a folder whose name only begins alike', ['services/api2/a.ts'], []],
    ['all for a file that every image is made of', ['package-lock.json'], ['api', 'web']],
    ['all where nothing can be compared', undefined, ['api', 'web']],
  ])('are %s', (_what, files, changed) => {
    expect(changedServices(SERVICES, files)).toEqual(changed);
  });
});

describe('changed files', () => {
  const git: Git = {
    hasCommit: async (sha) => sha === BEFORE,
    changedFiles: async (before, after) => [`${before}..${after}`],
    lastChange: async () => '',
  };

  it('are those between the two commits', async () => {
    expect(await filesOf(git, BEFORE, AFTER)).toEqual([`${BEFORE}..${AFTER}`]);
  });

  it.each(['0'.repeat(40), 'c'.repeat(40)])(
    'cannot be known before a commit that is not there: %s',
    async (before) => {
      expect(await filesOf(git, before, AFTER)).toBeUndefined();
    },
  );

  it('fails when it is given anything but a commit', async () => {
    await expect(filesOf(git, '--output=x', AFTER)).rejects.toThrow(
      "before: got '--output=x'; valid: a commit",
    );
  });
});

describe('tags of images', () => {
  const git = (lastChange: Git['lastChange']): Git => ({
    hasCommit: async () => true,
    changedFiles: async () => [],
    lastChange,
  });

  it('are the commits that changed the inputs of each last', async () => {
    const asked: string[] = [];
    const tags = await imageTags(
      git(async (at, paths) => {
        asked.push(`${at} ${paths.includes('services/web') ? 'web' : 'api'}`);
        return paths.includes('services/web') ? BEFORE : AFTER;
      }),
      SERVICES,
      AFTER,
    );
    expect(tags).toEqual({ api: AFTER, web: BEFORE });
    expect(asked).toEqual([`${AFTER} api`, `${AFTER} web`]);
  });

  it('leave out what no image is made of', () => {
    expect(inputPaths('api')).toEqual([
      ...['package.json', 'package-lock.json', '.npmrc', '.dockerignore', 'services/api'],
      ':(exclude)services/api/service.ts',
      ':(exclude,glob)services/api/**/*.md',
      ':(exclude,glob)services/api/**/*.test.ts',
    ]);
  });

  it('fails where the history does not reach that far', async () => {
    await expect(
      imageTags(
        git(async () => ''),
        ['api'],
        AFTER,
      ),
    ).rejects.toThrow('check out the whole history');
  });
});
