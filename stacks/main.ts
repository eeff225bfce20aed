import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { App } from 'cdktf';

import { BootstrapStack } from './bootstrap';
import { checkConfig, ConfigError, type Services } from './check-config';
import { config as givenConfig, type Config } from './config';
import { DataStack } from './data';
import { bootstrapStacks, hostsOf } from './names';
import { NetworkStack } from './network';
import { PlatformStack } from './platform';
import { RegistryStack } from './registry';
import { ServiceStack } from './service';
import { loadServiceDescriptors } from './services';
import { TasksStack } from './tasks';

/** Every stack of every environment, joined by the values they need from each other. */
export function buildApp(app: App, config: Config, services: Services): void {
  for (const place of bootstrapStacks(config)) {
    new BootstrapStack(app, place.stackId, {
      config,
      where: { account: place.account, region: place.region },
      environments: place.environments,
      registry: place.account === config.registry.account,
    });
  }
  const registry = new RegistryStack(app, 'registry', {
    config,
    where: config.registry,
    services: Object.keys(services),
  });

  for (const [environment, settings] of Object.entries(config.environments)) {
    const { account, region } = settings;
    const props = { config, where: { account, region }, environment, settings };
    const network = new NetworkStack(app, `${environment}-network`, props);
    const data = new DataStack(app, `${environment}-data`, { ...props, network });
    const platform = new PlatformStack(app, `${environment}-platform`, {
      ...props,
      network,
      services: Object.keys(services),
      hosts: [
        ...new Set(
          Object.values(services).flatMap(({ route }) => hostsOf(config, environment, route.hosts ?? [])),
        ),
      ].sort(),
    });

    for (const [service, descriptor] of Object.entries(services)) {
      const mine = {
        ...props,
        service,
        descriptor,
        network,
        platform,
        ...(data.access && descriptor.database && { database: data.access }),
      };
      const tasks = new TasksStack(app, `${environment}-tasks-${service}`, mine);
      // The repository must exist, with the image in it, before a task definition can name the digest.
      tasks.addDependency(registry);
      const running = new ServiceStack(app, `${environment}-service-${service}`, { ...mine, tasks });
      // A database goes after those that used it: AWS deletes no security group while a rule of theirs names it.
      if (!data.access) data.addDependency(running);
    }
  }
}

/**
 * Writes `<outdir>/manifest.json` and a folder a stack, each with the provider lock file beside its `cdk.tf.json`.
 * @param outdir default: what the cdktf CLI asks for, else `cdktf.out`
 */
export function synthesize(config: Config, services: Services, outdir?: string): App {
  const app = new App(outdir === undefined ? {} : { outdir });
  buildApp(app, config, services);
  app.synth();
  for (const stack of Object.values(app.manifest.stacks)) {
    copyFileSync(
      join(__dirname, 'terraform.lock.hcl'),
      join(app.outdir, stack.workingDirectory, '.terraform.lock.hcl'),
    );
  }
  return app;
}

if (require.main === module) {
  // cdktf takes a stack trace for each token. Mapped back to TypeScript these are a fifth of the whole time, and only an
  // error's own trace is ever read.
  process.setSourceMapsEnabled(false);
  try {
    const { config, services } = checkConfig(
      givenConfig,
      loadServiceDescriptors(resolve(__dirname, '../services')),
    );
    synthesize(config, services);
  } catch (error) {
    process.setSourceMapsEnabled(true);
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
