import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { providerSource } from './provider-mirror';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fairlead-mirror-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const offline = async (): Promise<boolean> => false;
const online = async (): Promise<boolean> => true;
const mirrorAt = (...path: string[]): string => {
  const folder = join(root, ...path);
  mkdirSync(join(folder, 'registry.terraform.io', 'hashicorp', 'aws'), { recursive: true });
  return folder;
};
const source = (env: NodeJS.ProcessEnv, registryAnswers = offline) =>
  providerSource({
    env,
    cacheFolder: join(root, 'cache'),
    roots: [join(root, 'opt'), join(root, 'share')],
    registryAnswers,
  });

test('offline, a mirror a few levels under the usual roots is used, and said', async () => {
  const mirror = mirrorAt('share', 'terraform', 'plugins');
  const { env, said } = await source({});
  expect(said).toBe(`registry.terraform.io cannot be reached: providers come from the mirror ${mirror}.`);
  expect(readFileSync(env.TF_CLI_CONFIG_FILE as string, 'utf8')).toContain(
    `path = ${JSON.stringify(mirror)}`,
  );
});

test('the nearest mirror wins over one deeper down', async () => {
  mirrorAt('opt', 'a', 'b', 'c');
  const near = mirrorAt('share', 'near');
  expect((await source({})).said).toContain(near);
});

test('with the registry in reach, providers come from it and are kept in one cache', async () => {
  mirrorAt('opt');
  const { env } = await source({}, online);
  expect(env).toEqual({ TF_PLUGIN_CACHE_DIR: join(root, 'cache', 'plugin-cache') });
});

test('FAIRLEAD_PROVIDER_MIRROR is used even with the registry in reach', async () => {
  const mirror = mirrorAt('mine');
  expect((await source({ FAIRLEAD_PROVIDER_MIRROR: join(root, 'mine') }, online)).said).toContain(mirror);
});

test("a person's own CLI configuration is left alone", async () => {
  const own = join(root, 'own.tfrc');
  writeFileSync(own, '');
  expect((await source({ TF_CLI_CONFIG_FILE: own })).env).toEqual({});
});

test('fails when there is neither registry nor mirror, saying how to make one', async () => {
  await expect(source({})).rejects.toThrow(/cannot be reached.*terraform providers mirror/s);
});

test('fails when FAIRLEAD_PROVIDER_MIRROR holds no mirror', async () => {
  await expect(source({ FAIRLEAD_PROVIDER_MIRROR: root })).rejects.toThrow(
    'there is no directory named registry.terraform.io in it',
  );
});
