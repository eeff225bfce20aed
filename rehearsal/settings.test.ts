import { join } from 'node:path';

import { checkConfig, environmentNamed } from '../stacks/check-config';
import { config, type EnvironmentConfig } from '../stacks/config';
import { loadServiceDescriptors } from '../stacks/services';
import { rehearsedSettings, type Variant } from './settings';

const given = checkConfig(config, loadServiceDescriptors(join(__dirname, '..', 'services')));
const rehearsed = (environment: string, variant?: Variant): EnvironmentConfig =>
  environmentNamed(rehearsedSettings(given, environment, variant).config, environment);

describe.each(Object.keys(config.environments))('%s', (name) => {
  const settings = environmentNamed(given.config, name);

  test('is rehearsed as configured', () => {
    expect(rehearsed(name)).toEqual(settings);
    expect(rehearsedSettings(given, name).services).toEqual(given.services);
  });

  test('ephemeral, differs in domain and protection alone', () => {
    expect(rehearsed(name, { ephemeral: true })).toEqual({
      ...settings,
      domain: 'ephemeral',
      protection: false,
    });
  });

  test('with one database instance, differs in that alone', () => {
    const { database } = settings;
    if (database === 'none') throw new Error(`${name} has no database`);
    expect(rehearsed(name, { oneInstance: true })).toEqual({
      ...settings,
      database: { ...database, multiAz: false },
    });
  });

  test('without a database, has none, and no service that wants one', () => {
    const { services } = rehearsedSettings(given, name, { database: false });
    expect(rehearsed(name, { database: false })).toEqual({ ...settings, database: 'none' });
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({ database: false });
      expect(service).not.toHaveProperty('migrate');
    }
  });

  test.each<Variant>([{}, { ephemeral: true }, { database: false }, { ephemeral: true, database: false }])(
    'is a configuration that the checks take: %j',
    (variant) => {
      const { config: ours, services } = rehearsedSettings(given, name, variant);
      // Beside the others, which the services' own files speak of.
      const all = { ...ours, environments: { ...given.config.environments, ...ours.environments } };
      expect(checkConfig(all, services)).toEqual({ config: all, services });
    },
  );
});
