import { join } from 'node:path';

import { checkConfig, environmentNamed } from '../stacks/check-config';
import { config, type EnvironmentConfig } from '../stacks/config';
import { loadServiceDescriptors } from '../stacks/services';
import { rehearsedSettings } from './settings';

const given = checkConfig(config, loadServiceDescriptors(join(__dirname, '..', 'services')));
const rehearsed = (environment: string, settings = given): EnvironmentConfig =>
  environmentNamed(rehearsedSettings(settings, environment, false).config, environment);

test.each(Object.keys(config.environments))(
  '%s is rehearsed without domain, protection and second database instance, and otherwise as configured',
  (name) => {
    const settings = environmentNamed(given.config, name);
    if (settings.database === 'none') throw new Error(`${name} has no database`);
    expect(rehearsed(name)).toEqual({
      ...settings,
      domain: 'ephemeral',
      protection: false,
      database: { ...settings.database, multiAz: false },
    });
  },
);

test('what is rehearsed is a configuration that the checks take', () => {
  const { config: ours, services } = rehearsedSettings(given, 'prod', false);
  expect(checkConfig(ours, services)).toEqual({ config: ours, services });
});

test('an environment that is ephemeral is rehearsed as it is', () => {
  const { dev } = given.config.environments;
  const ephemeral: EnvironmentConfig = { ...dev!, domain: 'ephemeral', protection: false };
  const settings = { ...given, config: { ...given.config, environments: { dev: ephemeral } } };
  expect(rehearsed('dev', settings)).toEqual(ephemeral);
});
