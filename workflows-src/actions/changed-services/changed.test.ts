import { changedServices, filesOf, type Git } from './changed';

const SERVICES = ['api', 'web'];
const BEFORE = 'a'.repeat(40);
const AFTER = 'b'.repeat(40);

describe('services to build', () => {
  it.each<[string, string[] | undefined, string[]]>([
    ['the one whose folder has a changed file', ['services/web/src/a.ts', 'README.md'], ['web']],
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
