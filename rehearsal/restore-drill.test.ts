import { restoreDrill } from './restore-drill';

const original = {
  id: 'db-A',
  masterSecret: 'arn:secret-a',
  same: { engine: 'postgres 16', 'storage key': 'arn:key', 'subnet group': 'database' },
};
const restored = { ...original, id: 'db-B', masterSecret: 'arn:secret-b' };
const drillWith = (change: object): Promise<string> =>
  restoreDrill(
    { aws: () => Promise.resolve({ original, restored: { ...restored, ...change } }) },
    'fairlead-dev-database',
  );

test('an instance that is as the one it was restored from passes, and says in what', async () => {
  expect(await drillWith({})).toBe('engine, storage key, subnet group');
});

test.each([
  [
    'stands in another network',
    { same: { ...original.same, 'subnet group': 'default' } },
    'its subnet group is default, and was database',
  ],
  [
    'lost its encryption',
    { same: { ...original.same, 'storage key': 'none' } },
    'its storage key is none, and was arn:key',
  ],
  ['lacks something', { same: { engine: 'postgres 16' } }, 'its storage key is undefined, and was arn:key'],
  ['is the old one', { id: 'db-A' }, 'its id is the one of the old instance'],
  [
    'has the old password',
    { masterSecret: 'arn:secret-a' },
    'its master password is the one of the old instance',
  ],
])('fails when it %s', async (_, change, words) => {
  await expect(drillWith(change)).rejects.toThrow(
    /^fairlead-dev-database-restored is not as fairlead-dev-database, which it was restored from: /,
  );
  await expect(drillWith(change)).rejects.toThrow(words);
});
